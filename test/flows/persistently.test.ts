/** The last step of a flow while the database is away: tried again for some seconds, and then the fresh grant is given back. */
import { jest } from '@jest/globals';
import { type Credentials, DatabaseAway, type Grant, type Revoker } from '../../src/connections/index.js';
import { persistently } from '../../src/flows/persistently.js';
import { TokenCredentials } from '../../src/oauth1/index.js';
import { builtInDefinitions, createCatalogue } from '../../src/providers/index.js';

const provider = createCatalogue({ definitions: builtInDefinitions, sandboxOrigin: 'http://localhost:4000' }).get('x');
if (!provider) throw new Error('There is no such provider.');
const credentials: Credentials = {
  protocol: 'oauth1',
  token: TokenCredentials.from({ token: 'token', tokenSecret: 'secret' }),
};
const account = { subject: '1', label: 'one', profile: {} };
const grant: Grant = { provider, account, credentials, intent: 'connect', receivedAt: 0 };
const away = Object.assign(new Error('Can’t reach the database'), { code: 'ECONNREFUSED' });

let nowMs = 0;
let revoked: unknown[] = [];
/** Told what is given back; nothing else of a revoker is asked for. */
const revoker = {
  revoke: async (...what: unknown[]) => {
    revoked.push(what);
    return 'revoked';
  },
} as unknown as Revoker;

beforeEach(() => {
  nowMs = 1_000_000;
  revoked = [];
  jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
});
afterEach(() => jest.restoreAllMocks());

/** Work that fails so often before it succeeds; each try takes a while. */
function work(failures: number, { error = away as unknown, tookMs = 1_000 } = {}) {
  const state = { tries: 0 };
  const run = async () => {
    state.tries += 1;
    nowMs += tookMs;
    if (state.tries <= failures) throw error;
    return 'stored';
  };
  return { state, run };
}

test('what works at once is done once', async () => {
  const { state, run } = work(0);
  expect(await persistently(revoker, grant, run)).toBe('stored');
  expect([state.tries, revoked]).toEqual([1, []]);
});

test('a database that comes back within five seconds costs nothing but time', async () => {
  const { state, run } = work(2, { tookMs: 2_400 });
  const begunAt = process.hrtime.bigint();
  expect(await persistently(revoker, grant, run)).toBe('stored');
  expect([state.tries, revoked]).toEqual([3, []]);
  // It is asked again after a pause, because so are thousands of others.
  expect(Number(process.hrtime.bigint() - begunAt)).toBeGreaterThan(2 * 150 * 1_000_000);
});

test('one that stays away gets its grant revoked, once, and the flow ends with a clear word', async () => {
  const { state, run } = work(Number.POSITIVE_INFINITY, { tookMs: 2_600 });
  const error = await persistently(revoker, grant, run).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DatabaseAway);
  expect(error).toMatchObject({ code: 'database_unavailable', cause: away });
  expect([state.tries, revoked]).toEqual([2, [[provider, credentials]]]);
});

test('what is no trouble of the database is not tried again, and revokes nothing', async () => {
  const fault = new TypeError('x is not a function');
  const { state, run } = work(1, { error: fault });
  await expect(persistently(revoker, grant, run)).rejects.toBe(fault);
  expect([state.tries, revoked]).toEqual([1, []]);
});
