/** Key rotation while everything goes on (sec-D4, sec-S15). */
import { randomUUID } from 'node:crypto';
import {
  openCredentials,
  openVault,
  type RotationOptions,
  rotateVaultKeys,
  sealCredentials,
  vaultStatus,
} from '../../src/connections/index.js';
import { type Database, eventStore, fingerprintStore } from '../../src/db/index.js';
import { createEvents } from '../../src/events/index.js';
import { OAuth2Token } from '../../src/oauth2/index.js';
import { checkVaultKeys, KeyRing, Vault } from '../../src/vault/index.js';
import { STOCK_KEYS, type StockedConnections, stockedConnections } from '../support/stocked-connections.js';
import { until } from '../support/until.js';

const NEW_KEY = `two:${Buffer.alloc(32, 2).toString('base64')}`;
/** The new key seals, the one that sealed the stock still opens. */
const both = new Vault(KeyRing.parse(`${NEW_KEY},${STOCK_KEYS}`));
const onlyNew = new Vault(KeyRing.parse(NEW_KEY));

let stocked: StockedConnections;

beforeAll(async () => {
  stocked = await stockedConnections();
});
afterAll(() => stocked.close());
beforeEach(async () => {
  await stocked.reset();
  await checkVaultKeys(stocked.vault, fingerprintStore(stocked.database.prisma));
});

const prisma = () => stocked.database.prisma;
const rotate = (more: Partial<RotationOptions> = {}) => {
  const events = createEvents(eventStore(prisma()), (_kind, error) => {
    throw error;
  });
  return rotateVaultKeys({ database: stocked.database, vault: both, events, ...more });
};
const statusFor = (vault: Vault) => vaultStatus({ database: stocked.database, vault });
const countOf = (keyId: string) => prisma().connection.count({ where: { keyId } });

async function refreshTokenOf(id: string, vault: Vault): Promise<string | undefined> {
  const opened = openCredentials(vault, id, (await stocked.row(id)).credentials);
  return opened.protocol === 'oauth2' ? opened.token.refreshToken : undefined;
}

async function pendingIdentity(): Promise<string> {
  const id = randomUUID();
  const token = new OAuth2Token({ accessToken: 'waits on the welcome page' });
  const sealed = sealCredentials(stocked.vault, id, { protocol: 'oauth2', token }, 'pending-identity');
  const account = {
    provider: 'fitbit',
    sandbox: true,
    namespace: 'sandbox:fitbit',
    subject: id,
    label: id,
    profile: {},
  };
  await prisma().pendingIdentity.create({ data: { id, browserHash: id, flowHash: id, ...account, ...sealed } });
  return id;
}

test('sec-S15: cut off at 40 %, taken up again with refreshes going on all the time: every row ends under the new key, no token is lost', async () => {
  const ids = await stocked.stock(1_000);
  const seen: [number, number][] = [];
  const stop = new AbortController();
  const onProgress = (done: number, total: number) => {
    seen.push([done, total]);
    if (done >= 400) stop.abort();
  };
  const first = await rotate({ batchSize: 50, onProgress, signal: stop.signal });
  expect(first).toMatchObject({ complete: false, resealed: 400, unreadableCount: 0, released: [] });
  expect(seen).toEqual(Array.from({ length: 8 }, (_, index) => [(index + 1) * 50, 1_000]));
  expect(await countOf('one')).toBe(600);
  // Half-way, an instance without the old key refuses to start, and nothing is damaged by trying.
  await expect(openVault(stocked.database, NEW_KEY)).rejects.toMatchObject({ code: 'vault_key_missing', keyId: 'one' });

  // One instance still seals with the old key, one with the new one already.
  const instances = [
    stocked.instance({ vault: new Vault(KeyRing.parse(`${STOCK_KEYS},${NEW_KEY}`)) }),
    stocked.instance({ vault: both }),
  ];
  const refreshed = ids.filter((_, index) => index % 25 === 0);
  const refreshing = (async () => {
    for (const [index, id] of refreshed.entries()) await instances[index % 2]?.refresher.usable(id);
  })();
  const second = await rotate({ batchSize: 20 });
  await refreshing;
  const last = await rotate();
  expect(second.unreadableCount + last.unreadableCount).toBe(0);
  expect(last.complete).toBe(true);
  expect([...second.released, ...last.released]).toEqual(['one']);
  expect(last.status).toMatchObject({ activeKeyId: 'two', waiting: 0 });
  expect(await countOf('two')).toBe(1_000);
  for (const row of await prisma().connection.findMany()) {
    const { token } = openCredentials(onlyNew, row.id, row.credentials);
    expect(stocked.endpoint.isLive('refreshToken' in token ? (token.refreshToken ?? '') : '')).toBe(true);
  }
  expect(stocked.endpoint.calls).toHaveLength(refreshed.length);
  // The old key may go now.
  await expect(openVault(stocked.database, NEW_KEY)).resolves.toBeInstanceOf(Vault);
}, 60_000);

test('a refresh that is under way keeps its claim, and its answer wins over the value sealed anew', async () => {
  const [id = ''] = await stocked.stock(1);
  const release = stocked.endpoint.hold();
  const usable = stocked.instance({ vault: both }).refresher.usable(id);
  await until(() => stocked.endpoint.calls.length === 1);
  expect((await rotate()).resealed).toBe(1);
  const between = await stocked.row(id);
  expect(between).toMatchObject({ keyId: 'two', generation: 1 });
  expect(between.attemptId).not.toBeNull();
  release();
  await usable;
  expect(await stocked.row(id)).toMatchObject({ keyId: 'two', generation: 2, status: 'active', attemptId: null });
  expect(await refreshTokenOf(id, both)).toBe(`${id}.1`);
});

test('a value that was replaced between reading and writing is never overwritten', async () => {
  const [id = ''] = await stocked.stock(1);
  const token = new OAuth2Token({ accessToken: 'newer', refreshToken: 'newer' });
  const newer = sealCredentials(stocked.vault, id, { protocol: 'oauth2', token });
  // Between the page that was read and the statement that writes it.
  const racing = new Proxy(both, {
    get: (target, name) => {
      if (name !== 'seal') return bound(target, name);
      return (...args: Parameters<Vault['seal']>) => {
        replaced ??= prisma().connection.update({ where: { id }, data: { ...newer, generation: { increment: 1 } } });
        void replaced.catch(() => undefined);
        return target.seal(...args);
      };
    },
  });
  let replaced: Promise<unknown> | undefined;
  const report = await rotate({ database: afterWaitingFor(() => replaced), vault: racing });
  expect(report).toMatchObject({ complete: true, resealed: 1 });
  expect(await refreshTokenOf(id, onlyNew)).toBe('newer');
  expect(await stocked.row(id)).toMatchObject({ generation: 2, keyId: 'two' });
});

test('identities that wait on the welcome page are sealed anew for their own purpose', async () => {
  const id = await pendingIdentity();
  expect((await rotate()).resealed).toBe(1);
  const row = await prisma().pendingIdentity.findUniqueOrThrow({ where: { id } });
  expect(row.keyId).toBe('two');
  expect(openCredentials(onlyNew, id, row.credentials, 'pending-identity').token.toPlain()).toMatchObject({
    accessToken: 'waits on the welcome page',
  });
});

test('damaged rows are named and keep their value; their people are asked to connect again, and no key is kept for them', async () => {
  const [good = '', damaged = '', cut = '', moved = '', dead = ''] = await stocked.stock(5);
  const { credentials } = await stocked.row(damaged);
  const flipped = `${credentials.slice(0, -1)}${credentials.endsWith('A') ? 'E' : 'A'}`;
  const set = (id: string, value: string, more: object = {}) =>
    prisma().connection.update({ where: { id }, data: { credentials: value, ...more } });
  const since = new Date(86_400_000);
  await set(damaged, flipped);
  await set(cut, '1.one.');
  await set(moved, (await stocked.row(good)).credentials);
  await set(dead, '', { status: 'reconnect_required', reason: 'invalid_grant', statusSince: since });
  const report = await rotate({ batchSize: 1 });
  expect(report).toMatchObject({
    complete: true,
    resealed: 1,
    unreadableCount: 4,
    givenUp: 4,
    released: ['one'],
    status: { waiting: 0 },
  });
  const named = new Map(report.unreadable.map(({ id, code }) => [id, code]));
  expect(['vault_value_damaged', 'vault_envelope_malformed']).toContain(named.get(damaged));
  expect(named.get(cut)).toBe('vault_envelope_malformed');
  expect(named.get(moved)).toBe('vault_value_damaged');
  expect(JSON.stringify(report)).not.toContain(credentials.slice(10, 40));
  const asked = { status: 'reconnect_required', reason: 'unreadable', refreshAt: null, keyId: 'one' };
  expect(await stocked.row(damaged)).toMatchObject({ ...asked, credentials: flipped });
  expect(await stocked.row(dead)).toMatchObject({ ...asked, statusSince: since });
  // One event for each transition, in its person's trail.
  const { userId } = await stocked.row(cut);
  const trail = await prisma().event.findMany({ where: { kind: 'connection_reconnect_required' } });
  expect(trail.map(({ connectionId }) => connectionId).sort()).toEqual([damaged, cut, moved].sort());
  expect(trail).toContainEqual(
    expect.objectContaining({ connectionId: cut, userId, provider: 'fitbit', detail: { reason: 'unreadable' } }),
  );
  expect(report.status.keys).toEqual([
    { id: 'two', state: 'active', rows: 1, givenUp: 0, recorded: true },
    { id: 'one', state: 'unneeded', rows: 0, givenUp: 4, recorded: false },
  ]);
  expect(await rotate()).toMatchObject({ complete: true, unreadableCount: 4, givenUp: 0 });
  expect(await prisma().event.count()).toBe(3);
  await expect(openVault(stocked.database, NEW_KEY)).resolves.toBeInstanceOf(Vault);
});

test('a damaged row is not given up while its refresh is under way, whose answer mends it', async () => {
  const [id = ''] = await stocked.stock(1);
  const release = stocked.endpoint.hold();
  const usable = stocked.instance({ vault: both }).refresher.usable(id);
  await until(() => stocked.endpoint.calls.length === 1);
  await prisma().connection.update({ where: { id }, data: { credentials: '1.one.' } });
  expect(await rotate()).toMatchObject({ complete: false, givenUp: 0, unreadableCount: 1, released: [] });
  expect(await stocked.row(id)).toMatchObject({ status: 'active', credentials: '1.one.' });
  release();
  await usable;
  expect(await rotate()).toMatchObject({ complete: true, unreadableCount: 0, released: ['one'] });
  expect(await refreshTokenOf(id, onlyNew)).toBe(`${id}.1`);
});

test('a damaged value that was replaced between reading and marking is not given up', async () => {
  const [id = ''] = await stocked.stock(1);
  const token = new OAuth2Token({ accessToken: 'newer', refreshToken: 'newer' });
  const newer = sealCredentials(stocked.vault, id, { protocol: 'oauth2', token });
  await prisma().connection.update({ where: { id }, data: { credentials: '1.one.' } });
  let replaced: Promise<unknown> | undefined;
  const database = afterWaitingFor(
    () =>
      (replaced ??= prisma()
        .connection.update({ where: { id }, data: newer })
        .then(() => undefined)),
  );
  expect(await rotate({ database })).toMatchObject({ complete: true, resealed: 1, givenUp: 0, unreadableCount: 0 });
  expect(await stocked.row(id)).toMatchObject({ status: 'active', keyId: 'two' });
});

test('the status tells which keys are needed, missing, different or over', async () => {
  await stocked.stock(3);
  await prisma().connection.updateMany({ data: { keyId: 'lost' }, limit: 1 });
  expect(await statusFor(both)).toEqual({
    activeKeyId: 'two',
    keys: [
      { id: 'two', state: 'active', rows: 0, givenUp: 0, recorded: false },
      { id: 'one', state: 'needed', rows: 2, givenUp: 0, recorded: true },
      { id: 'lost', state: 'missing', rows: 1, givenUp: 0, recorded: false },
    ],
    waiting: 3,
  });
  const another = new Vault(KeyRing.parse(`one:${Buffer.alloc(32, 9).toString('base64')},${NEW_KEY}`));
  const { keys } = await statusFor(another);
  expect(keys.map(({ id, state }) => [id, state])).toEqual([
    ['one', 'different'],
    ['two', 'unneeded'],
    ['lost', 'missing'],
  ]);
  await expect(rotate({ vault: another })).rejects.toMatchObject({
    code: 'vault_key_missing',
  });
});

test('two rotations at once do each other no harm', async () => {
  await stocked.stock(200);
  const reports = await Promise.all([rotate({ batchSize: 30 }), rotate({ batchSize: 40 })]);
  expect(reports.reduce((sum, report) => sum + report.resealed, 0)).toBe(200);
  expect(await countOf('two')).toBe(200);
  const { status } = await rotate();
  expect(status.waiting).toBe(0);
});

test('with nothing to do it says so', async () => {
  await rotate();
  expect(await rotate()).toMatchObject({ complete: true, resealed: 0, unreadable: [], released: [] });
});

function bound<T extends object>(target: T, name: PropertyKey): unknown {
  const value = Reflect.get(target, name, target);
  return typeof value === 'function' ? value.bind(target) : value;
}

/** The same database, where a statement that writes sealed values waits for something else first. */
function afterWaitingFor(something: () => Promise<unknown> | undefined): Database {
  const { database } = stocked;
  return {
    ...database,
    withConnection: (work) =>
      database.withConnection((connection) =>
        work({
          ...connection,
          query: async (sql, values) => {
            if (sql.includes('UPDATE')) await something();
            return await connection.query(sql, values);
          },
        }),
      ),
  };
}
