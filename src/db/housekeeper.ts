/** Runs the purge once a minute while the process lives. */
import type { PrismaClient } from './generated/client.js';
import { purge } from './purge.js';
import { purgeTrail } from './purge-trail.js';

export interface HousekeeperOptions {
  readonly prisma: PrismaClient;
  /** Is told why a purge failed; the next one comes anyway. */
  readonly onFailure: (error: unknown) => void;
  readonly everyMs?: number;
  /** How long events and addresses are kept. Default 90. */
  readonly retentionDays?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

export class Housekeeper {
  readonly #options: HousekeeperOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: HousekeeperOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#timer !== undefined) return;
    const { everyMs = 60_000 } = this.#options;
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(() => this.#purge());
    }, everyMs);
    this.#timer.unref();
  }

  /** Resolves when a purge under way has ended. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#running;
  }

  async #purge(): Promise<void> {
    const { prisma, onFailure, retentionDays = 90, now = Date.now } = this.#options;
    try {
      await purge(prisma, now());
      await purgeTrail(prisma, now(), retentionDays);
    } catch (error) {
      onFailure(error);
    }
  }
}
