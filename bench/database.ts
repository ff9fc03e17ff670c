/** A migrated database for one bench alone, gone afterwards: the embedded one, or a temporary PostgreSQL server from Debian's packages. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Database, migrate, openDatabase } from '../dist/db/index.js';

export interface BenchDatabase {
  readonly database: Database;
  /** Where further processes find a server. */
  readonly url: string | undefined;
  close(): Promise<void>;
}

const postgres = fileURLToPath(new URL('../test/support/postgres.sh', import.meta.url));

export async function benchDatabase(kind: Database['kind']): Promise<BenchDatabase> {
  return kind === 'server' ? await serverDatabase() : await embeddedDatabase();
}

async function embeddedDatabase(): Promise<BenchDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'latchkey-bench-'));
  const database = await openDatabase({ dataDir });
  await migrate(database);
  return {
    database,
    url: undefined,
    close: async () => {
      await database.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function serverDatabase(): Promise<BenchDatabase> {
  const url = execFileSync(postgres, ['start'], { encoding: 'utf8' }).trim();
  const stop = () => execFileSync(postgres, ['stop', url]);
  try {
    const database = await openDatabase({ url });
    await migrate(database);
    return {
      database,
      url,
      close: async () => {
        await database.close();
        stop();
      },
    };
  } catch (error) {
    stop();
    throw error;
  }
}
