/** Claims as many connections as there are places for token requests, in one statement, and renews their tokens. */
import type { PrismaClient } from '../db/index.js';
import type { Catalogue, Provider } from '../providers/index.js';
import type { Vault } from '../vault/index.js';
import { type BatchKind, claimBatch, type Room } from './claim-batch.js';
import type { Refresher } from './refresher.js';
import type { TokenGate } from './token-gate.js';

export interface BatchRefresherOptions {
  readonly prisma: PrismaClient;
  /** What its keys cannot open is not claimed. */
  readonly vault: Pick<Vault, 'keyIds'>;
  readonly catalogue: Catalogue;
  readonly gate: TokenGate;
  readonly refresher: Refresher;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

export interface Batch {
  readonly claimed: number;
  /** One for each claim; resolves when it has ended, well or badly, and its place is free. */
  readonly attempts: readonly Promise<void>[];
  /** Resolves when all of them have ended, well or badly. */
  readonly ended: Promise<void>;
}

export class BatchRefresher {
  readonly #options: BatchRefresherOptions;
  readonly #now: () => number;
  /** Providers whose tokens can be renewed at all. */
  readonly #providers: readonly Provider[];

  constructor(options: BatchRefresherOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#providers = options.catalogue.all.filter(
      ({ definition }) => definition.protocol !== 'oauth1' && definition.refresh?.mode !== 'none',
    );
  }

  /** Claims no more than there are free places at the moment. @throws database errors */
  async take(kind: BatchKind): Promise<Batch> {
    const { prisma, vault, gate, catalogue, refresher } = this.#options;
    const rooms = this.#providers
      .map((provider): Room => ({ provider: provider.id, sandbox: provider.sandbox, places: gate.roomAt(provider) }))
      .filter(({ places }) => places > 0);
    if (rooms.length === 0 || gate.room <= 0) return batchOf([]);
    const claims = await claimBatch(prisma, {
      kind,
      rooms,
      overall: gate.room,
      keyIds: vault.keyIds,
      now: new Date(this.#now()),
    });
    return batchOf(
      claims.map(async (claim) => {
        const provider = catalogue.find(claim.provider, claim.sandbox);
        if (provider) await refresher.carryOut(claim, provider);
      }),
    );
  }
}

function batchOf(attempts: readonly Promise<void>[]): Batch {
  return { claimed: attempts.length, attempts, ended: Promise.all(attempts).then(() => undefined) };
}
