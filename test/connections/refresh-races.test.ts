/** What else happens while a refresh is out: the acknowledgement of a write is lost, the person grants again, or disconnects. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { openCredentials, sealCredentials } from '../../src/connections/index.js';
import { claimRefresh, markReconnectRequired, markRetrying, postpone } from '../../src/connections/refresh-attempt.js';
import { saveConnection } from '../../src/connections/save-connection.js';
import type { Connection, ConnectionStatus, PrismaClient } from '../../src/db/index.js';
import { OAuth2Token } from '../../src/oauth2/index.js';
import { defineProvider, type Provider } from '../../src/providers/index.js';
import { type StockedConnections, stockedConnections } from '../support/stocked-connections.js';
import { until } from '../support/until.js';

const HOUR = 3_600_000;

/** OpenID Connect without discovery. */
const club = defineProvider({
  id: 'club',
  name: 'Club',
  protocol: 'oidc',
  issuer: 'https://club.example',
  openid: { jwksUrl: 'https://club.example/jwks' },
  authorize: { url: 'https://club.example/authorize' },
  token: { url: 'https://club.example/token', clientAuth: 'post' },
  scopes: { signIn: ['openid'], connect: ['openid'] },
  pkce: 'supported',
  refresh: { mode: 'rotating' },
  profile: { url: 'https://club.example/me', subject: 'sub' },
  api: { baseUrls: ['https://club.example'] },
});

let stocked: StockedConnections;
beforeAll(async () => {
  stocked = await stockedConnections({ definitions: [club] });
});
afterAll(() => stocked.close());
beforeEach(() => stocked.reset());

const prisma = () => stocked.database.prisma;
const set = (id: string, data: object) => prisma().connection.update({ where: { id }, data });
const kindsOf = async (connectionId: string) =>
  (await prisma().event.findMany({ where: { connectionId }, orderBy: { id: 'asc' } })).map(({ kind }) => kind);
type Answer = StockedConnections['endpoint']['answer'];
const refused: Answer = () => ({ status: 400, body: '{"error":"invalid_grant"}' });

/** A database whose first write of this status is carried out, and its acknowledgement lost. */
function losingAcknowledgement(status: string): PrismaClient {
  const real = prisma();
  let lost = false;
  const connection = new Proxy(real.connection, {
    get(model, name) {
      const method = Reflect.get(model, name);
      if (name !== 'updateMany') return method.bind(model);
      return async (args: { data: { status?: string } }) => {
        const result = await method.call(model, args);
        if (lost || args.data.status !== status) return result;
        lost = true;
        throw Object.assign(new Error('The connection broke off.'), { code: 'ECONNRESET' });
      };
    },
  });
  return new Proxy(real, {
    get: (client, name) => (name === 'connection' ? connection : Reflect.get(client, name, client)),
  });
}

describe('when the acknowledgement of a write is lost with the connection to the database', () => {
  it.each<[status: ConnectionStatus, columns: Partial<Connection>, answer: Answer, kinds: string[], outcome: string]>([
    ['reconnect_required', {}, refused, ['connection_reconnect_required'], 'reconnect_required'],
    ['retrying', {}, () => ({ status: 503 }), ['connection_retrying'], 'retrying'],
    ['active', { status: 'retrying', failureCount: 1 }, () => undefined, ['connection_recovered'], 'refreshed'],
  ])('the transition to %s is told once all the same', async (status, columns, answer, kinds, outcome) => {
    const [id = ''] = await stocked.stock(1, columns);
    stocked.endpoint.answer = answer;
    const outcomes: string[] = [];
    const { refresher } = stocked.instance({
      prisma: losingAcknowledgement(status),
      onOutcome: (_provider, result) => outcomes.push(result),
    });
    await refresher.usable(id).catch(() => undefined);
    expect(await stocked.row(id)).toMatchObject({ status, attemptId: null });
    expect([await kindsOf(id), outcomes]).toEqual([kinds, [outcome]]);
  });
});

describe('who lost the attempt to somebody else', () => {
  const twoClaims = async () => {
    const [id = ''] = await stocked.stock(1);
    const row = await stocked.row(id);
    const frozen = await claimRefresh(prisma(), row, randomUUID());
    await set(id, { leaseUntil: new Date(0) });
    const successor = await claimRefresh(prisma(), row, randomUUID());
    if (!frozen || !successor) throw new Error('Nobody else is here to claim it.');
    return { id, frozen, successor };
  };

  it('changes nothing, whatever it learnt', async () => {
    const { id, frozen, successor } = await twoClaims();
    const before = await stocked.row(id);
    const retryAt = new Date(Date.now() + HOUR);
    expect(await markReconnectRequired(prisma(), frozen, 'invalid_grant', new Date())).toBe(false);
    expect(await markRetrying(prisma(), frozen, { reason: 'no_answer', retryAt, maybeProcessed: true })).toBe(false);
    await postpone(prisma(), frozen, retryAt);
    expect(await stocked.row(id)).toEqual(before);
    expect(before.attemptId).toBe(successor.attemptId);
  });
});

test('sec-I1: a sign-in that keeps the refresh token lets the refresh of it end, and keeps what that brings', async () => {
  const [id = ''] = await stocked.stock(1);
  const { refresher } = stocked.instance();
  const release = stocked.endpoint.holdNextAnswer();
  const late = refresher.usable(id);
  await until(() => stocked.endpoint.calls.length === 1);
  const row = await stocked.row(id);
  const provider = stocked.catalogue.get('fitbit') as Provider;
  const token = new OAuth2Token({ accessToken: 'new', expiresAt: new Date(Date.now() + HOUR) });
  const account = { subject: row.subject, label: 'x', profile: {} };
  await prisma().$transaction((tx) =>
    saveConnection(tx, stocked.vault, row.userId, {
      provider,
      intent: 'connect',
      receivedAt: Date.now(),
      account,
      credentials: { protocol: 'oauth2', token },
    }),
  );
  release();
  await late;
  const after = await stocked.row(id);
  const kept = openCredentials(stocked.vault, id, after.credentials).token as OAuth2Token;
  expect(stocked.endpoint.isLive(kept.refreshToken ?? '')).toBe(true);
  expect(after).toMatchObject({ status: 'active', attemptId: null, generation: 2 });
});

test('a credential that was disconnected while its refresh was waited for is not handed out any more', async () => {
  const [id = ''] = await stocked.stock(1, { expiresAt: new Date(Date.now() + 4_900) });
  const { refresher } = stocked.instance();
  let release = () => {};
  stocked.endpoint.answer = () =>
    new Promise((resolve) => {
      release = () => resolve({ status: 503 });
    });
  const waiting = refresher.usable(id);
  await until(() => stocked.endpoint.calls.length === 1);
  await prisma().connection.delete({ where: { id } });
  release();
  await expect(waiting).rejects.toMatchObject({ code: 'not_connected' });
});

describe('the reason that a person reads', () => {
  it.each([
    ['a certain "not now"', () => ({ status: 503 })],
    ['a refusal of our client', () => ({ status: 401, body: '{"error":"invalid_client"}' })],
  ])('is "interrupted" after an answer was lost, though %s came between', async (_what, second) => {
    const [id = ''] = await stocked.stock(1);
    let now = Date.now();
    const { refresher } = stocked.instance({ now: () => now });
    stocked.endpoint.answer = () => (stocked.endpoint.calls.length === 1 ? { cut: true } : second());
    await refresher.usable(id).catch(() => undefined);
    stocked.endpoint.answer = refused;
    now += HOUR;
    await expect(refresher.usable(id)).rejects.toMatchObject({ reason: 'interrupted' });
  });

  it('is not a withdrawal when the provider answers for another account', async () => {
    const [id = ''] = await stocked.stock(1, { provider: 'club', namespace: 'sandbox:club' });
    const unsigned = (sub: string) => {
      const claims = { iss: 'https://club.example', sub };
      return ['eyJhbGciOiJSUzI1NiJ9', Buffer.from(JSON.stringify(claims)).toString('base64url'), 'c2ln'].join('.');
    };
    const past = new Date(Date.now() - HOUR);
    const token = new OAuth2Token({
      accessToken: 'a',
      refreshToken: `${id}.0`,
      expiresAt: past,
      idToken: unsigned('1'),
    });
    await set(id, sealCredentials(stocked.vault, id, { protocol: 'oauth2', token }));
    const fields = { access_token: 'b', token_type: 'Bearer', refresh_token: 'c', id_token: unsigned('2') };
    stocked.endpoint.answer = ({ path }) =>
      path.includes('token') ? { body: JSON.stringify(fields) } : { status: 404 };
    await expect(stocked.instance().refresher.usable(id)).rejects.toMatchObject({ reason: 'other_account' });
    expect(await stocked.row(id)).toMatchObject({ generation: 1, status: 'reconnect_required' });
  });
});

test('sec-I7: a lost answer is asked for again only while the lease lasts for it', async () => {
  const [id = ''] = await stocked.stock(1);
  const { now } = performance;
  let laterMs = 0;
  performance.now = () => now.call(performance) + laterMs;
  try {
    stocked.endpoint.answer = () => {
      laterMs = 5_000;
      return { cut: true };
    };
    await expect(stocked.instance().refresher.usable(id)).rejects.toMatchObject({ code: 'refresh_postponed' });
  } finally {
    performance.now = now;
  }
  expect(stocked.endpoint.calls).toHaveLength(1);
  // That it may have been lost is remembered.
  expect(await stocked.row(id)).toMatchObject({ status: 'retrying', reason: 'no_answer', replays: 1 });
});

test('closing waits for a refresh under way, so that its answer is stored', async () => {
  const [id = ''] = await stocked.stock(1);
  const instance = stocked.instance();
  const release = stocked.endpoint.holdNextAnswer();
  const refresh = instance.refresher.usable(id);
  await until(() => stocked.endpoint.calls.length === 1);
  let closed = false;
  const closing = instance.close().then(() => {
    closed = true;
  });
  await pause(20);
  expect(closed).toBe(false);
  release();
  await Promise.all([closing, refresh]);
  expect(await stocked.row(id)).toMatchObject({ generation: 2, attemptId: null });
});
