/** The sandbox is as strict as the definitions say: hosts that people name, placements, manners of requests, ways to revoke, ends of refresh tokens. */
import { defineProvider, type ProviderDefinition } from '../../src/providers/index.js';
import { callAs, callbackOf, consent, type Running, removeFolder, start } from './support.js';

const base = {
  protocol: 'oauth2',
  authorize: { url: 'https://one.test/authorize' },
  token: { url: 'https://one.test/token', clientAuth: 'post' },
  scopes: { signIn: [], connect: [] },
  pkce: 'forbidden',
  profile: { url: 'https://one.test/me', subject: 'id' },
  api: { baseUrls: ['https://one.test/api'] },
} as const;

const named = JSON.parse(JSON.stringify(base).replaceAll('//one.test', '//{instance}.many.test'));
const definitions: readonly ProviderDefinition[] = [
  defineProvider({
    ...named,
    id: 'many',
    name: 'Many',
    instance: { label: 'Host', placeholder: 'a', pattern: '[a-z]{1,9}' },
    refresh: { mode: 'rotating', lifetimeDays: 2, graceSeconds: 60 },
  }),
  defineProvider({
    ...base,
    id: 'one',
    name: 'One',
    token: { ...base.token, format: 'json', parameters: { action: 'issue' } },
    api: { ...base.api, token: { in: 'header', name: 'X-One-Token' } },
    revoke: { url: 'https://one.test/me/permissions', style: 'bearer', method: 'DELETE' },
  }),
];

let sandbox: Running;
beforeAll(async () => {
  sandbox = await start({ definitions });
});
afterAll(async () => {
  await sandbox.stop();
  removeFolder(sandbox.dataDir);
});

const client = (id: string) => ({ client_id: `sandbox-${id}`, client_secret: 'sandbox-secret' });

async function codeAt(id: string, host: string): Promise<string> {
  const parameters = {
    response_type: 'code',
    client_id: `sandbox-${id}`,
    redirect_uri: callbackOf(id),
    state: 's'.repeat(22),
  };
  const callback = await consent(sandbox.origin, `/${host}/authorize`, parameters);
  return callback.get('code') ?? '';
}

async function tokenAt(host: string, fields: Record<string, string>, init: RequestInit = {}) {
  const body = new URLSearchParams(fields);
  const response = await fetch(`${sandbox.origin}/${host}/token`, { method: 'POST', body, ...init });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

const redeemMany = async (from: string, at = from) =>
  await tokenAt(`${at}.many.test`, {
    ...client('many'),
    grant_type: 'authorization_code',
    code: await codeAt('many', `${from}.many.test`),
    redirect_uri: callbackOf('many'),
  });

describe('hosts that people name', () => {
  test('each is served, and none that does not fit', async () => {
    expect((await redeemMany('alpha')).status).toBe(200);
    for (const host of ['ALPHA.many.test', 'a.b.many.test', '.many.test', 'many.test', 'toolonganame.many.test']) {
      const response = await fetch(`${sandbox.origin}/${host}/authorize?response_type=code`);
      expect([host, response.status]).toEqual([host, 404]);
    }
  });

  test('a code, a token and a refresh token of one are nothing at another', async () => {
    expect(await redeemMany('alpha', 'beta')).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    const { body } = await redeemMany('alpha');
    const call = async (host: string) =>
      (await callAs(sandbox.origin, `/${host}/api/x`, body.access_token ?? '')).status;
    expect([await call('alpha.many.test'), await call('beta.many.test')]).toEqual([200, 401]);
    const renew = { ...client('many'), grant_type: 'refresh_token', refresh_token: body.refresh_token ?? '' };
    expect(await tokenAt('beta.many.test', renew)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect((await tokenAt('alpha.many.test', renew)).status).toBe(200);
  });
});

describe('refresh tokens', () => {
  const renew = (token: string | undefined) =>
    tokenAt('alpha.many.test', { ...client('many'), grant_type: 'refresh_token', refresh_token: token ?? '' });

  test('a spent one is honoured for as long as the definition says', async () => {
    const { body } = await redeemMany('alpha');
    expect((await renew(body.refresh_token)).status).toBe(200);
    sandbox.clock.now += 59_000;
    expect((await renew(body.refresh_token)).status).toBe(200);
    sandbox.clock.now += 2_000;
    expect((await renew(body.refresh_token)).body.error).toBe('invalid_grant');
  });

  test('they end some days after the consent, however often they were renewed', async () => {
    let { body } = await redeemMany('alpha');
    for (let day = 0; day < 2; day += 1) {
      body = (await renew(body.refresh_token)).body;
      expect(body.refresh_token).toBeDefined();
      sandbox.clock.now += 86_400_000;
    }
    expect((await renew(body.refresh_token)).body.error).toBe('invalid_grant');
  });
});

describe('the manner of requests', () => {
  const fields = async () => ({
    ...client('one'),
    grant_type: 'authorization_code',
    code: await codeAt('one', 'one.test'),
    redirect_uri: callbackOf('one'),
    action: 'issue',
  });
  const asJson = (value: object): RequestInit => ({
    body: JSON.stringify(value),
    headers: { 'content-type': 'application/json' },
  });

  test('only the definition’s own is taken', async () => {
    expect((await tokenAt('one.test', await fields())).body.error).toBe('invalid_request');
    const { action: _action, ...incomplete } = await fields();
    expect((await tokenAt('one.test', {}, asJson(incomplete))).body.error).toBe('invalid_request');
    expect((await tokenAt('one.test', {}, asJson(await fields()))).status).toBe(200);
  });

  test('the token stands where the definition wants it, and ends by its own call', async () => {
    const { body } = await tokenAt('one.test', {}, asJson(await fields()));
    const send = async (path: string, headers: Record<string, string>, method = 'GET') =>
      (await fetch(`${sandbox.origin}/one.test${path}`, { method, headers })).status;
    const own = { 'X-One-Token': body.access_token ?? '' };
    expect(await send('/api/x', { Authorization: `Bearer ${body.access_token}` })).toBe(401);
    expect(await send('/api/x', { 'X-One-Token': `Bearer ${body.access_token}` })).toBe(401);
    expect(await send('/api/x', own)).toBe(200);
    expect(await send('/me/permissions', own)).toBe(200);
    expect(await send('/api/x', own)).toBe(200);
    expect(await send('/me/permissions', own, 'DELETE')).toBe(200);
    expect(await send('/api/x', own)).toBe(401);
  });
});
