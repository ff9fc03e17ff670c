/** Opens the database: a PostgreSQL server when there is a DATABASE_URL, the embedded PGlite in the data directory otherwise. */
import type { Database, DatabaseLog } from './database.js';
import { openEmbeddedDatabase } from './embedded-database.js';
import { openServerDatabase } from './server-database.js';

export interface OpenDatabaseOptions {
  /** DATABASE_URL; wins over `dataDir`. */
  readonly url?: string | undefined;
  /** Where the embedded database lives, in `postgres/` below it. Default `./data`. */
  readonly dataDir?: string | undefined;
  /** What this process is, for the sentence that another one gets when the data directory is taken. */
  readonly command?: string | undefined;
  readonly log?: DatabaseLog | undefined;
}

/**
 * @throws DatabaseUrlInvalid, DatabaseUnreachable, DatabaseRefused for a server
 * @throws DataDirectoryLocked, DataDirectoryUnusable for the embedded database
 */
export function openDatabase(options: OpenDatabaseOptions = {}): Promise<Database> {
  const { url, dataDir = './data', command = 'latchkey', log = silent } = options;
  return url === undefined ? openEmbeddedDatabase({ dataDir, command }) : openServerDatabase({ url, log });
}

const silent: DatabaseLog = { warn: () => undefined };
