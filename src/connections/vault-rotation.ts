/**
 * Seals everything anew under the ring's first key, while the app runs (sec-D4, sec-S15). Each row is replaced only if its value is still the
 * one that was read, so a refresh that stores newer credentials meanwhile always wins; and neither the generation nor the attempt is
 * touched, so a refresh that is under way still finds its claim. What is done is done: after a crash the next run takes up the rest.
 * It works on a connection of its own, because over a million rows some statements take longer than the app allows its own.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, fingerprintStore, type SqlConnection } from '../db/index.js';
import type { Events } from '../events/index.js';
import { checkActiveKey, type Vault, VaultError } from '../vault/index.js';
import { giveUpDamaged, replaceSealed, type SealedRow, sealedPage, type UnreadableRow } from './sealed-rows.js';
import {
  forgetKey,
  SEALED_TABLES,
  type SealedTable,
  sealedTables,
  type VaultStatus,
  vaultStatusOver,
} from './vault-status.js';

export interface RotationOptions {
  readonly database: Database;
  readonly vault: Vault;
  /** Where it is said that a connection was found damaged. */
  readonly events: Events;
  /** Rows in one statement. Default 200. */
  readonly batchSize?: number;
  /** Told after each batch. `total` can grow while people connect at an instance that still seals with an older key. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Ends the run after the batch at hand. */
  readonly signal?: AbortSignal;
}

export interface RotationReport {
  /** Every row that can be read is sealed by the active key now. */
  readonly complete: boolean;
  readonly resealed: number;
  /** At most a thousand are named; `unreadableCount` counts all. */
  readonly unreadable: readonly UnreadableRow[];
  readonly unreadableCount: number;
  /** Of them, connections whose people are asked to connect again from now on, so that they need no key any more. */
  readonly givenUp: number;
  /** Keys that this run found unneeded: they may be taken out of the ring now. */
  readonly released: readonly string[];
  /** As it is after the run. */
  readonly status: VaultStatus;
}

const BATCH = 200;
const NAMED_AT_MOST = 1_000;
/** Rows that were busy are met again in the next pass; whoever keeps them busier than this is asked to run it again. */
const PASSES = 10;

/**
 * Every instance should know the new first key before this runs: one that does not cannot read what is sealed anew until it is restarted.
 * @throws VaultKeyMissing when the active key is not the one that this database knows under its id, and database errors
 */
export async function rotateVaultKeys(options: RotationOptions): Promise<RotationReport> {
  const { database, vault } = options;
  await checkActiveKey(vault, fingerprintStore(database.prisma));
  return await database.withConnection((connection) => new Rotation(options, connection).run());
}

class Rotation {
  readonly #options: RotationOptions;
  readonly #connection: SqlConnection;
  readonly #olderKeys: string[];
  readonly #unreadable = new Map<string, UnreadableRow>();
  #done = 0;
  #total = 0;
  #resealed = 0;
  #givenUp = 0;

  constructor(options: RotationOptions, connection: SqlConnection) {
    this.#options = options;
    this.#connection = connection;
    this.#olderKeys = options.vault.keyIds.filter((id) => id !== options.vault.activeKeyId);
  }

  async run(): Promise<RotationReport> {
    const { keys } = await this.#status();
    for (const key of keys) if (this.#olderKeys.includes(key.id)) this.#total += key.rows + key.givenUp;
    let complete = true;
    for (const table of sealedTables) {
      let missed = 1;
      for (let pass = 0; missed > 0 && pass < PASSES && !this.#stopped; pass += 1) {
        missed = 0;
        for (const keyId of this.#olderKeys) missed += await this.#pass(table, keyId, pass);
      }
      complete &&= missed === 0 && !this.#stopped;
    }
    const released: string[] = [];
    if (complete) for (const id of this.#olderKeys) if (await forgetKey(this.#connection, id)) released.push(id);
    return {
      complete,
      resealed: this.#resealed,
      unreadable: [...this.#unreadable.values()].slice(0, NAMED_AT_MOST),
      unreadableCount: this.#unreadable.size,
      givenUp: this.#givenUp,
      released,
      status: await this.#status(),
    };
  }

  get #stopped(): boolean {
    return this.#options.signal?.aborted ?? false;
  }

  #status(): Promise<VaultStatus> {
    const { database, vault } = this.#options;
    return vaultStatusOver(this.#connection, database.prisma, vault);
  }

  /** Goes once through what a key sealed. @returns how many rows were changed or in use by somebody else at the moment */
  async #pass(table: SealedTable, keyId: string, pass: number): Promise<number> {
    const { onProgress, vault } = this.#options;
    const batchSize = Math.max(1, Math.trunc(this.#options.batchSize ?? BATCH));
    let missed = 0;
    let after: string | undefined;
    while (!this.#stopped) {
      const startedAt = performance.now();
      const rows = await sealedPage(this.#connection, table, keyId, after, batchSize);
      const last = rows.at(-1);
      if (!last) break;
      after = last.id;
      const { fresh, damaged } = this.#resealAll(table, rows);
      const replaced = await replaceSealed(this.#connection, table, fresh, vault.activeKeyId);
      this.#resealed += replaced;
      missed += fresh.length - replaced + (await this.#giveUp(table, damaged));
      if (pass === 0) this.#done += rows.length;
      this.#total = Math.max(this.#total, this.#done);
      onProgress?.(this.#done, this.#total);
      // At most half of the time is taken from those who use the app meanwhile.
      await sleep(performance.now() - startedAt);
    }
    return missed;
  }

  #resealAll(table: SealedTable, rows: readonly SealedRow[]) {
    const { vault } = this.#options;
    const purpose = SEALED_TABLES[table];
    const fresh: (SealedRow & { fresh: string })[] = [];
    const damaged: SealedRow[] = [];
    for (const row of rows) {
      const { id, keyId } = row;
      try {
        fresh.push({ ...row, fresh: vault.seal(purpose, id, vault.open(purpose, id, row.credentials)) });
        this.#unreadable.delete(`${table} ${id}`);
      } catch (error) {
        if (!(error instanceof VaultError)) throw error;
        this.#unreadable.set(`${table} ${id}`, { table, id, keyId, code: error.code });
        // A value that names another key than its column may open with that one; whoever has it can say.
        if (error.code !== 'vault_key_unknown' && row.givenUp === 0) damaged.push(row);
      }
    }
    return { fresh, damaged };
  }

  /** What waits on the welcome page is gone in ten minutes anyway. @returns how many were changed or in use at the moment */
  async #giveUp(table: SealedTable, damaged: readonly SealedRow[]): Promise<number> {
    if (table !== 'Connection') return 0;
    const givenUp = await giveUpDamaged(this.#connection, damaged);
    this.#givenUp += givenUp.length;
    for (const { id, provider, before } of givenUp) {
      if (before === 'reconnect_required') continue;
      const detail = { reason: 'unreadable' };
      await this.#options.events.record({
        kind: 'connection_reconnect_required',
        connectionId: id,
        provider,
        detail,
      });
    }
    return damaged.length - givenUp.length;
  }
}
