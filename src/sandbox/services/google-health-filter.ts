/** The filter language of Google Health's lists: comparisons of one point in time, joined by AND (https://google.aip.dev/160). */
import { startOf } from './body-data.js';

/** Half-open range of milliseconds since 1970 that a filter leaves. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * @param filter the expression as sent, decoded
 * @param fields the fields this data type may be filtered by; `day` ones compare whole days, `civil` ones local times
 * @returns the range, or a sentence that says what is wrong
 */
export function parseFilter(
  filter: string,
  fields: Readonly<Record<string, 'physical' | 'civil' | 'day'>>,
): TimeRange | string {
  let fromMs = Number.NEGATIVE_INFINITY;
  let toMs = Number.POSITIVE_INFINITY;
  for (const comparison of filter.split(/\s+AND\s+/)) {
    const parts = /^\s*([a-z_.]+)\s*(>=|<)\s*"([^"]*)"\s*$/.exec(comparison);
    const [, field = '', operator, literal = ''] = parts ?? [];
    if (!parts) return `Invalid filter: cannot read '${comparison.trim()}'.`;
    const kind = Object.hasOwn(fields, field) ? fields[field] : undefined;
    if (!kind) return `Invalid filter: the field ${field} cannot be filtered by here.`;
    const time = readTime(literal, kind);
    if (Number.isNaN(time)) return `Invalid filter: '${literal}' is no ${kind === 'physical' ? 'timestamp' : 'date'}.`;
    if (operator === '>=') fromMs = Math.max(fromMs, time);
    else toMs = Math.min(toMs, time);
  }
  return { fromMs, toMs };
}

function readTime(literal: string, kind: 'physical' | 'civil' | 'day'): number {
  if (kind === 'physical') {
    return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(literal)
      ? Date.parse(literal)
      : Number.NaN;
  }
  if (/^\d{4}-\d{2}-\d{2}$/.test(literal)) return startOf(literal);
  // The sandbox's people live in UTC, so their civil time is read as such.
  return kind === 'civil' && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/.test(literal)
    ? Date.parse(`${literal}Z`)
    : Number.NaN;
}
