/** Refreshing through the whole app: what each kind of answer does to the connection, and that nothing is spent twice. */
import { randomUUID } from 'node:crypto';
import { openCredentials, sealCredentials } from '../../src/connections/index.js';
import { OAuth2Token } from '../../src/oauth2/index.js';
import { KeyRing, Vault } from '../../src/vault/index.js';
import { eventText } from '../../src/web/texts.js';
import { startApp, TEST_VAULT_KEYS, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { until } from '../support/until.js';

const TOKEN = '/api.fitbit.com/oauth2/token';
const PROFILE = '/1/user/-/profile.json';

const vault = new Vault(KeyRing.parse(TEST_VAULT_KEYS));
let app: TestApp;
let count = 0;

beforeAll(async () => {
  app = await startApp({ refresher: false });
});
afterAll(() => app.close());
beforeEach(async () => {
  await app.control.reset();
  await app.control.behaviour({ rotateRefreshTokens: true, reuseKillsFamily: true, graceMs: 0 });
});

interface Person {
  readonly browser: Browser;
  readonly userId: string;
  /** The Fitbit connection. */
  readonly id: string;
}

async function connected(): Promise<Person> {
  const subject = `9${String(++count).padStart(5, '0')}`;
  const browser = app.browser();
  await app.signIn(browser, subject);
  await app.control.user({ provider: 'fitbit', subject: `FB${subject}` });
  const page = await app.flow(browser, '/connect/fitbit');
  const id = page.location?.split('/').at(-1) ?? '';
  const { userId } = await row(id);
  await app.control.reset();
  return { browser, userId, id };
}

const row = (id: string) => app.database.prisma.connection.findUniqueOrThrow({ where: { id } });
const events = (id: string) =>
  app.database.prisma.event.findMany({ where: { connectionId: id }, orderBy: { id: 'asc' } });

async function expire(id: string): Promise<void> {
  const past = new Date(Date.now() - 60_000);
  await app.database.prisma.connection.update({ where: { id }, data: { expiresAt: past, refreshAt: past } });
}

async function call({ userId }: Person): Promise<Response> {
  // Read anew: these tests change rows behind the app's back.
  const client = await app.latchkey.clients.for(userId, 'fitbit', { fresh: true });
  return await client.fetch(PROFILE);
}

test('sec-I1: fifty parallel calls with an expired token make one token call, and all succeed', async () => {
  const person = await connected();
  await expire(person.id);
  const answers = await Promise.all(Array.from({ length: 50 }, () => call(person)));
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
  expect(await app.control.calls(TOKEN)).toHaveLength(1);
  // The family is alive: a refresh after this one works too.
  await expire(person.id);
  expect((await call(person)).status).toBe(200);
  expect((await row(person.id)).generation).toBe(3);
});

test('sec-I2: the new token is stored before it is used', async () => {
  const person = await connected();
  await expire(person.id);
  await app.control.hold(`/api.fitbit.com${PROFILE}`);
  const calling = call(person);
  while ((await app.control.calls(`/api.fitbit.com${PROFILE}`)).length === 0)
    await new Promise((resolve) => setImmediate(resolve));
  expect((await row(person.id)).generation).toBe(2);
  await app.control.release(`/api.fitbit.com${PROFILE}`);
  expect((await calling).status).toBe(200);
});

test('sec-I4: a refused client is the operator’s problem: the connection keeps its status and heals without its person', async () => {
  const person = await connected();
  await expire(person.id);
  await app.control.next({
    path: TOKEN,
    status: 401,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ errors: [{ errorType: 'invalid_client', message: 'no' }], success: false }),
  });
  await expect(call(person)).rejects.toMatchObject({ code: 'provider_misconfigured' });
  expect(await row(person.id)).toMatchObject({ status: 'active', generation: 1, attemptId: null });
  const home = await person.browser.get('/');
  expect(home.text).toContain(`data-connection="${person.id}" data-provider="fitbit" data-status="misconfigured"`);
  await expire(person.id);
  expect((await call(person)).status).toBe(200);
  expect((await person.browser.get('/')).text).toContain(
    `data-connection="${person.id}" data-provider="fitbit" data-status="active"`,
  );
  const kinds = (await app.database.prisma.event.findMany({ where: { provider: 'fitbit' } })).map(
    (event) => event.kind,
  );
  expect(kinds.filter((kind) => kind === 'provider_refuses_client')).toHaveLength(1);
  expect(kinds.filter((kind) => kind === 'provider_accepts_client')).toHaveLength(1);
});

test('a passing failure backs off, keeps everything, and one event tells of each transition', async () => {
  const person = await connected();
  await expire(person.id);
  await app.control.next({ path: TOKEN, status: 503, headers: { 'retry-after': '120' }, times: 5 });
  await expect(call(person)).rejects.toMatchObject({ code: 'refresh_postponed' });
  const waiting = await row(person.id);
  expect(waiting).toMatchObject({ status: 'retrying', failureCount: 1, attemptId: null });
  expect((waiting.refreshAt?.getTime() ?? 0) - Date.now()).toBeGreaterThan(100_000);
  for (let again = 0; again < 10; again++) {
    await expect(call(person)).rejects.toMatchObject({ code: 'refresh_postponed' });
  }
  expect(await app.control.calls(TOKEN)).toHaveLength(1);
  await app.control.reset();
  await expire(person.id);
  expect((await call(person)).status).toBe(200);
  expect(await row(person.id)).toMatchObject({ status: 'active', reason: null, failureCount: 0 });
  expect((await events(person.id)).map((event) => event.kind).slice(-2)).toEqual([
    'connection_retrying',
    'connection_recovered',
  ]);
});

test('a token that is due but not expired still serves while the provider is away', async () => {
  const person = await connected();
  await app.database.prisma.connection.update({ where: { id: person.id }, data: { refreshAt: new Date(0) } });
  await app.control.next({ path: TOKEN, status: 503 });
  expect((await call(person)).status).toBe(200);
  await until(async () => (await row(person.id)).status === 'retrying');
  expect((await call(person)).status).toBe(200);
  expect(await app.control.calls(TOKEN)).toHaveLength(1);
});

test('nobody waits for the renewal of a token that still serves', async () => {
  const person = await connected();
  await app.database.prisma.connection.update({ where: { id: person.id }, data: { refreshAt: new Date(0) } });
  await app.control.hold(TOKEN);
  // The held answer is still out when these have theirs.
  for (let again = 0; again < 5; again++) expect((await call(person)).status).toBe(200);
  await app.control.release(TOKEN);
  await until(async () => (await row(person.id)).generation === 2);
  expect(await app.control.calls(TOKEN)).toHaveLength(1);
});

test('an answer that is lost is asked for once more at once: with a grace window nothing is lost', async () => {
  await app.control.behaviour({ graceMs: 60_000 });
  const person = await connected();
  await expire(person.id);
  await app.control.next({ path: TOKEN, truncateAt: 5 });
  expect((await call(person)).status).toBe(200);
  const calls = await app.control.calls(TOKEN);
  expect(calls).toHaveLength(2);
  expect(calls[1]?.body).toBe(calls[0]?.body);
  expect(await row(person.id)).toMatchObject({ status: 'active', generation: 2 });
});

test('without a grace window the lost answer costs exactly this connection, and the reason says so', async () => {
  const person = await connected();
  await expire(person.id);
  await app.control.next({ path: TOKEN, truncateAt: 5 });
  await expect(call(person)).rejects.toMatchObject({ code: 'reconnect_required', reason: 'interrupted' });
  expect(await app.control.calls(TOKEN)).toHaveLength(2);
  await expect(call(person)).rejects.toMatchObject({ code: 'reconnect_required' });
  expect(await app.control.calls(TOKEN)).toHaveLength(2);
  expect((await person.browser.get('/account')).status).toBe(200);
});

test('sec-I3: a refresh that says nothing of a refresh token keeps the old one', async () => {
  await app.control.behaviour({ rotateRefreshTokens: false });
  const person = await connected();
  for (let round = 2; round < 5; round++) {
    await expire(person.id);
    expect((await call(person)).status).toBe(200);
    expect((await row(person.id)).generation).toBe(round);
  }
});

test('an attempt whose owner died is taken over when its lease has ended', async () => {
  await app.control.behaviour({ graceMs: 60_000 });
  const person = await connected();
  await expire(person.id);
  await app.database.prisma.connection.update({
    where: { id: person.id },
    data: { attemptId: randomUUID(), leaseUntil: new Date(Date.now() - 1_000) },
  });
  expect((await call(person)).status).toBe(200);
  expect(await row(person.id)).toMatchObject({
    status: 'active',
    generation: 2,
    attemptId: null,
    leaseUntil: null,
    replays: 0,
  });
});

test('the sweeper of any instance replays an interrupted attempt by itself', async () => {
  await app.control.behaviour({ graceMs: 60_000 });
  const person = await connected();
  await app.database.prisma.connection.update({
    where: { id: person.id },
    data: { attemptId: randomUUID(), leaseUntil: new Date(Date.now() - 1_000) },
  });
  const instance = await app.secondInstance();
  await until(async () => (await row(person.id)).attemptId === null);
  expect(await row(person.id)).toMatchObject({ status: 'active', generation: 2, leaseUntil: null });
  expect(await app.control.calls(TOKEN)).toHaveLength(1);
  await instance.close();
});

test('disconnecting during a refresh wins, and the late answer is revoked', async () => {
  const person = await connected();
  await expire(person.id);
  await app.control.hold(TOKEN);
  const calling = call(person).catch((error: unknown) => error);
  while ((await app.control.calls(TOKEN)).length === 0) await new Promise((resolve) => setImmediate(resolve));
  await person.browser.post(`/connections/${person.id}/disconnect`);
  await app.control.release(TOKEN);
  expect(await calling).toMatchObject({ code: 'not_connected' });
  expect(await app.database.prisma.connection.count({ where: { id: person.id } })).toBe(0);
  const [{ body = '' } = {}] = await app.control.calls(TOKEN);
  const spent = new URLSearchParams(body).get('refresh_token');
  const revocations = (await app.control.calls('/api.fitbit.com/oauth2/revoke')).map(
    (one) => new URLSearchParams(one.body),
  );
  const revoked = revocations
    .filter((form) => form.get('token_type_hint') === 'refresh_token')
    .map((form) => form.get('token'));
  // The one that was stored, and the one that took its place and was nowhere but in the late answer.
  expect(revoked).toEqual([spent, expect.any(String)]);
  expect(revoked[1]).not.toBe(spent);
});

test('connecting again during a refresh wins over its answer', async () => {
  const person = await connected();
  const subject = (await row(person.id)).subject;
  await expire(person.id);
  await app.control.hold(TOKEN);
  const calling = call(person);
  while ((await app.control.calls(TOKEN)).length === 0) await new Promise((resolve) => setImmediate(resolve));
  await app.database.prisma.connection.update({
    where: { id: person.id },
    data: { generation: { increment: 1 }, attemptId: null, leaseUntil: null },
  });
  const before = (await row(person.id)).credentials;
  await app.control.release(TOKEN);
  await calling.catch(() => undefined);
  expect(await row(person.id)).toMatchObject({ subject, generation: 2, credentials: before });
});

test('credentials that were damaged or moved from another row fail closed, for that connection only', async () => {
  const [victim, other] = [await connected(), await connected()];
  const stolen = (await row(victim.id)).credentials;
  await app.database.prisma.connection.update({ where: { id: other.id }, data: { credentials: stolen } });
  await app.control.reset();
  await expect(call(other)).rejects.toMatchObject({ code: 'reconnect_required', reason: 'unreadable' });
  expect(await app.control.calls()).toHaveLength(0);
  expect((await other.browser.get('/')).text).toContain(
    `data-connection="${other.id}" data-provider="fitbit" data-status="reconnect_required"`,
  );
  await expect(call(other)).rejects.toMatchObject({ code: 'reconnect_required', reason: 'unreadable' });
  const told = (await events(other.id)).filter((event) => event.kind === 'connection_reconnect_required');
  // In the person's own trail, though nobody was there when it happened.
  expect(told).toEqual([expect.objectContaining({ userId: other.userId })]);
  expect((await other.browser.get('/account')).text).toContain(
    eventText({ kind: 'connection_reconnect_required', detail: { reason: 'unreadable' } }, 'Fitbit') ?? '-',
  );
  expect((await other.browser.get(`/connections/${other.id}`)).status).toBe(200);
  expect((await call(victim)).status).toBe(200);
});

test('sec-I6: twenty calls that a 401 meets at once cost one refresh', async () => {
  const person = await connected();
  const { credentials } = await row(person.id);
  const opened = openCredentials(vault, person.id, credentials);
  if (opened.protocol !== 'oauth2') throw new Error('Fitbit speaks OAuth 2.');
  // The provider does not know this access token (any more), though nothing here says that it has expired.
  const token = new OAuth2Token({ accessToken: 'not this one', refreshToken: opened.token.refreshToken });
  const stale = sealCredentials(vault, person.id, { protocol: 'oauth2', token });
  await app.database.prisma.connection.update({ where: { id: person.id }, data: stale });
  const answers = await Promise.all(Array.from({ length: 20 }, () => call(person)));
  expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200));
  expect(await app.control.calls(TOKEN)).toHaveLength(1);
  expect((await row(person.id)).generation).toBe(2);
});

test('sec-I6: a 401 costs no refresh when the token that was sent is not the current one any more', async () => {
  const person = await connected();
  const client = await app.latchkey.clients.for(person.userId, 'fitbit', { fresh: true });
  await app.control.next({ path: `/api.fitbit.com${PROFILE}`, status: 401 });
  await app.control.hold(`/api.fitbit.com${PROFILE}`);
  const calling = client.fetch(PROFILE);
  await until(async () => (await app.control.calls(`/api.fitbit.com${PROFILE}`)).length > 0);
  // Renewed meanwhile, which some providers answer by ending the old access token at once.
  await person.browser.post(`/connections/${person.id}/refresh`);
  expect(await app.control.calls(TOKEN)).toHaveLength(1);
  await app.control.release(`/api.fitbit.com${PROFILE}`);
  expect((await calling).status).toBe(200);
  expect(await app.control.calls(`/api.fitbit.com${PROFILE}`)).toHaveLength(2);
  expect(await app.control.calls(TOKEN)).toHaveLength(1);
});

test('sec-I6: an API that always answers 401 costs one refresh and one retry', async () => {
  const person = await connected();
  await app.control.next({ path: `/api.fitbit.com${PROFILE}`, status: 401, times: 10 });
  expect((await call(person)).status).toBe(401);
  expect(await app.control.calls(TOKEN)).toHaveLength(1);
  expect(await app.control.calls(`/api.fitbit.com${PROFILE}`)).toHaveLength(2);
});
