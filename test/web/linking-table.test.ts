/** Every row of the linking table, over every protocol and with every way of flagging an address, through the whole app. */
import { jest } from '@jest/globals';
import { Deletions } from '../../src/accounts/index.js';
import { startApp, type TestApp } from '../support/app.js';
import { Browser, type Page } from '../support/browser.js';
import { mailingProviders } from '../support/mailing-providers.js';
import { seedPerson, seedSession, sessionPerson, sessionRowOf } from '../support/people.js';
import { type Expected, type LinkingRow, linkingRows, type Mail, type World } from './linking-rows.js';

const ADDRESS = 'someone@mail.example';
const SUBJECT = '7000000001';
const flags: Readonly<Record<Mail, readonly (readonly [string, object])[]>> = {
  none: [['no address', {}]],
  unverified: [
    ['no flag', { email: ADDRESS }],
    ['false', { email: ADDRESS, emailVerified: false }],
    ['the text "false"', { email: ADDRESS, emailVerified: 'false' }],
    ['the text "true"', { email: ADDRESS, emailVerified: 'true' }],
  ],
  verified: [['true', { email: ADDRESS, emailVerified: true }]],
};
const protocols = { 'OAuth 1': 'mail-one', 'OAuth 2': 'mail-two', 'OpenID Connect': 'mail-oidc' } as const;
const tokenPaths: Readonly<Record<string, string>> = {
  'mail-one': '/one.example/access',
  'mail-two': '/two.example/token',
  'mail-oidc': '/id.example/token',
};
const cases = Object.entries(protocols).flatMap(([protocol, provider]) =>
  linkingRows.flatMap((row) =>
    row.mails.flatMap((mail) =>
      flags[mail].map(([flag, mailFacts]) => ({
        title: `${row.row} ${row.what}`,
        protocol,
        flag,
        provider,
        row,
        mail,
        mailFacts,
      })),
    ),
  ),
);

let app: TestApp;
let closedUrl: string;

beforeAll(async () => {
  // Whoever is being deleted stays so: on a busy machine the table takes longer than the minute after which the app goes on with deletions.
  jest.spyOn(Deletions.prototype, 'start').mockImplementation(() => undefined);
  app = await startApp({ definitions: mailingProviders });
  closedUrl = (await app.secondInstance({ signUp: 'closed' })).url;
  await app.control.behaviour({ autoApprove: true });
});
afterAll(() => app.close());
afterEach(clear);

/** Faster than emptying every table. */
async function clear(): Promise<void> {
  const { prisma } = app.database;
  await prisma.$executeRaw`DELETE FROM "Identity"`;
  await prisma.user.deleteMany();
  await prisma.pendingIdentity.deleteMany();
  await prisma.event.deleteMany();
  await app.control.reset();
}

interface People {
  readonly U: string;
  readonly V: string;
}

async function populate(provider: string, world: World): Promise<People> {
  const it = { namespace: `sandbox:${provider}`, subject: SUBJECT };
  const facts = (person: 'U' | 'V') => ({
    ways: [{ namespace: 'sandbox:github', subject: `home-of-${person}` }, ...(world.identityOf === person ? [it] : [])],
    connections: [
      { provider: 'fitbit', subject: `FIT${person}` },
      ...(world.connectedBy === person ? [{ provider, subject: SUBJECT }] : []),
      ...(world.anotherOfU && person === 'U' ? [{ provider, subject: 'another' }] : []),
    ],
  });
  const mail = { email: ADDRESS, ...(world.sameMail === 'V, unconfirmed' ? {} : { emailVerifiedBy: 'github' }) };
  const U = await seedPerson(app.database, { name: 'Ursula', ...facts('U') });
  const V = await seedPerson(app.database, {
    name: 'Valentine',
    ...(world.stateOfV ? { state: world.stateOfV } : {}),
    ...(world.sameMail ? mail : {}),
    ...facts('V'),
  });
  await seedPerson(app.database, { name: 'Winifred', ...(world.sameMail === 'V and W' ? mail : {}) });
  if (world.identityOf === 'nobody any more') await orphan(it);
  return { U, V };
}

/** The database forbids it, so the damage is done behind its back, as a half-restored backup would. */
async function orphan(identity: { namespace: string; subject: string }): Promise<void> {
  const { prisma } = app.database;
  const constraint = 'FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE';
  await prisma.$executeRawUnsafe('ALTER TABLE "Identity" DROP CONSTRAINT "Identity_userId_fkey"');
  await prisma.identity.create({ data: { ...identity, userId: '00000000-0000-4000-8000-000000000000' } });
  await prisma.$executeRawUnsafe(
    `ALTER TABLE "Identity" ADD CONSTRAINT "Identity_userId_fkey" ${constraint} NOT VALID`,
  );
}

/** Everything that belongs to each person, as text. */
async function belongings(): Promise<ReadonlyMap<string, string>> {
  const users = await app.database.prisma.user.findMany({
    include: {
      identities: { orderBy: { id: 'asc' } },
      connections: { orderBy: { id: 'asc' } },
      sessions: { orderBy: { id: 'asc' } },
    },
    orderBy: { id: 'asc' },
  });
  return new Map(users.map((user) => [user.id, JSON.stringify(user)]));
}

async function counts() {
  const { prisma } = app.database;
  return {
    users: await prisma.user.count(),
    identities: await prisma.identity.count(),
    connections: await prisma.connection.count(),
  };
}

async function expectState(
  expected: Expected,
  before: { people: People; belongings: ReadonlyMap<string, string>; counts: Awaited<ReturnType<typeof counts>> },
  browser: Browser,
  page: Page,
): Promise<void> {
  expect(page.status).toBe(expected.status);
  const to = page.location && new URL(page.location).pathname;
  if (expected.to?.endsWith('*')) expect(to).toMatch(new RegExp(`^${expected.to.slice(0, -1)}[0-9a-f-]{36}$`));
  else expect(to).toBe(expected.to);
  const { users = 0, identities = 0, connections = 0, changed = [] } = expected;
  const was = before.counts;
  expect(await counts()).toEqual({
    users: was.users + users,
    identities: was.identities + identities,
    connections: was.connections + connections,
  });
  const allowed = changed.map((person) => before.people[person]);
  const now = await belongings();
  for (const [id, rows] of before.belongings) if (!allowed.includes(id)) expect(now.get(id)).toBe(rows);
  const person = await sessionPerson(app.database, browser);
  const { U, V } = before.people;
  if (expected.session === 'somebody new') expect([undefined, ...before.belongings.keys()]).not.toContain(person);
  else expect(person).toBe({ nobody: undefined, U, V }[expected.session]);
  if (expected.event) {
    const told = await app.database.prisma.event.findMany({ where: { kind: expected.event } });
    const { trail = 'its own' } = expected;
    expect(told.map(({ userId }) => userId ?? undefined)).toEqual([
      { nobody: undefined, U, V, 'its own': person }[trail],
    ]);
  }
  if (expected.event === 'signed_in' || expected.event === 'reauthenticated') {
    const way = await app.database.prisma.identity.findFirst({ where: { subject: SUBJECT } });
    expect(way?.lastUsedAt).toBeInstanceOf(Date);
  }
  const shown = expected.text === undefined ? page : await browser.follow(page);
  if (expected.text !== undefined) expect(shown.text).toContain(expected.text);
  // One's own name stands in the page's head.
  const others = expected.session === 'V' ? ['Winifred'] : ['Valentine', 'Winifred'];
  for (const name of others) expect(shown.text).not.toContain(name);
}

/** What the page says must not depend on whose address it is (sec-F2): the same page, byte for byte, once nobody has it. */
async function expectNeutralPage(browser: Browser): Promise<void> {
  const { prisma } = app.database;
  const read = async () => (await browser.get('/welcome')).text.replace(/name="_csrf" value="[\w-]+"/g, '');
  const shown = await read();
  const holders = await prisma.user.findMany({ where: { email: ADDRESS }, select: { id: true } });
  await prisma.user.updateMany({ where: { email: ADDRESS }, data: { email: 'other@mail.example' } });
  expect(await read()).toBe(shown);
  await prisma.user.updateMany({ where: { id: { in: holders.map(({ id }) => id) } }, data: { email: ADDRESS } });
}

test.each(cases)('$title [$protocol, $flag]', async ({ provider, row, mail, mailFacts }) => {
  const { world, intent } = row;
  const people = await populate(provider, world);
  await app.control.user({ provider, subject: SUBJECT, username: 'someone', name: 'Someone', ...mailFacts });
  const browser = new Browser(world.signUp ? closedUrl : app.url);
  if (world.startedBy) await seedSession(app.database, browser, people[world.startedBy]);
  const started = await browser.post(`/${intent === 'connect' ? 'connect' : 'auth'}/${provider}`);
  const callback = new URL(await app.consent(started.location));
  if (world.finishedBy) browser.cookies.delete('latchkey-session');
  if (world.finishedBy && world.finishedBy !== 'nobody')
    await seedSession(app.database, browser, people[world.finishedBy]);
  const oldSession = sessionRowOf(browser);
  const before = { people, belongings: await belongings(), counts: await counts() };

  const page = await browser.get(callback.pathname + callback.search);
  await expectState(row.callback, before, browser, page);
  const spent = row.callback.event === 'flow_user_mismatch' ? 0 : 1;
  expect(await app.control.calls(tokenPaths[provider])).toHaveLength(spent);
  await expectSessionOf(row.callback, browser, oldSession);
  expect((await app.control.calls()).filter(({ path }) => path.includes('revoke'))).toEqual([]);

  if (!row.afterwards) return;
  if (row.callback.session === 'nobody') await expectNeutralPage(browser);
  const [decision, expected] = row.afterwards;
  await expectState(expected, before, browser, await browser.post('/welcome', { decision }));
  await expectSessionOf(expected, browser, oldSession);
  if (expected.session === 'somebody new') await expectAddress(browser, provider, mail);
});

/** Signing in changes the session id, and the old one is gone; a refusal leaves it alone. */
async function expectSessionOf(expected: Expected, browser: Browser, oldSession: string | undefined): Promise<void> {
  if (oldSession === undefined) return;
  const signedInAnew = expected.to === '/' && expected.event !== 'way_to_sign_in_added';
  expect(sessionRowOf(browser) === oldSession).toBe(!signedInAnew);
  expect(await app.database.prisma.webSession.count({ where: { id: oldSession } })).toBe(signedInAnew ? 0 : 1);
}

/** The address of a new account is text with its origin; only a boolean `true` makes it a confirmed one. */
async function expectAddress(browser: Browser, provider: string, mail: Mail): Promise<void> {
  const id = await sessionPerson(app.database, browser);
  const user = await app.database.prisma.user.findUniqueOrThrow({ where: { id: id ?? '' } });
  expect([user.email, user.emailVerifiedBy]).toEqual([
    mail === 'none' ? null : ADDRESS,
    mail === 'verified' ? provider : null,
  ]);
}

test('LG3: an account whose person is lost while it waits on /welcome is given to nobody either', async () => {
  const { prisma } = app.database;
  const browser = app.browser();
  await app.control.user({ provider: 'mail-two', subject: SUBJECT });
  await app.flow(browser, '/auth/mail-two');
  await orphan({ namespace: 'sandbox:mail-two', subject: SUBJECT });
  const page = await browser.post('/welcome', { decision: 'create' });
  expect([page.status, await counts()]).toEqual([403, { users: 0, identities: 1, connections: 0 }]);
  expect(page.text).toContain('This account is switched off');
  const detail = { because: 'account_lost' };
  expect(await prisma.event.findMany()).toMatchObject([{ kind: 'sign_in_refused', userId: null, detail }]);
});

test('the table is whole', () => {
  const rows = new Set(linkingRows.map(({ row }: LinkingRow) => row));
  // CN9 and CN11 are not about one callback; they have tests of their own in linking-races and account.
  for (let at = 1; at <= 14; at++) expect(rows).toContain(`LG${at}`);
  for (const at of [1, 2, 3, 4, 5, 6, 7, 8, 10]) expect(rows).toContain(`CN${at}`);
  expect(cases.length).toBeGreaterThan(180);
});
