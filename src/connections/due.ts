/** When a token is due for a refresh: early enough that an interrupted refresh still leaves a usable access token. */

const MINUTE_MS = 60_000;
const MARGIN_AT_LEAST_MS = 5 * MINUTE_MS;
const MARGIN_SHARE = 0.2;

/**
 * The margin before expiry is 20 % of the token's life, at least five minutes, and never more than half its life.
 * @param expiresAt end of the access token; undefined when it has none
 * @param receivedAt when the token was received, ms since the epoch
 * @returns when to refresh, or null when there is nothing to wait for
 */
export function dueAt(expiresAt: Date | undefined, receivedAt: number): Date | null {
  if (!expiresAt) return null;
  const life = Math.max(0, expiresAt.getTime() - receivedAt);
  const margin = Math.min(Math.max(MARGIN_AT_LEAST_MS, life * MARGIN_SHARE), life / 2);
  return new Date(expiresAt.getTime() - margin);
}

/** Waits between tries after transient failures: 5 s, 30 s, 2 min, 10 min, then half-hourly, each with jitter of ±20 %. */
const BACKOFF_MS = [5_000, 30_000, 2 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS];

/**
 * @param failures how many tries in a row have failed, this one included
 * @param retryAfterMs what the provider asked for, if it did; honoured when longer
 * @param random a number in [0, 1)
 */
export function backoffMs(failures: number, retryAfterMs: number | undefined, random: number): number {
  const step = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length) - 1] ?? MINUTE_MS;
  const own = step * (0.8 + 0.4 * random);
  // A provider that asks for days is heard only up to one, so that a bad header cannot park a connection for ever.
  return Math.max(own, Math.min(retryAfterMs ?? 0, 24 * 60 * MINUTE_MS));
}
