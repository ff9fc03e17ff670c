/** Deleting accounts without pages: every connection is ended once, whoever carries it out, and what was interrupted is taken up again. */
import { randomUUID } from 'node:crypto';
import { Deletions } from '../../src/accounts/index.js';
import {
  type DisconnectOptions,
  type Revocation,
  Revoker,
  Sessions,
  sealCredentials,
} from '../../src/connections/index.js';
import { eventStore } from '../../src/db/index.js';
import { createEvents } from '../../src/events/index.js';
import { HttpClient } from '../../src/http/index.js';
import { TokenCredentials } from '../../src/oauth1/index.js';
import { builtInDefinitions, createCatalogue } from '../../src/providers/index.js';
import { KeyRing, Vault } from '../../src/vault/index.js';
import { TEST_VAULT_KEYS } from '../support/app.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { seedPerson } from '../support/people.js';
import { until } from '../support/until.js';

const vault = new Vault(KeyRing.parse(TEST_VAULT_KEYS));
const catalogue = createCatalogue({ definitions: builtInDefinitions, sandboxOrigin: 'http://localhost:4000' });
const http = new HttpClient();
const neverCalled = new Sessions({ http, now: Date.now });

/** Revokes nothing, and remembers what it was asked to. */
class RecordingRevoker extends Revoker {
  readonly revoked: string[] = [];
  during: () => Promise<unknown> = async () => undefined;

  constructor() {
    super(neverCalled);
  }

  override async revoke(...[, credentials]: Parameters<Revoker['revoke']>): Promise<Revocation> {
    if (credentials.protocol === 'oauth1') this.revoked.push(credentials.token.toPlain().token);
    await this.during();
    return 'revoked';
  }
}

let db: TestDatabase;
let revoker: RecordingRevoker;
let failures: unknown[];
let options: DisconnectOptions & { onFailure(error: unknown): void };

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => {
  await db.close();
  await http.close();
});
beforeEach(async () => {
  await db.reset();
  revoker = new RecordingRevoker();
  failures = [];
  const { prisma } = db.database;
  const events = createEvents(eventStore(prisma), (_kind, error) => failures.push(error));
  options = {
    prisma,
    vault,
    catalogue,
    revoker,
    events,
    changed: () => undefined,
    onFailure: (error) => failures.push(error),
  };
});

async function personWith(connections: number, state: 'active' | 'deleting' = 'active'): Promise<string> {
  const id = await seedPerson(db.database, {
    name: 'Leaving',
    state,
    ways: [{ namespace: 'sandbox:x', subject: randomUUID() }],
  });
  for (let at = 0; at < connections; at++) {
    const connectionId = randomUUID();
    const token = TokenCredentials.from({ token: `token-${at}`, tokenSecret: 'secret' });
    await db.database.prisma.connection.create({
      data: {
        id: connectionId,
        userId: id,
        provider: 'twitter',
        sandbox: true,
        namespace: 'sandbox:twitter',
        subject: `${connectionId}`,
        label: 'x',
        profile: {},
        ...sealCredentials(vault, connectionId, { protocol: 'oauth1', token }),
      },
    });
  }
  return id;
}

const left = async () => {
  const { prisma } = db.database;
  return {
    users: await prisma.user.count(),
    identities: await prisma.identity.count(),
    connections: await prisma.connection.count(),
  };
};

test('an account that is not marked is not touched', async () => {
  const id = await personWith(2);
  await new Deletions(options).finish(id);
  expect(await left()).toEqual({ users: 1, identities: 1, connections: 2 });
  expect(revoker.revoked).toEqual([]);
});

test('marking ends the sessions and works once', async () => {
  const id = await personWith(1);
  const { prisma } = db.database;
  await prisma.webSession.create({ data: { id: 's', userId: id, data: {}, expiresAt: new Date() } });
  const deletions = new Deletions(options);
  expect([await deletions.mark(id), await deletions.mark(id), await deletions.mark(randomUUID())]).toEqual([
    true,
    false,
    false,
  ]);
  expect(await prisma.webSession.count()).toBe(0);
});

test('two processes that carry it out together end each connection once, and say once that it is done', async () => {
  const id = await personWith(8);
  const pair = [new Deletions(options), new Deletions(options)];
  await pair[0]?.mark(id);
  const results = await Promise.all(pair.map((deletions) => deletions.finish(id)));
  expect(results.map(({ complete }) => complete)).toEqual([true, true]);
  expect([...revoker.revoked].sort()).toEqual(Array.from({ length: 8 }, (_, at) => `token-${at}`));
  expect(await left()).toEqual({ users: 0, identities: 0, connections: 0 });
  expect(await db.database.prisma.event.findMany()).toMatchObject([{ kind: 'account_deleted', userId: null }]);
});

test('what a process left behind is taken up at the next start, and the active are left alone', async () => {
  await personWith(2, 'deleting');
  await personWith(0, 'deleting');
  const staying = await personWith(1);
  const deletions = new Deletions(options);
  deletions.start();
  await deletions.stop();
  await new Deletions(options).resume();
  expect(await left()).toEqual({ users: 1, identities: 1, connections: 1 });
  expect(await db.database.prisma.user.findFirst()).toMatchObject({ id: staying });
  expect(revoker.revoked).toHaveLength(2);
  expect(failures).toEqual([]);
});

test('one account that cannot be deleted yet keeps no other waiting', async () => {
  for (let count = 0; count < 3; count++) await personWith(1, 'deleting');
  const { events } = options;
  let records = 0;
  const failsFirst: typeof events = {
    record: (event) => (records++ === 0 ? Promise.reject(new Error('away')) : events.record(event)),
  };
  await new Deletions({ ...options, events: failsFirst }).resume();
  expect(await left()).toEqual({ users: 1, identities: 1, connections: 0 });
  expect(failures).toEqual([new Error('away')]);
});

test('a process that stops finishes the connection in hand and leaves the rest for the next', async () => {
  const id = await personWith(3);
  const deletions = new Deletions(options);
  await deletions.mark(id);
  let stopping: Promise<void> | undefined;
  revoker.during = async () => {
    stopping ??= deletions.stop();
  };
  expect(await deletions.finish(id)).toMatchObject({ complete: false, ended: [{ provider: 'twitter' }] });
  await stopping;
  expect(await left()).toEqual({ users: 1, identities: 1, connections: 2 });
  revoker.during = async () => undefined;
  await new Deletions(options).resume();
  expect(await left()).toEqual({ users: 0, identities: 0, connections: 0 });
  expect(revoker.revoked).toHaveLength(3);
});

test('whoever waits is told when it takes longer, and that it failed is told to the log', async () => {
  const id = await personWith(1);
  const deletions = new Deletions(options);
  await deletions.mark(id);
  let release = () => {};
  revoker.during = () => new Promise<void>((resolve) => (release = resolve));
  expect(await deletions.finishWithin(id, 1)).toEqual({ complete: false, ended: [] });
  const joined = deletions.finish(id);
  await until(() => revoker.revoked.length > 0);
  release();
  expect(await joined).toMatchObject({ complete: true });

  const other = await personWith(1, 'deleting');
  revoker.during = () => Promise.reject(new Error('the database went away'));
  const failing = new Deletions({ ...options, events: { record: () => Promise.reject(new Error('away')) } });
  expect(await failing.finishWithin(other, 5_000)).toEqual({ complete: false, ended: [] });
  expect(failures).toHaveLength(1);
});
