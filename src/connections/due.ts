/** When a token is due for a refresh: early enough that an interrupted refresh still leaves a usable access token. */
import type { OAuth2Token } from '../oauth2/index.js';
import type { Provider } from '../providers/index.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const MARGIN_AT_LEAST_MS = 5 * MINUTE_MS;
const MARGIN_SHARE = 0.2;
/** Tokens that were granted in the same second must not be due in the same second for ever. */
const JITTER_SHARE = 0.1;
/** A token of a shorter life, renewed ahead of time, would be renewed without end for nobody. */
const AHEAD_FROM_MS = 30_000;
/** An idle refresh token is used when so much of the time after which it would lapse is over. */
const KEEP_ALIVE_SHARE = 0.8;

/**
 * The margin before expiry is 20 % of the token's life, at least five minutes, and never more than half its life.
 * @param expiresAt end of the access token; undefined when it has none
 * @param receivedAt when the token was received, ms since the epoch
 * @param random in [0, 1): up to a tenth of the margin earlier
 * @returns when to refresh, or null when there is nothing to wait for
 */
export function dueAt(expiresAt: Date | undefined, receivedAt: number, random = 0): Date | null {
  if (!expiresAt) return null;
  const life = Math.max(0, expiresAt.getTime() - receivedAt);
  const margin = Math.min(Math.max(MARGIN_AT_LEAST_MS, life * MARGIN_SHARE), life / 2);
  return new Date(expiresAt.getTime() - margin * (1 + JITTER_SHARE * random));
}

export interface RenewalColumns {
  readonly expiresAt: Date | null;
  readonly refreshAt: Date | null;
  readonly renewAhead: boolean;
}

/**
 * What a connection's row says about the renewal of its token. Without a refresh token there is none. A refresh token that its provider drops
 * when it is idle for long enough is used before that, even if its access token has no end (RFC 6749 section 10.4 leaves the rule to providers).
 * @param token undefined for OAuth 1
 * @param receivedAt ms since the epoch
 */
export function renewalOf(
  token: OAuth2Token | undefined,
  provider: Provider,
  receivedAt: number,
  random = 0,
): RenewalColumns {
  const expiresAt = token?.expiresAt ?? null;
  if (!token?.refreshToken) return { expiresAt, refreshAt: null, renewAhead: true };
  const { inactivityDays } = provider.definition.refresh ?? {};
  const lapse =
    inactivityDays === undefined ? undefined : new Date(receivedAt + inactivityDays * KEEP_ALIVE_SHARE * DAY_MS);
  const due = dueAt(token.expiresAt, receivedAt, random);
  const refreshAt = due && lapse ? new Date(Math.min(due.getTime(), lapse.getTime())) : (due ?? lapse ?? null);
  return { expiresAt, refreshAt, renewAhead: !expiresAt || expiresAt.getTime() - receivedAt >= AHEAD_FROM_MS };
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
  return Math.max(own, Math.min(retryAfterMs ?? 0, DAY_MS));
}
