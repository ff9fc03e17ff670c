/**
 * Renews tokens ahead of time, so that nobody waits for it and no idle grant lapses. Every process may run one: they claim what is due in one
 * statement each, and what one has, the others skip. Nothing else here calls a provider on a schedule.
 */
import { isDatabaseUnavailable } from '../db/index.js';
import type { BatchRefresher } from './batch-refresher.js';

export interface BackgroundRefresherOptions {
  readonly batches: BatchRefresher;
  /** Told why a look into the database failed; the next one comes anyway. */
  readonly onFailure: (error: unknown) => void;
  /** In [0, 1). Default `Math.random`. */
  readonly random?: () => number;
  /** A clock that never jumps, ms. Default `performance.now`. */
  readonly monotonicMs?: () => number;
}

/** Nothing was due: look again after this, give or take a fifth, so that instances that started together drift apart. */
const IDLE_MS = 1_000;
/** Something was: places may be free again. */
const BUSY_MS = 25;
/** The database is away: asking it every second helps nobody. */
const AWAY_MS = 5_000;
/** Looks that find nothing take no more of the database's time than one part in so many, however long each of them is. */
const REST_FOR_LOOKING = 10;

export class BackgroundRefresher {
  readonly #options: BackgroundRefresherOptions;
  readonly #random: () => number;
  readonly #monotonicMs: () => number;
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: BackgroundRefresherOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#monotonicMs = options.monotonicMs ?? (() => performance.now());
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#later(IDLE_MS);
  }

  /** Claims nothing more; refreshes under way are the {@link Refresher}'s to drain. */
  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  /** One look. @returns how long to wait until the next, ms */
  async look(): Promise<number> {
    const begunAt = this.#monotonicMs();
    try {
      const { claimed } = await this.#options.batches.take('due');
      return claimed > 0 ? BUSY_MS : Math.max(IDLE_MS, REST_FOR_LOOKING * (this.#monotonicMs() - begunAt));
    } catch (error) {
      this.#options.onFailure(error);
      return isDatabaseUnavailable(error) ? AWAY_MS : IDLE_MS;
    }
  }

  #later(waitMs: number): void {
    if (!this.#running) return;
    this.#timer = setTimeout(
      () => {
        this.#looking = this.look().then((next) => this.#later(next));
      },
      waitMs * (0.8 + 0.4 * this.#random()),
    );
    this.#timer.unref();
  }
}
