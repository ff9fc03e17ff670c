/** Ends every connection of one provider, for an operator who has to: each row first and its grant after that, a few at a time. */
import { type DisconnectOptions, disconnect } from './disconnect.js';

export interface Withdrawal {
  /** False while there is more to do than the caller waited for. */
  readonly complete: boolean;
  readonly ended: number;
  /** Of them, those whose provider did not confirm. */
  readonly unconfirmed: number;
}

const AT_ONCE = 5;

export class Withdrawals {
  readonly #options: DisconnectOptions;
  readonly #running = new Map<string, Promise<Withdrawal>>();
  #stopped = false;

  constructor(options: DisconnectOptions) {
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
    let ended = 0;
    let unconfirmed = 0;
    const work = async () => {
      for (const { id, userId } of waiting) {
        if (this.#stopped) return;
        const result = await disconnect(this.#options, userId, id, { by: 'operator' });
        if (!result) continue;
        ended += 1;
        if (result.revocation !== 'revoked') unconfirmed += 1;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return { complete: !this.#stopped, ended, unconfirmed };
  }
}
