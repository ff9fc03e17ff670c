/** sec-E and sec-G: sessions and their cookies, from the sign-in to the sign-out, and what happens when their store is away. */
import { createHmac, randomBytes } from 'node:crypto';
import { SessionStore, SessionStoreUnavailable, sessionRowId } from '../../src/db/index.js';
import { createLatchkey } from '../../src/web/latchkey.js';
import { startApp, TEST_SESSION_SECRET, TEST_VAULT_KEYS, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { SESSION_COOKIE, sessionPerson, sessionRowOf } from '../support/people.js';
import { until } from '../support/until.js';

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

test('sec-E1: over https the cookie is __Host-, Secure, HttpOnly, Lax, for all of the site and no other', async () => {
  const database = app.database;
  const latchkey = await createLatchkey({
    database,
    baseUrl: 'https://app.example.com',
    sessionSecrets: [TEST_SESSION_SECRET],
    vaultKeys: TEST_VAULT_KEYS,
    sandboxOrigin: app.sandboxUrl,
  });
  const express = (await import('express')).default;
  const outer = express().set('trust proxy', 1).use(latchkey.router);
  const server = outer.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    const { port } = server.address() as { port: number };
    const { Jar } = await import('../support/https-jar.js');
    const jar = new Jar(port, 'app.example.com');
    const home = await jar.get('/');
    const token = /name="_csrf" value="([\w-]+)"/.exec(home.text)?.[1] ?? '';
    const started = await jar.post('/auth/twitter', { _csrf: token });
    const consent = await fetch(started.location ?? '', { redirect: 'manual' });
    // The sandbox knows loopback callbacks only, so the flow ends here; the cookies were set before that.
    await consent.body?.cancel();
    const cookies = [...home.cookies, ...started.cookies];
    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies) {
      expect(cookie).toMatch(/^__Host-latchkey-/);
      for (const attribute of ['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/']) expect(cookie).toContain(attribute);
      expect(cookie).not.toMatch(/domain=/i);
    }
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await latchkey.close();
  }
});
