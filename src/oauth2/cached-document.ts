/**
 * A document of a provider that many requests need and that seldom changes: its key set, its metadata. Fetched once for all who wait, kept as
 * long as the provider says within bounds, and served stale when the provider is away, so that its outage does not become one of sign-in.
 */

const FRESH_AT_LEAST_MS = 5 * 60_000;
const FRESH_AT_MOST_MS = 24 * 3_600_000;
/** A document that could not be renewed is used this much longer. */
const STALE_AT_MOST_MS = 24 * 3_600_000;
/** After a failed renewal the old document serves this long before the next try. */
const RETRY_AFTER_MS = 30_000;
/** Renewals out of turn (an unknown key id), so that garbage from outside cannot make us hammer the provider. */
const RELOADS_PER_MINUTE = 3;

export interface LoadedDocument<T> {
  readonly value: T;
  /** From `Cache-Control: max-age`; undefined when the provider does not say. */
  readonly maxAgeMs: number | undefined;
}

export class CachedDocument<T> {
  readonly #load: () => Promise<LoadedDocument<T>>;
  readonly #now: () => number;
  #held: { value: T; loadedAt: number; freshUntil: number } | undefined;
  #loading: Promise<T> | undefined;
  #reloads: number[] = [];

  /** @param now ms since the epoch */
  constructor(load: () => Promise<LoadedDocument<T>>, now: () => number) {
    this.#load = load;
    this.#now = now;
  }

  /** The document: the one at hand while it is fresh, else a new one, else the old one while the provider is away. */
  async get(): Promise<T> {
    const held = this.#held;
    const now = this.#now();
    // A clock that was set back must not make a document fresh for ever.
    if (held && now < held.freshUntil && now >= held.loadedAt) return held.value;
    try {
      return await this.#renew();
    } catch (error) {
      if (!held || now - held.loadedAt > FRESH_AT_MOST_MS + STALE_AT_MOST_MS) throw error;
      held.freshUntil = now + RETRY_AFTER_MS;
      return held.value;
    }
  }

  /** A renewal out of turn. @returns undefined when there have been too many of late, or when it failed */
  async reload(): Promise<T | undefined> {
    const now = this.#now();
    if (this.#loading === undefined) {
      this.#reloads = this.#reloads.filter((at) => now - at < 60_000 && at <= now);
      if (this.#reloads.length >= RELOADS_PER_MINUTE) return undefined;
      this.#reloads.push(now);
    }
    return await this.#renew().catch(() => undefined);
  }

  #renew(): Promise<T> {
    this.#loading ??= this.#load()
      .then(({ value, maxAgeMs }) => {
        const now = this.#now();
        const life = Math.min(Math.max(maxAgeMs ?? 0, FRESH_AT_LEAST_MS), FRESH_AT_MOST_MS);
        this.#held = { value, loadedAt: now, freshUntil: now + life };
        return value;
      })
      .finally(() => {
        this.#loading = undefined;
      });
    return this.#loading;
  }
}

/** `max-age` of a Cache-Control header in ms. */
export function maxAgeMs(headers: Headers): number | undefined {
  const seconds = /(?:^|[\s,])max-age=(\d{1,9})/i.exec(headers.get('cache-control') ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
