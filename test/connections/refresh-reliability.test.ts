/** What refreshes survive (security.md parts 1 I and 2), one test for each row; those that need real processes are in test/postgres. */
import { randomUUID } from 'node:crypto';
import { ClaimedRefresh } from '../../src/connections/claimed-refresh.js';
import { sealCredentials } from '../../src/connections/index.js';
import { claimRefresh, LEASE_SECONDS } from '../../src/connections/refresh-attempt.js';
import { TOKEN_DEADLINE_MS } from '../../src/connections/sessions.js';
import { TokenGate } from '../../src/connections/token-gate.js';
import type { Connection } from '../../src/db/index.js';
import { TokenCredentials } from '../../src/oauth1/index.js';
import type { Provider } from '../../src/providers/index.js';
import { type StockedConnections, stockedConnections } from '../support/stocked-connections.js';
import { until } from '../support/until.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let stocked: StockedConnections;
beforeAll(async () => {
  stocked = await stockedConnections();
});
afterAll(() => stocked.close());
beforeEach(() => stocked.reset());

const prisma = () => stocked.database.prisma;
const set = (id: string, data: object) => prisma().connection.update({ where: { id }, data });
const fail = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);
const kindsOf = async (connectionId: string) =>
  (await prisma().event.findMany({ where: { connectionId }, orderBy: { id: 'asc' } })).map(({ kind }) => kind);

describe('sec-I5: however the provider spells the life of a token, nothing loops', () => {
  /** Value of `expires_in` as JSON, and the token calls that five uses in a row cost. */
  it.each([
    ['missing', undefined, 1],
    ['zero', '0', 5],
    ['negative', '-3600', 5],
    ['a string', '"28800"', 1],
    ['a float', '28800.75', 1],
    ['1e12', '1e12', 1],
    ['a word', '"soon"', 1],
    ['null', 'null', 1],
  ])('%s', async (_what, value, calls) => {
    const [id = ''] = await stocked.stock(1);
    const { refresher } = stocked.instance();
    stocked.endpoint.answer = ({ refreshToken }) => ({
      body: `{"access_token":"a","token_type":"Bearer","refresh_token":"${refreshToken}"${value === undefined ? '' : `,"expires_in":${value}`}}`,
    });
    for (let use = 0; use < 5; use++) await refresher.usable(id);
    expect(stocked.endpoint.calls).toHaveLength(calls);
  });
});

test('sec-I3: "" and null for a refresh token keep the old one too', async () => {
  const [id = ''] = await stocked.stock(1);
  const { refresher } = stocked.instance();
  for (const value of ['""', 'null']) {
    stocked.endpoint.answer = () => ({
      body: `{"access_token":"a","token_type":"Bearer","expires_in":0,"refresh_token":${value}}`,
    });
    await refresher.usable(id);
  }
  await refresher.usable(id);
  expect(stocked.endpoint.calls.map((call) => call.refreshToken)).toEqual([`${id}.0`, `${id}.0`, `${id}.0`]);
});

describe('sec-I4: Retry-After puts the next try off, in seconds or as a date, up to a day', () => {
  const now = 1_795_219_200_000;

  it.each([
    ['seconds', '120', 120_000],
    ['an HTTP date', new Date(now + 30 * MINUTE).toUTCString(), 30 * MINUTE],
    ['ten years', String(10 * 365 * 86_400), 24 * HOUR],
    ['shorter than our own wait', '1', undefined],
    ['a date that means nothing', 'Wednesday, perhaps', undefined],
  ])('%s', async (_what, header, expected) => {
    const [id = ''] = await stocked.stock(1, { expiresAt: new Date(now - HOUR), refreshAt: new Date(now - HOUR) });
    stocked.endpoint.answer = () => ({
      status: 429,
      headers: { 'retry-after': header, date: new Date(now).toUTCString() },
    });
    const { refresher } = stocked.instance({ now: () => now });
    await expect(refresher.usable(id)).rejects.toMatchObject({ code: 'refresh_postponed', because: 'failed' });
    const row = await stocked.row(id);
    const waitMs = (row.refreshAt?.getTime() ?? 0) - now;
    if (expected === undefined) expect([waitMs >= 4_000, waitMs <= 6_000]).toEqual([true, true]);
    else expect(waitMs).toBe(expected);
    expect(row).toMatchObject({ status: 'retrying', failureCount: 1, attemptId: null });
  });
});

test('sec-I7: while one calls, another waits for it, and takes its token', async () => {
  expect(LEASE_SECONDS * 1000).toBeGreaterThan(TOKEN_DEADLINE_MS);
  const [id = ''] = await stocked.stock(1);
  const [first, second] = [stocked.instance(), stocked.instance()];
  const release = stocked.endpoint.hold();
  const one = first.refresher.usable(id);
  await until(() => stocked.endpoint.calls.length === 1);
  const two = second.refresher.usable(id);
  const { claimed } = await second.batches.take('due');
  expect(claimed).toBe(0);
  release();
  expect([(await one).row.generation, (await two).row.generation]).toEqual([2, 2]);
  expect(stocked.endpoint.calls).toHaveLength(1);
});

test('sec-I7: who was frozen between claim and call does not call any more', async () => {
  const [id = ''] = await stocked.stock(1);
  const row = await stocked.row(id);
  const claim = await claimRefresh(prisma(), row, randomUUID());
  const { events, providerApps, revoker, sessions } = stocked.instance();
  const gate = new TokenGate({ now: Date.now, random: Math.random });
  const refresh = new ClaimedRefresh({
    prisma: prisma(),
    vault: stocked.vault,
    events,
    providerApps,
    revoker,
    sessions,
    gate,
    changed: () => {},
    onAppFailure: () => {},
  });
  const fitbit = stocked.catalogue.get('fitbit') as Provider;
  if (!claim) throw new Error('Nobody else is here to claim it.');
  const frozen = { ...claim, claimedAt: claim.claimedAt - (LEASE_SECONDS * 1000 - TOKEN_DEADLINE_MS) };
  await expect(refresh.run(frozen, fitbit)).rejects.toMatchObject({ code: 'refresh_postponed' });
  expect(stocked.endpoint.calls).toEqual([]);
  expect(await stocked.row(id)).toMatchObject({ generation: 1, attemptId: null, leaseUntil: null, failureCount: 0 });
});

test('sec-I7: who lost the lease cannot overwrite what its successor stored', async () => {
  stocked.endpoint.reuseKills = false;
  const [id = ''] = await stocked.stock(1);
  const [frozen, successor] = [stocked.instance(), stocked.instance()];
  const release = stocked.endpoint.hold();
  const late = frozen.refresher.usable(id);
  await until(() => stocked.endpoint.calls.length === 1);
  await set(id, { leaseUntil: new Date(0) });
  stocked.endpoint.answer = () => undefined;
  await successor.refresher.usable(id);
  const stored = await stocked.row(id);
  release();
  // It learns that its token was spent, and finds that somebody has a newer one.
  expect((await late).row.generation).toBe(2);
  expect(await stocked.row(id)).toMatchObject({ status: 'active', generation: 2, credentials: stored.credentials });
});

test('sec-I7: an answer that outlived its lease is still stored when the successor came away with nothing', async () => {
  stocked.endpoint.reuseKills = false;
  const [id = ''] = await stocked.stock(1);
  const [frozen, successor] = [stocked.instance(), stocked.instance()];
  const release = stocked.endpoint.holdNextAnswer();
  const late = frozen.refresher.usable(id);
  await until(() => stocked.endpoint.calls.length === 1);
  await set(id, { leaseUntil: new Date(0) });
  expect(await fail(successor.refresher.usable(id))).toMatchObject({
    code: 'reconnect_required',
    reason: 'interrupted',
  });
  release();
  expect((await late).row).toMatchObject({ status: 'active', generation: 2, reason: null });
  expect(await kindsOf(id)).toEqual(['connection_reconnect_required', 'connection_recovered']);
});

test('sec-I8: refreshes that wait for a provider hold nothing that anybody else needs', async () => {
  const ids = await stocked.stock(50);
  const [fresh = ''] = await stocked.stock(1, { expiresAt: new Date(Date.now() + HOUR), refreshAt: null });
  const { refresher } = stocked.instance();
  const release = stocked.endpoint.hold();
  const slow = ids.map((id) => refresher.usable(id));
  await until(() => stocked.endpoint.calls.length === 10);
  // The embedded database has a single connection: an open transaction would keep these waiting until the release below.
  for (let call = 0; call < 20; call++) expect((await refresher.usable(fresh)).row.id).toBe(fresh);
  await prisma().user.create({ data: {} });
  expect(stocked.endpoint.calls).toHaveLength(10);
  release();
  for (const { row } of await Promise.all(slow)) expect(row.generation).toBe(2);
});

test('sec-S11: of two instances one calls, and both use its token, over and over', async () => {
  const ids = await stocked.stock(20);
  const instances = [stocked.instance(), stocked.instance()];
  for (let round = 2; round < 5; round++) {
    const uses = ids.flatMap((id) => instances.map(({ refresher }) => refresher.usable(id)));
    for (const { row } of await Promise.all(uses)) expect(row.generation).toBe(round);
    expect(stocked.endpoint.calls).toHaveLength((round - 1) * ids.length);
    await prisma().connection.updateMany({ data: { expiresAt: new Date(0), refreshAt: new Date(0) } });
  }
});

test('sec-S12: instances whose clocks are ten minutes off, either way, share tokens and leases without a loop', async () => {
  const ids = await stocked.stock(3);
  const skewed = [-10 * MINUTE, 10 * MINUTE, 0].map((skew) => stocked.instance({ now: () => Date.now() + skew }));
  for (let round = 0; round < 10; round++) {
    await Promise.all(ids.flatMap((id) => skewed.map(({ refresher }) => refresher.usable(id))));
  }
  expect(stocked.endpoint.calls).toHaveLength(ids.length);
  // Leases run on the database's clock: to the fast instance this one would be over already.
  const [id = ''] = ids;
  await set(id, { expiresAt: new Date(0), refreshAt: new Date(0) });
  const release = stocked.endpoint.hold();
  const slow = skewed[0]?.refresher.usable(id);
  await until(() => stocked.endpoint.calls.length === ids.length + 1);
  expect((await skewed[1]?.batches.take('due'))?.claimed).toBe(0);
  expect((await skewed[1]?.batches.take('interrupted'))?.claimed).toBe(0);
  release();
  await slow;
  expect(stocked.endpoint.calls).toHaveLength(ids.length + 1);
});

describe('sec-S20: while the database cannot write, no token is spent, and what needs no writing goes on', () => {
  it.each([
    ['read-only after a fail-over', '25006'],
    ['a full disk', '53100'],
  ])('%s', async (_what, sqlState) => {
    const [expired = ''] = await stocked.stock(1);
    const [fresh = ''] = await stocked.stock(1, {
      expiresAt: new Date(Date.now() + HOUR),
      refreshAt: new Date(Date.now() + HOUR),
    });
    const instance = stocked.instance();
    await prisma().$executeRawUnsafe(
      `CREATE FUNCTION cannot_write() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'cannot write' USING ERRCODE = '${sqlState}'; END $$`,
    );
    await prisma().$executeRawUnsafe(
      `CREATE TRIGGER cannot_write BEFORE UPDATE ON "Connection" EXECUTE FUNCTION cannot_write()`,
    );
    try {
      await expect(instance.refresher.usable(expired)).rejects.toMatchObject({ code: 'database_unavailable' });
      await expect(instance.batches.take('due')).rejects.toBeInstanceOf(Error);
      expect((await instance.refresher.usable(fresh)).row.id).toBe(fresh);
      expect(stocked.endpoint.calls).toEqual([]);
    } finally {
      await prisma().$executeRawUnsafe('DROP FUNCTION cannot_write() CASCADE');
    }
    expect((await instance.refresher.usable(expired)).row.generation).toBe(2);
  });
});

describe('sec-S23: a row that is damaged costs itself and no other', () => {
  const oauth1 = { protocol: 'oauth1', token: TokenCredentials.from({ token: 't', tokenSecret: 's' }) } as const;

  it.each<[string, (row: Connection) => Partial<Connection>]>([
    ['no envelope', () => ({ credentials: '' })],
    ['another envelope', () => ({ credentials: '9.one.AAAA' })],
    [
      'a flipped bit',
      ({ credentials }) => ({ credentials: credentials.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')) }),
    ],
    ['a key nobody has', ({ credentials }) => ({ credentials: credentials.replace('.one.', '.gone.'), keyId: 'gone' })],
    ['credentials of another protocol', ({ id }) => sealCredentials(stocked.vault, id, oauth1)],
    ['sealed nonsense', ({ id }) => ({ credentials: stocked.vault.seal('credentials', id, 'null') })],
    ['a provider that is not here', () => ({ provider: 'gone' })],
    ['a failure count out of all bounds', () => ({ failureCount: 2_000_000_000 })],
    ['an attempt from long ago', () => ({ attemptId: randomUUID(), leaseUntil: new Date(0), replays: 40 })],
    ['an expiry before the epoch', () => ({ expiresAt: new Date(-1), refreshAt: new Date(-1) })],
  ])('%s', async (_what, damage) => {
    const [poisoned = '', ...others] = await stocked.stock(10);
    await set(poisoned, damage(await stocked.row(poisoned)));
    const instance = stocked.instance({ tokenRequests: { perProvider: 3 } });
    // Enough looks for everybody; the poisoned row must not be in the way of any.
    for (let look = 0; look < 6; look++) {
      await (await instance.batches.take('interrupted')).ended;
      await (await instance.batches.take('due')).ended;
    }
    expect(await prisma().connection.count({ where: { id: { in: others }, generation: 2, status: 'active' } })).toBe(9);
    await fail(instance.refresher.usable(poisoned));
    for (const id of others) expect((await instance.refresher.usable(id)).row.id).toBe(id);
    expect((await stocked.row(poisoned)).attemptId).toBeNull();
    const told = JSON.stringify(stocked.troubles.map(({ what, error }) => [what, String(error)]));
    expect(told).not.toContain(`access-${poisoned}`);
  });
});

describe('sec-S24: a backup that brings old refresh tokens back', () => {
  async function restored(count: number): Promise<string[]> {
    const ids = await stocked.stock(count);
    const snapshot = await prisma().connection.findMany();
    const { refresher } = stocked.instance();
    for (const id of ids) await refresher.usable(id);
    for (const { id, profile: _profile, ...row } of snapshot) await set(id, row);
    stocked.endpoint.calls.length = 0;
    return ids;
  }

  it('costs each connection one token call, and its person is asked to connect again', async () => {
    const ids = await restored(5);
    const instance = stocked.instance();
    for (let round = 0; round < 3; round++) {
      for (const id of ids) {
        await expect(instance.refresher.usable(id)).rejects.toMatchObject({
          code: 'reconnect_required',
          reason: 'invalid_grant',
        });
      }
      await (await instance.batches.take('due')).ended;
    }
    expect(stocked.endpoint.calls).toHaveLength(ids.length);
    for (const id of ids) expect(await kindsOf(id)).toEqual(['connection_reconnect_required']);
  });

  it('is not noticed where the provider does not rotate', async () => {
    stocked.endpoint.rotates = false;
    const ids = await restored(5);
    const { refresher } = stocked.instance();
    for (const id of ids) expect((await refresher.usable(id)).row.status).toBe('active');
    expect(stocked.endpoint.calls).toHaveLength(ids.length);
  });
});
