/**
 * Deleting an account. It is marked first, which ends its sessions and its ways to sign in; then each connection is ended, its row first
 * and its grant after that; last goes everything that is left. An account that is still marked when a process starts, or that nobody is
 * working on, is taken up again, so that a kill -9 in the middle leaves no orphan.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type DisconnectOptions, disconnect, type Revocation } from '../connections/index.js';

export interface DeletionsOptions extends DisconnectOptions {
  /** Told why a deletion, or a round of resuming, failed; the next round comes anyway. */
  readonly onFailure: (error: unknown) => void;
  readonly everyMs?: number;
}

/** A connection that was ended on the way, and what its provider said. */
export interface EndedConnection {
  readonly provider: string;
  readonly revocation: Revocation;
}

export interface Deletion {
  /** False when the process is stopping: the rest is for the next start. */
  readonly complete: boolean;
  readonly ended: readonly EndedConnection[];
}

const RESUME_EVERY_MS = 60_000;

export class Deletions {
  readonly #options: DeletionsOptions;
  /** Accounts this process is working on, so that resuming does not do it twice. */
  readonly #running = new Map<string, Promise<Deletion>>();
  #timer: NodeJS.Timeout | undefined;
  #resuming: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: DeletionsOptions) {
    this.#options = options;
  }

  /**
   * From here on the account cannot be used or signed in to, whatever happens next.
   * @returns whether there was such an account that was not being deleted yet
   */
  async mark(userId: string): Promise<boolean> {
    return await this.#options.prisma.$transaction(async (tx) => {
      const { count } = await tx.user.updateMany({
        where: { id: userId, state: { not: 'deleting' } },
        data: { state: 'deleting' },
      });
      if (count > 0) await tx.webSession.deleteMany({ where: { userId } });
      return count > 0;
    });
  }

  /** Carries a marked account's deletion out; joins in when it is under way. @returns what became of the connections */
  finish(userId: string): Promise<Deletion> {
    const known = this.#running.get(userId);
    if (known) return known;
    const work = this.#carryOut(userId).finally(() => this.#running.delete(userId));
    this.#running.set(userId, work);
    return work;
  }

  /**
   * Like {@link finish}, for somebody who waits for it.
   * @returns an incomplete deletion when it takes longer or fails; it goes on, or is taken up again
   */
  async finishWithin(userId: string, patienceMs: number): Promise<Deletion> {
    const unfinished: Deletion = { complete: false, ended: [] };
    const work = this.finish(userId).catch((error) => {
      this.#options.onFailure(error);
      return unfinished;
    });
    return await Promise.race([work, sleep(patienceMs, unfinished, { ref: false })]);
  }

  start(): void {
    const { everyMs = RESUME_EVERY_MS } = this.#options;
    this.#timer = setInterval(() => {
      this.#resuming = this.#resuming.then(() => this.resume());
    }, everyMs);
    this.#timer.unref();
    this.#resuming = this.resume();
  }

  /** Resolves when the connection that is being ended has been; the rest is for the next start. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped = true;
    await this.#resuming;
    await Promise.allSettled(this.#running.values());
  }

  /** Takes up every marked account; never throws, because one that fails must not keep the others waiting. */
  async resume(): Promise<void> {
    try {
      const marked = await this.#options.prisma.user.findMany({ where: { state: 'deleting' }, select: { id: true } });
      for (const { id } of marked) {
        if (this.#stopped) return;
        await this.finish(id).catch((error) => this.#options.onFailure(error));
      }
    } catch (error) {
      this.#options.onFailure(error);
    }
  }

  async #carryOut(userId: string): Promise<Deletion> {
    const { prisma, events } = this.#options;
    const connections = await prisma.connection.findMany({
      where: { userId, user: { state: 'deleting' } },
      select: { id: true },
      orderBy: { createdAt: 'asc' },
    });
    const ended: EndedConnection[] = [];
    for (const { id } of connections) {
      if (this.#stopped) return { complete: false, ended };
      const result = await disconnect(this.#options, userId, id);
      if (result) ended.push(result);
    }
    // Everything else, the trail included, goes with the row; what remains is that some account was deleted.
    const { count } = await prisma.user.deleteMany({ where: { id: userId, state: 'deleting' } });
    if (count > 0) await events.record({ kind: 'account_deleted', detail: { connections: ended.length } });
    return { complete: true, ended };
  }
}
