/**
 * A migrated, empty database for a test suite: PGlite in memory by default, or a database of its own on the server of TEST_DATABASE_URL.
 *
 *   let db: TestDatabase;
 *   beforeAll(async () => { db = await testDatabase(); });
 *   beforeEach(() => db.reset());
 *   afterAll(() => db.close());
 */
import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { PrismaPg } from '@prisma/adapter-pg';
import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { databaseOver } from '../../src/db/embedded-database.js';
import { type Database, migrate, openDatabase } from '../../src/db/index.js';

export interface TestDatabase {
  readonly database: Database;
  /** Where a second process or connection finds it; undefined for the embedded one. */
  readonly url: string | undefined;
  /** The same database for Prisma's schema engine. */
  readonly adapter: SqlMigrationAwareDriverAdapterFactory;
  /** Empties all tables. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export const migrationsDir = resolve(import.meta.dirname, '../../prisma/migrations');

/** @param options.tables false for a database that nobody has migrated yet */
export async function testDatabase({ tables = true }: { tables?: boolean } = {}): Promise<TestDatabase> {
  const server = process.env.TEST_DATABASE_URL;
  if (server === undefined) {
    const pglite = await loadTemplate();
    if (!tables) await pglite.exec('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    const database = databaseOver(pglite, async () => undefined);
    const adapter = new PrismaPGlite(pglite);
    return { database, url: undefined, adapter, reset: () => empty(database), close: () => database.close() };
  }
  const fresh = await freshDatabase(server);
  const database = await openDatabase({ url: fresh.url });
  if (tables) await migrate(database, migrationsDir);
  return {
    database,
    url: fresh.url,
    adapter: new PrismaPg({ connectionString: fresh.url }),
    reset: () => empty(database),
    close: async () => {
      await database.close();
      await fresh.drop();
    },
  };
}

/** An empty database, without tables, on the given server. */
export async function freshDatabase(server: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `latchkey_test_${randomBytes(6).toString('hex')}`;
  await onServer(server, `CREATE DATABASE "${name}"`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(server, `DROP DATABASE "${name}" WITH (FORCE)`) };
}

/** Runs one statement with the rights of TEST_DATABASE_URL, on a connection of its own. */
export async function onServer(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function empty(database: Database): Promise<void> {
  const tables = await database.prisma.$queryRaw<{ name: string }[]>`
    SELECT quote_ident(tablename) AS name FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'`;
  await database.prisma.$executeRawUnsafe(`TRUNCATE ${tables.map(({ name }) => name).join(', ')} CASCADE`);
}

/**
 * Creating a cluster takes seconds, loading a finished one a quarter of a second. The finished one is kept in the temporary directory under a
 * name that changes with the migrations and the version of PGlite.
 */
async function loadTemplate(): Promise<PGlite> {
  const file = join(tmpdir(), `latchkey-test-${await templateKey()}.tar`);
  const kept = await readFile(file).catch(() => undefined);
  if (kept !== undefined) return PGlite.create({ loadDataDir: new Blob([kept]) });
  const pglite = await PGlite.create({ postgresqlconf: ['shared_buffers = 16MB'] });
  await migrate(
    databaseOver(pglite, async () => undefined),
    migrationsDir,
  );
  const dump = await pglite.dumpDataDir('none');
  // Several workers may get here at once: each writes a file of its own, and the last rename wins.
  const unfinished = `${file}.${process.pid}`;
  await writeFile(unfinished, Buffer.from(await dump.arrayBuffer()));
  await rename(unfinished, file);
  return pglite;
}

async function templateKey(): Promise<string> {
  const hash = createHash('sha256');
  const pglite = resolve(import.meta.dirname, '../../node_modules/@electric-sql/pglite/package.json');
  hash.update(await readFile(pglite));
  for (const entry of (await readdir(migrationsDir, { recursive: true })).sort()) {
    hash.update(entry);
    if (entry.endsWith('.sql')) hash.update(await readFile(join(migrationsDir, entry)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** The migrations of this release, in order. */
export async function migrationNames(): Promise<string[]> {
  const entries = await readdir(migrationsDir, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}
