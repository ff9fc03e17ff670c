/**
 * Upgrading keeps what is there: every earlier state of the schema, filled, is migrated to this release's and read by this release. And a
 * rolling restart works: a migration only adds, so that the release before goes on running on the new schema (expand, then contract).
 */

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCredentials, sealCredentials } from '../../src/connections/credentials.js';
import { migrate } from '../../src/db/index.js';
import { TokenCredentials } from '../../src/oauth1/index.js';
import { KeyRing, Vault } from '../../src/vault/index.js';
import { migrationNames, migrationsDir, type TestDatabase, testDatabase } from '../support/database.js';
import { breakingStatements } from '../support/migration-rules.js';

const names = await migrationNames();
const vault = new Vault(KeyRing.parse(`old:${Buffer.alloc(32, 7).toString('base64')}`));
const userId = '0190a6f0-0000-7000-8000-000000000001';
const connectionId = '0190a6f0-0000-7000-8000-000000000002';
const token = { token: 'kept-token', tokenSecret: 'kept-secret' };

describe.each(names.slice(0, -1))('a database filled at %s', (state) => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await testDatabase({ tables: false });
    const upTo = mkdtempSync(join(tmpdir(), 'latchkey-upgrade-'));
    for (const name of names.slice(0, names.indexOf(state) + 1))
      cpSync(join(migrationsDir, name), join(upTo, name), { recursive: true });
    await migrate(db.database, upTo);
    rmSync(upTo, { recursive: true });
    await fill(db);
    await migrate(db.database, migrationsDir);
  });
  afterAll(() => db.close());

  test('keeps people, their ways to sign in and their sessions', async () => {
    const { prisma } = db.database;
    expect(await prisma.user.findMany()).toEqual([
      expect.objectContaining({ id: userId, name: 'Ada', state: 'active', operator: false }),
    ]);
    expect(await prisma.identity.findMany()).toEqual([
      expect.objectContaining({ userId, namespace: 'twitter', subject: '2244994945' }),
    ]);
    expect(await prisma.webSession.count({ where: { userId } })).toBe(1);
  });

  test('keeps credentials that open, under the key that sealed them', async () => {
    const row = await db.database.prisma.connection.findUniqueOrThrow({ where: { id: connectionId } });
    expect(row).toMatchObject({ status: 'active', generation: 3, keyId: 'old', scopes: ['read'] });
    const opened = openCredentials(vault, row.id, row.credentials);
    expect(opened.token.toPlain()).toEqual(TokenCredentials.from(token).toPlain());
  });

  test('keeps the trail, and knows which key was in use', async () => {
    const { prisma } = db.database;
    expect(await prisma.event.findMany()).toEqual([expect.objectContaining({ userId, kind: 'signed_in' })]);
    expect(await prisma.vaultKey.findMany()).toEqual([expect.objectContaining({ id: 'old', fingerprint: 'f' })]);
    expect(await prisma.providerApp.findMany()).toEqual([expect.objectContaining({ id: 'x', clientId: 'client' })]);
  });
});

/** Plain SQL with the columns of the first release, because the Prisma client of this one speaks of newer columns. */
async function fill({ database }: TestDatabase): Promise<void> {
  const sealed = sealCredentials(vault, connectionId, { protocol: 'oauth1', token: TokenCredentials.from(token) });
  const sql = (text: string) => database.prisma.$executeRawUnsafe(text);
  await sql(`INSERT INTO "User" ("id", "name") VALUES ('${userId}', 'Ada')`);
  await sql(`INSERT INTO "Identity" ("id", "userId", "namespace", "subject")
    VALUES (gen_random_uuid(), '${userId}', 'twitter', '2244994945')`);
  await sql(`INSERT INTO "Connection" ("id", "userId", "provider", "sandbox", "namespace", "subject", "label", "profile", "scopes",
      "credentials", "keyId", "generation")
    VALUES ('${connectionId}', '${userId}', 'twitter', false, 'twitter', '2244994945', '@ada', '{}', '{read}',
      '${sealed.credentials}', '${sealed.keyId}', 3)`);
  await sql(`INSERT INTO "WebSession" ("id", "userId", "data", "expiresAt")
    VALUES ('hash', '${userId}', '{}', now() + interval '1 day')`);
  await sql(`INSERT INTO "Event" ("id", "kind", "userId") VALUES (gen_random_uuid(), 'signed_in', '${userId}')`);
  await sql(`INSERT INTO "VaultKey" ("id", "fingerprint") VALUES ('old', 'f')`);
  await sql(`INSERT INTO "ProviderApp" ("id", "clientId") VALUES ('x', 'client')`);
}

describe('migrations only add', () => {
  test.each(names.slice(1))('%s', async (name) => {
    const sql = await readFile(join(migrationsDir, name, 'migration.sql'), 'utf8');
    expect(breakingStatements(sql)).toEqual([]);
  });

  test.each([
    ['DROP TABLE "Nonce"', 1],
    ['ALTER TABLE "User" DROP COLUMN "name"', 1],
    ['ALTER TABLE "User" RENAME COLUMN "name" TO "label"', 1],
    ['ALTER TABLE "User" ALTER COLUMN "name" SET NOT NULL', 1],
    ['ALTER TABLE "User" ALTER COLUMN "name" SET DATA TYPE INTEGER', 1],
    ['ALTER TABLE "User" ADD COLUMN "age" INTEGER NOT NULL', 1],
    ['ALTER TABLE "User" ADD COLUMN "age" INTEGER NOT NULL DEFAULT 0', 0],
    ['ALTER TABLE "User" ADD COLUMN "age" INTEGER;\n-- DROP TABLE "User"', 0],
    ['CREATE UNIQUE INDEX "one" ON "User"("name")', 1],
    ['ALTER TABLE "User" ADD COLUMN "key" TEXT;\nCREATE UNIQUE INDEX "one" ON "User"("key")', 0],
    ['CREATE INDEX "some" ON "User"("name")', 0],
    ['-- contract: 0.4.0 reads it no more\nALTER TABLE "User" DROP COLUMN "name"', 0],
  ])('the rule itself: %s', (sql, count) => {
    expect(breakingStatements(sql)).toHaveLength(count);
  });
});
