/** Remembers used nonces (RFC 5849 section 3.3), so that a captured request cannot be sent again. */

/** Where used nonces are kept. Several processes that verify for one service must share one store. */
export interface NonceStore {
  /**
   * Claims a key, atomically.
   *
   * @param key a short digest of client, token, timestamp and nonce
   * @param expiresAt from then on the timestamp itself is refused, and the key may be forgotten
   * @returns false when the key was claimed before
   */
  claim(key: string, expiresAt: Date): Promise<boolean>;
}

/** A store for one process. Its size is bounded by the traffic of one timestamp window. */
export class MemoryNonceStore implements NonceStore {
  readonly #now: () => number;
  /** In order of insertion, which is nearly the order of expiry. */
  readonly #expiries = new Map<string, number>();

  /** @param now the clock, in milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  claim(key: string, expiresAt: Date): Promise<boolean> {
    this.#forgetExpired();
    if (this.#expiries.has(key)) return Promise.resolve(false);
    this.#expiries.set(key, expiresAt.getTime());
    return Promise.resolve(true);
  }

  /** Number of keys held. */
  get size(): number {
    return this.#expiries.size;
  }

  /** Each claim drops the expired keys at the front, so the work stays constant on average. */
  #forgetExpired(): void {
    for (const [key, expiresAt] of this.#expiries) {
      if (expiresAt > this.#now()) break;
      this.#expiries.delete(key);
    }
  }
}
