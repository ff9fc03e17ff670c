/** Ends every connection of one provider, for an operator who has to: each row first and its grant after that, a few at a time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type DisconnectOptions, disconnect } from './disconnect.js';

export interface WithdrawalsOptions extends DisconnectOptions {
  /** Told why a connection could not be ended, and of what fails when nobody waits for it any more. */
  readonly onFailure: (error: unknown) => void;
}

export interface Withdrawal {
  /** False when the process is stopping. */
  readonly complete: boolean;
  readonly ended: number;
  /** Those that could not be ended, because something failed here. */
  readonly failed: number;
  /** Those whose provider did not confirm, the failed ones included. */
  readonly unconfirmed: number;
}

const AT_ONCE = 5;

export class Withdrawals {
  readonly #options: WithdrawalsOptions;
  readonly #running = new Map<string, Promise<Withdrawal>>();
  #stopped = false;

  constructor(options: WithdrawalsOptions) {
    this.#options = options;
  }

  /**
   * Ends the connections that exist now; what people connect meanwhile stays. Asked twice, joins in.
   * @param provider provider id, on both sides of the sandbox's fence
   */
  all(provider: string): Promise<Withdrawal> {
    const known = this.#running.get(provider);
    if (known) return known;
    const work = this.#endAll(provider).finally(() => this.#running.delete(provider));
    this.#running.set(provider, work);
    return work;
  }

  /**
   * Like {@link all}, for somebody who waits for it.
   * @returns undefined when it takes longer; it goes on
   */
  async allWithin(provider: string, patienceMs: number): Promise<Withdrawal | undefined> {
    const work = this.all(provider);
    let waiting = true;
    work.catch((error) => {
      if (!waiting) this.#options.onFailure(error);
    });
    try {
      return await Promise.race([work, sleep(patienceMs, undefined, { ref: false })]);
    } finally {
      waiting = false;
    }
  }

  /** Resolves when those being ended have been. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.allSettled(this.#running.values());
  }

  async #endAll(provider: string): Promise<Withdrawal> {
    const rows = await this.#options.prisma.connection.findMany({
      where: { provider },
      select: { id: true, userId: true },
      orderBy: { id: 'asc' },
    });
    const waiting = rows.values();
    const count = { ended: 0, failed: 0, unconfirmed: 0 };
    const work = async () => {
      for (const { id, userId } of waiting) {
        if (this.#stopped) return;
        try {
          const result = await disconnect(this.#options, userId, id, { by: 'operator' });
          if (!result) continue;
          count.ended += 1;
          if (result.revocation !== 'revoked') count.unconfirmed += 1;
        } catch (error) {
          // The others are ended all the same, and whoever waits, waits for all of them.
          count.failed += 1;
          count.unconfirmed += 1;
          this.#options.onFailure(error);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return { complete: !this.#stopped, ...count };
  }
}
