/**
 * A process of its own for tests about several processes and sudden death: does what it is told over IPC and answers `{}`, a
 * `{ value }`, or the failure's `{ code, message }`. See `database-process.ts` for the other end.
 */
import { lockDataDirectory } from '../../src/db/data-directory-lock.js';
import { type Database, migrate, openDatabase } from '../../src/db/index.js';
import { migrationsDir } from './database.js';
import type { Command } from './database-process.js';

let database: Database | undefined;
let release = async (): Promise<void> => undefined;

const work: { [Name in Command['do']]: (command: Extract<Command, { do: Name }>) => Promise<unknown> } = {
  lock: async ({ dataDir }) => {
    release = (await lockDataDirectory(dataDir, 'latchkey test')).release;
  },
  unlock: () => release(),
  open: async ({ dataDir }) => {
    database = await openDatabase({ dataDir, command: 'latchkey test' });
    await migrate(database, migrationsDir);
  },
  close: async () => database?.close(),
  write: async ({ id }) => database?.prisma.spentFlow.create({ data: { id } }),
  migrate: async ({ url }) => {
    const server = await openDatabase({ url });
    try {
      return (await migrate(server, migrationsDir)).applied;
    } finally {
      await server.close();
    }
  },
};

process.on('message', (command: Command) => {
  const started = work[command.do] as (command: Command) => Promise<unknown>;
  started(command).then(
    (value) => process.send?.({ value }),
    ({ code, message }: { code?: string; message?: string }) => process.send?.({ code, message }),
  );
});
process.send?.({ value: 'ready' });
