/**
 * PGlite, PostgreSQL in WebAssembly, in the data directory: for trying, development and the command line. It does not fsync, so it
 * survives the death of its process, not that of the machine. Everything goes over one connection, hence short transactions.
 */
import { chmod, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { lockDataDirectory } from './data-directory-lock.js';
import type { Database, SqlConnection } from './database.js';
import { DataDirectoryUnusable } from './database-errors.js';
import { PrismaClient } from './generated/client.js';

/**
 * @throws DataDirectoryLocked when a living process has it open
 * @throws DataDirectoryUnusable when it cannot be written, or what lies there cannot be opened
 */
export async function openEmbeddedDatabase(options: { dataDir: string; command: string }): Promise<Database> {
  const { dataDir, command } = options;
  const lock = await lockDataDirectory(dataDir, command);
  const directory = join(resolve(dataDir), 'postgres');
  try {
    if (!(await exists(directory))) await createCluster(directory);
    const pglite = await PGlite.create(directory);
    return databaseOver(pglite, () => lock.release());
  } catch (error) {
    await lock.release();
    const version = await readFile(join(directory, 'PG_VERSION'), 'utf8').catch(() => undefined);
    const origin = version === undefined ? '' : `, made by PostgreSQL ${version.trim()},`;
    throw new DataDirectoryUnusable(dataDir, `the embedded database in it${origin} does not open`, { cause: error });
  }
}

/** The room's view of a PGlite that is already running, for tests that load theirs from memory. */
export function databaseOver(pglite: PGlite, afterClose: () => Promise<void>): Database {
  const prisma = new PrismaClient({
    adapter: new PrismaPGlite(pglite),
    errorFormat: 'minimal',
    transactionOptions: { maxWait: 5_000, timeout: 5_000 },
  });
  const connection: SqlConnection = {
    query: async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
      (await pglite.query<Row>(sql, [...values])).rows,
    transaction: (work) =>
      pglite.transaction((transaction) =>
        work({
          query: async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
            (await transaction.query<Row>(sql, [...values])).rows,
          script: async (sql) => {
            await transaction.exec(sql);
          },
        }),
      ),
  };
  let closing: Promise<void> | undefined;
  return {
    prisma,
    kind: 'embedded',
    ping: async () => {
      await pglite.query('SELECT 1');
    },
    withConnection: (work) => work(connection),
    close: () => {
      closing ??= (async () => {
        await prisma.$disconnect();
        if (!pglite.closed) await pglite.close();
        await afterClose();
      })();
      return closing;
    },
  };
}

/**
 * Creates the cluster beside its place and moves it there when it is complete: a process that is killed during the first seconds leaves
 * something that the next start throws away, and a directory with the final name is never deleted.
 */
async function createCluster(directory: string): Promise<void> {
  const unfinished = `${directory}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  // For one connection and a few megabytes of data, the default of 128 MB only costs memory.
  const pglite = await PGlite.create({ dataDir: unfinished, postgresqlconf: ['shared_buffers = 16MB'] });
  await pglite.close();
  await chmod(unfinished, 0o700);
  await rename(unfinished, directory);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
