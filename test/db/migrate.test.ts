import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deployWithEngine, diagnoseHistory } from '../../scripts/schema-engine.js';
import { migrate } from '../../src/db/index.js';
import { migrationsDir, type TestDatabase, testDatabase } from '../support/database.js';

const inStep = { editedMigrationNames: [], failedMigrationNames: [], hasMigrationsTable: true, history: null };

describe('migrate', () => {
  let db: TestDatabase;
  let folder: string;

  beforeAll(async () => {
    db = await testDatabase({ tables: false });
  });
  afterAll(() => db.close());

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-migrations-'));
    await write({
      '1_one': 'CREATE TABLE one (id INT); CREATE TABLE more (id INT);',
      '2_two': 'CREATE TABLE two (id INT);',
    });
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
    await sql('DROP SCHEMA public CASCADE');
    await sql('CREATE SCHEMA public');
  });

  async function write(migrations: Record<string, string>): Promise<void> {
    await writeFile(join(folder, 'migration_lock.toml'), 'provider = "postgresql"\n');
    for (const [name, sql] of Object.entries(migrations)) {
      await mkdir(join(folder, name), { recursive: true });
      await writeFile(join(folder, name, 'migration.sql'), sql);
    }
  }
  const without = (name: string) => rm(join(folder, name), { recursive: true });
  const sql = (text: string) => db.database.prisma.$executeRawUnsafe(text);
  async function tables(): Promise<string[]> {
    const rows = await db.database.prisma.$queryRaw<{ name: string }[]>`
      SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '\\_%' ORDER BY 1`;
    return rows.map(({ name }) => name);
  }

  test('applies what is missing, in order, once', async () => {
    expect(await migrate(db.database, folder)).toEqual({ applied: ['1_one', '2_two'], ahead: [] });
    await write({ '3_three': 'ALTER TABLE two ADD COLUMN name TEXT;' });
    expect(await migrate(db.database, folder)).toEqual({ applied: ['3_three'], ahead: [] });
    expect(await migrate(db.database, folder)).toEqual({ applied: [], ahead: [] });
    expect(await tables()).toEqual(['more', 'one', 'two']);
  });

  test("Prisma's engine agrees with what was done here", async () => {
    expect(await diagnoseHistory(db.adapter, migrationsDir)).toMatchObject({ hasMigrationsTable: false });
    await migrate(db.database, migrationsDir);
    expect(await diagnoseHistory(db.adapter, migrationsDir)).toEqual(inStep);
    expect(await deployWithEngine(db.adapter, migrationsDir)).toEqual([]);
  });

  test("what Prisma's engine has applied is not applied again", async () => {
    expect(await deployWithEngine(db.adapter, folder)).toEqual(['1_one', '2_two']);
    await write({ '3_three': 'CREATE TABLE three (id INT);' });
    expect(await migrate(db.database, folder)).toEqual({ applied: ['3_three'], ahead: [] });
    expect(await diagnoseHistory(db.adapter, folder)).toEqual(inStep);
  });

  test("the record is the table that Prisma's engine creates", async () => {
    const columns = () =>
      db.database.prisma.$queryRaw`
        SELECT column_name, data_type, character_maximum_length, is_nullable, column_default, ordinal_position
        FROM information_schema.columns WHERE table_name = '_prisma_migrations' ORDER BY ordinal_position`;
    await migrate(db.database, folder);
    const ours = await columns();
    await sql('DROP TABLE _prisma_migrations, one, more, two');
    await deployWithEngine(db.adapter, folder);
    expect(ours).toEqual(await columns());
    expect(ours).toHaveLength(8);
  });

  test('a migration that fails leaves nothing behind, and those before it stay', async () => {
    await write({ '3_bad': 'CREATE TABLE three (id INT); SELECT nothing FROM nowhere;' });
    await expect(migrate(db.database, folder)).rejects.toMatchObject({
      code: 'migration_failed',
      migration: '3_bad',
      message: expect.stringContaining('nowhere'),
    });
    expect(await tables()).toEqual(['more', 'one', 'two']);
    await write({ '3_bad': 'CREATE TABLE three (id INT);' });
    expect(await migrate(db.database, folder)).toEqual({ applied: ['3_bad'], ahead: [] });
  });

  test('refuses a migration that was changed after it had been applied', async () => {
    await migrate(db.database, folder);
    await write({ '1_one': 'CREATE TABLE one (id BIGINT);' });
    await expect(migrate(db.database, folder)).rejects.toMatchObject({
      code: 'migration_changed',
      message: expect.stringContaining('1_one'),
    });
    expect((await diagnoseHistory(db.adapter, folder)).editedMigrationNames).toEqual(['1_one']);
  });

  test('other line ends are the same migration', async () => {
    await write({ '3_three': 'CREATE TABLE three (\n  id INT\n);\n' });
    await migrate(db.database, folder);
    await write({ '3_three': 'CREATE TABLE three (\r\n  id INT\r\n);\r\n' });
    expect(await migrate(db.database, folder)).toEqual({ applied: [], ahead: [] });
    expect(await diagnoseHistory(db.adapter, folder)).toEqual(inStep);
  });

  test('lets an older release run beside a newer one', async () => {
    await write({ '3_three': 'CREATE TABLE three (id INT);' });
    await migrate(db.database, folder);
    await without('3_three');
    expect(await migrate(db.database, folder)).toEqual({ applied: [], ahead: ['3_three'] });
  });

  test('refuses when the record has a migration between those of this release', async () => {
    await migrate(db.database, folder);
    await without('1_one');
    await expect(migrate(db.database, folder)).rejects.toMatchObject({ code: 'migration_unknown' });
  });

  test('refuses when a newer release ran without one of this release', async () => {
    await write({ '4_four': 'CREATE TABLE four (id INT);' });
    await migrate(db.database, folder);
    await without('4_four');
    await write({ '3_three': 'CREATE TABLE three (id INT);' });
    await expect(migrate(db.database, folder)).rejects.toMatchObject({
      code: 'migration_unknown',
      message: expect.stringMatching(/4_four.*3_three/),
    });
    expect(await tables()).toEqual(['four', 'more', 'one', 'two']);
  });

  test('refuses while another tool left a migration half way, until it is resolved', async () => {
    await migrate(db.database, folder);
    await sql(`UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '2_two'`);
    await expect(migrate(db.database, folder)).rejects.toMatchObject({ code: 'migration_unfinished' });
    expect((await diagnoseHistory(db.adapter, folder)).failedMigrationNames).toEqual(['2_two']);
    await sql(`UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = '2_two'`);
    await sql('DROP TABLE two');
    expect(await migrate(db.database, folder)).toEqual({ applied: ['2_two'], ahead: [] });
    expect(await diagnoseHistory(db.adapter, folder)).toEqual(inStep);
  });

  test('says where it looked when there are no migrations', async () => {
    await expect(migrate(db.database, join(folder, 'nowhere'))).rejects.toMatchObject({
      code: 'migrations_missing',
      message: expect.stringContaining(join(folder, 'nowhere')),
    });
  });
});
