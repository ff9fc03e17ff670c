/** What was read and opened is used again for a second: that this is so, and every way in which it must end sooner. */
import { inspect } from 'node:util';
import {
  type Connections,
  createConnections,
  disconnect,
  openCredentials,
  openVault,
  sealCredentials,
} from '../../src/connections/index.js';
import { conclude } from '../../src/flows/index.js';
import { KeyRing, Vault } from '../../src/vault/index.js';
import { startApp, TEST_VAULT_KEYS, type TestApp } from '../support/app.js';

const FITBIT = '/api.fitbit.com/1/user/-/profile.json';
const FITBIT_TOKEN = '/api.fitbit.com/oauth2/token';
const PROFILE = '/1/user/-/profile.json';

/** Counts how often a row was opened, which happens once per reading. */
class CountingVault extends Vault {
  opened = 0;
  override open(...value: Parameters<Vault['open']>): string {
    this.opened += 1;
    return super.open(...value);
  }
}

let app: TestApp;
/** A further instance of the app on the same database, whose clocks stand still unless a test moves them. */
let engine: Connections;
let vault: CountingVault;
let monotonic = 0;
let wall = Date.now();
let count = 0;

beforeAll(async () => {
  app = await startApp({ refresher: false });
  await openVault(app.database, TEST_VAULT_KEYS);
  vault = new CountingVault(KeyRing.parse(TEST_VAULT_KEYS));
  engine = createConnections({
    prisma: app.database.prisma,
    vault,
    catalogue: app.latchkey.catalogue,
    recent: { monotonicMs: () => monotonic },
    now: () => wall,
    onTrouble: (what, error) => {
      throw new Error(what, { cause: error });
    },
  });
});
afterAll(async () => {
  await engine.close();
  await app.close();
});
beforeEach(async () => {
  monotonic += 10_000;
  wall = Date.now();
  await app.control.reset();
  await app.control.behaviour({ rotateRefreshTokens: true, reuseKillsFamily: true, graceMs: 0 });
});

interface Person {
  readonly userId: string;
  readonly id: string;
}

async function connected(provider = 'fitbit'): Promise<Person> {
  const subject = `7${String(++count).padStart(5, '0')}`;
  const browser = app.browser();
  await app.signIn(browser, subject);
  if (provider !== 'twitter') {
    await app.control.user({ provider, subject: `FB${subject}` });
    await app.flow(browser, `/connect/${provider}`);
  }
  const row = await prisma().connection.findFirstOrThrow({
    where: { provider, subject: provider === 'twitter' ? subject : `FB${subject}` },
  });
  await app.control.reset();
  vault.opened = 0;
  return { userId: row.userId, id: row.id };
}

const prisma = () => app.database.prisma;
const row = (id: string) => prisma().connection.findUniqueOrThrow({ where: { id } });
const client = ({ userId }: Person, provider = 'fitbit') => engine.clients.for(userId, provider);
const call = async (person: Person) => (await (await client(person)).fetch(PROFILE)).status;

/** The access tokens that arrived there, in order. */
async function tokensSent(): Promise<(string | undefined)[]> {
  return (await app.control.calls(FITBIT)).map(({ headers }) => headers.authorization?.replace('Bearer ', ''));
}

async function storedToken(id: string): Promise<string | undefined> {
  const opened = openCredentials(vault, id, (await row(id)).credentials);
  return opened.protocol === 'oauth2' ? opened.token.accessToken : undefined;
}

test('a busy connection is read and opened once a second', async () => {
  const person = await connected();
  const kept = await client(person);
  for (let at = 0; at < 5; at++) {
    expect(await call(person)).toBe(200);
    expect((await kept.fetch(PROFILE)).status).toBe(200);
  }
  expect(vault.opened).toBe(1);
  monotonic += 999;
  await call(person);
  expect(vault.opened).toBe(1);
  monotonic += 1;
  await call(person);
  expect(vault.opened).toBe(2);
});

test('calls that come at once share one reading', async () => {
  const person = await connected();
  await Promise.all(Array.from({ length: 20 }, () => call(person)));
  expect(vault.opened).toBe(1);
  expect(await app.control.calls(FITBIT)).toHaveLength(20);
});

test('a connection that another instance ended is used for less than a second', async () => {
  const person = await connected();
  const kept = await client(person);
  await kept.fetch(PROFILE);
  await prisma().connection.delete({ where: { id: person.id } });
  monotonic += 999;
  expect((await kept.fetch(PROFILE)).status).toBe(200);
  monotonic += 1;
  await expect(kept.fetch(PROFILE)).rejects.toMatchObject({ code: 'not_connected' });
  await expect(client(person)).rejects.toMatchObject({ code: 'not_connected' });
});

test('credentials that another instance replaced are used for less than a second', async () => {
  const person = await connected();
  await call(person);
  const old = await storedToken(person.id);
  await renewElsewhere(person);
  const renewed = await storedToken(person.id);
  expect(renewed).not.toBe(old);
  monotonic += 999;
  await call(person);
  monotonic += 1;
  await call(person);
  expect((await tokensSent()).slice(-2)).toEqual([old, renewed]);
});

test('a refused token that another instance has replaced already costs no further refresh', async () => {
  const person = await connected();
  await call(person);
  await renewElsewhere(person);
  await app.control.reset();
  await app.control.next({ path: FITBIT, status: 401 });
  expect(await call(person)).toBe(200);
  expect(await app.control.calls(FITBIT_TOKEN)).toHaveLength(0);
  const renewed = await storedToken(person.id);
  expect((await tokensSent())[1]).toBe(renewed);
  await call(person);
  expect((await tokensSent())[2]).toBe(renewed);
});

test('disconnecting in this process ends it at once', async () => {
  const person = await connected();
  const kept = await client(person);
  await kept.fetch(PROFILE);
  await disconnect(engine.disconnecting, person.userId, person.id);
  await app.control.reset();
  await expect(kept.fetch(PROFILE)).rejects.toMatchObject({ code: 'not_connected' });
  await expect(client(person)).rejects.toMatchObject({ code: 'not_connected' });
  expect(await app.control.calls(FITBIT)).toHaveLength(0);
});

test('a refresh in this process replaces the token at once', async () => {
  const person = await connected();
  await call(person);
  await engine.refresher.usable(person.id, { replace: 1 });
  await call(person);
  expect((await tokensSent())[1]).toBe(await storedToken(person.id));
});

test('connecting again in this process replaces the credentials at once', async () => {
  const person = await connected();
  const other = await connected();
  await call(person);
  const { prisma, events, revoker, changed } = engine.disconnecting;
  const provider = app.latchkey.catalogue.get('fitbit');
  if (!provider) throw new Error('There is no such provider.');
  const credentials = openCredentials(vault, other.id, (await row(other.id)).credentials);
  const { subject, label } = await row(person.id);
  await conclude(
    { prisma, vault, events, revoker, changed, signUp: 'open' },
    {
      grant: { provider, account: { subject, label, profile: {} }, credentials, intent: 'connect', receivedAt: wall },
      signedInAs: person.userId,
      flowHash: 'none',
      returnTo: undefined,
    },
  );
  await call(person);
  expect((await tokensSent())[1]).toBe(await storedToken(other.id));
});

test('a token that is refused is not the end when another process has replaced it meanwhile', async () => {
  const [person, other] = [await connected('github'), await connected('github')];
  const github = await engine.clients.for(person.userId, 'github');
  expect((await github.fetch('/user')).status).toBe(200);
  const elsewhere = openCredentials(vault, other.id, (await row(other.id)).credentials);
  const replaced = { ...sealCredentials(vault, person.id, elsewhere), generation: { increment: 1 } };
  await prisma().connection.update({ where: { id: person.id }, data: replaced });
  await app.control.next({ path: '/api.github.com/user', status: 401 });
  expect((await github.fetch('/user')).status).toBe(200);
  expect((await row(person.id)).status).toBe('active');
});

test('a second account is noticed at once in this process: the choice is the caller’s', async () => {
  const person = await connected();
  await call(person);
  const { id: _id, profile: _profile, ...columns } = await row(person.id);
  await prisma().connection.create({ data: { ...columns, subject: 'another', profile: {} } });
  expect(await call(person)).toBe(200);
  engine.disconnecting.changed({ userId: person.userId });
  await expect(client(person)).rejects.toMatchObject({ code: 'several_connections' });
});

test('a token that runs out within the second is refreshed all the same', async () => {
  const person = await connected();
  await call(person);
  const { expiresAt } = await row(person.id);
  wall = expiresAt?.getTime() ?? 0;
  await call(person);
  expect(await app.control.calls(FITBIT_TOKEN)).toHaveLength(1);
  expect((await tokensSent())[1]).toBe(await storedToken(person.id));
});

test('who asks for it fresh gets what is stored now', async () => {
  const person = await connected();
  await call(person);
  await renewElsewhere(person);
  const fresh = await engine.clients.for(person.userId, 'fitbit', { fresh: true });
  await fresh.fetch(PROFILE);
  expect((await tokensSent()).at(-1)).toBe(await storedToken(person.id));
});

test('what is kept open prints nothing secret', async () => {
  const person = await connected();
  await call(person);
  const token = await storedToken(person.id);
  const printed = inspect([engine.clients, await client(person)], { depth: 20, showHidden: true });
  expect(token).toMatch(/^sbx_/);
  expect(printed).not.toContain(token);
  expect(JSON.stringify([engine.clients, await client(person)])).not.toContain(token);
});

test('the same opened credentials keep their session, so that keys are prepared once', async () => {
  const person = await connected('twitter');
  const provider = app.latchkey.catalogue.get('twitter');
  const { credentials } = await engine.refresher.usable(person.id);
  if (!provider) throw new Error('There is no such provider.');
  expect(engine.sessions.api(provider, credentials)).toBe(engine.sessions.api(provider, credentials));
  const { credentials: again } = await engine.refresher.usable(person.id);
  expect(engine.sessions.api(provider, again)).not.toBe(engine.sessions.api(provider, credentials));
  expect((await (await client(person, 'twitter')).fetch('/1.1/account/verify_credentials.json')).status).toBe(200);
});

describe('a provider that asks for patience', () => {
  test('gets no further calls of this connection before the time it named', async () => {
    const [person, other] = [await connected(), await connected()];
    await app.control.next({ path: FITBIT, status: 429, headers: { 'retry-after': '120' }, body: 'slow down' });
    const kept = await client(person);
    const refused = await kept.fetch(PROFILE);
    expect([refused.status, await refused.text()]).toEqual([429, 'slow down']);
    await expect(kept.fetch('/1/user/-/activities.json')).rejects.toMatchObject({ code: 'rate_limited' });
    const error = await kept.fetch(PROFILE).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'rate_limited', retryAt: expect.any(Date) });
    expect(await app.control.calls(FITBIT)).toHaveLength(1);
    expect(await call(other)).toBe(200);
    wall += 119_000;
    await expect(kept.fetch(PROFILE)).rejects.toMatchObject({ code: 'rate_limited' });
    wall += 2_000;
    expect((await kept.fetch(PROFILE)).status).toBe(200);
  });

  test('is shown as such on the page, which stays a page', async () => {
    const browser = app.browser();
    await app.signIn(browser, '790001');
    await app.control.user({ provider: 'fitbit', subject: 'FB790001' });
    const page = (await app.flow(browser, '/connect/fitbit')).location ?? '';
    await app.control.reset();
    await app.control.next({ path: FITBIT, status: 503, headers: { 'retry-after': '120' } });
    expect((await browser.get(page)).status).toBe(200);
    const held = await browser.get(page);
    expect(held.status).toBe(200);
    expect(held.text).toContain('slow down');
    expect(await app.control.calls(FITBIT)).toHaveLength(1);
  });
});

/** The app's own instance renews the token, so that the engine is not told. */
async function renewElsewhere(person: Person): Promise<void> {
  const elsewhere = await app.latchkey.clients.for(person.userId, 'fitbit');
  await prisma().connection.update({
    where: { id: person.id },
    data: { refreshAt: new Date(0), expiresAt: new Date(0) },
  });
  expect((await elsewhere.fetch(PROFILE)).status).toBe(200);
}
