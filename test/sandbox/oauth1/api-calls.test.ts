/** Signed API calls, revocation, and the rarer ways to sign. */
import { OAuth1Session, type TokenCredentials } from '../../../src/oauth1/index.js';
import { defineProvider } from '../../../src/providers/index.js';
import { callbackOf, decide, get, type Running, removeFolder, start } from '../support.js';
import { clientsOf } from './clients.js';

let sandbox: Running;
const { session, authorized, connected, send } = clientsOf(() => sandbox);

beforeEach(async () => {
  sandbox = await start();
});

afterEach(async () => {
  await sandbox.stop();
  removeFolder(sandbox.dataDir);
});

describe('API calls', () => {
  const path = '/api.x.com/2/users/me';

  test('need a good signature', async () => {
    const { token, tokenSecret } = (await connected('twitter')).toPlain();
    const good = { method: 'GET' as const, token, tokenSecret };
    expect((await send(path, good)).status).toBe(200);
    const wrong = await send(path, { ...good, tokenSecret: 'wrong' });
    expect(wrong.status).toBe(401);
    expect(wrong.headers.get('www-authenticate')).toContain('oauth_problem="signature_invalid"');
    expect(await wrong.json()).toEqual({
      title: 'Unauthorized',
      type: 'about:blank',
      status: 401,
      detail: 'Unauthorized',
    });
    const signed = { ...good, nonce: 'n-1' };
    expect((await send(path, signed)).status).toBe(200);
    expect((await send(path, signed)).headers.get('www-authenticate')).toContain('nonce_used');
  });

  test('do not take the token as a bearer token', async () => {
    const { token } = (await connected('twitter')).toPlain();
    expect((await get(sandbox.origin + path, { Authorization: `Bearer ${token}` })).status).toBe(401);
  });

  test('do not take temporary credentials', async () => {
    const proven = await authorized('twitter');
    const { token, tokenSecret } = proven.temporary.toPlain();
    const response = await send(path, { method: 'GET', token, tokenSecret });
    expect(response.headers.get('www-authenticate')).toContain('token_rejected');
  });

  test('are refused with a code of its own in API 1.1', async () => {
    const response = await send('/api.x.com/1.1/account/verify_credentials.json', {
      method: 'GET',
      token: 'unknown',
      tokenSecret: 'x',
    });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ errors: [{ code: 89, message: 'Invalid or expired token.' }] });
  });

  test('tokens end when the person withdraws, or by a revocation signed with them', async () => {
    const first = await connected('twitter');
    const { token, tokenSecret } = (await connected('twitter')).toPlain();
    const revoked = await session('twitter', first).fetch(
      `${sandbox.origin}/api.x.com/1.1/oauth/invalidate_token.json`,
      {
        method: 'POST',
      },
    );
    expect(revoked.status).toBe(200);
    expect((await session('twitter', first).fetch(sandbox.origin + path)).status).toBe(401);
    expect((await send(path, { method: 'GET', token, tokenSecret })).status).toBe(200);
    expect(await sandbox.control('revoke', { provider: 'twitter', subject: '1587291344213921792' })).toEqual({
      revoked: 1,
    });
    expect((await send(path, { method: 'GET', token, tokenSecret })).status).toBe(401);
    expect((await send('/api.x.com/1.1/oauth/invalidate_token.json', { token, tokenSecret })).status).toBe(401);
  });

  test('consent withdrawn in the middle of a flow ends the flow', async () => {
    const proven = await authorized('twitter');
    await sandbox.control('revoke', { provider: 'twitter', subject: '1587291344213921792' });
    await expect(session('twitter').requestTokenCredentials(proven)).rejects.toMatchObject({
      problem: 'token_rejected',
    });
  });
});

test.each(['query', 'body'] as const)('parameters may stand in the %s', async (placement) => {
  const client = new OAuth1Session({
    clientId: 'sandbox-twitter',
    clientSecret: 'sandbox-secret',
    placement,
    credentials: await connected('twitter'),
    fetch,
    now: () => sandbox.clock.now,
  });
  const url = `${sandbox.origin}/api.x.com/2/anything`;
  const response = await client.fetch(url, { method: 'POST', body: new URLSearchParams({ a: 'b' }) });
  expect(response.status).toBe(200);
  const [call] = await sandbox.calls('/api.x.com/2/anything');
  expect(call?.headers).not.toHaveProperty('authorization');
  expect(await response.text()).not.toContain('oauth_');
});

test('endpoints that differ in their query only are told apart, and PLAINTEXT is served', async () => {
  const index = 'https://wiki.example/w/index.php?title=Special:OAuth';
  const wiki = await start({
    definitions: [
      defineProvider({
        id: 'wiki',
        name: 'Wiki',
        protocol: 'oauth1',
        oauth1: {
          requestToken: `${index}/initiate`,
          authorize: `${index}/authorize`,
          accessToken: `${index}/token`,
          signatureMethod: 'PLAINTEXT',
        },
        scopes: { signIn: [], connect: [] },
        pkce: 'forbidden',
        profile: { url: 'https://wiki.example/api/me', subject: 'query.userinfo.id', username: 'query.userinfo.name' },
        api: { baseUrls: ['https://wiki.example/api'] },
      }),
    ],
  });
  const base = `${wiki.origin}/wiki.example/w/index.php?title=Special:OAuth`;
  const make = (credentials?: TokenCredentials) =>
    new OAuth1Session({
      clientId: 'sandbox-wiki',
      clientSecret: 'sandbox-secret',
      signatureMethod: 'PLAINTEXT',
      endpoints: { requestToken: `${base}/initiate`, authorize: `${base}/authorize`, accessToken: `${base}/token` },
      fetch,
      now: () => wiki.clock.now,
      ...(credentials ? { credentials } : {}),
    });
  const temporary = await make().requestTemporaryCredentials({ callback: callbackOf('wiki') });
  const page = await get(make().authorizationUrl(temporary));
  const back = await decide(wiki.origin, await page.text(), 'allow');
  const proven = make().checkCallback(new URL(back.headers.get('location') ?? ''), temporary);
  const tokens = await make().requestTokenCredentials(proven);
  const profile = await make(tokens).fetch(`${wiki.origin}/wiki.example/api/me`);
  expect(await profile.json()).toMatchObject({ query: { userinfo: { name: 'robin_sandbox' } } });
  await wiki.stop();
  removeFolder(wiki.dataDir);
});
