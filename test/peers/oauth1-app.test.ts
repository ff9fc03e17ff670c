/** The whole app at an OAuth 1.0a provider somebody else wrote, as a real provider: with a client of its own, beside the sandbox. */
import { generateKeyPairSync } from 'node:crypto';
import { openCredentials } from '../../src/connections/index.js';
import { OAuth1Session } from '../../src/oauth1/index.js';
import { defineProvider } from '../../src/providers/index.js';
import { KeyRing, Vault } from '../../src/vault/index.js';
import { startApp, TEST_VAULT_KEYS, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { type OAuth1ProviderProcess, startOAuth1Provider } from '../support/oauth1-provider-process.js';

/** More than a double holds: read as a number it would end in 000. */
const SUBJECT = '9007199254740993123';
const PERSON = 'ada';

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const CLIENTS = {
  'HMAC-SHA1': { id: 'peer-hmac', clientSecret: 'a secret that both sides know' },
  'RSA-SHA1': { id: 'peer-rsa', clientSecret: privateKey },
} as const;
const METHODS = ['HMAC-SHA1', 'RSA-SHA1'] as const;
type Method = (typeof METHODS)[number];

let peer: OAuth1ProviderProcess;
let app: TestApp;

beforeAll(async () => {
  peer = await startOAuth1Provider();
  app = await startApp({
    definitions: METHODS.map(definitionOf),
    clients: Object.fromEntries(METHODS.map((method) => [CLIENTS[method].id, clientOf(method)])),
  });
  for (const method of METHODS) await register(method);
});
afterAll(async () => {
  await peer.close();
  await app.close();
});

function clientOf(method: Method) {
  return { clientId: `latchkey-${method.toLowerCase()}`, clientSecret: CLIENTS[method].clientSecret };
}

/** @param clientSecret what the provider takes for it, where that is a shared one */
async function register(method: Method, clientSecret = clientOf(method).clientSecret): Promise<void> {
  await peer.register({
    clientId: clientOf(method).clientId,
    signatureMethod: method,
    callbacks: [`${app.url}/auth/${CLIENTS[method].id}/callback`],
    ...(method === 'RSA-SHA1' ? { publicKey } : { clientSecret }),
  });
}

function definitionOf(method: Method) {
  return defineProvider({
    id: CLIENTS[method].id,
    name: `Peer by ${method}`,
    protocol: 'oauth1',
    signIn: true,
    oauth1: {
      requestToken: `${peer.origin}/oauth/request_token`,
      authorize: `${peer.origin}/oauth/authorize`,
      accessToken: `${peer.origin}/oauth/access_token`,
      signatureMethod: method,
    },
    scopes: { signIn: [], connect: [] },
    pkce: 'forbidden',
    profile: { url: `${peer.origin}/1/me.json`, subject: 'id', name: 'name', username: 'screen_name' },
    api: { baseUrls: [peer.origin] },
    revoke: { url: `${peer.origin}/oauth/revoke`, style: 'signed' },
  });
}

const rowOf = (provider: string) => app.database.prisma.connection.findFirstOrThrow({ where: { provider } });

/** A person who has an account here by way of this provider, created unless it exists. */
async function signedIn(provider: string): Promise<Browser> {
  const browser = app.browser();
  const callback = await app.flow(browser, `/auth/${provider}`);
  if (callback.location?.endsWith('/welcome')) await browser.post('/welcome', { decision: 'create' });
  return browser;
}

describe.each(METHODS)('%s', (method) => {
  const { id: provider } = CLIENTS[method];

  beforeEach(async () => {
    await app.database.prisma.user.deleteMany();
  });

  test('a newcomer signs in, and is the same person the next time', async () => {
    const browser = app.browser();
    const started = await browser.post(`/auth/${provider}`);
    expect(started.location).toMatch(new RegExp(`^${peer.origin}/oauth/authorize\\?oauth_token=`));
    const callback = await browser.get(await app.consent(started.location));
    expect(callback.location).toBe(`${app.url}/welcome`);
    expect((await browser.post('/welcome', { decision: 'create' })).location).toBe(`${app.url}/`);

    const { userId } = await app.database.prisma.identity.findFirstOrThrow({ where: { namespace: provider } });
    const row = await rowOf(provider);
    expect(row).toMatchObject({ userId, subject: SUBJECT, sandbox: false, status: 'active', label: PERSON });

    expect((await app.flow(app.browser(), `/auth/${provider}`)).location).toBe(`${app.url}/`);
    expect(await app.database.prisma.user.count()).toBe(1);
    expect(await app.database.prisma.connection.count()).toBe(1);
  });

  test('clients.for calls the provider as that person, in a way its library agrees with (sec-C7)', async () => {
    await signedIn(provider);
    const { userId } = await rowOf(provider);
    const client = await app.latchkey.clients.for(userId, provider);
    const me = await client.fetch('/1/me.json');
    expect(await me.text()).toContain(`"id": ${SUBJECT},`);

    const body = new URLSearchParams([
      ['status', 'ça va + ~'],
      ['a', '2'],
      ['a', ''],
    ]);
    const echoed = await client.fetch('/1/echo?a=1&q=%2B%20', { method: 'POST', body });
    const seen = (await echoed.json()) as { parameters: unknown; clientId: string; signatureMethod: string };
    expect(seen).toMatchObject({ clientId: clientOf(method).clientId, signatureMethod: method });
    expect(seen.parameters).toEqual(expect.arrayContaining([['a', '1'], ['q', '+ '], ...body]));
    await expect(client.fetch('http://127.0.0.1:9/1/me.json')).rejects.toMatchObject({
      code: 'oauth1_origin_not_allowed',
    });
  });

  test('the connection page shows the account, and the check finds it right', async () => {
    const browser = await signedIn(provider);
    const { id } = await rowOf(provider);
    expect((await browser.get(`/connections/${id}`)).text).toContain(PERSON);
    const checked = await browser.follow(await browser.post(`/connections/${id}/check`));
    expect(checked.text).toContain('it is the right account');
  });

  test('disconnecting ends the token at the provider', async () => {
    const browser = await signedIn(provider);
    const row = await rowOf(provider);
    const held = openCredentials(new Vault(KeyRing.parse(TEST_VAULT_KEYS)), row.id, row.credentials);
    if (held.protocol !== 'oauth1') throw new Error('These are credentials of another protocol.');
    const { clientId, clientSecret } = clientOf(method);
    const thief = new OAuth1Session({
      clientId,
      ...(method === 'RSA-SHA1' ? { privateKey: clientSecret } : { clientSecret }),
      signatureMethod: method,
      credentials: held.token,
      fetch,
    });
    expect((await thief.fetch(`${peer.origin}/1/me.json`)).status).toBe(200);
    const page = await browser.follow(await browser.post(`/connections/${row.id}/disconnect`));
    expect(page.text).toContain('the access was withdrawn there');
    expect((await thief.fetch(`${peer.origin}/1/me.json`)).status).toBe(401);
  });

  test('a person who says no finds a friendly page, and nothing was made', async () => {
    const browser = app.browser();
    const started = await browser.post(`/auth/${provider}`);
    const callback = await browser.get(await app.consent(started.location, 'deny'));
    expect(callback.status).toBe(200);
    expect(callback.text).toContain('You said no, and that is fine');
    expect(await app.database.prisma.user.count()).toBe(0);
    expect(await app.database.prisma.pendingIdentity.count()).toBe(0);
  });

  test('a verifier of another flow is refused by the provider, and the page says so', async () => {
    const browser = app.browser();
    const first = new URL(await app.consent((await browser.post(`/auth/${provider}`)).location));
    const second = new URL(await app.consent((await browser.post(`/auth/${provider}`)).location));
    second.searchParams.set('oauth_verifier', first.searchParams.get('oauth_verifier') ?? '');
    const callback = await browser.get(second.href);
    expect(callback.status).toBe(502);
    expect(await app.database.prisma.pendingIdentity.count()).toBe(0);
  });
});

test('with a client secret that the provider does not know, no flow starts', async () => {
  await register('HMAC-SHA1', 'another one since this morning');
  try {
    const started = await app.browser().post('/auth/peer-hmac');
    expect([started.status, started.location]).toEqual([502, undefined]);
    expect((await peer.requests('/oauth/request_token')).at(-1)?.status).toBe(401);
  } finally {
    await register('HMAC-SHA1');
  }
});
