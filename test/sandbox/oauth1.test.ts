/** OAuth 1.0a at the sandbox: once with our own client, and for every refusal with an independent signer (oauth-1.0a). */
import { createHmac } from 'node:crypto';
import OAuth from 'oauth-1.0a';
import { type AuthorizedTemporaryCredentials, OAuth1Session, type TokenCredentials } from '../../src/oauth1/index.js';
import { defineProvider } from '../../src/providers/index.js';
import { callbackOf, decide, get, type Running, removeFolder, start } from './support.js';

let sandbox: Running;

beforeEach(async () => {
  sandbox = await start();
});

afterEach(async () => {
  await sandbox.stop();
  removeFolder(sandbox.dataDir);
});

const places = {
  twitter: {
    requestToken: '/api.x.com/oauth/request_token',
    authorize: '/api.x.com/oauth/authorize',
    accessToken: '/api.x.com/oauth/access_token',
    profile: '/api.x.com/2/users/me?user.fields=profile_image_url',
  },
  'fitbit-oauth1': {
    requestToken: '/api.fitbit.com/oauth/request_token',
    authorize: '/www.fitbit.com/oauth/authorize',
    accessToken: '/api.fitbit.com/oauth/access_token',
    profile: '/api.fitbit.com/1/user/-/profile.json',
  },
} as const;

type OAuth1Provider = keyof typeof places;

function session(provider: OAuth1Provider, credentials?: TokenCredentials, now = () => sandbox.clock.now) {
  const { requestToken, authorize, accessToken } = places[provider];
  return new OAuth1Session({
    clientId: `sandbox-${provider}`,
    clientSecret: 'sandbox-secret',
    endpoints: {
      requestToken: sandbox.origin + requestToken,
      authorize: sandbox.origin + authorize,
      accessToken: sandbox.origin + accessToken,
    },
    fetch,
    now,
    ...(credentials ? { credentials } : {}),
  });
}

async function authorized(provider: OAuth1Provider): Promise<AuthorizedTemporaryCredentials> {
  const client = session(provider);
  const temporary = await client.requestTemporaryCredentials({ callback: callbackOf(provider) });
  const page = await get(client.authorizationUrl(temporary));
  const back = await decide(sandbox.origin, await page.text(), 'allow');
  return client.checkCallback(new URL(back.headers.get('location') ?? ''), temporary);
}

async function connected(provider: OAuth1Provider): Promise<TokenCredentials> {
  return session(provider).requestTokenCredentials(await authorized(provider));
}

interface Signing {
  clientId?: string;
  clientSecret?: string;
  token?: string;
  tokenSecret?: string;
  timestamp?: number;
  nonce?: string;
  extra?: Record<string, string>;
  method?: 'GET' | 'POST';
  signatureMethod?: string;
}

/** Sends a request signed by somebody else's library. */
function send(path: string, signing: Signing = {}): Promise<Response> {
  const { method = 'POST', extra = {}, signatureMethod = 'HMAC-SHA1' } = signing;
  const client = new OAuth({
    consumer: { key: signing.clientId ?? 'sandbox-twitter', secret: signing.clientSecret ?? 'sandbox-secret' },
    signature_method: signatureMethod,
    hash_function: (text, key) =>
      createHmac(signatureMethod === 'HMAC-SHA1' ? 'sha1' : 'sha256', key)
        .update(text)
        .digest('base64'),
  });
  client.getTimeStamp = () => signing.timestamp ?? Math.floor(sandbox.clock.now / 1000);
  const { nonce } = signing;
  if (nonce !== undefined) client.getNonce = () => nonce;
  const token = signing.token === undefined ? undefined : { key: signing.token, secret: signing.tokenSecret ?? '' };
  const url = sandbox.origin + path;
  const data = client.authorize({ url, method, data: extra }, token);
  return fetch(url, { method, headers: { ...client.toHeader(data) } });
}

async function problemOf(response: Response): Promise<string> {
  const header = /oauth_problem="([^"]+)"/.exec(response.headers.get('www-authenticate') ?? '')?.[1];
  expect(new URLSearchParams(await response.text()).get('oauth_problem') ?? header).toBe(header);
  return header ?? '';
}

const request = places.twitter.requestToken;
const callback = { oauth_callback: callbackOf('twitter') };

describe('the whole way with our own client', () => {
  test('X: tokens, who the person is, and a signed call', async () => {
    const tokens = await connected('twitter');
    expect(tokens.parameters).toMatchObject({ user_id: '1587291344213921792', screen_name: 'robin_sandbox' });
    const response = await session('twitter', tokens).fetch(sandbox.origin + places.twitter.profile);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      data: { id: '1587291344213921792', name: 'Robin Sandbox', username: 'robin_sandbox' },
    });
  });

  test('Fitbit as the earlier systems used it', async () => {
    const tokens = await connected('fitbit-oauth1');
    expect(tokens.parameters).toMatchObject({ encoded_user_id: '7XJ2QP' });
    const client = session('fitbit-oauth1', tokens);
    const profile = await client.fetch(sandbox.origin + places['fitbit-oauth1'].profile);
    expect(await profile.json()).toHaveProperty('user.encodedId', '7XJ2QP');
    const steps = await client.fetch(`${sandbox.origin}/api.fitbit.com/1/user/-/activities/steps/date/today/7d.json`);
    expect(((await steps.json()) as Record<string, unknown[]>)['activities-steps']).toHaveLength(7);
  });

  test('POSTs, form bodies and queries are part of the signature', async () => {
    const client = session('twitter', await connected('twitter'));
    const url = `${sandbox.origin}/api.x.com/1.1/statuses/update.json?include_entities=true`;
    const form = new URLSearchParams({ status: 'Hello Ladies + Gentlemen, ümlaut & 100 %' });
    const response = await client.fetch(url, { method: 'POST', body: form });
    expect(await response.json()).toEqual({
      sandbox: true,
      provider: 'twitter',
      method: 'POST',
      path: '/1.1/statuses/update.json',
      query: { include_entities: 'true' },
    });
  });

  test('API 1.1 tells the id as number and as text', async () => {
    const client = session('twitter', await connected('twitter'));
    const response = await client.fetch(
      `${sandbox.origin}/api.x.com/1.1/account/verify_credentials.json?include_email=true`,
    );
    const text = await response.text();
    expect(text).toContain('"id":1587291344213921792,"id_str":"1587291344213921792"');
    expect(JSON.parse(text)).toMatchObject({ screen_name: 'robin_sandbox', email: 'robin@sandbox.example' });
  });

  test('a clock that is off is corrected by the refusal', async () => {
    const late = () => sandbox.clock.now - 20 * 60_000;
    const client = session('twitter', await connected('twitter'), late);
    expect((await client.fetch(sandbox.origin + places.twitter.profile)).status).toBe(200);
    const statuses = (await sandbox.calls('/api.x.com/2/users/me')).length;
    expect(statuses).toBe(2);
  });
});

describe('temporary credentials', () => {
  test('are form-encoded, labelled as a web page, and confirm the callback', async () => {
    const response = await send(request, { extra: callback });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/html');
    const fields = new URLSearchParams(await response.text());
    expect([...fields.keys()].sort()).toEqual(['oauth_callback_confirmed', 'oauth_token', 'oauth_token_secret']);
    expect(fields.get('oauth_callback_confirmed')).toBe('true');
  });

  test.each([
    ['a wrong client secret', { clientSecret: 'wrong', extra: callback }, 401, 'signature_invalid'],
    ['an unknown client', { clientId: 'sandbox-nobody', extra: callback }, 401, 'consumer_key_unknown'],
    ['the client of an OAuth 2 definition', { clientId: 'sandbox-x', extra: callback }, 401, 'consumer_key_unknown'],
    ['a client of another host', { clientId: 'sandbox-fitbit-oauth1', extra: callback }, 401, 'consumer_key_unknown'],
    ['no callback', {}, 400, 'parameter_absent'],
    [
      'a foreign callback',
      { extra: { oauth_callback: 'https://evil.test/auth/twitter/callback' } },
      400,
      'parameter_rejected',
    ],
    [
      'the callback of another provider',
      { extra: { oauth_callback: callbackOf('github') } },
      400,
      'parameter_rejected',
    ],
    ['a token', { token: 'x', tokenSecret: 'y', extra: callback }, 400, 'parameter_rejected'],
    ['another signature method', { signatureMethod: 'HMAC-SHA256', extra: callback }, 400, 'signature_method_rejected'],
  ] as [string, Signing, number, string][])('are refused with %s', async (_name, signing, status, problem) => {
    const response = await send(request, signing);
    expect(response.status).toBe(status);
    expect(await problemOf(response)).toBe(problem);
  });

  test('are refused unsigned', async () => {
    const response = await fetch(sandbox.origin + request, { method: 'POST' });
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toBe('parameter_absent');
  });

  test('a signed request works once', async () => {
    const signing = { nonce: 'the-same-nonce', extra: callback };
    expect((await send(request, signing)).status).toBe(200);
    const replay = await send(request, signing);
    expect(replay.status).toBe(401);
    expect(await problemOf(replay)).toBe('nonce_used');
    const now = Math.floor(sandbox.clock.now / 1000);
    expect((await send(request, { ...signing, timestamp: now + 1 })).status).toBe(200);
  });

  test('timestamps may be five minutes off', async () => {
    const now = Math.floor(sandbox.clock.now / 1000);
    for (const offset of [-300, 300]) {
      expect((await send(request, { timestamp: now + offset, extra: callback })).status).toBe(200);
    }
    for (const offset of [-301, 301]) {
      const response = await send(request, { timestamp: now + offset, extra: callback });
      expect(response.status).toBe(401);
      expect(new Date(response.headers.get('date') ?? '').getTime()).toBe(sandbox.clock.now);
      const problem = new URLSearchParams(await response.text());
      expect(problem.get('oauth_problem')).toBe('timestamp_refused');
      expect(problem.get('oauth_acceptable_timestamps')).toBe(`${now - 300}-${now + 300}`);
    }
  });

  test.each([900, -900])('the window moves with clockSkewSeconds %d', async (skew) => {
    await sandbox.control('behaviour', { clockSkewSeconds: skew });
    const now = Math.floor(sandbox.clock.now / 1000);
    const refused = await send(request, { timestamp: now, extra: callback });
    expect(await problemOf(refused)).toBe('timestamp_refused');
    expect(new Date(refused.headers.get('date') ?? '').getTime()).toBe(sandbox.clock.now + skew * 1000);
    const shifted = { timestamp: now + skew, nonce: 'shifted', extra: callback };
    expect((await send(request, shifted)).status).toBe(200);
    expect(await problemOf(await send(request, shifted))).toBe('nonce_used');
  });
});

describe('the consent page', () => {
  test.each(['/api.x.com/oauth/authorize', '/api.x.com/oauth/authenticate'])('%s asks every time', async (path) => {
    for (let round = 0; round < 2; round += 1) {
      const temporary = await session('twitter').requestTemporaryCredentials({ callback: callbackOf('twitter') });
      const page = await get(`${sandbox.origin}${path}?oauth_token=${temporary.token}&force_login=true`);
      expect(page.status).toBe(200);
      const html = await page.text();
      expect(html).toContain(`action="${path}"`);
      const back = await decide(sandbox.origin, html, 'allow');
      expect(back.status).toBe(303);
      const location = new URL(back.headers.get('location') ?? '');
      expect([...location.searchParams.keys()]).toEqual(['oauth_token', 'oauth_verifier']);
      expect(location.searchParams.get('oauth_token')).toBe(temporary.token);
    }
  });

  test('a denial comes back as denied=<token>, and the token is gone', async () => {
    const temporary = await session('twitter').requestTemporaryCredentials({ callback: callbackOf('twitter') });
    const url = session('twitter').authorizationUrl(temporary);
    const back = await decide(sandbox.origin, await (await get(url)).text(), 'deny');
    expect(back.headers.get('location')).toBe(`${callbackOf('twitter')}?denied=${temporary.token}`);
    expect((await get(url)).status).toBe(400);
  });

  test('is not shown for unknown, foreign, spent and old tokens', async () => {
    expect((await get(`${sandbox.origin}/api.x.com/oauth/authorize`)).status).toBe(400);
    expect((await get(`${sandbox.origin}/api.x.com/oauth/authorize?oauth_token=unknown`)).status).toBe(400);
    const temporary = await session('twitter').requestTemporaryCredentials({ callback: callbackOf('twitter') });
    expect((await get(`${sandbox.origin}/www.fitbit.com/oauth/authorize?oauth_token=${temporary.token}`)).status).toBe(
      400,
    );
    const url = session('twitter').authorizationUrl(temporary);
    sandbox.clock.now += 599_999;
    expect((await get(url)).status).toBe(200);
    sandbox.clock.now += 1;
    expect((await get(url)).status).toBe(400);
  });

  test('shows a number where there is no callback', async () => {
    const client = session('twitter');
    const temporary = await client.requestTemporaryCredentials({ callback: 'oob' });
    const page = await decide(sandbox.origin, await (await get(client.authorizationUrl(temporary))).text(), 'allow');
    expect(page.status).toBe(200);
    const pin = /<code>(\d{7})<\/code>/.exec(await page.text())?.[1] ?? '';
    const tokens = await client.requestTokenCredentials(client.authorizeWithPin(temporary, pin));
    expect(tokens.parameters).toMatchObject({ screen_name: 'robin_sandbox' });
  });

  test('is skipped with autoApprove', async () => {
    await sandbox.control('behaviour', { autoApprove: true });
    const temporary = await session('twitter').requestTemporaryCredentials({ callback: callbackOf('twitter') });
    const back = await get(session('twitter').authorizationUrl(temporary));
    expect(back.status).toBe(303);
    expect(back.headers.get('location')).toContain('oauth_verifier=');
  });
});

describe('the exchange', () => {
  async function temporaryAndVerifier(): Promise<{ token: string; tokenSecret: string; verifier: string }> {
    const answer = new URLSearchParams(await (await send(request, { extra: callback })).text());
    const token = answer.get('oauth_token') ?? '';
    const page = await get(`${sandbox.origin}${places.twitter.authorize}?oauth_token=${token}`);
    const back = await decide(sandbox.origin, await page.text(), 'allow');
    const verifier = new URL(back.headers.get('location') ?? '').searchParams.get('oauth_verifier') ?? '';
    return { token, tokenSecret: answer.get('oauth_token_secret') ?? '', verifier };
  }

  const exchange = (signing: Signing) => send(places.twitter.accessToken, signing);

  test('needs the right verifier', async () => {
    const { verifier, ...token } = await temporaryAndVerifier();
    const wrong = await exchange({ ...token, extra: { oauth_verifier: `${verifier}x` } });
    expect(wrong.status).toBe(401);
    expect(await problemOf(wrong)).toBe('verifier_invalid');
    const none = await exchange(token);
    expect(none.status).toBe(400);
    expect(await problemOf(none)).toBe('parameter_absent');
    expect((await exchange({ ...token, extra: { oauth_verifier: verifier } })).status).toBe(200);
  });

  test('works once', async () => {
    const { verifier, ...token } = await temporaryAndVerifier();
    const good = { ...token, extra: { oauth_verifier: verifier } };
    expect((await exchange(good)).status).toBe(200);
    const again = await exchange(good);
    expect(again.status).toBe(401);
    expect(await problemOf(again)).toBe('token_rejected');
  });

  test('needs the person first', async () => {
    const answer = new URLSearchParams(await (await send(request, { extra: callback })).text());
    const token = answer.get('oauth_token') ?? '';
    const tokenSecret = answer.get('oauth_token_secret') ?? '';
    const early = await exchange({ token, tokenSecret, extra: { oauth_verifier: 'x' } });
    expect(await problemOf(early)).toBe('permission_unknown');
  });

  test('needs the temporary secret, and the credentials not to be older than ten minutes', async () => {
    const { verifier, ...token } = await temporaryAndVerifier();
    const extra = { oauth_verifier: verifier };
    const wrong = await exchange({ ...token, tokenSecret: 'wrong', extra });
    expect(await problemOf(wrong)).toBe('signature_invalid');
    sandbox.clock.now += 600_000;
    expect(await problemOf(await exchange({ ...token, extra }))).toBe('token_rejected');
  });

  test('is bound to the client', async () => {
    const { verifier, ...token } = await temporaryAndVerifier();
    const foreign = await send(places['fitbit-oauth1'].accessToken, {
      ...token,
      clientId: 'sandbox-fitbit-oauth1',
      extra: { oauth_verifier: verifier },
    });
    expect(await problemOf(foreign)).toBe('token_rejected');
  });

  test('agreeing twice leaves the last verifier good', async () => {
    const { verifier, ...token } = await temporaryAndVerifier();
    const page = await get(`${sandbox.origin}${places.twitter.authorize}?oauth_token=${token.token}`);
    const back = await decide(sandbox.origin, await page.text(), 'allow');
    const last = new URL(back.headers.get('location') ?? '').searchParams.get('oauth_verifier') ?? '';
    expect(await problemOf(await exchange({ ...token, extra: { oauth_verifier: verifier } }))).toBe('verifier_invalid');
    expect((await exchange({ ...token, extra: { oauth_verifier: last } })).status).toBe(200);
  });
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
