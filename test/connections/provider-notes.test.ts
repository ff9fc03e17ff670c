/**
 * What an answer to a refresh says about the provider itself is a note beside the outcome: when it cannot be written, the connection's event
 * and the answer to whoever waits are the same as ever.
 */
import type { PrismaClient } from '../../src/db/index.js';
import { type StockedConnections, stockedConnections } from '../support/stocked-connections.js';

let stocked: StockedConnections;
beforeAll(async () => {
  stocked = await stockedConnections();
});
afterAll(() => stocked.close());
beforeEach(() => stocked.reset());

const away = Object.assign(new Error('The server cannot be reached.'), { code: 'P1001' });

/** The database as it is, but for the table of provider apps, which is never reached. */
function withoutProviderApps(prisma: PrismaClient): PrismaClient {
  const unreachable = new Proxy({}, { get: () => () => Promise.reject(away) });
  return new Proxy(prisma, {
    get: (target, name) => (name === 'providerApp' ? unreachable : Reflect.get(target, name, target)),
  });
}

const instance = () => stocked.instance({ prisma: withoutProviderApps(stocked.database.prisma) });
const kinds = async () => (await stocked.database.prisma.event.findMany()).map(({ kind }) => kind);
const noted = { what: 'what is known of a provider was not stored', error: away };

test('a connection that recovers says so, and its caller gets the new token', async () => {
  const [id = ''] = await stocked.stock(1, { status: 'retrying', failureCount: 1 });
  const { row } = await instance().refresher.usable(id);
  expect(row).toMatchObject({ status: 'active', generation: 2 });
  expect(await kinds()).toEqual(['connection_recovered']);
  expect(stocked.troubles).toEqual([noted]);
});

test('a grant that is over is told to its person and to whoever calls', async () => {
  const [id = ''] = await stocked.stock(1);
  stocked.endpoint.answer = () => ({ status: 400, body: '{"error":"invalid_grant"}' });
  await expect(instance().refresher.usable(id)).rejects.toMatchObject({ code: 'reconnect_required' });
  expect(await stocked.row(id)).toMatchObject({ status: 'reconnect_required', reason: 'invalid_grant' });
  expect(await kinds()).toEqual(['connection_reconnect_required']);
  expect(stocked.troubles).toEqual([noted]);
});

test('a client that is refused is what its caller hears of', async () => {
  const [id = ''] = await stocked.stock(1);
  stocked.endpoint.answer = () => ({ status: 401, body: '{"error":"invalid_client"}' });
  await expect(instance().refresher.usable(id)).rejects.toMatchObject({ code: 'provider_misconfigured' });
  expect(await stocked.row(id)).toMatchObject({ status: 'active', attemptId: null, failureCount: 1 });
  expect(stocked.troubles).toEqual([noted]);
});
