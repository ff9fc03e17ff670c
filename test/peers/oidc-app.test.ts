/** The whole app at an OpenID provider somebody else wrote, of which it is told nothing but the issuer. */
import { type Credentials, openCredentials } from '../../src/connections/index.js';
import { definitionOfIssuer } from '../../src/providers/index.js';
import { KeyRing, Vault } from '../../src/vault/index.js';
import { startApp, TEST_VAULT_KEYS, type TestApp } from '../support/app.js';
import type { Browser, Page } from '../support/browser.js';
import { ACCESS_TOKEN_SECONDS, type OpenIdPeer, startOpenIdPeer } from '../support/openid-peer.js';

const CLIENT = { clientId: 'latchkey', clientSecret: 'a secret: with 100% of +odd/ characters' };
const SUBJECT = 'ada-0001';

let peer: OpenIdPeer;
let pushing: OpenIdPeer;
let app: TestApp;
let aheadMs = 0;

beforeAll(async () => {
  peer = await startOpenIdPeer({ pushed: false });
  pushing = await startOpenIdPeer({ pushed: true });
  const byIssuer = definitionOfIssuer('peer', peer.issuer);
  // Known by its issuer alone, it is asked for a refresh token the way OpenID Connect Core 11 wants that.
  const offline = definitionOfIssuer('peer-offline', peer.issuer);
  app = await startApp({
    definitions: [byIssuer, offline, definitionOfIssuer('peer-pushed', pushing.issuer)],
    clients: { peer: CLIENT, 'peer-offline': CLIENT, 'peer-pushed': CLIENT },
    now: () => Date.now() + aheadMs,
  });
  const callbackOf = (id: string) => `${app.url}/auth/${id}/callback`;
  await peer.open({ ...CLIENT, redirectUris: ['peer', 'peer-offline'].map(callbackOf) });
  await pushing.open({ ...CLIENT, redirectUris: [callbackOf('peer-pushed')] });
});
afterAll(async () => {
  await peer.close();
  await pushing.close();
  await app.close();
});
beforeEach(async () => {
  aheadMs = 0;
  await app.database.prisma.user.deleteMany();
  await app.database.prisma.pendingIdentity.deleteMany();
});

async function flow(browser: Browser, start: string, subject = SUBJECT): Promise<Page> {
  const started = await browser.post(start);
  return await browser.get(await peer.consent(started.location, subject));
}

async function signedIn(provider: string): Promise<Browser> {
  const browser = app.browser();
  expect((await flow(browser, `/auth/${provider}`)).location).toBe(`${app.url}/welcome`);
  await browser.post('/welcome', { decision: 'create' });
  return browser;
}

const rowOf = (provider: string) => app.database.prisma.connection.findFirstOrThrow({ where: { provider } });

/** What the row seals. */
async function tokensOf(provider: string): Promise<{ accessToken: string; refreshToken: string | undefined }> {
  const row = await rowOf(provider);
  const vault = new Vault(KeyRing.parse(TEST_VAULT_KEYS));
  const credentials: Credentials = openCredentials(vault, row.id, row.credentials);
  if (credentials.protocol !== 'oauth2') throw new Error('These are credentials of another protocol.');
  const { accessToken, refreshToken } = credentials.token;
  return { accessToken, refreshToken };
}

/** How the provider takes a refresh token that is presented behind the app's back. */
async function presented(refreshToken: string | undefined) {
  return await peer.post('/token', { grant_type: 'refresh_token', refresh_token: refreshToken ?? '' });
}

async function userinfoStatus(accessToken: string): Promise<number> {
  const response = await fetch(`${peer.issuer}/me`, { headers: { authorization: `Bearer ${accessToken}` } });
  await response.body?.cancel();
  return response.status;
}

describe('signing in', () => {
  test('the request carries PKCE, state and nonce, and asks for what OpenID Connect needs', async () => {
    const { location = '' } = await app.browser().post('/auth/peer');
    const { origin, pathname, searchParams } = new URL(location);
    expect(origin + pathname).toBe(`${peer.issuer}/auth`);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      client_id: CLIENT.clientId,
      response_type: 'code',
      redirect_uri: `${app.url}/auth/peer/callback`,
      code_challenge_method: 'S256',
      scope: 'openid email profile',
      nonce: expect.stringMatching(/^[\w-]{22,}$/),
      state: expect.stringMatching(/^[\w-]{22,}$/),
    });
  });

  test('where the issuer takes requests over the back channel, the browser carries only a reference', async () => {
    const browser = app.browser();
    const { location = '' } = await browser.post('/auth/peer-pushed');
    expect([...new URL(location).searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);
    const callback = await browser.get(await pushing.consent(location, SUBJECT));
    expect(callback.location).toBe(`${app.url}/welcome`);
  });

  test('a newcomer gets an account whose subject is the sub, and is the same person the next time', async () => {
    await signedIn('peer');
    const identity = await app.database.prisma.identity.findFirstOrThrow({ where: { namespace: 'peer' } });
    const row = await rowOf('peer');
    expect(identity.subject).toBe(SUBJECT);
    expect(row).toMatchObject({ userId: identity.userId, subject: SUBJECT, sandbox: false, status: 'active' });

    expect((await flow(app.browser(), '/auth/peer')).location).toBe(`${app.url}/`);
    expect((await flow(app.browser(), '/auth/peer', 'somebody-else')).location).toBe(`${app.url}/welcome`);
    expect(await app.database.prisma.user.count()).toBe(1);
  });

  test('name, user name and verified address come from the userinfo endpoint, because the ID token has only the sub', async () => {
    await signedIn('peer');
    const row = await rowOf('peer');
    expect(row.label).toBe(`user-${SUBJECT}`);
    expect(row.profile).toMatchObject({
      name: `Name of ${SUBJECT}`,
      username: `user-${SUBJECT}`,
      email: `${SUBJECT}@example.com`,
      emailVerified: true,
    });
  });

  test('an ID token for another nonce is refused', async () => {
    const browser = app.browser();
    const started = new URL((await browser.post('/auth/peer')).location ?? '');
    started.searchParams.set('nonce', 'of-another-browser');
    const callback = await browser.get(await peer.consent(started.href, SUBJECT));
    expect(callback.status).toBe(502);
    expect(await app.database.prisma.pendingIdentity.count()).toBe(0);
  });

  test('a code that was asked for with another challenge is refused by the provider', async () => {
    const browser = app.browser();
    const started = new URL((await browser.post('/auth/peer')).location ?? '');
    started.searchParams.set('code_challenge', 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
    const callback = await browser.get(await peer.consent(started.href, SUBJECT));
    expect(callback.status).toBe(502);
    expect(await app.database.prisma.pendingIdentity.count()).toBe(0);
  });

  test.each([
    ['another issuer', (callback: URL) => callback.searchParams.set('iss', 'https://issuer.example')],
    ['the same issuer spelled differently', (callback: URL) => callback.searchParams.set('iss', `${peer.issuer}/`)],
    ['no issuer, although this one always names itself', (callback: URL) => callback.searchParams.delete('iss')],
  ])('a callback with %s is refused and spends nothing', async (_what, tamper) => {
    const browser = app.browser();
    const callback = await peer.consent((await browser.post('/auth/peer')).location, SUBJECT);
    expect(new URL(callback).searchParams.get('iss')).toBe(peer.issuer);
    const tampered = new URL(callback);
    tamper(tampered);
    expect((await browser.get(tampered.href)).status).toBe(400);
    expect((await browser.get(callback)).location).toBe(`${app.url}/welcome`);
  });

  test('a person who says no finds a friendly page', async () => {
    const browser = app.browser();
    const started = await browser.post('/auth/peer');
    const callback = await browser.get(await peer.consent(started.location, SUBJECT, 'deny'));
    expect(callback.status).toBe(200);
    expect(callback.text).toContain('You said no, and that is fine');
    expect(await app.database.prisma.pendingIdentity.count()).toBe(0);
  });
});

describe('a connection', () => {
  test('is checked and shown without a profile address of its own', async () => {
    const browser = await signedIn('peer');
    const { id } = await rowOf('peer');
    expect((await browser.get(`/connections/${id}`)).status).toBe(200);
    const checked = await browser.follow(await browser.post(`/connections/${id}/check`));
    expect(checked.text).toContain('it is the right account');
  });

  test('calls with its access token while that lives', async () => {
    const browser = await signedIn('peer');
    await flow(browser, '/connect/peer-offline');
    const { userId } = await rowOf('peer-offline');
    const before = await tokensOf('peer-offline');
    expect(before.refreshToken).toBeDefined();
    const client = await app.latchkey.clients.for(userId, 'peer-offline');
    const response = await client.fetch('/me');
    expect(await response.json()).toMatchObject({ sub: SUBJECT });
    expect(await tokensOf('peer-offline')).toEqual(before);
  });

  test('renews an expired token: both tokens change, and the old refresh token is dead at the provider', async () => {
    const browser = await signedIn('peer');
    await flow(browser, '/connect/peer-offline');
    const { userId, generation } = await rowOf('peer-offline');
    const before = await tokensOf('peer-offline');
    const client = await app.latchkey.clients.for(userId, 'peer-offline');

    aheadMs = (ACCESS_TOKEN_SECONDS + 1) * 1000;
    const answers = await Promise.all([client.fetch('/me'), client.fetch('/me'), client.fetch('/me')]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const after = await tokensOf('peer-offline');
    expect(await rowOf('peer-offline')).toMatchObject({ generation: generation + 1, status: 'active' });
    expect(after.accessToken).not.toBe(before.accessToken);
    expect(after.refreshToken).not.toBe(before.refreshToken);

    // Presented again it is taken for stolen, which ends the whole grant there, and the app learns of it at the next refresh.
    expect(await presented(before.refreshToken)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    aheadMs *= 2;
    await expect(client.fetch('/me')).rejects.toMatchObject({ code: 'reconnect_required' });
    expect(await rowOf('peer-offline')).toMatchObject({ status: 'reconnect_required', reason: 'invalid_grant' });

    // One click mends it.
    await flow(browser, '/connect/peer-offline');
    expect(await rowOf('peer-offline')).toMatchObject({ status: 'active', reason: null });
    expect((await client.fetch('/me')).status).toBe(200);
  });

  test('renews a token again and again, each time with the newest refresh token', async () => {
    const browser = await signedIn('peer');
    await flow(browser, '/connect/peer-offline');
    const { userId } = await rowOf('peer-offline');
    const client = await app.latchkey.clients.for(userId, 'peer-offline');
    const seen = new Set([(await tokensOf('peer-offline')).refreshToken]);
    for (let round = 1; round <= 3; round++) {
      aheadMs += (ACCESS_TOKEN_SECONDS + 1) * 1000;
      expect((await client.fetch('/me')).status).toBe(200);
      seen.add((await tokensOf('peer-offline')).refreshToken);
    }
    expect(seen.size).toBe(4);
  });

  test.each(['peer', 'peer-offline'])('of %s is revoked at the provider when it is disconnected', async (provider) => {
    const browser = await signedIn('peer');
    if (provider !== 'peer') await flow(browser, `/connect/${provider}`);
    const { id } = await rowOf(provider);
    const { accessToken, refreshToken } = await tokensOf(provider);
    expect(await userinfoStatus(accessToken)).toBe(200);
    const page = await browser.follow(await browser.post(`/connections/${id}/disconnect`));
    expect(page.text).toContain('the access was withdrawn there');
    expect(await userinfoStatus(accessToken)).toBe(401);
    if (refreshToken !== undefined) {
      expect(await presented(refreshToken)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    }
  });
});
