/** An instance whose ring is not the others' while a vault key is rotated: forgotten when the new key came, or when it moved to the front (sec-S15). */
import { randomUUID } from 'node:crypto';
import { openVault, rotateVaultKeys, sealCredentials } from '../../src/connections/index.js';
import { keyOutside } from '../../src/connections/vault-status.js';
import { fingerprintStore } from '../../src/db/index.js';
import { OAuth2Token } from '../../src/oauth2/index.js';
import { checkVaultKeys, KeyRing, type Repeat, Vault } from '../../src/vault/index.js';
import { STOCK_KEYS, type StockedConnections, stockedConnections } from '../support/stocked-connections.js';
import { until } from '../support/until.js';

const NEW_KEY = `two:${Buffer.alloc(32, 2).toString('base64')}`;
const newFirst = new Vault(KeyRing.parse(`${NEW_KEY},${STOCK_KEYS}`));
const oldFirst = new Vault(KeyRing.parse(`${STOCK_KEYS},${NEW_KEY}`));

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
const rotate = () =>
  rotateVaultKeys({ database: stocked.database, vault: newFirst, events: { record: async () => undefined } });
const outside = (keyIds: string[]) => stocked.database.withConnection((connection) => keyOutside(connection, keyIds));
const recorded = async () => (await prisma().vaultKey.findMany({ orderBy: { id: 'asc' } })).map(({ id }) => id);

/** A pace that the test sets, instead of a minute. */
function pace() {
  const work = new Set<() => void>();
  const repeat: Repeat = (again) => {
    work.add(again);
    return () => work.delete(again);
  };
  return { repeat, work, tick: () => work.forEach((again) => void again()) };
}

describe('without the new key', () => {
  test('its background work claims nothing that it cannot open, so the others are not held up', async () => {
    const ids = await stocked.stock(5);
    const [interrupted = '', ...due] = ids;
    await prisma().connection.update({
      where: { id: interrupted },
      data: { attemptId: randomUUID(), leaseUntil: new Date(0) },
    });
    await rotate();
    const before = await prisma().connection.findMany({ orderBy: { id: 'asc' } });
    const forgotten = stocked.instance();
    expect((await forgotten.batches.take('due')).claimed).toBe(0);
    expect((await forgotten.batches.take('interrupted')).claimed).toBe(0);
    expect(await prisma().connection.findMany({ orderBy: { id: 'asc' } })).toEqual(before);
    const { refresher } = stocked.instance({ vault: newFirst });
    for (const id of due) expect((await refresher.usable(id)).row.generation).toBe(2);
  });

  test('it goes on with what it can open', async () => {
    const [foreign = '', own = ''] = await stocked.stock(2);
    const token = new OAuth2Token({ accessToken: 'x', refreshToken: 'x' });
    const sealed = sealCredentials(newFirst, foreign, { protocol: 'oauth2', token });
    await prisma().connection.update({ where: { id: foreign }, data: { ...sealed, refreshAt: new Date(0) } });
    const batch = await stocked.instance().batches.take('due');
    await batch.ended;
    expect(batch.claimed).toBe(1);
    expect((await stocked.row(own)).generation).toBe(2);
  });

  test('a claim whose value was sealed anew by then is given back as it was', async () => {
    const [id = ''] = await stocked.stock(1);
    const provider = stocked.catalogue.get('fitbit');
    if (!provider) throw new Error('no provider');
    await rotate();
    const before = await stocked.row(id);
    const attemptId = randomUUID();
    const leaseUntil = new Date(Date.now() + 15_000);
    const { credentials, status, failureCount, generation } = await prisma().connection.update({
      where: { id },
      data: { attemptId, leaseUntil },
    });
    const claim = { connectionId: id, attemptId, claimedAt: performance.now(), generation, credentials, replays: 0 };
    await stocked.instance().refresher.carryOut({ ...claim, status, failureCount }, provider);
    expect(await stocked.row(id)).toEqual(before);
    expect(stocked.endpoint.calls).toEqual([]);
  });

  test('it says within a minute which key it lacks, and says it once', async () => {
    const { repeat, tick } = pace();
    const instance = stocked.instance({ repeat, background: false });
    instance.start();
    await rotate();
    for (let minute = 0; minute < 3; minute++) {
      tick();
      await until(async () => (await recorded()).includes('one'));
      await prisma().vaultKey.deleteMany({ where: { id: 'one' } });
    }
    await instance.close();
    expect(stocked.troubles.map(({ what }) => what)).toEqual([
      expect.stringContaining('VAULT_KEYS lacks the key "two"'),
    ]);
  });
});

describe('with the old key still in front', () => {
  test('its key is recorded again within a minute, and a ring without it does not start', async () => {
    const { repeat, tick, work } = pace();
    const instance = stocked.instance({ vault: oldFirst, repeat, background: false });
    instance.start();
    expect((await rotate()).released).toEqual(['one']);
    expect(await recorded()).toEqual(['two']);
    tick();
    await until(async () => (await recorded()).includes('one'));
    await expect(openVault(stocked.database, NEW_KEY)).rejects.toMatchObject({
      code: 'vault_key_missing',
      keyId: 'one',
    });
    await instance.close();
    expect(work.size).toBe(0);
    expect(stocked.troubles).toEqual([]);
  });

  test.each<[string, string, () => Promise<unknown>]>([
    ['a connection', NEW_KEY, async () => stocked.stock(1)],
    [
      'one between two keys of the ring',
      `${NEW_KEY},a:${Buffer.alloc(32, 3).toString('base64')}`,
      () => stocked.stock(1),
    ],
    ['an identity that waits on the welcome page', NEW_KEY, () => pendingIdentity()],
  ])('what it sealed before that is found at the start: %s', async (_what, ring, seal) => {
    await stocked.stock(3);
    expect((await rotate()).released).toEqual(['one']);
    await expect(openVault(stocked.database, ring)).resolves.toBeInstanceOf(Vault);
    await seal();
    await expect(openVault(stocked.database, ring)).rejects.toMatchObject({ code: 'vault_key_missing', keyId: 'one' });
    await expect(openVault(stocked.database, `${NEW_KEY},${STOCK_KEYS}`)).resolves.toBeInstanceOf(Vault);
  });

  test('the search finds a key on either side of the ring, and nothing in between', async () => {
    await stocked.stock(2);
    expect(await outside(['a', 'm'])).toBe('one');
    expect(await outside(['z', 'p'])).toBe('one');
    expect(await outside(['p', 'a'])).toBe('one');
    expect(await outside(['p', 'one', 'a'])).toBeUndefined();
    expect(await outside(['one'])).toBeUndefined();
  });

  test('what waits for a new grant needs no key', async () => {
    await stocked.stock(1, { status: 'reconnect_required', reason: 'unreadable' });
    await prisma().vaultKey.deleteMany();
    await expect(openVault(stocked.database, NEW_KEY)).resolves.toBeInstanceOf(Vault);
  });
});

async function pendingIdentity(): Promise<void> {
  const id = randomUUID();
  const token = new OAuth2Token({ accessToken: 'waits on the welcome page' });
  const sealed = sealCredentials(oldFirst, id, { protocol: 'oauth2', token }, 'pending-identity');
  const account = { provider: 'fitbit', sandbox: true, namespace: 'sandbox:fitbit', subject: id, label: id };
  await prisma().pendingIdentity.create({
    data: { id, browserHash: id, flowHash: id, ...account, profile: {}, ...sealed },
  });
}
