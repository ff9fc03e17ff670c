import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, openDatabase } from '../../src/db/index.js';
import { migrationNames, migrationsDir } from '../support/database.js';
import { type DatabaseProcess, startDatabaseProcess } from '../support/database-process.js';

let home: string;
let other: DatabaseProcess | undefined;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'latchkey-embedded-'));
});
afterEach(async () => {
  await other?.signal('SIGKILL');
  await rm(home, { recursive: true });
});

test('what was committed survives kill -9, and the lock goes with the process', async () => {
  const dataDir = join(home, 'data');
  other = await startDatabaseProcess();
  expect(await other.ask({ do: 'open', dataDir })).toEqual({});
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  expect((await stat(join(dataDir, 'postgres'))).mode & 0o777).toBe(0o700);
  await other.ask({ do: 'write', id: 'committed' });
  await expect(openDatabase({ dataDir })).rejects.toMatchObject({
    code: 'data_directory_locked',
    holder: { pid: other.pid },
  });
  await other.signal('SIGKILL');

  const database = await openDatabase({ dataDir });
  expect(database.kind).toBe('embedded');
  expect(await migrate(database, migrationsDir)).toEqual({ applied: [], ahead: [] });
  expect(await database.prisma.spentFlow.findMany({ select: { id: true } })).toEqual([{ id: 'committed' }]);
  await database.ping();
  await database.close();
  await database.close();
  await expect(database.ping()).rejects.toThrow();
}, 60_000);

test('a first start that is killed half way does not spoil the directory', async () => {
  const dataDir = join(home, 'data');
  other = await startDatabaseProcess();
  const opening = other.ask({ do: 'open', dataDir });
  const isHalfWay = () => existsSync(join(dataDir, 'postgres.unfinished', 'PG_VERSION'));
  while (!isHalfWay()) await new Promise((resolve) => setTimeout(resolve, 10));
  await other.signal('SIGKILL');
  expect(await opening).toEqual({ code: 'gone' });
  expect(await readdir(dataDir)).toEqual(['lock', 'postgres.unfinished']);

  const database = await openDatabase({ dataDir });
  expect(await migrate(database, migrationsDir)).toMatchObject({ applied: await migrationNames() });
  await database.close();
  expect(await readdir(dataDir)).toEqual(['lock', 'postgres']);
}, 60_000);

test('what is no database is refused, never deleted, and the lock is let go', async () => {
  await mkdir(join(home, 'postgres'));
  await writeFile(join(home, 'postgres', 'PG_VERSION'), '12\n');
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await expect(openDatabase({ dataDir: home })).rejects.toMatchObject({
      code: 'data_directory_unusable',
      message: `The data directory ${home} cannot be used: the embedded database in it, made by PostgreSQL 12, does not open.`,
    });
  }
  expect(await readdir(join(home, 'postgres'))).toEqual(['PG_VERSION']);
}, 30_000);
