/** What an operator should know about a configured provider before its people notice: that it has ended, or is about to. */
import type { ProviderDefinition } from './definition.js';

/** Time enough to register at a successor and to ask people. */
const NOTICE_DAYS = 120;
const DAY_MS = 86_400_000;

/** One sentence for each of these providers that needs an operator's attention, by provider id. */
export function lifecycleWarnings(
  ids: readonly string[],
  all: readonly ProviderDefinition[],
  nowMs: number,
): ReadonlyMap<string, string> {
  const warnings = all
    .filter(({ id }) => ids.includes(id))
    .map((definition) => [definition.id, lifecycleWarning(definition, all, nowMs)] as const);
  return new Map(warnings.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}

/**
 * @param nowMs ms since the epoch
 * @returns one sentence, or undefined where all is well
 */
export function lifecycleWarning(
  { name, status }: ProviderDefinition,
  all: readonly ProviderDefinition[],
  nowMs: number,
): string | undefined {
  if (!status) return undefined;
  const successor = all.find(({ id }) => id === status.successor);
  const next = successor ? ` Configure ${successor.name} instead.` : '';
  const end = status.sunset === undefined ? undefined : Date.parse(status.sunset);
  if (status.state === 'shut' || (end !== undefined && end <= nowMs)) {
    return `${name} has ended${status.sunset ? ` on ${status.sunset}` : ''}.${next}`;
  }
  if (end === undefined || end - nowMs > NOTICE_DAYS * DAY_MS) return undefined;
  return `${name} ends on ${status.sunset}.${next}`;
}
