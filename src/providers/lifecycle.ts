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

/** {@link lifecycleOf} in one piece, or undefined where all is well. */
export function lifecycleWarning(
  definition: ProviderDefinition,
  all: readonly ProviderDefinition[],
  nowMs: number,
): string | undefined {
  const end = lifecycleOf(definition, all, nowMs);
  return end && `${end.message}${end.instead ? ` ${end.instead}` : ''}`;
}

export interface Lifecycle {
  readonly ended: boolean;
  /** One sentence. */
  readonly message: string;
  /** One more, where there is something else to configure. */
  readonly instead?: string;
}

/**
 * @param all where its successor is looked for
 * @param nowMs ms since the epoch
 * @returns undefined where all is well
 */
export function lifecycleOf(
  { name, status }: ProviderDefinition,
  all: readonly ProviderDefinition[],
  nowMs: number,
): Lifecycle | undefined {
  if (!status) return undefined;
  const ended = hasEnded(status, nowMs);
  const { sunset } = status;
  if (!ended && (sunset === undefined || Date.parse(sunset) - nowMs > NOTICE_DAYS * DAY_MS)) return undefined;
  const on = sunset === undefined ? '' : ` on ${sunset}`;
  const successor = all.find(({ id }) => id === status.successor);
  return {
    ended,
    message: `${name} ${ended ? 'has ended' : 'ends'}${on}.`,
    ...(successor ? { instead: `Configure ${successor.name} instead.` } : {}),
  };
}

/** Whatever the definition still calls it: the day itself counts. @param nowMs ms since the epoch */
export function hasEnded({ state, sunset }: NonNullable<ProviderDefinition['status']>, nowMs: number): boolean {
  return state === 'shut' || (sunset !== undefined && Date.parse(sunset) <= nowMs);
}
