/**
 * Seals everything anew under the ring's first key, while the app runs (sec-D4, sec-S15). Each row is replaced only if its value is still the
 * one that was read, so a refresh that stores newer credentials meanwhile always wins; and neither the generation nor the attempt is
 * touched, so a refresh that is under way still finds its claim. What is done is done: after a crash the next run takes up the rest.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { fingerprintStore, type PrismaClient } from '../db/index.js';
import { checkActiveKey, type Vault, VaultError, type VaultErrorCode } from '../vault/index.js';
import { forgetKey, SEALED_TABLES, type SealedTable, type VaultStatus, vaultStatus } from './vault-status.js';

export interface RotationOptions {
  readonly prisma: PrismaClient;
  readonly vault: Vault;
  /** Rows in one statement. Default 200. */
  readonly batchSize?: number;
  /** Told after each batch. `total` can grow while people connect at an instance that still seals with an older key. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Ends the run after the batch at hand. */
  readonly signal?: AbortSignal;
}

/** A row that could not be opened, and was left as it is. */
export interface UnreadableRow {
  readonly table: SealedTable;
  readonly id: string;
  readonly keyId: string;
  readonly code: VaultErrorCode;
}

export interface RotationReport {
  /** Every row that can be read is sealed by the active key now. */
  readonly complete: boolean;
  readonly resealed: number;
  /** At most a thousand are named; `unreadableCount` counts all. */
  readonly unreadable: readonly UnreadableRow[];
  readonly unreadableCount: number;
  /** Keys that this run found unneeded: they may be taken out of the ring now. */
  readonly released: readonly string[];
  /** As it is after the run. */
  readonly status: VaultStatus;
}

interface Row {
  readonly id: string;
  readonly keyId: string;
  readonly credentials: string;
}

const BATCH = 200;
const NAMED_AT_MOST = 1_000;
/** Rows that were busy are met again in the next pass; whoever keeps them busier than this is asked to run it again. */
const PASSES = 10;
const LOWEST_ID = '00000000-0000-0000-0000-000000000000';

/**
 * Every instance should know the new first key before this runs: one that does not cannot read what is sealed anew until it is restarted.
 * @throws VaultKeyMissing when the active key is not the one that this database knows under its id, and database errors
 */
export async function rotateVaultKeys(options: RotationOptions): Promise<RotationReport> {
  await checkActiveKey(options.vault, fingerprintStore(options.prisma));
  return await new Rotation(options).run();
}

class Rotation {
  readonly #options: RotationOptions;
  readonly #olderKeys: string[];
  readonly #unreadable = new Map<string, UnreadableRow>();
  #done = 0;
  #total = 0;
  #resealed = 0;

  constructor(options: RotationOptions) {
    this.#options = options;
    this.#olderKeys = options.vault.keyIds.filter((id) => id !== options.vault.activeKeyId);
  }

  async run(): Promise<RotationReport> {
    const { prisma, vault } = this.#options;
    const { keys } = await vaultStatus(this.#options);
    for (const key of keys) if (this.#olderKeys.includes(key.id)) this.#total += key.rows + key.givenUp;
    let complete = true;
    for (const { table, purpose } of SEALED_TABLES) {
      let missed = 1;
      for (let pass = 0; missed > 0 && pass < PASSES && !this.#stopped; pass += 1) {
        missed = await this.#pass(
          table,
          (row) => vault.seal(purpose, row.id, vault.open(purpose, row.id, row.credentials)),
          pass,
        );
      }
      complete &&= missed === 0 && !this.#stopped;
    }
    const released: string[] = [];
    if (complete) for (const id of this.#olderKeys) if (await forgetKey(prisma, id)) released.push(id);
    return {
      complete,
      resealed: this.#resealed,
      unreadable: [...this.#unreadable.values()].slice(0, NAMED_AT_MOST),
      unreadableCount: this.#unreadable.size,
      released,
      status: await vaultStatus(this.#options),
    };
  }

  get #stopped(): boolean {
    return this.#options.signal?.aborted ?? false;
  }

  /** Goes through a table once. @returns how many rows were changed or locked by somebody else at the moment */
  async #pass(table: SealedTable, reseal: (row: Row) => string, pass: number): Promise<number> {
    const { onProgress } = this.#options;
    const batchSize = Math.max(1, Math.trunc(this.#options.batchSize ?? BATCH));
    let missed = 0;
    let after = LOWEST_ID;
    while (!this.#stopped) {
      const startedAt = performance.now();
      const rows = await this.#page(table, after, batchSize);
      const last = rows.at(-1);
      if (!last) break;
      after = last.id;
      const fresh = this.#resealAll(table, rows, reseal);
      const replaced = await this.#replace(table, fresh);
      this.#resealed += replaced;
      missed += fresh.length - replaced;
      if (pass === 0) this.#done += rows.length;
      this.#total = Math.max(this.#total, this.#done);
      onProgress?.(this.#done, this.#total);
      // At most half of the time is taken from those who use the app meanwhile.
      await sleep(performance.now() - startedAt);
    }
    return missed;
  }

  /** The limit stands in the text, because for an unknown one the planner would rather sort the table than follow its key. */
  #page(table: SealedTable, after: string, limit: number): Promise<Row[]> {
    return this.#options.prisma.$queryRawUnsafe<Row[]>(
      `SELECT "id", "keyId", "credentials" FROM "${table}"
        WHERE "keyId" = ANY($1::text[]) AND "id" > $2::uuid ORDER BY "id" LIMIT ${limit}`,
      this.#olderKeys,
      after,
    );
  }

  #resealAll(table: SealedTable, rows: readonly Row[], reseal: (row: Row) => string): (Row & { fresh: string })[] {
    return rows.flatMap((row) => {
      try {
        return [{ ...row, fresh: reseal(row) }];
      } catch (error) {
        if (!(error instanceof VaultError)) throw error;
        const { id, keyId } = row;
        this.#unreadable.set(`${table} ${id}`, { table, id, keyId, code: error.code });
        return [];
      }
    });
  }

  /** Rows that somebody holds are skipped instead of waited for, so that two rotations or a deletion can never deadlock with this. */
  #replace(table: SealedTable, rows: readonly (Row & { fresh: string })[]): Promise<number> {
    return this.#options.prisma.$executeRawUnsafe(
      `WITH "free" AS (SELECT "id" FROM "${table}" WHERE "id" = ANY($1::uuid[]) ORDER BY "id" FOR UPDATE SKIP LOCKED)
       UPDATE "${table}" AS "row" SET "credentials" = "sealed"."fresh", "keyId" = $4
         FROM "free" JOIN unnest($1::uuid[], $2::text[], $3::text[]) AS "sealed"("id", "old", "fresh") USING ("id")
        WHERE "row"."id" = "sealed"."id" AND "row"."credentials" = "sealed"."old"`,
      rows.map((row) => row.id),
      rows.map((row) => row.credentials),
      rows.map((row) => row.fresh),
      this.#options.vault.activeKeyId,
    );
  }
}
