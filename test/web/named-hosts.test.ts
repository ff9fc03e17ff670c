/** Providers whose host people name, and what a callback brings besides code and state. */
import { openCredentials } from '../../src/connections/index.js';
import { KeyRing, Vault } from '../../src/vault/index.js';
import { startApp, TEST_VAULT_KEYS, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { until } from '../support/until.js';

let app: TestApp;
let browser: Browser;

beforeAll(async () => {
  app = await startApp();
  browser = app.browser();
  await app.signIn(browser, 'somebody at X');
});
beforeEach(() => app.control.reset());
afterAll(() => app.close());

const connections = (provider: string) =>
  app.database.prisma.connection.findMany({ where: { provider }, orderBy: { createdAt: 'asc' } });

async function connect(provider: string, instance: string, subject: string) {
  await app.control.user({ provider, subject });
  return await app.flow(browser, `/connect/${provider}`, { instance });
}

describe('the field of the start form', () => {
  test.each([
    'not a host',
    'localhost',
    '127.0.0.1',
    '[::1]',
    'evil.test',
    'evil.test/.myshopify.com',
    'evil.test#.myshopify.com',
    'evil.test?.myshopify.com',
    'a.myshopify.com@evil.test',
    'shop.myshopify.com:8443',
    'shop.myshopify.com\nevil.test',
    'http://shop.myshopify.com',
    '-shop.myshopify.com',
    'x'.repeat(200),
  ])('%j is refused', async (instance) => {
    const page = await browser.post('/connect/shopify', { instance });
    expect([page.status, page.location]).toEqual([400, undefined]);
    expect(page.text).toContain('enter the whole name and nothing else, such as example.myshopify.com.');
    expect(page.text).toMatch(/<form method="post" action="\/connect\/shopify">[\s\S]*name="instance"/);
    expect(await app.control.calls()).toEqual([]);
  });

  test('it is needed where there is no default, and ignored by providers without it', async () => {
    expect((await browser.post('/connect/shopify')).status).toBe(400);
    const started = await browser.post('/connect/github', { instance: 'evil.test' });
    expect(started.location).toMatch(new RegExp(`^${app.sandboxUrl}/github\\.com/login/oauth/authorize\\?`));
  });

  test('a client that is registered at one host is offered to no other', async () => {
    const started = await browser.post('/connect/mastodon', { instance: 'evil.test' });
    expect([started.status, started.location]).toEqual([400, undefined]);
    expect(started.text).toContain('This site is registered at mastodon.social only');
    expect(started.text).toContain('action="/connect/mastodon"');
    expect((await browser.post('/connect/mastodon')).location).toContain('/mastodon.social/oauth/authorize?');
  });
});

describe('accounts at different hosts', () => {
  test('are different accounts, even with one id', async () => {
    for (const shop of ['one-shop.myshopify.com', 'https://Other-Shop.myshopify.com/']) {
      const page = await connect('shopify', shop, '4711');
      expect([page.status, page.location]).toEqual([303, expect.stringContaining('/connections/')]);
    }
    const rows = await connections('shopify');
    expect(rows.map(({ subject }) => subject)).toEqual([
      expect.stringMatching(/^one-shop\.myshopify\.com\/.*4711/),
      expect.stringMatching(/^other-shop\.myshopify\.com\/.*4711/),
    ]);
    const [first, second] = rows;
    const client = await app.latchkey.clients.for(first?.userId ?? '', 'shopify', { connection: first?.id ?? '' });
    expect((await client.fetch('/asked.json')).status).toBe(200);
    const calls = await app.control.calls();
    expect(calls.at(-1)?.path).toMatch(/^\/one-shop\.myshopify\.com\/.*asked\.json$/);
    // Our token for one shop is not sent to another, whatever is asked for.
    const path = 'other-shop.myshopify.com/admin/x.json';
    for (const origin of [app.sandboxUrl.replace('127.0.0.1', '127.0.0.2'), app.sandboxUrl, 'https:/']) {
      const elsewhere = client.fetch(`${origin}/${path}`);
      await expect(elsewhere).rejects.toMatchObject({ code: 'oauth2_origin_not_allowed' });
    }
    expect(second?.id).not.toBe(first?.id);
  });
});

test('the background renews a token at the host it came from', async () => {
  await connect('shopify', 'renewed.myshopify.com', '815');
  const row = (await connections('shopify')).at(-1);
  const past = new Date(Date.now() - 1000);
  await app.database.prisma.connection.update({
    where: { id: row?.id ?? '' },
    data: { refreshAt: past, expiresAt: past },
  });
  const second = await app.secondInstance({ refresher: true });
  await until(async () => ((await connections('shopify')).at(-1)?.generation ?? 0) > 1);
  await second.close();
  const [call] = (await app.control.calls('/renewed.myshopify.com/admin/oauth/access_token')).slice(-1);
  expect(new URLSearchParams(call?.body).get('grant_type')).toBe('refresh_token');
});

describe('a signed callback', () => {
  async function callback(change: (query: URLSearchParams) => void): Promise<number> {
    await app.control.user({ provider: 'shopify', subject: '4711' });
    const started = await browser.post('/connect/shopify', { instance: 'one-shop.myshopify.com' });
    const url = new URL(await app.consent(started.location));
    change(url.searchParams);
    return (await browser.get(url.href)).status;
  }

  test.each<[string, (query: URLSearchParams) => void]>([
    ['without its signature', (query) => query.delete('hmac')],
    ['with another one', (query) => query.set('hmac', '0'.repeat(64))],
    ['with no hexadecimal one', (query) => query.set('hmac', 'zz')],
    ['with another shop', (query) => query.set('shop', 'evil.myshopify.com')],
    ['with a parameter more', (query) => query.set('more', '1')],
  ])('%s is refused, and nothing is sent to the service', async (_what, change) => {
    await app.control.reset();
    expect(await callback(change)).toBe(400);
    expect((await app.control.calls()).filter(({ path }) => path.endsWith('/access_token'))).toEqual([]);
  });

  test('as it came, it is accepted', async () => {
    expect(await callback(() => undefined)).toBe(303);
  });
});

describe('values of the callback that belong to the grant', () => {
  const realm = '9130347957983546';

  test('are kept with the credentials, through a refresh, and used in addresses', async () => {
    await app.control.user({ provider: 'quickbooks', subject: '4711' });
    await app.flow(browser, '/connect/quickbooks');
    const [row] = await connections('quickbooks');
    const vault = new Vault(KeyRing.parse(TEST_VAULT_KEYS));
    expect(openCredentials(vault, row?.id ?? '', row?.credentials ?? '').details).toEqual({ kept: { realmId: realm } });
    await browser.post(`/connections/${row?.id}/refresh`);
    const [renewed] = await connections('quickbooks');
    expect(renewed?.generation).toBe(2);
    expect(openCredentials(vault, row?.id ?? '', renewed?.credentials ?? '').details).toEqual({
      kept: { realmId: realm },
    });
    expect(row?.subject).toContain(realm);
  });

  test.each([
    ['of another form', '12/../34'],
    ['missing', undefined],
  ])('%s, they are refused', async (_what, value) => {
    const started = await browser.post('/connect/quickbooks');
    const url = new URL(await app.consent(started.location));
    if (value === undefined) url.searchParams.delete('realmId');
    else url.searchParams.set('realmId', value);
    expect((await browser.get(url.href)).status).toBe(400);
  });
});

test('a client secret that is minted is a short token, made anew each time, and never the key', async () => {
  await app.control.user({ provider: 'apple', subject: '001234.abc' });
  await app.flow(browser, '/connect/apple');
  const [call] = await app.control.calls('/appleid.apple.com/auth/token');
  const secret = new URLSearchParams(call?.body).get('client_secret') ?? '';
  const [header = '', payload = ''] = secret.split('.');
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  expect(read(header)).toMatchObject({ alg: 'ES256', kid: 'sandbox' });
  expect(read(payload)).toMatchObject({ iss: 'sandbox', sub: 'sandbox-apple', aud: 'https://appleid.apple.com' });
  expect(JSON.stringify(await app.control.calls())).not.toContain('PRIVATE KEY');
});
