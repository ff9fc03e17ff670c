/** Planned people come into the database: once, sealed, and recognised when they are here already. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importer, type RowOutcome } from '../../../src/cli/transfer/django/apply.js';
import { planImport } from '../../../src/cli/transfer/django/plan.js';
import { providerNames } from '../../../src/cli/transfer/django/provider-names.js';
import { recordsIn } from '../../../src/cli/transfer/django/read-dump.js';
import { openCredentials } from '../../../src/connections/index.js';
import { builtInDefinitions } from '../../../src/providers/index.js';
import { KeyRing, Vault } from '../../../src/vault/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';

const NOW = Date.parse('2026-11-21T07:00:00Z');
const vault = new Vault(KeyRing.parse(`test:${Buffer.alloc(32, 7).toString('base64')}`));
let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
}, 30_000);
beforeEach(() => db.reset());
afterAll(() => db.close());

interface Options {
  allowSignIn?: boolean;
  dryRun?: boolean;
}

async function importFixture(name: string, { allowSignIn = false, dryRun = false }: Options = {}) {
  return await importDump(readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8'), { allowSignIn, dryRun });
}

async function importDump(text: string, { allowSignIn = false, dryRun = false }: Options = {}) {
  const names = providerNames(builtInDefinitions, ['fitbit=fitbit-oauth1']);
  const plan = planImport(recordsIn('dump.json', text), { names, source: 'django', now: NOW });
  const { prisma } = db.database;
  const apply = importer({ prisma, vault, definitions: builtInDefinitions, allowSignIn, dryRun, now: () => NOW });
  const rows: RowOutcome[] = [];
  let created = 0;
  for (const person of plan.people) {
    const outcome = await apply(person);
    rows.push(...outcome.rows);
    created += Number(outcome.created);
  }
  return { rows, created, outcomes: Object.fromEntries(rows.map((row) => [row.place, row.reason ?? row.outcome])) };
}

async function counts() {
  const { prisma } = db.database;
  const [users, identities, connections, events] = await Promise.all([
    prisma.user.count(),
    prisma.identity.count(),
    prisma.connection.count(),
    prisma.event.count(),
  ]);
  return { users, identities, connections, events };
}

test('a dry run says what would be done, and does nothing', async () => {
  const dry = await importFixture('allauth.json', { dryRun: true });
  expect(await counts()).toEqual({ users: 0, identities: 0, connections: 0, events: 0 });
  const real = await importFixture('allauth.json');
  expect({ ...dry }).toEqual({ ...real });
  expect(await counts()).toMatchObject({ users: 2, identities: 0, connections: 3 });
});

test('credentials are sealed to their row, due when they were said to be, and real', async () => {
  await importFixture('social-auth.json');
  const { prisma } = db.database;
  const row = await prisma.connection.findFirstOrThrow({ where: { subject: '113000000000000000003' } });
  expect(row).toMatchObject({
    provider: 'google',
    namespace: 'google',
    sandbox: false,
    status: 'active',
    generation: 1,
    scopes: ['openid', 'email'],
    expiresAt: new Date('2026-09-21T15:13:19Z'),
  });
  // Over already, so it is due at once.
  expect(row.refreshAt?.getTime()).toBeLessThanOrEqual(NOW);
  const { token } = openCredentials(vault, row.id, row.credentials);
  expect(token.toPlain()).toMatchObject({ accessToken: 'ACCESS-TOKEN-3', refreshToken: 'REFRESH-TOKEN-3' });
  const stored = JSON.stringify([await prisma.connection.findMany(), await prisma.event.findMany()]);
  expect(stored).not.toMatch(/TOKEN|SECRET/);
});

test('an access token that is over and has nothing to renew it asks its person to connect again', async () => {
  const { rows } = await importFixture('social-auth.json');
  expect(rows.filter(({ expired }) => expired).map(({ place }) => place)).toEqual(['social_django.usersocialauth 8']);
  const row = await db.database.prisma.connection.findFirstOrThrow({ where: { provider: 'x' } });
  expect(row).toMatchObject({ status: 'reconnect_required', reason: 'expired', refreshAt: null });
});

test('a second run finds everybody and changes nothing', async () => {
  await importFixture('earlier-models.json', { allowSignIn: true });
  const before = [await counts(), await db.database.prisma.connection.findMany({ orderBy: { id: 'asc' } })];
  const again = await importFixture('earlier-models.json', { allowSignIn: true });
  expect(again.outcomes).toEqual({
    'fitness.fitbitapi 11': 'there',
    'sociallogin.profile 1': 'there',
    'sociallogin.profile 2': 'there',
  });
  expect(again.created).toBe(0);
  expect([await counts(), await db.database.prisma.connection.findMany({ orderBy: { id: 'asc' } })]).toEqual(before);
});

test('one dump first and another afterwards meet in the same people', async () => {
  await importFixture('allauth.json');
  // The first row of the other package is the same account at X.
  const { outcomes } = await importFixture('social-auth.json');
  expect(outcomes['social_auth.usersocialauth 1']).toBe('there');
  expect(await db.database.prisma.connection.count({ where: { provider: 'twitter', subject: '783214' } })).toBe(1);
});

describe('signing in', () => {
  test('is not allowed by an import unless it is asked for', async () => {
    const { rows } = await importFixture('allauth.json');
    expect(rows.some(({ signIn }) => signIn)).toBe(false);
    expect((await counts()).identities).toBe(0);
  });

  test('can be allowed afterwards, also for accounts without a token', async () => {
    await importFixture('allauth.json');
    const { outcomes } = await importFixture('allauth.json', { allowSignIn: true });
    expect(outcomes).toMatchObject({
      'socialaccount.socialtoken 1': 'there',
      'socialaccount.socialaccount 3': 'imported',
    });
    const { prisma } = db.database;
    const identities = await prisma.identity.findMany({ orderBy: { namespace: 'asc' } });
    expect(identities.map(({ namespace, subject }) => `${namespace}:${subject}`)).toEqual([
      'github:583231',
      'google:108204268033311374519',
      'twitter:783214',
    ]);
    expect((await importFixture('allauth.json', { allowSignIn: true })).outcomes).toMatchObject({
      'socialaccount.socialaccount 3': 'there',
    });
  });

  test('never with a stand-in, at a provider that is no way to sign in, or for somebody who was switched off', async () => {
    await importFixture('earlier-models.json', { allowSignIn: true });
    await importFixture('allauth.json', { allowSignIn: true });
    const { prisma } = db.database;
    const namespaces = (await prisma.identity.findMany()).map(({ namespace, subject }) => `${namespace}:${subject}`);
    expect(namespaces.sort()).toEqual([
      'github:583231',
      'google:108204268033311374519',
      'twitter:783214',
      'twitter:819797',
    ]);
    const mallory = await prisma.connection.findFirstOrThrow({
      where: { subject: '6253282' },
      select: { user: { select: { state: true, operator: true, name: true } } },
    });
    expect(mallory.user).toEqual({ state: 'disabled', operator: false, name: 'mallory' });
  });
});

describe('people who are here already', () => {
  test('are recognised by an account, and get the others', async () => {
    const { prisma } = db.database;
    const user = await prisma.user.create({
      data: { name: 'Ada', identities: { create: { namespace: 'twitter', subject: '783214' } } },
    });
    const { created } = await importFixture('allauth.json');
    expect(created).toBe(1);
    const google = await prisma.connection.findFirstOrThrow({ where: { provider: 'google' } });
    expect(google.userId).toBe(user.id);
  });

  test('keep the credentials that they have', async () => {
    const { prisma } = db.database;
    const id = '0198c0de-0000-7000-8000-000000000001';
    await prisma.user.create({
      data: {
        connections: {
          create: {
            id,
            provider: 'twitter',
            sandbox: false,
            namespace: 'twitter',
            subject: '783214',
            label: 'ada',
            profile: {},
            credentials: 'their own',
            keyId: 'test',
          },
        },
      },
    });
    await importFixture('allauth.json');
    expect(await prisma.connection.findUniqueOrThrow({ where: { id } })).toMatchObject({
      credentials: 'their own',
      generation: 1,
    });
  });

  test('are never put together: a person whose accounts belong to two people here gets nothing new', async () => {
    const { prisma } = db.database;
    for (const [namespace, subject] of [
      ['twitter', '783214'],
      ['google', '108204268033311374519'],
    ] as const) {
      await prisma.user.create({ data: { identities: { create: { namespace, subject } } } });
    }
    const { outcomes } = await importFixture('allauth.json', { allowSignIn: true });
    expect(outcomes).toMatchObject({
      'socialaccount.socialtoken 1': 'belongs_to_somebody_else',
      'socialaccount.socialtoken 2': 'belongs_to_somebody_else',
    });
    expect(await prisma.connection.count({ where: { provider: { in: ['google', 'twitter'] } } })).toBe(0);
  });

  test('and are deleting their account get nothing back', async () => {
    const { prisma } = db.database;
    await prisma.user.create({
      data: { state: 'deleting', identities: { create: { namespace: 'twitter', subject: '783214' } } },
    });
    const { outcomes } = await importFixture('allauth.json');
    expect(outcomes).toMatchObject({ 'socialaccount.socialtoken 1': 'account_deleting' });
  });

  test('by a sandbox account only are somebody else', async () => {
    const { prisma } = db.database;
    await prisma.user.create({ data: { identities: { create: { namespace: 'sandbox:twitter', subject: '783214' } } } });
    expect((await importFixture('allauth.json')).created).toBe(2);
  });
});

test('two imports at once bring everybody once', async () => {
  const runs = await Promise.all([importFixture('allauth.json'), importFixture('allauth.json')]);
  expect(runs.reduce((sum, { created }) => sum + created, 0)).toBe(2);
  expect(await counts()).toMatchObject({ users: 2, connections: 3 });
});
