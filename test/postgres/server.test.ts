import { inspect } from 'node:util';
import { deployWithEngine, diagnoseHistory } from '../../scripts/schema-engine.js';
import { migrate, openDatabase } from '../../src/db/index.js';
import {
  freshDatabase,
  migrationNames,
  migrationsDir,
  onServer,
  type TestDatabase,
  testDatabase,
} from '../support/database.js';
import { startDatabaseProcess } from '../support/database-process.js';

const server = process.env.TEST_DATABASE_URL ?? '';

test('three processes that migrate an empty database at once do not clash', async () => {
  const processes = await Promise.all(Array.from({ length: 3 }, startDatabaseProcess));
  try {
    for (let round = 0; round < 3; round += 1) {
      const { url, drop } = await freshDatabase(server);
      const answers = await Promise.all(processes.map((one) => one.ask({ do: 'migrate', url })));
      // Whoever takes the lock first applies all of them, and the others find nothing left to do.
      expect(answers.map(({ value }) => value).sort()).toEqual([[], [], await migrationNames()]);
      await drop();
    }
  } finally {
    await Promise.all(processes.map((one) => one.signal('SIGKILL')));
  }
}, 60_000);

describe('on a server', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await testDatabase();
  });
  afterAll(() => db.close());

  test("ours and the engine's migrations use one lock", async () => {
    const { database, adapter } = db;
    let deployed = false;
    await database.withConnection(async (connection) => {
      await connection.query('SELECT pg_advisory_lock(72707369)');
      const deploying = deployWithEngine(adapter).then(() => {
        deployed = true;
      });
      const waiting = async () =>
        connection.query(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = 72707369
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
      while ((await waiting()).length === 0) expect(deployed).toBe(false);
      await connection.query('SELECT pg_advisory_unlock(72707369)');
      await deploying;
    });
    expect(await diagnoseHistory(adapter)).toMatchObject({ history: null, editedMigrationNames: [] });
  });

  test('a migration that waits for another too long gives up, with nothing changed', async () => {
    const { database } = db;
    await database.withConnection(async (connection) => {
      await connection.query('SELECT pg_advisory_lock(72707369)');
      await expect(migrate(database, migrationsDir, { lockWaitMs: 50 })).rejects.toMatchObject({
        code: 'migration_lock_taken',
      });
    });
    expect(await migrate(database, migrationsDir)).toEqual({ applied: [], ahead: [] });
  });

  test('times are the same instants to us, to the database and to a server whose own zone is another', async () => {
    const { prisma } = db.database;
    const at = new Date('2026-03-29T01:30:00.123Z');
    await prisma.spentFlow.create({ data: { id: 'zone', spentAt: at } });
    const [row] = await prisma.$queryRaw<{ seconds: number; at: Date; drift: number }[]>`
      SELECT extract(epoch FROM "spentAt")::float8 AS seconds, "spentAt" AS at,
             abs(extract(epoch FROM clock_timestamp() - ${new Date()}::timestamptz))::float8 AS drift
      FROM "SpentFlow" WHERE id = 'zone'`;
    expect(row?.seconds).toBe(at.getTime() / 1000);
    expect(row?.at).toEqual(at);
    expect(row?.drift).toBeLessThan(5);
    expect((await prisma.spentFlow.findUniqueOrThrow({ where: { id: 'zone' } })).spentAt).toEqual(at);
  });

  test('a commit is on disk before it is answered', async () => {
    const [row] = await db.database.prisma.$queryRaw<{ setting: string }[]>`
      SELECT current_setting('synchronous_commit') AS setting`;
    expect(row?.setting).toBe('on');
  });

  test.each([
    [
      'a wrong password',
      (url: URL) => Object.assign(url, { password: 'wrong' }),
      'wrong user or password (SQLSTATE 28P01)',
    ],
    [
      'no password',
      (url: URL) => Object.assign(url, { password: '' }),
      'it wants a password and DATABASE_URL has none',
    ],
    [
      'no such database',
      (url: URL) => Object.assign(url, { pathname: '/nowhere' }),
      'there is no such database (SQLSTATE 3D000)',
    ],
  ])('%s is refused in one sentence without user or password', async (_what, spoil, reason) => {
    await onServer(
      server,
      `DO $$ BEGIN CREATE ROLE hidden LOGIN PASSWORD 'hunter2'; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
    );
    const url = new URL(server);
    url.username = 'hidden';
    url.password = 'hunter2';
    const refusal: unknown = await openDatabase({ url: spoil(url).href }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: 'database_refused',
      message: `The database of DATABASE_URL at ${url.host} refuses us: ${reason}.`,
    });
    expect(inspect(refusal, { depth: 5 })).not.toMatch(/hidden|hunter2|"wrong"/);
    await onServer(server, 'DROP ROLE hidden');
  });
});
