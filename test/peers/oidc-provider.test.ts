/** The engine against oidc-provider over real HTTP: what one implementation sends, an independent one has to accept, and the reverse. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { exportJWK } from 'jose';
import {
  classifyTokenError,
  clientCredentials,
  discover,
  type Fetch,
  JwksCache,
  OAuth2Error,
  OAuth2Session,
  type OAuth2SessionOptions,
  OAuth2Token,
  type ProviderMetadata,
} from '../../src/oauth2/index.js';
import { ACCOUNT, type Peer, startPeer, TinyBrowser } from './oidc-provider-peer.js';

const REDIRECT = 'http://127.0.0.1:3999/auth/peer/callback';
const SECRET = 'a secret: with 100% of +odd/ characters & ~';
const clientKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });

let peer: Peer;
let metadata: ProviderMetadata;
let requests: { url: string; body: string }[] = [];

const recordingFetch: Fetch = async (input, init) => {
  requests.push({ url: String(input), body: typeof init?.body === 'string' ? init.body : '' });
  return await fetch(input, init);
};

const web = {
  redirect_uris: [REDIRECT],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
};

beforeAll(async () => {
  const jwk = { ...(await exportJWK(clientKey.publicKey)), kid: 'client-key', alg: 'ES256', use: 'sig' };
  peer = await startPeer([
    {
      client_id: 'basic:client',
      client_secret: SECRET,
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: 'ES256',
      ...web,
    },
    {
      client_id: 'post-client',
      client_secret: SECRET,
      token_endpoint_auth_method: 'client_secret_post',
      id_token_signed_response_alg: 'PS256',
      ...web,
    },
    {
      client_id: 'public-client',
      token_endpoint_auth_method: 'none',
      id_token_signed_response_alg: 'EdDSA',
      application_type: 'native',
      ...web,
    },
    {
      client_id: 'jwt-client',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [jwk] },
      id_token_signed_response_alg: 'RS256',
      ...web,
    },
    {
      client_id: 'device-client',
      token_endpoint_auth_method: 'none',
      application_type: 'native',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
      response_types: [],
      redirect_uris: [],
      id_token_signed_response_alg: 'ES256',
    },
    {
      client_id: 'service-client',
      client_secret: SECRET,
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
    },
  ]);
  metadata = await discover({ issuer: peer.issuer, fetch });
}, 60_000);

afterAll(async () => {
  await peer.close();
});

beforeEach(() => {
  requests = [];
});

function session(clientId: string, changes: Partial<OAuth2SessionOptions> = {}): OAuth2Session {
  const { pushedAuthorization: _notPushed, ...endpoints } = metadata.endpoints;
  return new OAuth2Session({
    clientId,
    clientSecret: SECRET,
    clientAuth: 'basic',
    endpoints,
    issuer: metadata.issuer,
    authorizationResponseIssRequired: metadata.authorizationResponseIssRequired,
    pkce: metadata.pkce,
    ...(metadata.openid ? { openid: metadata.openid } : {}),
    fetch: recordingFetch,
    ...changes,
  });
}

async function signIn(own: OAuth2Session, scopes = ['openid', 'email', 'offline_access']) {
  const { url, pending } = await own.authorizationRequest({
    redirectUri: REDIRECT,
    scopes,
    parameters: { prompt: 'consent' },
  });
  const { url: callback } = await new TinyBrowser().visit(url, REDIRECT);
  return await own.exchangeCode(own.checkCallback(callback, pending));
}

async function codeOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
  } catch (error) {
    return error instanceof OAuth2Error ? error.code : String(error);
  }
  return 'nothing was thrown';
}

const privateKey: { key: KeyObject; keyId: string } = { key: clientKey.privateKey, keyId: 'client-key' };

describe('discovery', () => {
  it('describes the provider', () => {
    expect(metadata.issuer).toBe(peer.issuer);
    expect(metadata.authorizationResponseIssRequired).toBe(true);
    expect(metadata.pkce).toBe('required');
    expect(Object.keys(metadata.endpoints).sort()).toEqual([
      'authorize',
      'deviceAuthorization',
      'introspect',
      'pushedAuthorization',
      'revoke',
      'token',
      'userinfo',
    ]);
  });
});

describe('authorization code with PKCE', () => {
  it.each([
    ['client_secret_basic, ES256', 'basic:client', {}],
    ['client_secret_post, PS256', 'post-client', { clientAuth: 'post' }],
    ['a public client, EdDSA', 'public-client', { clientAuth: 'none' }],
    ['private_key_jwt, RS256', 'jwt-client', { clientAuth: 'private_key_jwt', privateKey }],
  ] as const)('%s', async (_name, clientId, options) => {
    const own = session(clientId, options);
    const token = await signIn(own);
    expect(token.claims).toMatchObject({ iss: peer.issuer, sub: ACCOUNT, aud: clientId });
    expect(token.scopes).toEqual(['openid', 'email', 'offline_access']);
    expect(token.expiresAt?.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
    expect(await own.userinfo()).toMatchObject({ sub: ACCOUNT, email: 'ada@example.test' });
  });

  it('is refused with another verifier, another redirect URI, or a second time', async () => {
    const own = session('public-client', { clientAuth: 'none' });
    const start = async () => {
      const { url, pending } = await own.authorizationRequest({ redirectUri: REDIRECT, scopes: ['openid'] });
      return { pending, callback: (await new TinyBrowser().visit(url, REDIRECT)).url };
    };
    const verifier = await start();
    const forged = { ...verifier.pending, codeVerifier: 'x'.repeat(43) };
    expect(await codeOf(() => own.exchangeCode(own.checkCallback(verifier.callback, forged)))).toBe(
      'oauth2_invalid_grant',
    );
    const redirected = await start();
    const elsewhere = { ...redirected.pending, redirectUri: 'https://other.test/' };
    expect(await codeOf(() => own.exchangeCode(own.checkCallback(redirected.callback, elsewhere)))).toBe(
      'oauth2_invalid_grant',
    );
    const twice = await start();
    const checked = own.checkCallback(twice.callback, twice.pending);
    await own.exchangeCode(checked);
    expect(await codeOf(() => own.exchangeCode(checked))).toBe('oauth2_invalid_grant');
  });

  it('is refused with the wrong secret, which is no person’s fault', async () => {
    const wrong = session('basic:client', { clientSecret: 'wrong' });
    const { url, pending } = await wrong.authorizationRequest({ redirectUri: REDIRECT, scopes: ['openid'] });
    const { url: callback } = await new TinyBrowser().visit(url, REDIRECT);
    const error: unknown = await wrong.exchangeCode(wrong.checkCallback(callback, pending)).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'oauth2_invalid_client', status: 401 });
    expect(classifyTokenError(error).kind).toBe('client');
  });

  it('reports what the provider refuses on the front channel', async () => {
    const own = session('public-client', { clientAuth: 'none' });
    const { url, pending } = await own.authorizationRequest({
      redirectUri: REDIRECT,
      scopes: ['openid'],
      parameters: { prompt: 'none' },
    });
    const { url: callback } = await new TinyBrowser().visit(url, REDIRECT);
    expect(await codeOf(async () => own.checkCallback(callback, pending))).toBe('oauth2_authorization_error');
  });

  it('goes through a pushed request', async () => {
    const own = session('basic:client', { endpoints: metadata.endpoints });
    const { url, pending } = await own.authorizationRequest({ redirectUri: REDIRECT, scopes: ['openid'] });
    expect([...new URL(url).searchParams.keys()]).toEqual(['client_id', 'request_uri']);
    const { url: callback } = await new TinyBrowser().visit(url, REDIRECT);
    expect((await own.exchangeCode(own.checkCallback(callback, pending))).claims?.sub).toBe(ACCOUNT);
  });
});

describe('refreshing', () => {
  it('rotates, and the old refresh token kills the grant', async () => {
    const own = session('basic:client');
    const first = await signIn(own);
    const second = await own.refresh();
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(second.claims?.sub).toBe(ACCOUNT);
    const third = await own.refresh();
    const thief = session('basic:client', { token: second });
    expect(await codeOf(() => thief.refresh())).toBe('oauth2_invalid_grant');
    const error: unknown = await session('basic:client', { token: third })
      .refresh()
      .catch((thrown) => thrown);
    expect(classifyTokenError(error).kind).toBe('invalid_grant');
  });

  it('is one request for a hundred calls with an expired token', async () => {
    const token = await signIn(session('basic:client'));
    const expired = OAuth2Token.from({ ...token.toPlain(), expiresAt: new Date(0).toISOString() });
    const own = session('basic:client', { token: expired, refreshing: { mode: 'automatic' } });
    requests = [];
    const userinfo = metadata.endpoints.userinfo ?? '';
    const answers = await Promise.all(Array.from({ length: 100 }, () => own.fetch(userinfo)));
    expect(answers.map((answer) => answer.status)).toEqual(Array(100).fill(200));
    expect(requests.filter(({ url }) => url === metadata.endpoints.token)).toHaveLength(1);
    // The grant survived: no refresh token was used twice.
    expect((await own.refresh()).refreshToken).toBeDefined();
  });

  it('follows a 401 that names the token', async () => {
    const token = await signIn(session('basic:client'));
    const forgotten = OAuth2Token.from({ ...token.toPlain(), accessToken: 'unknown-to-the-provider' });
    const own = session('basic:client', { token: forgotten, refreshing: { mode: 'automatic' } });
    requests = [];
    expect((await own.fetch(metadata.endpoints.userinfo ?? '')).status).toBe(200);
    expect(requests.map(({ url }) => new URL(url).pathname)).toEqual(['/me', '/token', '/jwks', '/me']);
  });
});

function keyFetches(): string[] {
  return requests.map(({ url }) => new URL(url).pathname).filter((path) => path === '/jwks');
}

describe('revocation and introspection', () => {
  it('sees a token alive, and dead after it was revoked', async () => {
    const own = session('basic:client');
    const token = await signIn(own);
    expect(await own.introspect()).toMatchObject({ active: true, client_id: 'basic:client', sub: ACCOUNT });
    await own.revoke();
    expect(await own.introspect()).toEqual({ active: false });
    expect(await own.introspect({ token: token.refreshToken ?? '', hint: 'refresh_token' })).toEqual({ active: false });
    await own.revoke();
    expect(await codeOf(() => own.refresh())).toBe('oauth2_invalid_grant');
  });
});

describe('client credentials', () => {
  it('gives a token for the application itself', async () => {
    const own = session('service-client');
    const token = await own.grant(clientCredentials());
    expect(token.refreshToken).toBeUndefined();
    expect(await own.introspect()).toMatchObject({ active: true, client_id: 'service-client' });
    expect(await codeOf(() => session('service-client', { clientSecret: 'wrong' }).grant(clientCredentials()))).toBe(
      'oauth2_invalid_client',
    );
  });
});

describe('device authorization', () => {
  it('waits until the person has confirmed on another device', async () => {
    const own = session('device-client', { clientAuth: 'none' });
    const authorization = await own.startDeviceAuthorization({ scopes: ['openid', 'offline_access'] });
    let polls = 0;
    const sleep = async () => {
      polls += 1;
      // The person needs two questions' time.
      if (polls === 2) await confirm(authorization.verificationUriComplete ?? '');
    };
    const token = await authorization.token({ sleep });
    expect(polls).toBe(2);
    expect(token.claims).toMatchObject({ sub: ACCOUNT, aud: 'device-client' });
    expect((await own.refresh()).accessToken).not.toBe(token.accessToken);
  });

  it('hears that the person refused', async () => {
    const own = session('device-client', { clientAuth: 'none' });
    const authorization = await own.startDeviceAuthorization({ scopes: ['openid'] });
    await confirm(authorization.verificationUriComplete ?? '', { abort: 'yes' });
    expect(await codeOf(() => authorization.token({ sleep: async () => undefined }))).toBe('oauth2_denied');
  });

  /** Opens the address with the code, sends the forms, and passes the interaction. */
  async function confirm(url: string, answer: Record<string, string> = { confirm: 'yes' }): Promise<void> {
    const browser = new TinyBrowser();
    const page = await browser.visit(url, '');
    const form = (html: string) =>
      Object.fromEntries(
        [...html.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
      );
    const submit = async (fields: Record<string, string>) =>
      await browser.visit(`${peer.issuer}/device`, '', { method: 'POST', body: new URLSearchParams(fields) });
    // The first page may be the code form that sends itself; the second asks for confirmation.
    const confirmation =
      page.html.includes('confirm') && !page.html.includes('confirm" value') ? page : await submit(form(page.html));
    await submit({ ...form(confirmation.html), ...answer });
  }
});

describe('key rollover', () => {
  it('is followed by one more fetch of the key set', async () => {
    const keys = new JwksCache({ fetch: recordingFetch });
    const openid = metadata.openid && { ...metadata.openid, keys };
    const options: Partial<OAuth2SessionOptions> = openid ? { openid } : {};
    await signIn(session('basic:client', options));
    expect(keyFetches()).toHaveLength(1);
    await peer.addSigningKey('ES256');
    requests = [];
    expect((await signIn(session('basic:client', options))).claims?.sub).toBe(ACCOUNT);
    expect(keyFetches()).toHaveLength(1);
    await signIn(session('basic:client', options));
    expect(keyFetches()).toHaveLength(1);
  });
});
