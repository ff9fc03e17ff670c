/** Takes over refreshes whose process died or froze: an attempt with an expired lease is replayed once, by whoever sees it first. */
import type { BatchRefresher } from './batch-refresher.js';

const SWEEP_EVERY_MS = 5_000;

export class Sweeper {
  readonly #batches: BatchRefresher;
  readonly #onFailure: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();
  #looking = false;
  #again = false;
  #stopped = false;

  constructor(options: { batches: BatchRefresher; onFailure: (error: unknown) => void }) {
    this.#batches = options.batches;
    this.#onFailure = options.onFailure;
  }

  /**
   * The first look comes after one interval: a process that is killed over and over as it starts would take attempts over only to die with
   * them, where another could have brought them to an end while the old token was still good.
   */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => void this.sweep(), SWEEP_EVERY_MS);
    this.#timer.unref();
  }

  /** Takes over nothing more; replays under way are the {@link Refresher}'s to drain. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  /**
   * Takes over as many attempts as there are places, and more as soon as one of them is free again: whoever is held up by a provider that
   * does not answer must not hold up the others, whose old tokens may be good for a minute only.
   * @returns resolves when those of now are claimed, not when they have ended; never rejects
   */
  sweep(): Promise<void> {
    this.#again = true;
    if (!this.#looking) this.#sweeping = this.#look();
    return this.#sweeping;
  }

  /** One look at a time; who asks for another meanwhile gets it afterwards. */
  async #look(): Promise<void> {
    this.#looking = true;
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        const { attempts } = await this.#batches.take('interrupted');
        for (const attempt of attempts) void attempt.then(() => this.sweep());
      } catch (error) {
        this.#onFailure(error);
      }
    }
    this.#looking = false;
  }
}
