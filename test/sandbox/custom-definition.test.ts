/** Any definition can be signed in with, connected and called, whatever its quirks. */
import { builtInDefinitions, defineProvider } from '../../src/providers/index.js';
import {
  authorizationParameters,
  callAs,
  callbackOf,
  consent,
  get,
  jsonOf,
  pkce,
  type Running,
  removeFolder,
  start,
} from './support.js';

describe('a custom definition', () => {
  const acme = defineProvider({
    id: 'acme',
    name: 'Acme',
    protocol: 'oauth2',
    authorize: { url: 'https://acme.example/oauth/authorize', parameters: { duration: 'permanent' } },
    token: {
      url: 'https://acme.example/oauth/token',
      clientAuth: 'none',
      rules: {
        root: 'authed_user',
        rename: { accessToken: 'access_token', lasts: 'expires_in' },
        scopeSeparator: ',',
        errors: [{ path: 'ok', equals: false, code: 'problem.code', description: 'problem.text' }],
      },
    },
    scopes: { signIn: ['me'], connect: ['me', 'all'], separator: ',' },
    pkce: 'forbidden',
    refresh: { mode: 'rotating' },
    profile: {
      url: 'https://api.acme.example/v1/me?full=1',
      subject: 'data.accounts.0.id',
      name: 'data.display.name',
      more: [
        {
          url: 'https://api.acme.example/v1/emails',
          select: { primary: true, kind: 'home' },
          email: 'address.value',
          emailVerified: 'address.checked',
        },
      ],
    },
    api: { baseUrls: ['https://api.acme.example/v1'] },
    revoke: { url: 'https://acme.example/oauth/revoke' },
  });
  // A stranger who reads GitHub's answers in a way of their own.
  const hub = defineProvider({
    id: 'hub',
    name: 'Hub',
    protocol: 'oauth2',
    authorize: { url: 'https://hub.example/authorize' },
    token: { url: 'https://hub.example/token', clientAuth: 'post' },
    scopes: { signIn: [], connect: [] },
    pkce: 'supported',
    profile: { url: 'https://api.github.com/user', subject: 'viewer.databaseId' },
    api: { baseUrls: ['https://api.github.com'] },
  });
  let custom: Running;

  beforeAll(async () => {
    custom = await start({ definitions: [...builtInDefinitions, acme, hub] });
  });

  afterAll(async () => {
    await custom.stop();
    removeFolder(custom.dataDir);
  });

  const ask = (changes: Record<string, string> = {}) =>
    consent(custom.origin, '/acme.example/oauth/authorize', {
      response_type: 'code',
      client_id: 'sandbox-acme',
      redirect_uri: callbackOf('acme'),
      scope: 'me,all',
      state: 's',
      duration: 'permanent',
      ...changes,
    });

  const send = (path: string, form: Record<string, string>) =>
    fetch(`${custom.origin}${path}`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'sandbox-acme', ...form }),
    });

  const redeemed = (callback: URLSearchParams) =>
    send('/acme.example/oauth/token', {
      grant_type: 'authorization_code',
      code: callback.get('code') ?? '',
      redirect_uri: callbackOf('acme'),
    });

  test('speaks as its token rules say', async () => {
    const answer = (await (await redeemed(await ask())).json()) as { authed_user: Record<string, unknown> };
    expect(Object.keys(answer)).toEqual(['ok', 'authed_user']);
    expect(answer.authed_user).toMatchObject({ accessToken: expect.any(String), lasts: 3600, scope: 'me,all' });
    expect(answer.authed_user).toHaveProperty('refresh_token');
    const refused = await send('/acme.example/oauth/token', { grant_type: 'refresh_token', refresh_token: 'x' });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toEqual({ ok: false, problem: { code: 'invalid_grant', text: expect.any(String) } });
  });

  test('is refused a secret where it has none, and a challenge where PKCE is forbidden', async () => {
    const withSecret = await send('/acme.example/oauth/token', {
      grant_type: 'refresh_token',
      refresh_token: 'x',
      client_secret: 'sandbox-secret',
    });
    expect(withSecret.status).toBe(401);
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: 'sandbox-acme',
      redirect_uri: callbackOf('acme'),
      scope: 'me',
      code_challenge: pkce().challenge,
      code_challenge_method: 'S256',
    });
    const response = await get(`${custom.origin}/acme.example/oauth/authorize?${query}`);
    expect(response.headers.get('location')).toContain('error=invalid_request');
  });

  test('gets no refresh token without the parameter its definition sends for one', async () => {
    const answer = (await (await redeemed(await ask({ duration: 'temporary' }))).json()) as { authed_user: object };
    expect(answer.authed_user).not.toHaveProperty('refresh_token');
  });

  test('finds the person where its paths point, and gets echoes from the rest of its API', async () => {
    await custom.control('user', { subject: '0042', name: 'Mia', email: 'mia@example.com', emailVerified: false });
    const answer = (await (await redeemed(await ask())).json()) as { authed_user: { accessToken: string } };
    const call = (path: string) => callAs(custom.origin, path, answer.authed_user.accessToken);
    expect(await jsonOf(call('/api.acme.example/v1/me?full=1'))).toEqual({
      data: { display: { name: 'Mia' }, accounts: [{ id: '0042' }] },
    });
    expect(await jsonOf(call('/api.acme.example/v1/emails'))).toEqual([
      { primary: true, kind: 'home', address: { value: 'mia@example.com', checked: false } },
    ]);
    const echo = await call('/api.acme.example/v1/things/1?q=a&q=b');
    expect(await echo.json()).toEqual({
      sandbox: true,
      provider: 'acme',
      method: 'GET',
      path: '/v1/things/1',
      query: { q: 'a,b' },
    });
    expect((await call('/api.acme.example/v2/things')).status).toBe(404);
    expect((await call('/api.acme.example/v10')).status).toBe(404);
  });

  test('may point at a known service and still find its own fields', async () => {
    await custom.control('user', { subject: '0042' });
    const { verifier, challenge } = pkce();
    const callback = await consent(custom.origin, '/hub.example/authorize', {
      ...authorizationParameters('github', challenge),
      client_id: 'sandbox-hub',
      redirect_uri: callbackOf('hub'),
      scope: '',
    });
    const response = await fetch(`${custom.origin}/hub.example/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: callback.get('code') ?? '',
        redirect_uri: callbackOf('hub'),
        code_verifier: verifier,
        client_id: 'sandbox-hub',
        client_secret: 'sandbox-secret',
      }),
    });
    const { access_token: access } = (await response.json()) as { access_token: string };
    expect(await jsonOf(callAs(custom.origin, '/api.github.com/user', access))).toEqual({
      viewer: { databaseId: '0042' },
    });
  });
});
