/**
 * Applies the SQL files of prisma/migrations in order and keeps Prisma's own record of them (`_prisma_migrations`, its checksums and its
 * lock), so that `prisma migrate deploy` and `prisma migrate status` agree with what happened here, and the other way round.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Database, SqlConnection } from './database.js';
import { MigrationFailed, MigrationRefused } from './migration-errors.js';

export interface MigrationResult {
  /** Names of the migrations applied by this call, in order. */
  readonly applied: string[];
  /**
   * Names of recorded migrations that this release does not have because a newer one ran already. Rolling restarts run both side by
   * side, so this is for the log, not an error.
   */
  readonly ahead: string[];
}

/** The migrations that come with this release; two levels up both from src/db and from dist/db. */
const ownMigrations = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));
/** The key of the advisory lock that Prisma's engine takes for the same purpose. */
const prismaLockKey = 72_707_369;
const defaultLockWaitMs = 60_000;
/** A migration that cannot have its tables for so long gives up, because all queries queue behind the one that waits. */
const tableWaitMs = 10_000;
/** SQLSTATE of a lock that was waited for too long. */
const lockNotAvailable = '55P03';

/**
 * @param migrationsDir the folder with one sub-folder for each migration, each with a `migration.sql`; default this release's own
 * @param options.lockWaitMs how long to wait while another process migrates; default one minute
 * @throws MigrationRefused when the record and the files contradict each other, or the lock stays taken
 * @throws MigrationFailed when a migration's SQL fails; it is rolled back whole, those before it stay
 */
export async function migrate(
  database: Database,
  migrationsDir: string = ownMigrations,
  options: { readonly lockWaitMs?: number } = {},
): Promise<MigrationResult> {
  const files = await readMigrations(migrationsDir);
  return database.withConnection(async (connection) => {
    await takeLock(connection, options.lockWaitMs ?? defaultLockWaitMs);
    try {
      await connection.query(recordTable);
      const plan = compare(files, await readRecord(connection));
      for (const migration of plan.pending) await apply(connection, migration);
      return { applied: plan.pending.map(({ name }) => name), ahead: plan.ahead };
    } finally {
      // A connection that was lost has lost its lock too.
      await connection.query('SELECT pg_advisory_unlock($1)', [prismaLockKey]).catch(() => undefined);
      await connection.query('SET lock_timeout = 0').catch(() => undefined);
    }
  });
}

interface Migration {
  readonly name: string;
  readonly sql: string;
}

interface Recorded {
  readonly name: string;
  readonly checksum: string;
  readonly finished: boolean;
}

async function readMigrations(directory: string): Promise<Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    throw new MigrationRefused('migrations_missing', `The migrations are not at ${directory}.`, { cause: error });
  });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => ({ name, sql: await readFile(join(directory, name, 'migration.sql'), 'utf8') })),
  );
}

async function takeLock(connection: SqlConnection, lockWaitMs: number): Promise<void> {
  await connection.query(`SET lock_timeout = ${lockWaitMs}`);
  try {
    await connection.query('SELECT pg_advisory_lock($1)', [prismaLockKey]);
  } catch (error) {
    if ((error as { code?: unknown }).code !== lockNotAvailable) throw error;
    throw new MigrationRefused(
      'migration_lock_taken',
      'Another process is still migrating this database; start again when it is done.',
      { cause: error },
    );
  }
  await connection.query(`SET lock_timeout = ${tableWaitMs}`);
}

/** As Prisma's engine creates it; a test compares the two. */
const recordTable = `
CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`;

/** Without those that somebody marked as rolled back: they count as never applied. */
async function readRecord(connection: SqlConnection): Promise<Recorded[]> {
  const rows = await connection.query<{ name: string; checksum: string; finished: number }>(
    `SELECT "migration_name" AS name, "checksum" AS checksum, ("finished_at" IS NOT NULL)::int AS finished
     FROM "_prisma_migrations" WHERE "rolled_back_at" IS NULL ORDER BY "migration_name"`,
  );
  return rows.map(({ name, checksum, finished }) => ({ name, checksum, finished: finished === 1 }));
}

function compare(files: readonly Migration[], record: readonly Recorded[]): { pending: Migration[]; ahead: string[] } {
  const unfinished = record.find(({ finished }) => !finished);
  if (unfinished !== undefined) {
    throw new MigrationRefused(
      'migration_unfinished',
      `The migration ${unfinished.name} failed half way. Repair the database, then mark it with "prisma migrate resolve".`,
    );
  }
  const byName = new Map(files.map((file) => [file.name, file]));
  const newestHere = files.at(-1)?.name ?? '';
  const ahead: string[] = [];
  for (const { name, checksum } of record) {
    const file = byName.get(name);
    if (file !== undefined) {
      if (!checksumsOf(file.sql).includes(checksum)) {
        throw new MigrationRefused('migration_changed', `The migration ${name} was changed after it had been applied.`);
      }
    } else if (name > newestHere) {
      ahead.push(name);
    } else {
      throw new MigrationRefused(
        'migration_unknown',
        `The database has the migration ${name}, which is missing between those of this release.`,
      );
    }
  }
  const done = new Set(record.map(({ name }) => name));
  const pending = files.filter(({ name }) => !done.has(name));
  const [first] = pending;
  if (first !== undefined && ahead.length > 0) {
    throw new MigrationRefused(
      'migration_unknown',
      `A newer release migrated this database (${ahead.join(', ')}), but not with ${first.name}, which this release has.`,
    );
  }
  return { pending, ahead };
}

/** The record is written in the migration's own transaction, so from here none is ever left half way. */
async function apply(connection: SqlConnection, { name, sql }: Migration): Promise<void> {
  const startedAt = new Date().toISOString();
  try {
    await connection.transaction(async (transaction) => {
      await transaction.script(sql);
      await transaction.query(
        `INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name", "started_at", "finished_at", "applied_steps_count")
         VALUES ($1, $2, $3, $4, clock_timestamp(), 1)`,
        [randomUUID(), checksumOf(sql), name, startedAt],
      );
    });
  } catch (error) {
    throw new MigrationFailed(name, error);
  }
}

function checksumOf(sql: string): string {
  return createHash('sha256').update(sql, 'utf8').digest('hex');
}

/** Version control may check the same file out with other line ends; Prisma accepts both too. */
function checksumsOf(sql: string): string[] {
  const unix = sql.replaceAll('\r\n', '\n');
  return [sql, unix, unix.replaceAll('\n', '\r\n')].map(checksumOf);
}
