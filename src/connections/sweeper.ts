/** Takes over refreshes whose process died or froze: an attempt with an expired lease is replayed once, by whoever sees it first. */
import type { PrismaClient } from '../db/index.js';
import { isRefreshOutcome } from './failures.js';
import type { Refresher } from './refresher.js';

const SWEEP_EVERY_MS = 5_000;
const BATCH = 50;

export class Sweeper {
  readonly #prisma: PrismaClient;
  readonly #refresher: Refresher;
  readonly #onFailure: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(options: { prisma: PrismaClient; refresher: Refresher; onFailure: (error: unknown) => void }) {
    this.#prisma = options.prisma;
    this.#refresher = options.refresher;
    this.#onFailure = options.onFailure;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#sweeping = this.#sweeping.then(() => this.sweep());
    }, SWEEP_EVERY_MS);
    this.#timer.unref();
    this.#sweeping = this.sweep();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  /** One round; never throws, because one damaged row must not keep the others waiting. */
  async sweep(): Promise<void> {
    try {
      const rows = await this.#prisma.$queryRaw<{ id: string }[]>`
        SELECT "id" FROM "Connection"
         WHERE "attemptId" IS NOT NULL AND "leaseUntil" < now() AND "status" <> 'reconnect_required'
         ORDER BY "leaseUntil" LIMIT ${BATCH}`;
      await Promise.all(rows.map(({ id }) => this.#refresher.replay(id).catch((error) => this.#notice(error))));
    } catch (error) {
      this.#onFailure(error);
    }
  }

  /** What a refresh can end in is on its row already; anything else would go unheard here. */
  #notice(error: unknown): void {
    if (!isRefreshOutcome(error)) this.#onFailure(error);
  }
}
