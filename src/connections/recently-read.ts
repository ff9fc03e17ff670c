/**
 * Keeps what was read about people's connections for at most a second, so that a busy connection does not read and open the same row for
 * every call. The age counts from when the reading began; whoever changes something in this process says so by `forget`, after which nobody
 * is given what was read before. What is opened credentials leaves memory by itself soon after it was last asked for.
 */

/** Upper bound of the design: no replaced or disconnected credential is used for longer than this by another process. */
const RECENT_AT_MOST_MS = 1_000;

/** Told after a commit, and before anybody hears of it: all of a person's connections may be others now, or one has new credentials. */
export type ConnectionsChanged = (what: { readonly userId: string } | { readonly connectionId: string }) => void;

export interface RecentlyReadOptions {
  /** Default and upper bound one second; 0 keeps nothing. */
  readonly maxAgeMs?: number | undefined;
  /** Milliseconds on a clock that nobody sets. */
  readonly monotonicMs?: () => number;
}

interface Entry<T> {
  readonly userId: string;
  readonly begunAt: number;
  readonly reading: Promise<T>;
  value?: T;
}

/** More than these are rarely busy within the same second; the one read first goes first. */
const KEPT_AT_MOST = 2_000;

export class RecentlyRead<T> {
  readonly #maxAgeMs: number;
  readonly #now: () => number;
  readonly #kept = new Map<string, Entry<T>>();
  #sweep: NodeJS.Timeout | undefined;

  /** @throws RangeError for an age beyond one second */
  constructor({ maxAgeMs = RECENT_AT_MOST_MS, monotonicMs = () => performance.now() }: RecentlyReadOptions = {}) {
    if (!(maxAgeMs >= 0 && maxAgeMs <= RECENT_AT_MOST_MS)) {
      throw new RangeError(`What was read may be kept for 0 to ${RECENT_AT_MOST_MS} ms`);
    }
    this.#maxAgeMs = maxAgeMs;
    this.#now = monotonicMs;
  }

  /** @returns what was read within the allowed age, without reading */
  get(key: string): T | undefined {
    const entry = this.#kept.get(key);
    return entry && this.#isRecent(entry) ? entry.value : undefined;
  }

  /**
   * Reads, or joins a reading that began within the allowed age. A failure is not kept.
   * @param userId whose it is
   * @param read is given what was known before, however old, so that what has not changed need not be prepared again
   */
  async read(key: string, userId: string, read: (previous: T | undefined) => Promise<T>): Promise<T> {
    if (this.#maxAgeMs === 0) return await read(undefined);
    const known = this.#kept.get(key);
    if (known && this.#isRecent(known)) return await known.reading;
    const entry: Entry<T> = { userId, begunAt: this.#now(), reading: read(known?.value) };
    this.#keep(key, entry);
    try {
      entry.value = await entry.reading;
      return entry.value;
    } catch (error) {
      if (this.#kept.get(key) === entry) this.#kept.delete(key);
      throw error;
    }
  }

  /** A reading under way still answers those who wait for it, and nobody who asks later. */
  forget(key: string): void {
    this.#kept.delete(key);
  }

  forgetAllOf(userId: string): void {
    for (const [key, entry] of this.#kept) if (entry.userId === userId) this.#kept.delete(key);
  }

  /** Lets go of what is too old to be given out; a timer calls it while anything is kept. */
  sweep(): void {
    for (const [key, entry] of this.#kept) if (!this.#isRecent(entry)) this.#kept.delete(key);
    clearTimeout(this.#sweep);
    this.#sweep = undefined;
    if (this.#kept.size > 0) this.#sweepLater();
  }

  /** How many readings are held. */
  get size(): number {
    return this.#kept.size;
  }

  #isRecent({ begunAt }: Entry<T>): boolean {
    return this.#now() - begunAt < this.#maxAgeMs;
  }

  #keep(key: string, entry: Entry<T>): void {
    this.#kept.delete(key);
    this.#kept.set(key, entry);
    const [eldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_AT_MOST && eldest !== undefined) this.#kept.delete(eldest);
    this.#sweepLater();
  }

  #sweepLater(): void {
    this.#sweep ??= setTimeout(() => this.sweep(), this.#maxAgeMs).unref();
  }
}
