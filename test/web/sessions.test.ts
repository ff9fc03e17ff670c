/** sec-E: sessions and their cookies, and what happens when their store is away. How they end is told in sessions-ended. */
import { createHmac } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import express from 'express';
import { SessionStore, SessionStoreUnavailable } from '../../src/db/session-store.js';
import { createLatchkey } from '../../src/web/latchkey.js';
import { startApp, TEST_SESSION_SECRET, TEST_VAULT_KEYS, type TestApp } from '../support/app.js';
import { Browser, type Page } from '../support/browser.js';
import { SESSION_COOKIE, sessionPerson } from '../support/people.js';
import { until } from '../support/until.js';

const DAY_MS = 24 * 3_600_000;
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
afterEach(() => jest.restoreAllMocks());

const rows = () => app.database.prisma.webSession.count();

async function signedIn(subject = '2001'): Promise<Browser> {
  const browser = app.browser();
  await app.signIn(browser, subject);
  return browser;
}

async function isSignedIn(browser: Browser): Promise<boolean> {
  return (await browser.get('/account')).status === 200;
}

function signed(sessionId: string, secret = TEST_SESSION_SECRET): string {
  const signature = createHmac('sha256', secret).update(sessionId).digest('base64').replace(/=+$/, '');
  return encodeURIComponent(`s:${sessionId}.${signature}`);
}

function storeAway(): void {
  jest.spyOn(SessionStore.prototype, 'get').mockImplementation((_id, callback) => {
    callback(new SessionStoreUnavailable(new Error('cut')));
  });
}

/** The app as it stands behind a proxy that ends TLS: the browser speaks https, the proxy says so in a header. */
async function behindTls(): Promise<{ browser: Browser; url: string; close(): Promise<void> }> {
  const server = express().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const latchkey = await createLatchkey({
    database: app.database,
    baseUrl: `https://localhost:${port}`,
    sessionSecrets: [TEST_SESSION_SECRET],
    vaultKeys: TEST_VAULT_KEYS,
    sandboxOrigin: app.sandboxUrl,
  });
  server.removeAllListeners('request');
  server.on('request', express().set('trust proxy', 1).use(latchkey.router));
  return {
    browser: new Browser(`http://localhost:${port}`),
    url: `https://localhost:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await latchkey.close();
    },
  };
}

const tls = { 'x-forwarded-proto': 'https' };

test('sec-E1: over https every cookie is __Host-, Secure, HttpOnly, Lax and without a domain, and a whole sign-in works', async () => {
  const site = await behindTls();
  const { browser } = site;
  const lines: string[] = [];
  const keep = (page: Page) => {
    lines.push(...page.headers.getSetCookie());
    return page;
  };
  try {
    const home = keep(await browser.get('/', tls));
    const _csrf = /name="_csrf" value="([\w-]+)"/.exec(home.text)?.[1] ?? '';
    const post = (path: string, fields = {}) =>
      browser.request(path, { method: 'POST', headers: tls, body: new URLSearchParams({ _csrf, ...fields }) });
    const started = keep(await post('/auth/twitter'));
    const callback = new URL(await app.consent(started.location));
    expect(callback.origin).toBe(site.url);
    keep(await browser.get(callback.pathname + callback.search, tls));
    keep(await post('/welcome', { decision: 'create' }));
    expect((await browser.get('/account', tls)).status).toBe(200);
    keep(await post('/logout'));
    expect(lines.some((line) => line.startsWith('__Host-latchkey-session='))).toBe(true);
    for (const line of lines) {
      expect(line).toMatch(/^__Host-latchkey-/);
      for (const attribute of ['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/']) expect(line).toContain(attribute);
      expect(line).not.toMatch(/domain=/i);
    }
  } finally {
    await site.close();
  }
});

test('sec-E2: the id changes at sign-in, at a switch and at a new proof; the old one is dead at once', async () => {
  const browser = await signedIn('2101');
  const ids = [browser.cookies.get(SESSION_COOKIE)];
  const step = async (work: () => Promise<unknown>) => {
    const before = browser.clone();
    await work();
    expect(ids).not.toContain(browser.cookies.get(SESSION_COOKIE));
    ids.push(browser.cookies.get(SESSION_COOKIE));
    expect(await isSignedIn(before)).toBe(false);
    expect(await isSignedIn(browser)).toBe(true);
    expect(await rows()).toBe(1);
  };
  await step(() => app.flow(browser, '/auth/twitter'));
  await step(async () => {
    await app.control.user({ provider: 'twitter', subject: '2102' });
    await app.flow(browser, '/auth/twitter');
    await browser.post('/welcome', { decision: 'create' });
  });
  await step(async () => {
    await app.control.user({ provider: 'twitter', subject: '2101' });
    await app.flow(browser, '/auth/twitter');
    await browser.post('/welcome', { decision: 'switch' });
  });
});

test('sec-E3: an id that the store does not know is never adopted, and several cookies confuse nobody', async () => {
  const planted = signed('planted-by-somebody-else');
  const victim = app.browser();
  victim.cookies.set(SESSION_COOKIE, planted);
  await app.signIn(victim, '2201');
  expect(victim.cookies.get(SESSION_COOKIE)).not.toBe(planted);
  const attacker = app.browser();
  attacker.cookies.set(SESSION_COOKIE, planted);
  expect(await isSignedIn(attacker)).toBe(false);
  const own = victim.cookies.get(SESSION_COOKIE) ?? '';
  for (const value of [
    `${planted}; ${SESSION_COOKIE}=${own}`,
    `${own}; ${SESSION_COOKIE}=${planted}`,
    'nonsense',
    's:',
    's%3A.%',
  ]) {
    const tossed = app.browser();
    const page = await tossed.get('/account', { cookie: `${SESSION_COOKIE}=${value}` });
    expect([200, 303]).toContain(page.status);
  }
});

test('sec-E4: what the table holds opens nothing', async () => {
  const browser = await signedIn('2301');
  const [row] = await app.database.prisma.webSession.findMany();
  const sessionId = /^s:([^.]+)\./.exec(decodeURIComponent(browser.cookies.get(SESSION_COOKIE) ?? ''))?.[1] ?? '';
  expect(Buffer.from(sessionId, 'base64url').length).toBeGreaterThanOrEqual(16);
  expect(JSON.stringify(row)).not.toContain(sessionId);
  for (const value of [row?.id ?? '', encodeURIComponent(`s:${row?.id}`), signed(row?.id ?? '')]) {
    const thief = app.browser();
    thief.cookies.set(SESSION_COOKIE, value);
    expect(await isSignedIn(thief)).toBe(false);
  }
});

test('sec-E5: looking around leaves no row and no session cookie; starting and denying a flow neither', async () => {
  for (let at = 0; at < 50; at++) {
    const page = await app.browser().get(['/', '/account', '/setup', '/nowhere'][at % 4] ?? '/');
    expect(page.headers.getSetCookie().join()).not.toContain(SESSION_COOKIE);
  }
  const browser = app.browser();
  await browser.post('/auth/twitter');
  expect(browser.cookies.has(SESSION_COOKIE)).toBe(false);
  expect(await rows()).toBe(0);
});

test('sec-E6: the idle and the absolute limit are the server’s', async () => {
  const idle = await signedIn('2401');
  const { prisma } = app.database;
  await prisma.webSession.updateMany({
    data: { lastSeenAt: new Date(Date.now() - 15 * DAY_MS), expiresAt: new Date(Date.now() - DAY_MS) },
  });
  expect(await isSignedIn(idle)).toBe(false);
  expect(await rows()).toBe(0);
  const old = await signedIn('2402');
  // Used a moment ago, but it began too long ago.
  await prisma.webSession.updateMany({ data: { createdAt: new Date(Date.now() - 91 * DAY_MS) } });
  expect(await isSignedIn(old)).toBe(false);
  expect(await rows()).toBe(0);
});

test('sec-E7: no sealed or signed value stands in for another', async () => {
  const browser = await signedIn('2501');
  await browser.post('/connect/fitbit');
  await app.control.user({ provider: 'github', subject: '2502' });
  await app.flow(browser, '/auth/github');
  const values = new Map(browser.cookies);
  expect([...values.keys()].map((name) => name.replace(/flow-.*/, 'flow')).sort()).toEqual([
    'latchkey-csrf',
    'latchkey-flow',
    'latchkey-pending',
    'latchkey-session',
  ]);
  const { prisma } = app.database;
  const before = await prisma.user.count();
  for (const [name] of values) {
    for (const [other, value] of values) {
      if (name === other) continue;
      const forged = app.browser();
      forged.cookies.set(name, value);
      if (name === SESSION_COOKIE) expect(await isSignedIn(forged)).toBe(false);
      const welcome = await forged.get('/welcome');
      expect([welcome.status, welcome.location]).toEqual([303, `${app.url}/`]);
      expect((await forged.post('/welcome', { decision: 'create' })).status).toBe(400);
      const flow = await forged.get('/auth/fitbit/callback?code=x&state=y');
      expect(flow.status).toBe(400);
    }
  }
  expect(await prisma.user.count()).toBe(before);
});

test('sec-E8: a slow request that ends after the sign-out does not bring the session back', async () => {
  const browser = await signedIn('2601');
  const { id } = await app.database.prisma.connection.findFirstOrThrow();
  const path = '/api.x.com/2/users/me';
  await app.control.hold(path);
  const slow = browser.clone();
  const waiting = slow.get(`/connections/${id}`);
  await until(async () => (await app.control.calls(path)).length > 0);
  const stolen = browser.clone();
  await browser.post('/logout');
  await app.control.release(path);
  expect((await waiting).status).toBe(200);
  expect(await rows()).toBe(0);
  expect(await isSignedIn(stolen)).toBe(false);
  expect(await isSignedIn(slow)).toBe(false);
});

test('a new secret is put in front and the old one still counts, until it is taken away', async () => {
  const browser = await signedIn('2801');
  const fresh = 'another session secret, put in front of the old';
  const rotated = await app.secondInstance({ sessionSecrets: [fresh, TEST_SESSION_SECRET] });
  const after = await app.secondInstance({ sessionSecrets: [fresh] });
  expect(await isSignedIn(browser.clone(rotated.url))).toBe(true);
  expect(await isSignedIn(browser.clone(after.url))).toBe(false);
  const newer = new Browser(rotated.url);
  const callback = new URL(await app.consent((await newer.post('/auth/twitter')).location));
  await newer.get(callback.pathname + callback.search);
  expect(await isSignedIn(newer.clone(after.url))).toBe(true);
});

test('while the store is away nobody is signed in or out: 503, and everything is as before when it is back', async () => {
  const browser = await signedIn('2901');
  const before = await sessionPerson(app.database, browser);
  storeAway();
  for (const path of ['/', '/account', '/operator']) {
    const page = await browser.get(path);
    expect([path, page.status, page.headers.get('retry-after')]).toEqual([path, 503, '5']);
    expect(page.text).not.toContain('Sign in with');
    expect(page.headers.getSetCookie().join()).not.toContain(SESSION_COOKIE);
  }
  jest.restoreAllMocks();
  expect(await isSignedIn(browser)).toBe(true);
  expect(await sessionPerson(app.database, browser)).toBe(before);
});
