/**
 * When an access token ends (RFC 6749 section 5.1, `expires_in`). The RFC wants a number of seconds; providers send strings, fractions, zero,
 * nothing, or the moment itself in `expires_at`. A value that cannot be understood counts as not said: refusing the answer for its sake would
 * throw away a refresh token that may already have replaced the old one, and a 401 tells about expiry as well.
 */

/**
 * The end of the year 9999, ms since the epoch: ISO 8601 and databases write later years in ways that are not read everywhere, and a token of
 * such a life has no end that matters.
 */
const LAST_MOMENT_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
/** Seconds since the epoch stay below this until the year 5138; larger values are milliseconds. */
const SECONDS_BELOW = 1e11;

export interface ExpiryFields {
  readonly expires_in?: unknown;
  readonly expires_at?: unknown;
}

/**
 * @param receivedAtMs when the answer arrived, ms since the epoch
 * @param zeroMeansNever some providers say 0 for tokens without an end; otherwise 0 is a token that has ended already
 */
export function expiryOf(fields: ExpiryFields, receivedAtMs: number, zeroMeansNever = false): Date | undefined {
  const lifeSeconds = finiteNumber(fields.expires_in);
  if (lifeSeconds !== undefined) {
    if (lifeSeconds === 0 && zeroMeansNever) return undefined;
    return momentOrNever(receivedAtMs + Math.max(0, lifeSeconds) * 1000);
  }
  const at = finiteNumber(fields.expires_at);
  if (at !== undefined)
    return at === 0 && zeroMeansNever ? undefined : momentOrNever(at < SECONDS_BELOW ? at * 1000 : at);
  if (typeof fields.expires_at === 'string' && /^\d{4}-\d\d-\d\dT/.test(fields.expires_at)) {
    return momentOrNever(Date.parse(fields.expires_at));
  }
  return undefined;
}

function finiteNumber(value: unknown): number | undefined {
  if (typeof value === 'string' && !/^\s*[+-]?\d+(\.\d+)?\s*$/.test(value)) return undefined;
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

function momentOrNever(ms: number): Date | undefined {
  return ms >= 0 && ms <= LAST_MOMENT_MS ? new Date(Math.floor(ms)) : undefined;
}
