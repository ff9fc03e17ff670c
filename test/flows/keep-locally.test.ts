/** The end of a flow at the terminal: a connection of whoever sits there, told in their trail, unless they have been switched off meanwhile. */
import { localPerson } from '../../src/accounts/index.js';
import { type Credentials, type Grant, openCredentials, type Revoker } from '../../src/connections/index.js';
import type { Database } from '../../src/db/index.js';
import type { AuditEvent } from '../../src/events/index.js';
import { keepLocally } from '../../src/flows/index.js';
import { TokenCredentials } from '../../src/oauth1/index.js';
import { builtInDefinitions, createCatalogue } from '../../src/providers/index.js';
import { KeyRing, Vault } from '../../src/vault/index.js';
import { TEST_VAULT_KEYS } from '../support/app.js';
import { testDatabase } from '../support/database.js';

const sandboxOrigin = 'http://localhost:4000';
const provider = createCatalogue({ definitions: builtInDefinitions, sandboxOrigin }).get('twitter');
if (!provider) throw new Error('There is no such provider.');
const credentials: Credentials = {
  protocol: 'oauth1',
  token: TokenCredentials.from({ token: 'token', tokenSecret: 'secret' }),
};
const grant: Grant = {
  provider,
  account: { subject: '7', label: 'seven', profile: {} },
  credentials,
  intent: 'connect',
  receivedAt: Date.now(),
};
const vault = new Vault(KeyRing.parse(TEST_VAULT_KEYS));
const revoker = {} as Revoker;

let database: Database;
let close: () => Promise<void>;
let recorded: AuditEvent[];
const options = () => {
  const events = { record: async (event: AuditEvent) => void recorded.push(event) };
  return { prisma: database.prisma, vault, events, revoker, changed: () => undefined };
};

beforeAll(async () => {
  ({ database, close } = await testDatabase());
});
afterAll(() => close());
beforeEach(() => {
  recorded = [];
});

test('it becomes a connection, which a second time renews; either is told once', async () => {
  const userId = await localPerson(database.prisma, 'somebody');
  const first = await keepLocally(options(), grant, userId);
  const second = await keepLocally(options(), grant, userId);
  expect(first?.created).toBe(true);
  expect(second).toMatchObject({ id: first?.id, created: false });
  const about = { userId, connectionId: first?.id, provider: 'twitter' };
  expect(recorded).toEqual([
    { kind: 'connected', ...about },
    { kind: 'reconnected', ...about },
  ]);
  const rows = await database.prisma.connection.findMany();
  expect(rows).toMatchObject([{ id: first?.id, userId, subject: '7', generation: 2 }]);
  expect(openCredentials(vault, rows[0]?.id ?? '', rows[0]?.credentials ?? '')).toMatchObject({ protocol: 'oauth1' });
});

test.each(['disabled', 'deleting'] as const)('a person who is %s meanwhile is given nothing', async (state) => {
  const userId = await localPerson(database.prisma, `now-${state}`);
  await database.prisma.user.update({ where: { id: userId }, data: { state } });
  expect(await keepLocally(options(), grant, userId)).toBeUndefined();
  expect([recorded, await database.prisma.connection.count({ where: { userId } })]).toEqual([[], 0]);
});
