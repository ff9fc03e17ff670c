/**
 * How long a request may take and how much a response may hold (sec-J10, sec-S2, sec-S4). Each has a default, so no call is ever unbounded.
 */

export interface HttpLimits {
  /** Milliseconds until a connection (name, TCP and TLS) must stand. Default 3000. */
  connectMs?: number;
  /** Milliseconds for everything, from the call to the last byte of the body, on the monotonic clock. Default 10000. */
  deadlineMs?: number;
  /** Milliseconds of silence allowed between two pieces of a body. Default 5000. */
  idleMs?: number;
  /** Bytes of body, counted after decompression. Default 1 MiB. */
  maxBodyBytes?: number;
  /** Bytes of response headers, names and values together. Default 32 KiB. */
  maxHeaderBytes?: number;
}

export type ResolvedLimits = Required<HttpLimits>;

const DEFAULTS: ResolvedLimits = {
  connectMs: 3_000,
  deadlineMs: 10_000,
  idleMs: 5_000,
  maxBodyBytes: 1_048_576,
  maxHeaderBytes: 32_768,
};

/** Timers silently fire at once beyond 2^31-1 ms, which would turn a generous limit into none. */
const MAX_TIMER_MS = 2_147_483_647;

/**
 * Fills in what `limits` leaves out from `base`.
 * @throws RangeError for anything but positive whole numbers (and timers beyond 2^31-1 ms)
 */
export function resolveLimits(limits: HttpLimits, base: ResolvedLimits = DEFAULTS): ResolvedLimits {
  const resolved: ResolvedLimits = {
    connectMs: limits.connectMs ?? base.connectMs,
    deadlineMs: limits.deadlineMs ?? base.deadlineMs,
    idleMs: limits.idleMs ?? base.idleMs,
    maxBodyBytes: limits.maxBodyBytes ?? base.maxBodyBytes,
    maxHeaderBytes: limits.maxHeaderBytes ?? base.maxHeaderBytes,
  };
  for (const [name, value] of Object.entries(resolved)) {
    const highest = name.endsWith('Ms') ? MAX_TIMER_MS : Number.MAX_SAFE_INTEGER;
    if (!Number.isInteger(value) || value < 1 || value > highest) {
      throw new RangeError(`${name} must be a whole number between 1 and ${highest}`);
    }
  }
  return resolved;
}
