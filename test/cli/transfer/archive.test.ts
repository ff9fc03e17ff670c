/** An installation moves: out of one database into a file, and from the file into another. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { archiveBatches, checkArchive } from '../../../src/cli/transfer/archive/read-archive.js';
import { ArchiveStore, type StoredReport } from '../../../src/cli/transfer/archive/store-archive.js';
import { type ExportReport, writeArchive } from '../../../src/cli/transfer/archive/write-archive.js';
import { openCredentials, sealCredentials } from '../../../src/connections/index.js';
import type { PrismaClient } from '../../../src/db/index.js';
import { TokenCredentials } from '../../../src/oauth1/index.js';
import { OAuth2Token } from '../../../src/oauth2/index.js';
import { KeyRing, Vault } from '../../../src/vault/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';

const OLD = `old:${Buffer.alloc(32, 7).toString('base64')}`;
const NEW = `new:${Buffer.alloc(32, 8).toString('base64')}`;
const oldVault = new Vault(KeyRing.parse(OLD));
const newVault = new Vault(KeyRing.parse(`${NEW},${OLD}`));
const folder = mkdtempSync(join(tmpdir(), 'latchkey-archive-'));
const file = join(folder, 'latchkey.jsonl');
let from: TestDatabase;
let to: TestDatabase;

beforeAll(async () => {
  from = await testDatabase();
  to = await testDatabase();
}, 60_000);
beforeEach(async () => {
  await from.reset();
  await to.reset();
  rmSync(file, { force: true });
});
afterAll(async () => {
  await from.close();
  await to.close();
  rmSync(folder, { recursive: true, force: true });
});

function exportAll(
  options: { showSecrets?: boolean; overwrite?: boolean; signal?: AbortSignal } = {},
): Promise<ExportReport> {
  const { prisma } = from.database;
  const now = () => Date.parse('2026-11-21T07:00:00Z');
  return writeArchive({ prisma, vault: oldVault, file, showSecrets: false, overwrite: false, now, ...options });
}

async function importAll(vault = newVault): Promise<StoredReport> {
  await checkArchive(file, vault);
  const store = new ArchiveStore(to.database.prisma, vault);
  for await (const batch of archiveBatches(file, vault)) await store.store(batch);
  return store.report;
}

const ID = (number: number) => `0198c0de-0000-7000-8000-${String(number).padStart(12, '0')}`;
const [ADA, GRACE, TOY] = [ID(1), ID(2), ID(3)];
const [FITBIT, TWITTER, BROKEN, TOY_CONNECTION, TOY_OF_ADA] = [ID(11), ID(12), ID(13), ID(14), ID(15)];

function connection(id: string, userId: string, more: object = {}) {
  const token = new OAuth2Token({ accessToken: `ACCESS-${id}`, refreshToken: `REFRESH-${id}`, scopes: ['profile'] });
  return {
    id,
    userId,
    provider: 'fitbit',
    sandbox: false,
    namespace: 'fitbit',
    subject: `subject-${id}`,
    label: 'Ada',
    profile: { name: 'Ada' },
    scopes: ['profile'],
    ...sealCredentials(oldVault, id, { protocol: 'oauth2', token }),
    expiresAt: new Date('2026-12-01T00:00:00.123Z'),
    refreshAt: new Date('2026-11-30T00:00:00Z'),
    generation: 7,
    ...more,
  };
}

/** Two real people, one of the sandbox, and everything that must stay behind. */
async function populate(prisma: PrismaClient): Promise<void> {
  await prisma.user.createMany({
    data: [
      { id: ADA, name: 'Ada', email: 'ada@example.test', emailVerifiedBy: 'google', operator: true },
      { id: GRACE, name: 'Grace', email: 'sandbox@example.test', emailVerifiedBy: 'twitter', state: 'disabled' },
      { id: TOY, name: 'Toy' },
      { id: ID(4), name: 'Leaving', state: 'deleting' },
    ],
  });
  await prisma.identity.createMany({
    data: [
      { userId: ADA, namespace: 'google', subject: '108' },
      { userId: ADA, namespace: 'sandbox:twitter', subject: '1' },
      { userId: TOY, namespace: 'sandbox:twitter', subject: '2' },
      { userId: ID(4), namespace: 'google', subject: '109' },
    ],
  });
  const oauth1 = { protocol: 'oauth1', token: TokenCredentials.from({ token: 'T1', tokenSecret: 'S1' }) } as const;
  await prisma.connection.createMany({
    data: [
      connection(FITBIT, ADA, { attemptId: ID(99), leaseUntil: new Date() }),
      connection(TWITTER, GRACE, {
        provider: 'twitter-live',
        namespace: 'twitter',
        ...sealCredentials(oldVault, TWITTER, oauth1),
        status: 'reconnect_required',
        reason: 'revoked',
        successorId: null,
      }),
      connection(BROKEN, ADA, { subject: 'broken', credentials: '1.gone.AAAA', keyId: 'gone' }),
      connection(TOY_CONNECTION, TOY, { sandbox: true, namespace: 'sandbox:twitter', provider: 'twitter' }),
      connection(TOY_OF_ADA, GRACE, { sandbox: true, namespace: 'sandbox:twitter', provider: 'twitter' }),
    ],
  });
  await prisma.connection.update({ where: { id: TWITTER }, data: { successorId: FITBIT } });
  await prisma.event.createMany({
    data: [
      {
        kind: 'connected',
        userId: ADA,
        connectionId: FITBIT,
        provider: 'fitbit',
        detail: { by: 'hand' },
        address: '192.0.2.1',
      },
      { kind: 'connected', userId: GRACE, connectionId: TOY_OF_ADA, provider: 'twitter' },
      { kind: 'signed_in', userId: TOY, provider: 'twitter' },
      { kind: 'account_deleted' },
    ],
  });
  await prisma.webSession.create({ data: { id: 'session', userId: ADA, data: {}, expiresAt: new Date(NEXT_YEAR) } });
  await prisma.pendingIdentity.create({
    data: {
      browserHash: 'hash',
      provider: 'google',
      sandbox: false,
      namespace: 'google',
      subject: '110',
      label: 'Pending',
      profile: {},
      credentials: 'sealed',
      keyId: 'old',
      flowHash: 'flow',
    },
  });
}

const NEXT_YEAR = '2027-11-21T07:00:00Z';

/** Without what an import must change: the seal and the bookkeeping of refreshes. */
async function contents(prisma: PrismaClient) {
  return {
    users: await prisma.user.findMany({ orderBy: { id: 'asc' } }),
    identities: await prisma.identity.findMany({ orderBy: { id: 'asc' } }),
    connections: await prisma.connection.findMany({
      omit: { credentials: true, keyId: true, attemptId: true, leaseUntil: true },
      orderBy: { id: 'asc' },
    }),
    events: await prisma.event.findMany({ orderBy: { id: 'asc' } }),
  };
}

test('people, ways to sign in, connections and events arrive as they were; the sandbox and what lives for minutes stay', async () => {
  await populate(from.database.prisma);
  const report = await exportAll();
  expect(report).toEqual({
    counts: { user: 2, identity: 1, connection: 3, successor: 1, event: 2 },
    unreadable: 1,
    staysBehind: { total: 2, people: 2, sandboxIdentities: 2, sandboxConnections: 2 },
  });
  const { stored, conflicts, unreadable } = await importAll();
  expect({ conflicts, unreadable }).toEqual({ conflicts: [], unreadable: 1 });
  expect(stored).toEqual({
    user: { imported: 2, there: 0, skipped: 0 },
    identity: { imported: 1, there: 0, skipped: 0 },
    connection: { imported: 3, there: 0, skipped: 0 },
    successor: { imported: 1, there: 0, skipped: 0 },
    event: { imported: 2, there: 0, skipped: 0 },
  });
  const before = await contents(from.database.prisma);
  const after = await contents(to.database.prisma);
  const real = new Set([ADA, GRACE]);
  expect(after.identities).toEqual(
    before.identities.filter(({ namespace, userId }) => namespace === 'google' && real.has(userId)),
  );
  expect(after.users).toEqual([
    before.users.find(({ id }) => id === ADA),
    // Her address was the sandbox's.
    { ...before.users.find(({ id }) => id === GRACE), email: null, emailVerifiedBy: null },
  ]);
  expect(after.events).toEqual(before.events.filter(({ provider }) => provider !== 'twitter'));
  const moved = before.connections.filter(({ sandbox }) => !sandbox);
  expect(after.connections).toEqual(
    moved.map((row) =>
      row.id === BROKEN ? { ...row, status: 'reconnect_required', reason: 'unreadable', refreshAt: null } : row,
    ),
  );
  const { prisma } = to.database;
  expect(await prisma.webSession.count()).toBe(0);
  expect(await prisma.pendingIdentity.count()).toBe(0);
});

test('credentials are sealed anew with the first key, so that the older one is not needed any more', async () => {
  await populate(from.database.prisma);
  await exportAll();
  await importAll();
  const alone = new Vault(KeyRing.parse(NEW));
  const rows = await to.database.prisma.connection.findMany({
    where: { id: { in: [FITBIT, TWITTER] } },
    orderBy: { id: 'asc' },
  });
  expect(rows.map(({ keyId, attemptId }) => [keyId, attemptId])).toEqual([
    ['new', null],
    ['new', null],
  ]);
  const [fitbit, twitter] = rows.map(({ id, credentials }) => openCredentials(alone, id, credentials).token.toPlain());
  expect(fitbit).toMatchObject({ accessToken: `ACCESS-${FITBIT}`, refreshToken: `REFRESH-${FITBIT}` });
  expect(twitter).toMatchObject({ token: 'T1', tokenSecret: 'S1' });
});

test('the file is its owner’s alone, and nothing in it can be read', async () => {
  await populate(from.database.prisma);
  await exportAll();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const text = readFileSync(file, 'utf8');
  expect(text).not.toMatch(/Ada|Grace|ada@|ACCESS|REFRESH|108|192\.0\.2/);
  expect(JSON.parse(text.split('\n')[0] ?? '')).toMatchObject({ format: 'latchkey-export', version: 1, sealed: true });
});

test('a second import changes nothing, and an interrupted one is taken up', async () => {
  await populate(from.database.prisma);
  await exportAll();
  await importAll();
  const before = await contents(to.database.prisma);
  await to.database.prisma.connection.delete({ where: { id: FITBIT } });
  const { stored } = await importAll();
  expect(stored.connection).toEqual({ imported: 1, there: 2, skipped: 0 });
  expect(stored.user).toEqual({ imported: 0, there: 2, skipped: 0 });
  expect(stored.event).toEqual({ imported: 0, there: 2, skipped: 0 });
  expect(await contents(to.database.prisma)).toEqual(before);
});

test('somebody who came to the new installation by themselves is recognised', async () => {
  await populate(from.database.prisma);
  await exportAll();
  const { prisma } = to.database;
  const here = await prisma.user.create({
    data: { name: 'Ada again', identities: { create: { namespace: 'google', subject: '108' } } },
  });
  const { stored, conflicts } = await importAll();
  expect(conflicts).toEqual([]);
  expect(stored.user).toEqual({ imported: 1, there: 1, skipped: 0 });
  expect((await prisma.connection.findUniqueOrThrow({ where: { id: FITBIT } })).userId).toBe(here.id);
  expect(await prisma.event.count({ where: { userId: here.id } })).toBe(1);
});

test('an account that is somebody else’s here stays theirs', async () => {
  await populate(from.database.prisma);
  await exportAll();
  const { prisma } = to.database;
  const other = await prisma.user.create({
    data: { identities: { create: { namespace: 'fitbit', subject: `subject-${FITBIT}` } } },
  });
  const { stored, conflicts } = await importAll();
  expect(conflicts).toEqual([{ namespace: 'fitbit', subject: `subject-${FITBIT}` }]);
  expect(stored.connection).toMatchObject({ imported: 2, skipped: 1 });
  expect(await prisma.connection.count({ where: { userId: other.id } })).toBe(0);
});

describe('a file that is not as it was written is refused before anything is', () => {
  const damaged: [string, (lines: string[]) => string[], string][] = [
    ['cut off', (lines) => lines.slice(0, -1), 'cut off'],
    ['cut off in a line', (lines) => [...lines.slice(0, 3), (lines[3] ?? '').slice(0, -9)], 'Record 3'],
    ['empty', () => [''], 'no file that'],
    ['something else', () => ['{"colour": "red"}'], 'no file that'],
    [
      'of a newer release',
      (lines) => [(lines[0] ?? '').replace('"version":1', '"version":2'), ...lines.slice(1)],
      'newer release',
    ],
    ['lacking a record', (lines) => [...lines.slice(0, 2), ...lines.slice(3)], 'Record 2'],
    ['in another order', ([header = '', one = '', two = '', ...rest]) => [header, two, one, ...rest], 'Record 1'],
    [
      'with records of another file',
      ([header = '', ...rest]) => [header.replace(/"id":"[^"]+"/, '"id":"AAAAAAAAAAAAAAAAAAAAAA"'), ...rest],
      'Record 1',
    ],
    ['longer than its end', (lines) => [...lines, lines.at(-1) ?? ''], 'Record 11'],
    ['said to be unsealed', ([header = '', ...rest]) => [header.replace('true', 'false'), ...rest], 'Record 1'],
  ];
  test.each(damaged)('%s', async (_what, damage, message) => {
    await populate(from.database.prisma);
    await exportAll();
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    writeFileSync(file, `${damage(lines).join('\n')}\n`);
    await expect(importAll()).rejects.toThrow(message);
    expect(await to.database.prisma.user.count()).toBe(0);
  });

  test('sealed by keys that are not in the ring', async () => {
    await populate(from.database.prisma);
    await exportAll();
    const stranger = new Vault(KeyRing.parse(NEW));
    await expect(importAll(stranger)).rejects.toMatchObject({ code: 'vault_key_unknown', keyId: 'old' });
    const impostor = new Vault(KeyRing.parse(`old:${Buffer.alloc(32, 9).toString('base64')}`));
    await expect(importAll(impostor)).rejects.toMatchObject({ code: 'archive_refused' });
  });
});

test('with secrets shown the file serves an installation with other keys', async () => {
  await populate(from.database.prisma);
  await exportAll({ showSecrets: true });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).toContain(`ACCESS-${FITBIT}`);
  const stranger = new Vault(KeyRing.parse(NEW));
  expect((await importAll(stranger)).stored.connection.imported).toBe(3);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  writeFileSync(file, [...lines, lines.at(-1)].join('\n'));
  await expect(importAll()).rejects.toThrow('behind the end');
  writeFileSync(file, [...lines.slice(0, -2), lines.at(-1)].join('\n'));
  await expect(importAll()).rejects.toThrow('does not hold what its end says');
});

test('a file that is there is not replaced by accident, and a cancelled export leaves none', async () => {
  await populate(from.database.prisma);
  writeFileSync(file, 'something dear');
  await expect(exportAll()).rejects.toMatchObject({ code: 'archive_refused' });
  expect(readFileSync(file, 'utf8')).toBe('something dear');
  await exportAll({ overwrite: true });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  rmSync(file);
  await expect(exportAll({ signal: AbortSignal.abort() })).rejects.toThrow();
  expect(() => statSync(file)).toThrow('ENOENT');
});

test('every column is either moved or stays behind on purpose', () => {
  const schema = readFileSync(join(import.meta.dirname, '../../../prisma/schema.prisma'), 'utf8');
  const stored = readFileSync(join(import.meta.dirname, '../../../src/cli/transfer/archive/stored-rows.ts'), 'utf8');
  const left: Record<string, string[]> = {
    User: [],
    Identity: [],
    // What it does not say is said by the import: nothing of the sandbox comes, it is sealed anew, and no refresh is under way.
    Connection: ['sandbox', 'keyId', 'attemptId', 'leaseUntil', 'replays', 'successorId'],
  };
  for (const [model, exceptions] of Object.entries(left)) {
    const body = new RegExp(`^model ${model} \\{([\\s\\S]*?)^\\}`, 'm').exec(schema)?.[1] ?? '';
    const columns = [
      ...body.matchAll(/^ {2}(\w+) +(String|Int|Boolean|DateTime|Json|UserState|ConnectionStatus)/gm),
    ].map(([, name = '']) => name);
    const select =
      new RegExp(`^const ${model.toUpperCase()} = \\{([\\s\\S]*?)\\} as const`, 'm').exec(stored)?.[1] ?? '';
    const moved = [...select.matchAll(/(\w+): true/g)].map(([, name = '']) => name);
    expect(columns.length).toBeGreaterThan(4);
    expect([model, columns.sort()]).toEqual([model, [...moved, ...exceptions].sort()]);
  }
});
