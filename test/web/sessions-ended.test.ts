/** sec-E9, sec-G: how sessions end: by signing out, from another browser, and when the store cannot be reached. */
import { jest } from '@jest/globals';
import { SessionStore, SessionStoreUnavailable } from '../../src/db/session-store.js';
import { startApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { SESSION_COOKIE, sessionRowOf } from '../support/people.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
  await app.control.behaviour({ autoApprove: true });
});
afterAll(() => app.close());
beforeEach(() => app.reset());
afterEach(() => jest.restoreAllMocks());

const rows = () => app.database.prisma.webSession.count();

async function signedIn(subject: string): Promise<Browser> {
  const browser = app.browser();
  await app.signIn(browser, subject);
  return browser;
}

async function isSignedIn(browser: Browser): Promise<boolean> {
  return (await browser.get('/account')).status === 200;
}

function storeAway(): void {
  jest.spyOn(SessionStore.prototype, 'get').mockImplementation((_id, callback) => {
    callback(new SessionStoreUnavailable(new Error('cut')));
  });
}

test('sec-E9: signing out elsewhere ends every other browser at once, and what they had started', async () => {
  const browser = await signedIn('2701');
  const others = await Promise.all([signedIn('2701'), signedIn('2701')]);
  const callback = await app.consent((await others[0]?.post('/connect/fitbit'))?.location);
  const page = await browser.get('/account');
  expect(page.text.match(/data-session="/g)).toHaveLength(3);
  expect(page.text).toContain('Sign out everywhere else');
  const ended = await browser.follow(await browser.post('/account/sessions/others/end'));
  expect(ended.text).toContain('Every other browser is signed out.');
  for (const other of others) expect(await isSignedIn(other)).toBe(false);
  expect((await others[0]?.get(callback))?.status).toBe(400);
  expect(await isSignedIn(browser)).toBe(true);
  expect(await app.database.prisma.connection.count({ where: { provider: 'fitbit' } })).toBe(0);
});

test('one session is ended by its row, one’s own ends like a sign-out', async () => {
  const browser = await signedIn('2702');
  const other = await signedIn('2702');
  const ended = await browser.post(`/account/sessions/${sessionRowOf(other)}/end`);
  expect(ended.location).toBe(`${app.url}/account`);
  expect([await isSignedIn(other), await isSignedIn(browser)]).toEqual([false, true]);
  expect((await browser.post(`/account/sessions/${sessionRowOf(other)}/end`)).status).toBe(404);
  const own = await browser.post(`/account/sessions/${sessionRowOf(browser)}/end`);
  expect(own.location).toBe(`${app.url}/`);
  expect(await rows()).toBe(0);
});

test('each browser is named by its device, its address and its last use', async () => {
  const browser = app.browser();
  await app.control.user({ provider: 'twitter', subject: '2703' });
  const callback = await app.consent((await browser.post('/auth/twitter')).location);
  await browser.get(callback);
  const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
  await browser.post('/welcome', { decision: 'create' }, { 'user-agent': agent });
  const { text } = await browser.get('/account');
  expect(text).toContain('Firefox on Linux');
  expect(text).toMatch(/Last used <time [^>]+>\d{1,2} \w+ \d{4}, \d\d:\d\d UTC<\/time>, signed in from 127\.0\.0\.1/);
});

describe('sec-G: signing out', () => {
  test('sec-G1: by POST with a proof only, and as often as one likes', async () => {
    const browser = await signedIn('3001');
    expect((await browser.get('/logout')).status).toBe(405);
    expect((await browser.request('/logout', { method: 'POST' })).status).toBe(403);
    expect((await browser.post('/logout', {}, { origin: 'https://evil.example' })).status).toBe(403);
    expect(await isSignedIn(browser)).toBe(true);
    const pages = [await browser.post('/logout', { return_to: '//evil.example' }), await browser.post('/logout')];
    for (const page of pages) expect([page.status, page.location]).toEqual([303, `${app.url}/`]);
  });

  test('sec-G2: the session is gone before the answer, and its cookie is cleared with the same attributes', async () => {
    const browser = await signedIn('3002');
    const stolen = browser.clone();
    const out = await browser.post('/logout');
    expect(await rows()).toBe(0);
    expect(await isSignedIn(stolen)).toBe(false);
    const cleared = out.headers.getSetCookie().find((line) => line.startsWith(`${SESSION_COOKIE}=`));
    expect(cleared).toBe(`${SESSION_COOKIE}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax`);
  });

  test('sec-G3: no signed-in page is kept by the browser', async () => {
    const browser = await signedIn('3003');
    const { id } = await app.database.prisma.connection.findFirstOrThrow();
    for (const path of ['/', '/account', '/account/confirm', `/connections/${id}`, '/setup']) {
      expect([path, (await browser.get(path)).headers.get('cache-control')]).toEqual([path, 'no-store']);
    }
  });

  test('sec-G4: what this browser had started cannot be finished, and a store that is away is admitted', async () => {
    const browser = await signedIn('3004');
    const callback = await app.consent((await browser.post('/connect/fitbit')).location);
    await app.control.user({ provider: 'github', subject: '3005' });
    await app.flow(browser, '/auth/github');
    await browser.post('/logout');
    expect([...browser.cookies.keys()].filter((name) => /flow|pending/.test(name))).toEqual([]);
    expect((await browser.get(callback)).status).toBe(400);

    const cut = await signedIn('3004');
    const stolen = cut.clone();
    const _csrf = await cut.csrf();
    storeAway();
    const body = new URLSearchParams({ _csrf });
    const page = await cut.request('/logout', { method: 'POST', body });
    expect(page.status).toBe(503);
    expect(page.text).toContain('You are signed out in this browser only');
    expect(cut.cookies.has(SESSION_COOKIE)).toBe(false);
    jest.restoreAllMocks();
    // Documented: what was not ended on our side lives until it is ended on the account page, or idles away.
    expect(await isSignedIn(stolen)).toBe(true);
    expect(await isSignedIn(cut)).toBe(false);
  });
});
