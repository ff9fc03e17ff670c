/** Tokens that are renewed before anybody asks, and what keeps that from becoming a storm (sec-S22). */
import { randomUUID } from 'node:crypto';
import { BackgroundRefresher } from '../../src/connections/background-refresher.js';
import type { BatchRefresher } from '../../src/connections/batch-refresher.js';
import type { Connections } from '../../src/connections/index.js';
import { Sweeper } from '../../src/connections/sweeper.js';
import { defineProvider } from '../../src/providers/index.js';
import { type StockedConnections, stockedConnections } from '../support/stocked-connections.js';
import { until } from '../support/until.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let stocked: StockedConnections;
beforeAll(async () => {
  stocked = await stockedConnections({ definitions: [lapsing] });
});
afterAll(() => stocked.close());
beforeEach(() => stocked.reset());

/** Drops refresh tokens that nobody used for ten days. */
const lapsing = defineProvider({
  id: 'lapsing',
  name: 'Lapsing',
  protocol: 'oauth2',
  authorize: { url: 'https://lapsing.example/authorize' },
  token: { url: 'https://lapsing.example/token', clientAuth: 'basic' },
  scopes: { signIn: [], connect: [] },
  pkce: 'supported',
  refresh: { mode: 'rotating', inactivityDays: 10 },
  profile: { url: 'https://lapsing.example/me', subject: 'id' },
  api: { baseUrls: ['https://lapsing.example'] },
});

const prisma = () => stocked.database.prisma;

/** Started, and with it the background refresher. */
function running(options: Parameters<StockedConnections['instance']>[0] = {}): Connections {
  const instance = stocked.instance(options);
  instance.start();
  return instance;
}

const allAre = (generation: number) => async () =>
  (await prisma().connection.count({ where: { generation, status: 'active', attemptId: null } })) ===
  (await prisma().connection.count());

/** How many refreshes are under way. All that were begun before it is asked are in the answer, because the database takes them in order. */
const claimed = () => prisma().connection.count({ where: { attemptId: { not: null } } });

test('what is due is renewed without anybody asking, once, by whichever of two instances', async () => {
  const due = await stocked.stock(30);
  const [later = ''] = await stocked.stock(1, { refreshAt: new Date(Date.now() + HOUR) });
  running();
  running();
  await until(async () => (await prisma().connection.count({ where: { generation: 2 } })) === due.length);
  expect(stocked.endpoint.calls).toHaveLength(due.length);
  expect(await stocked.row(later)).toMatchObject({ generation: 1, attemptId: null });
  expect(stocked.troubles).toEqual([]);
});

test('sec-I1: background, sweeper and callers share one refresh for each connection', async () => {
  const ids = await stocked.stock(10);
  const instances = [running(), running()];
  const callers = ids.flatMap((id) => instances.map(({ refresher }) => refresher.usable(id)));
  for (const { row } of await Promise.all(callers)) expect(row.generation).toBe(2);
  await until(allAre(2));
  expect(stocked.endpoint.calls).toHaveLength(ids.length);
});

test('switched off, nothing is called', async () => {
  await stocked.stock(3);
  const instance = running({ background: false });
  const { batches } = instance;
  expect((await batches.take('interrupted')).claimed).toBe(0);
  await instance.close();
  expect(stocked.endpoint.calls).toEqual([]);
});

test('a claim is no larger than the room for token requests, and the oldest come first', async () => {
  const [young = '', old = '', oldest = ''] = await stocked.stock(3);
  const due = (id: string, refreshAt: Date) => prisma().connection.update({ where: { id }, data: { refreshAt } });
  await due(young, new Date(Date.now() - HOUR));
  await due(old, new Date(Date.now() - 2 * HOUR));
  await due(oldest, new Date(Date.now() - 3 * HOUR));
  const release = stocked.endpoint.hold();
  const { batches } = stocked.instance({ tokenRequests: { perProvider: 2 } });
  const first = await batches.take('due');
  expect(first.claimed).toBe(2);
  await until(() => stocked.endpoint.calls.length === 2);
  expect((await batches.take('due')).claimed).toBe(0);
  expect(stocked.endpoint.calls.map((call) => call.refreshToken).sort()).toEqual([`${old}.0`, `${oldest}.0`].sort());
  expect(await stocked.row(young)).toMatchObject({ attemptId: null });
  release();
  await first.ended;
  expect((await batches.take('due')).claimed).toBe(1);
});

test('an idle grant is used before its provider lets it lapse, though its access token has no end', async () => {
  stocked.endpoint.lifeSeconds = Number.NaN;
  const [id = ''] = await stocked.stock(1, { provider: 'lapsing', expiresAt: null, refreshAt: new Date(0) });
  let now = Date.now();
  const { batches } = stocked.instance({ now: () => now });
  await (await batches.take('due')).ended;
  const renewed = await stocked.row(id);
  expect(renewed).toMatchObject({ generation: 2, expiresAt: null, renewAhead: true });
  expect(renewed.refreshAt?.getTime()).toBe(now + 8 * DAY);
  now += 8 * DAY - 1;
  expect((await batches.take('due')).claimed).toBe(0);
  now += 1;
  await (await batches.take('due')).ended;
  expect(await stocked.row(id)).toMatchObject({ generation: 3 });
});

test('sec-I5: a token of no life is not renewed round and round ahead of time', async () => {
  stocked.endpoint.lifeSeconds = 0;
  const [id = ''] = await stocked.stock(1);
  const instance = stocked.instance();
  const { batches } = instance;
  await (await batches.take('due')).ended;
  expect(await stocked.row(id)).toMatchObject({ generation: 2, renewAhead: false });
  expect((await batches.take('due')).claimed).toBe(0);
  // Whoever needs it gets a new one, once each time.
  await instance.refresher.usable(id);
  expect(await stocked.row(id)).toMatchObject({ generation: 3 });
  expect(stocked.endpoint.calls).toHaveLength(2);
});

test('sec-S22: a provider that is down is hardly asked; when it returns, all heal with no more requests at once than allowed', async () => {
  const COUNT = 150;
  const ids = await stocked.stock(COUNT);
  let now = Date.now();
  const results: string[] = [];
  const instance = stocked.instance({
    now: () => now,
    onOutcome: (provider, result) => results.push(`${provider} ${result}`),
  });
  const { batches } = instance;
  stocked.endpoint.answer = () => ({ status: 503 });
  // Two minutes in which callers ask, and the background does too.
  for (let second = 0; second < 120; second += 2) {
    await Promise.all([
      ...ids.slice(0, 5).map((id) => instance.refresher.usable(id).catch((error: unknown) => error)),
      batches.take('due').then(({ ended }) => ended),
    ]);
    now += 2_000;
  }
  expect(stocked.endpoint.calls.length).toBeLessThan(120);
  const kinds = async (kind: string) => await prisma().event.count({ where: { kind } });
  expect(await kinds('provider_away')).toBe(1);
  expect((await instance.providerApps.awayIds()).has('sandbox:fitbit')).toBe(true);
  await expect(instance.refresher.usable(ids.at(-1) ?? '')).rejects.toMatchObject({ because: 'provider_away' });
  expect(await prisma().connection.count({ where: { status: 'reconnect_required' } })).toBe(0);

  stocked.endpoint.reset();
  for (let second = 0; second < 120 && stocked.endpoint.calls.length === 0; second += 2) {
    await (await batches.take('due')).ended;
    now += 2_000;
  }
  // One request found out that it is back; now everybody comes at once, and nobody is answered before all have come.
  expect(stocked.endpoint.calls).toHaveLength(1);
  now += HOUR;
  const release = stocked.endpoint.hold();
  const first = await batches.take('due');
  const callers = ids.map((id) => instance.refresher.usable(id).catch((error: unknown) => error));
  const second = await batches.take('due');
  await until(() => stocked.endpoint.calls.length > 10);
  expect(await claimed()).toBe(10);
  release();
  await Promise.all([first.ended, second.ended, ...callers]);
  for (let second = 0; second < 120 && !(await allAre(2)()); second += 1) {
    await (await batches.take('due')).ended;
    now += 2_000;
  }
  expect(await allAre(2)()).toBe(true);
  expect(stocked.endpoint.calls).toHaveLength(COUNT);
  expect(stocked.endpoint.peak).toBe(10);
  expect([await kinds('provider_away'), await kinds('provider_back')]).toEqual([1, 1]);
  expect(results.filter((result) => result === 'fitbit refreshed')).toHaveLength(COUNT);
  expect((await instance.providerApps.awayIds()).size).toBe(0);
}, 60_000);

test('sec-S22: five hundred callers at once wait for their turn, and all get a token', async () => {
  const ids = await stocked.stock(100);
  const { refresher } = stocked.instance();
  const release = stocked.endpoint.hold();
  const callers = Array.from({ length: 500 }, (_, index) => refresher.usable(ids[index % ids.length] ?? ''));
  await until(() => stocked.endpoint.calls.length >= 10);
  expect(await claimed()).toBe(10);
  release();
  await Promise.all(callers);
  expect(stocked.endpoint.calls).toHaveLength(ids.length);
  expect(stocked.endpoint.peak).toBe(10);
});

test('sec-I4: a refused client is asked about once in a while, not once for each connection', async () => {
  const ids = await stocked.stock(60);
  let now = Date.now();
  const instance = stocked.instance({ now: () => now });
  const { batches } = instance;
  stocked.endpoint.answer = () => ({ status: 401, body: JSON.stringify({ error: 'invalid_client' }) });
  for (let second = 0; second < 60; second += 3) {
    await (await batches.take('due')).ended;
    now += 3_000;
  }
  expect(stocked.endpoint.calls.length).toBeLessThan(30);
  expect(await prisma().connection.count({ where: { status: 'active' } })).toBe(ids.length);
  expect(await prisma().event.count({ where: { kind: 'provider_refuses_client' } })).toBe(1);
  await expect(instance.refresher.usable(ids.at(-1) ?? '')).rejects.toMatchObject({ code: 'provider_misconfigured' });
  stocked.endpoint.reset();
  for (let second = 0; second < 120 && !(await allAre(2)()); second += 1) {
    await (await batches.take('due')).ended;
    now += 2_000;
  }
  expect(await allAre(2)()).toBe(true);
  expect(await prisma().event.count({ where: { kind: 'provider_accepts_client' } })).toBe(1);
}, 60_000);

test('one provider that is busy or down keeps nobody waiting at another', async () => {
  await stocked.stock(50, { refreshAt: new Date(0) });
  const [other = ''] = await stocked.stock(1, { provider: 'lapsing', namespace: 'sandbox:lapsing' });
  const release = stocked.endpoint.hold(({ path }) => !path.includes('lapsing'));
  const { batches } = stocked.instance({ tokenRequests: { overall: 20 } });
  expect((await batches.take('due')).claimed).toBe(11);
  await until(async () => (await stocked.row(other)).generation === 2);
  release();
});

test('one connection that is asked to wait keeps nobody else waiting (sec-S22)', async () => {
  const [limited = '', other = ''] = await stocked.stock(2);
  let now = Date.now();
  const { refresher } = stocked.instance({ now: () => now });
  stocked.endpoint.answer = ({ refreshToken }) =>
    refreshToken.startsWith(limited) ? { status: 429, headers: { 'retry-after': '3600' } } : undefined;
  for (let tries = 0; tries < 8; tries++) {
    now += HOUR + 60_000;
    await expect(refresher.usable(limited)).rejects.toMatchObject({ because: 'failed' });
  }
  expect(stocked.endpoint.calls).toHaveLength(8);
  // Its own wait is its own: it is not asked about again before that is over.
  await expect(refresher.usable(limited)).rejects.toMatchObject({ retryAt: new Date(now + HOUR) });
  expect(stocked.endpoint.calls).toHaveLength(8);
  expect((await refresher.usable(other)).row.generation).toBe(2);
});

test('a provider that is in trouble is asked again soon, however long one person is to wait (sec-S22)', async () => {
  const [limited = '', other = '', ...down] = await stocked.stock(6);
  const now = Date.now();
  const { refresher } = stocked.instance({ now: () => now, random: () => 0.5 });
  stocked.endpoint.answer = ({ refreshToken }) =>
    refreshToken.startsWith(limited) ? { status: 429, headers: { 'retry-after': '3600' } } : { status: 503 };
  for (const id of [...down, limited]) await expect(refresher.usable(id)).rejects.toMatchObject({ because: 'failed' });
  await expect(refresher.usable(other)).rejects.toMatchObject({
    because: 'provider_away',
    retryAt: new Date(now + 2_000),
  });
  expect(stocked.endpoint.calls).toHaveLength(5);
});

test('a provider that does not answer holds up nobody else’s interrupted refresh, nor those of its own that it does answer', async () => {
  const interrupted = { attemptId: randomUUID(), leaseUntil: new Date(0) };
  const [hanging = '', ...answered] = await stocked.stock(5, interrupted);
  const release = stocked.endpoint.hold(({ refreshToken }) => refreshToken.startsWith(hanging));
  const { batches } = stocked.instance({ tokenRequests: { perProvider: 2 } });
  const sweeper = new Sweeper({ batches, onFailure: (error) => stocked.troubles.push({ what: 'sweep', error }) });
  await sweeper.sweep();
  const healed = (ids: string[]) => async () =>
    (await prisma().connection.count({ where: { id: { in: ids }, generation: 2 } })) === ids.length;
  await until(healed(answered));
  const others = await stocked.stock(1, { ...interrupted, provider: 'lapsing', namespace: 'sandbox:lapsing' });
  await sweeper.sweep();
  await until(healed(others));
  expect(await stocked.row(hanging)).toMatchObject({ generation: 1, attemptId: expect.any(String) });
  release();
  await until(healed([hanging]));
  await sweeper.stop();
  expect(stocked.troubles).toEqual([]);
});

test('without a database it waits longer, tells once a look, and stops at once', async () => {
  const failures: unknown[] = [];
  const gone = Object.assign(new Error('Connection terminated'), { code: 'ECONNREFUSED' });
  const batches = { take: () => Promise.reject(gone) } as unknown as BatchRefresher;
  const background = new BackgroundRefresher({ batches, onFailure: (error) => failures.push(error) });
  expect(await background.look()).toBe(5_000);
  expect(failures).toEqual([gone]);
  background.start();
  await background.stop();
});

test('looking takes the database at most a tenth of its time, however long a look lasts', async () => {
  let now = 0;
  let lastsMs = 0;
  const take = async () => {
    now += lastsMs;
    return { claimed: 0 };
  };
  const batches = { take } as unknown as BatchRefresher;
  const background = new BackgroundRefresher({ batches, onFailure: () => {}, monotonicMs: () => now });
  const waits: number[] = [];
  for (lastsMs of [1, 100, 4_000]) waits.push(await background.look());
  expect(waits).toEqual([1_000, 1_000, 40_000]);
});
