/** Reads the samples that a provider's definition declares (steps, posts, …) through the person's client. */
import { parseJson, valueAt } from '../oauth2/index.js';
import type { Reading } from '../providers/index.js';
import type { ConnectionClient } from './clients.js';
import { RateLimited } from './failures.js';

export interface ReadingRow {
  readonly label: string;
  readonly value: string;
  /** Set when the value is a number that can be drawn. */
  readonly number?: number;
}

/** What became of one reading; every way it can go is a page state, none an exception. */
export type ReadingResult =
  | { readonly state: 'rows'; readonly rows: readonly ReadingRow[] }
  | { readonly state: 'empty' }
  | { readonly state: 'not_permitted' }
  | { readonly state: 'rate_limited' }
  | { readonly state: 'unavailable'; readonly status?: number };

const MAX_ROWS = 31;
const MAX_TEXT = 500;

/** @param now ms since the epoch, for the days that the request asks for */
export async function readSample(
  client: ConnectionClient,
  reading: Reading,
  now: number,
  signal?: AbortSignal,
): Promise<ReadingResult> {
  const fill = filler(client.connection.subject, now);
  const { method = 'GET', url, body } = reading.request;
  try {
    const response = await client.fetch(fill.url(url), {
      method,
      ...(signal ? { signal } : {}),
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(fill.body(body)), headers: { 'Content-Type': 'application/json' } }),
    });
    if (!response.ok) {
      await response.body?.cancel();
      return refusal(response.status);
    }
    return rowsOf(parseJson(await response.text()), reading);
  } catch (error) {
    if (error instanceof RateLimited) return { state: 'rate_limited' };
    // The connection's own state (expired, provider down) is told by the page's status line.
    return { state: 'unavailable' };
  }
}

function refusal(status: number): ReadingResult {
  if (status === 403) return { state: 'not_permitted' };
  if (status === 429) return { state: 'rate_limited' };
  return { state: 'unavailable', status };
}

function rowsOf(answer: unknown, reading: Reading): ReadingResult {
  const list = reading.list === '$' ? answer : valueAt(answer, reading.list);
  if (!Array.isArray(list)) return { state: 'empty' };
  const rows = list.slice(0, MAX_ROWS).flatMap((item): ReadingRow[] => {
    const label = display(valueAt(item, reading.label));
    const value = display(valueAt(item, reading.value));
    if (label === undefined || value === undefined) return [];
    const number = Number(value);
    return [reading.shape === 'series' && Number.isFinite(number) ? { label, value, number } : { label, value }];
  });
  if (rows.length === 0) return { state: 'empty' };
  return {
    state: 'rows',
    rows: reading.shape === 'series' ? rows.toSorted((a, b) => (a.label < b.label ? -1 : 1)) : rows,
  };
}

/** Text, a number, or a `{year, month, day}` object as some APIs write dates. */
function display(value: unknown): string | undefined {
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\dT/.test(value) ? value.slice(0, 10) : value.slice(0, MAX_TEXT);
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return undefined;
  const { year, month, day } = value as Record<string, unknown>;
  if (typeof year !== 'number' || typeof month !== 'number' || typeof day !== 'number') return undefined;
  return [String(year).padStart(4, '0'), String(month).padStart(2, '0'), String(day).padStart(2, '0')].join('-');
}

function filler(subject: string, now: number) {
  const dayAt = (offset: string) => new Date(now + Number(offset || 0) * 86_400_000);
  const iso = (offset: string) => dayAt(offset).toISOString().slice(0, 10);
  const civil = (offset: string) => {
    const date = dayAt(offset);
    return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
  };
  const body = (value: unknown): unknown => {
    if (typeof value === 'string') {
      const match = /^\{civil([+-]\d+)?\}$/.exec(value);
      return match ? civil(match[1] ?? '') : value;
    }
    if (Array.isArray(value)) return value.map(body);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, body(item)]));
  };
  return {
    url: (template: string) =>
      template
        .replace(/\{subject\}/g, encodeURIComponent(subject))
        .replace(/\{day([+-]\d+)?\}/g, (_, offset: string | undefined) => iso(offset ?? '')),
    body,
  };
}
