/** sec-A: the start of a flow, as the browser and the provider see it. */
import { createHash } from 'node:crypto';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FLOW_LIFE_SECONDS } from '../../src/flows/index.js';
import { builtInDefinitions } from '../../src/providers/index.js';
import { PAYLOADS } from '../flows/open-redirect-payloads.js';
import { startApp, type TestApp } from '../support/app.js';
import type { Browser, Page } from '../support/browser.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
  await app.control.behaviour({ autoApprove: true });
});
afterAll(() => app.close());
beforeEach(async () => {
  await app.reset();
  await app.control.reset();
});

const flowCookies = (browser: Browser) => [...browser.cookies.keys()].filter((name) => name.includes('flow'));

async function signedIn(subject: string): Promise<Browser> {
  const browser = app.browser();
  await app.signIn(browser, subject);
  await app.control.reset();
  return browser;
}

/** Starts without asking for the token anew each time. */
async function starter(browser: Browser) {
  const _csrf = await browser.csrf();
  return (path: string, fields: Record<string, string> = {}, headers: Record<string, string> = {}) =>
    browser.request(path, { method: 'POST', headers, body: new URLSearchParams({ _csrf, ...fields }) });
}

test('sec-A1, sec-A2: only a POST starts anything, however the method is disguised', async () => {
  const browser = await signedIn('7001');
  const { id } = await app.database.prisma.connection.findFirstOrThrow();
  const cookies = new Map(browser.cookies);
  for (const path of [
    '/auth/twitter',
    '/connect/twitter',
    '/auth/github',
    '/logout',
    `/connections/${id}/disconnect`,
  ]) {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH']) {
      const page = await browser.request(`${path}?_method=POST`, {
        method,
        headers: { 'x-http-method-override': 'POST' },
      });
      expect([path, method, page.status, page.location]).toEqual([path, method, 405, undefined]);
    }
  }
  const overridden = await (await starter(browser))(
    '/auth/github?_method=GET',
    {},
    { 'x-http-method-override': 'GET' },
  );
  expect(overridden.status).toBe(303);
  expect((await app.browser().get('/auth/twitter')).status).toBe(405);
  expect([...cookies.keys()].sort()).toEqual(
    [...browser.cookies.keys()].filter((name) => !name.includes('flow')).sort(),
  );
  expect(await app.control.calls()).toEqual([]);
  expect(await app.database.prisma.connection.count()).toBe(1);
});

test('sec-A3: a body that is no form carries no proof', async () => {
  const browser = app.browser();
  const _csrf = await browser.csrf();
  for (const type of ['text/plain', 'application/json', 'multipart/form-data; boundary=x']) {
    const body = type.includes('json') ? JSON.stringify({ _csrf }) : `_csrf=${_csrf}`;
    const page = await browser.request('/auth/github', { method: 'POST', headers: { 'content-type': type }, body });
    expect([type, page.status]).toEqual([type, 403]);
  }
  expect(flowCookies(browser)).toEqual([]);
});

test('sec-A4, sec-A5: state, nonce and challenge are new, random and mean nothing', async () => {
  const start = await starter(app.browser());
  const urls: URL[] = [];
  for (let at = 0; at < 300; at++)
    urls.push(new URL((await start('/auth/google', { return_to: '/account' })).location ?? ''));
  for (const name of ['state', 'nonce', 'code_challenge']) {
    const values = urls.map((url) => url.searchParams.get(name) ?? '');
    expect(new Set(values).size).toBe(300);
    for (const value of values) {
      const bytes = Buffer.from(value, 'base64url');
      expect(bytes.length).toBeGreaterThanOrEqual(16);
      expect(bytes.toString('latin1')).not.toMatch(/account|google/);
    }
    // 300 × 32 bytes: the chance that a fair source strays this far is below one in a billion.
    const all = Buffer.concat(values.map((value) => Buffer.from(value, 'base64url')));
    const seen = new Array<number>(256).fill(0);
    for (const byte of all) seen[byte] = (seen[byte] ?? 0) + 1;
    const expected = all.length / 256;
    const chiSquare = seen.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(400);
  }
  expect(new Set(urls.map((url) => url.searchParams.get('code_challenge_method')))).toEqual(new Set(['S256']));
});

test.each([
  ['github', '/github.com/login/oauth/access_token'],
  ['google', '/oauth2.googleapis.com/token'],
  ['fitbit', '/api.fitbit.com/oauth2/token'],
  ['x', '/api.x.com/2/oauth2/token'],
])('sec-A5: the verifier of %s fits its challenge and reaches the token endpoint only', async (provider, tokenPath) => {
  const browser = app.browser();
  const started = await browser.post(`/auth/${provider}`);
  const challenge = new URL(started.location ?? '').searchParams.get('code_challenge');
  expect(challenge).toMatch(/^[\w-]{43}$/);
  await browser.get(await app.consent(started.location));
  const [call] = await app.control.calls(tokenPath);
  const verifier = new URLSearchParams(call?.body).get('code_verifier') ?? '';
  expect(verifier).toMatch(/^[\w.~-]{43,128}$/);
  expect(createHash('sha256').update(verifier).digest('base64url')).toBe(challenge);
  const elsewhere = (await app.control.calls()).filter(({ path }) => path !== tokenPath);
  expect(JSON.stringify(elsewhere)).not.toContain(verifier);
});

test('sec-A6: no header moves the callback, and it is the same to the letter at the token endpoint', async () => {
  const browser = app.browser();
  const own = `${app.url}/auth/github/callback`;
  const start = await starter(browser);
  for (const headers of [
    { 'x-forwarded-host': 'evil.example' },
    { forwarded: 'host=evil.example;proto=http' },
    { 'x-forwarded-proto': 'https', 'x-forwarded-port': '444' },
    { 'x-original-url': '/evil', 'x-rewrite-url': '/evil' },
  ]) {
    const { location } = await start('/auth/github', {}, headers);
    expect(new URL(location ?? '').searchParams.get('redirect_uri')).toBe(own);
  }
  const { port } = new URL(app.url);
  const status = await new Promise((resolve, reject) => {
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { host: 'evil.example', cookie, 'content-type': 'application/x-www-form-urlencoded' };
    httpRequest({ port, path: '/auth/github', method: 'POST', headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on('error', reject)
      .end();
  });
  expect(status).toBe(421);
  await app.flow(browser, '/auth/github');
  const [call] = await app.control.calls('/github.com/login/oauth/access_token');
  expect(new URLSearchParams(call?.body).get('redirect_uri')).toBe(own);
});

test('sec-A7: what a form adds is not heard, and nobody elsewhere is called', async () => {
  let visits = 0;
  const evil = createServer((_req, res) => {
    visits += 1;
    res.end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => evil.once('listening', resolve));
  const target = `http://127.0.0.1:${(evil.address() as AddressInfo).port}`;
  const additions = {
    scope: 'admin',
    client_id: 'x',
    prompt: 'none',
    subdomain: 'evil.example/',
    authorize_url: target,
    token_url: target,
    redirect_uri: target,
    state: 'fixed',
    oauth_callback: target,
  };
  const start = await starter(app.browser());
  for (const provider of ['github', 'google', 'fitbit']) {
    const [clean, dirty] = [await start(`/auth/${provider}`), await start(`/auth/${provider}`, additions)].map(
      stripped,
    );
    expect(dirty).toBe(clean);
  }
  await start('/auth/twitter', additions);
  const calls = await app.control.calls('/api.x.com/oauth/request_token');
  expect(JSON.stringify(calls)).not.toContain(encodeURIComponent(target));
  evil.closeAllConnections();
  await new Promise((resolve) => evil.close(resolve));
  expect(visits).toBe(0);
});

function stripped(page: Page): string {
  const url = new URL(page.location ?? '');
  for (const name of ['state', 'code_challenge', 'nonce']) url.searchParams.delete(name);
  return url.href;
}

test('sec-A8: exactly the scopes of the definition are asked, for signing in and for connecting', async () => {
  const browser = await signedIn('7101');
  const start = await starter(browser);
  const definitions = builtInDefinitions.filter(({ protocol }) => protocol !== 'oauth1');
  expect(definitions.length).toBeGreaterThan(3);
  for (const { id, scopes, instance } of definitions) {
    const fields = instance ? { instance: instance.placeholder } : {};
    for (const [path, asked] of [
      ['auth', scopes.signIn],
      ['connect', scopes.connect],
    ] as const) {
      const { location } = await start(`/${path}/${id}`, fields);
      const scope = new URL(location ?? '').searchParams.get(scopes.parameter ?? 'scope') ?? '';
      expect([id, path, scope]).toEqual([id, path, asked.join(scopes.separator ?? ' ')]);
    }
    expect(scopes.signIn.length).toBeLessThanOrEqual(scopes.connect.length);
  }
});

describe('the page that a start leads to', () => {
  test.each<[string, string, object, string]>([
    ['twitter', 'auth', {}, 'api.x.com/oauth/authenticate'],
    ['twitter', 'connect', {}, 'api.x.com/oauth/authorize'],
    // Without a page of its own for signing in.
    ['tumblr', 'auth', {}, 'www.tumblr.com/oauth/authorize'],
    ['foursquare', 'auth', {}, 'foursquare.com/oauth2/authenticate'],
    ['foursquare', 'connect', {}, 'foursquare.com/oauth2/authorize'],
    ['shopify', 'auth', { instance: 'one.myshopify.com' }, 'one.myshopify.com/admin/oauth/authorize'],
    ['shopify', 'connect', { instance: 'two.myshopify.com' }, 'two.myshopify.com/admin/oauth/authorize'],
  ])('%s, %s %j: the one that its definition has for that', async (provider, path, fields, page) => {
    const browser = await signedIn('7301');
    const { location } = await browser.post(`/${path}/${provider}`, { ...fields });
    const { origin, pathname } = new URL(location ?? '');
    expect(`${origin}${pathname}`).toBe(`${app.sandboxUrl}/${page}`);
  });

  test.each([
    ['dropbox', 'connect', 'token_access_type', 'offline'],
    ['dropbox', 'auth', 'token_access_type', null],
    ['strava', 'connect', 'approval_prompt', 'auto'],
    ['strava', 'auth', 'approval_prompt', 'auto'],
    ['flickr', 'connect', 'perms', 'read'],
  ])('%s, %s: %s is %j', async (provider, path, name, value) => {
    const browser = await signedIn('7302');
    const { location } = await browser.post(`/${path}/${provider}`);
    expect(new URL(location ?? '').searchParams.get(name)).toBe(value);
  });
});

test('sec-A9: nobody is ever sent off this site, whatever the form or the callback says', async () => {
  await signedIn('7201');
  // Each is a whole sign-in, so a spread of them; test/flows walks through all.
  const chosen = PAYLOADS.filter((_payload, at) => at % Math.ceil(PAYLOADS.length / 40) === 0);
  expect(chosen.length).toBeGreaterThan(30);
  await app.control.user({ provider: 'twitter', subject: '7201' });
  const browser = app.browser();
  for (const payload of chosen) {
    const started = await browser.post('/auth/twitter', { return_to: payload });
    const callback = new URL(await app.consent(started.location));
    for (const name of ['next', 'return_to', 'redirect']) callback.searchParams.set(name, payload);
    const { location, status } = await browser.get(callback.href);
    expect([payload, status]).toEqual([payload, 303]);
    expect([payload, new URL(location ?? '', app.url).origin]).toEqual([payload, app.url]);
  }
});

test('sec-A10: a browser has five flows at most, the oldest go, and ten minutes each', async () => {
  let now = Date.now();
  const { url } = await app.secondInstance({ now: () => now });
  const browser = app.browser();
  const start = await starter(browser);
  const callbacks: string[] = [];
  for (let at = 0; at < 12; at++) {
    const path = at % 2 === 0 ? '/auth/github' : '/auth/google';
    callbacks.push(await app.consent((await start(path)).location));
    expect(flowCookies(browser).length).toBeLessThanOrEqual(5);
  }
  const size = [...browser.cookies].filter(([name]) => name.includes('flow')).join('').length;
  expect(size).toBeLessThan(4096);
  const { prisma } = app.database;
  expect(await prisma.spentFlow.count()).toBe(0);
  const answers = [];
  for (const callback of callbacks.slice(0, -1)) answers.push((await browser.clone().get(callback)).status);
  // The names tell the second of their start, so of flows begun in one second any may be the oldest.
  expect(answers.filter((status) => status === 303)).toHaveLength(4);
  expect(answers.filter((status) => status === 400)).toHaveLength(7);

  const last = new URL(callbacks.at(-1) ?? '');
  now += 10 * 60_000 + 1_000;
  const late = await browser.clone(url).get(last.pathname + last.search);
  expect(late.status).toBe(400);
  expect(late.text).toContain('That took a little too long');
});

test('a browser keeps what belongs to an attempt longer than the attempt is good for, so that it can be told that it came too late', async () => {
  const started = await (await starter(app.browser()))('/auth/github');
  const [flow] = started.headers.getSetCookie().filter((line) => line.startsWith('latchkey-flow-'));
  const seconds = Number(/Max-Age=(\d+)/i.exec(flow ?? '')?.[1]);
  expect(seconds).toBeGreaterThan(FLOW_LIFE_SECONDS + 60);
});
