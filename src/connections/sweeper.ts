/** Takes over refreshes whose process died or froze: an attempt with an expired lease is replayed once, by whoever sees it first. */
import type { BatchRefresher } from './batch-refresher.js';

const SWEEP_EVERY_MS = 5_000;

export class Sweeper {
  readonly #batches: BatchRefresher;
  readonly #onFailure: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: { batches: BatchRefresher; onFailure: (error: unknown) => void }) {
    this.#batches = options.batches;
    this.#onFailure = options.onFailure;
  }

  start(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => {
      this.#sweeping = this.#sweeping.then(() => this.sweep());
    }, SWEEP_EVERY_MS);
    this.#timer.unref();
    this.#sweeping = this.sweep();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  /** Goes on while there are places and attempts to take over; never throws. */
  async sweep(): Promise<void> {
    try {
      for (let claimed = 1; claimed > 0 && !this.#stopped; ) {
        const batch = await this.#batches.take('interrupted');
        claimed = batch.claimed;
        await batch.ended;
      }
    } catch (error) {
      this.#onFailure(error);
    }
  }
}
