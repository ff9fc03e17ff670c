/**
 * Prisma's own schema engine, compiled to WebAssembly, over a throw-away embedded PostgreSQL: writes migrations and tells whether the
 * schema and the migrations say the same. For development and tests only; the application applies migrations with src/db/migrate.ts.
 */
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg';
import { PrismaPGlite } from 'pglite-prisma-adapter';

export const schemaFile = resolve(import.meta.dirname, '../prisma/schema.prisma');
export const migrationsDir = resolve(import.meta.dirname, '../prisma/migrations');

const noFilter: glue.SchemaFilter = { externalTables: [], externalEnums: [] };

/** Written beside the migrations, as Prisma's tools expect it. */
export const lockFileText =
  '# The SQL dialect of these migrations; written by the tools, kept in version control.\nprovider = "postgresql"\n';

/** What `schema.prisma` says beyond the migrations, as SQL: the next migration, or empty when both say the same. */
export async function schemaBeyondMigrations(): Promise<string> {
  return withThrowAwayEngine(async (engine) => {
    const difference = await engine.diff({
      from: { tag: 'migrations', ...(await migrationsOnDisk(migrationsDir)) },
      to: { tag: 'schemaDatamodel', ...(await schemaOnDisk()) },
      script: true,
      // With this set the engine answers 2 when the two differ, which does not depend on the wording of an empty script.
      exitCode: true,
      filters: noFilter,
    });
    return difference.exitCode === 0 ? '' : (difference.stdout ?? 'The engine reports a difference.');
  });
}

/** What Prisma's own tools (`prisma migrate status`) would say about a database's history. */
export async function diagnoseHistory(
  adapter: SqlMigrationAwareDriverAdapterFactory,
  directory: string = migrationsDir,
): Promise<glue.DiagnoseMigrationHistoryOutput> {
  const migrationsList = await migrationsOnDisk(directory);
  return withEngine(adapter, (engine) =>
    engine.diagnoseMigrationHistory({ migrationsList, optInToShadowDatabase: false, filters: noFilter }),
  );
}

/** Lets Prisma's engine apply the migrations itself: the other side of the agreement. */
export async function deployWithEngine(
  adapter: SqlMigrationAwareDriverAdapterFactory,
  directory: string = migrationsDir,
): Promise<readonly string[]> {
  const migrationsList = await migrationsOnDisk(directory);
  const deployed = await withEngine(adapter, (engine) => engine.applyMigrations({ migrationsList, filters: noFilter }));
  return deployed.appliedMigrationNames;
}

async function withThrowAwayEngine<T>(use: (engine: glue.SchemaEngine) => Promise<T>): Promise<T> {
  const scratch = await PGlite.create();
  try {
    const adapter = new PrismaPGlite(scratch);
    // The engine only ever writes to its shadow database here, so one scratch database serves as both. The adapter's own shadow would
    // be a second PGlite that nobody closes.
    const both: SqlMigrationAwareDriverAdapterFactory = {
      provider: adapter.provider,
      adapterName: adapter.adapterName,
      connect: () => adapter.connect(),
      connectToShadowDb: () => adapter.connect(),
    };
    return await withEngine(both, use);
  } finally {
    await scratch.close();
  }
}

async function withEngine<T>(
  adapter: SqlMigrationAwareDriverAdapterFactory,
  use: (engine: glue.SchemaEngine) => Promise<T>,
): Promise<T> {
  loaded ??= loadWasm();
  await loaded;
  const connections: SqlDriverAdapter[] = [];
  const remember = async (connecting: Promise<SqlDriverAdapter>): Promise<SqlDriverAdapter> => {
    const connection = await connecting;
    connections.push(connection);
    return connection;
  };
  const { files } = await schemaOnDisk();
  const engine = await glue.SchemaEngine.new(
    { datamodels: files.map(({ path, content }) => [path, content]) },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory({
      provider: adapter.provider,
      adapterName: adapter.adapterName,
      connect: () => remember(adapter.connect()),
      connectToShadowDb: () => remember(adapter.connectToShadowDb()),
    }),
  );
  try {
    return await use(engine);
  } finally {
    engine.free();
    // The engine leaves its connections open, and with them its lock on the database.
    for (const connection of connections) await connection.dispose();
  }
}

/** The part of the global that is used here; its full types come only with those of the browser. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

let loaded: Promise<void> | undefined;

/** Node needs a flag to import `.wasm` as a module, so the package's own entry is taken apart and its two halves joined by hand. */
async function loadWasm(): Promise<void> {
  const gluePath = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const bytes = await readFile(join(dirname(gluePath), 'schema_engine_bg.wasm'));
  const imports = Object.fromEntries(
    // The engine never clears the timer that guards its lock, and a process would wait ten seconds for it.
    Object.entries(glue).map(([name, value]) => [name, name.startsWith('__wbg_setTimeout_') ? unrefTimeout : value]),
  );
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': imports });
  glue.__wbg_set_wasm(instance.exports);
  const start = instance.exports.__wbindgen_start;
  if (typeof start !== 'function') throw new Error('The schema engine has no start function.');
  start();
}

function unrefTimeout(callback: () => void, delayMs: number): NodeJS.Timeout {
  return setTimeout(callback, delayMs).unref();
}

async function schemaOnDisk(): Promise<glue.SchemasContainer> {
  return { files: [{ path: schemaFile, content: await readFile(schemaFile, 'utf8') }] };
}

async function migrationsOnDisk(directory: string): Promise<glue.MigrationList> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(whenMissing([]));
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const lockfile = await readFile(join(directory, 'migration_lock.toml'), 'utf8').catch(whenMissing(lockFileText));
  return {
    baseDir: directory,
    lockfile: { path: 'migration_lock.toml', content: lockfile },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      names.sort().map(async (name) => ({
        path: name,
        migrationFile: {
          path: 'migration.sql',
          content: { tag: 'ok' as const, value: await readFile(join(directory, name, 'migration.sql'), 'utf8') },
        },
      })),
    ),
  };
}

function whenMissing<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code !== 'ENOENT') throw error;
    return value;
  };
}
