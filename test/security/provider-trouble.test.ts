/** Trouble whose cause is an operator's to mend is told apart from a provider's bad day (sec-N2, S12). */
import { startApp, type TestApp } from '../support/app.js';

let app: TestApp;
let offsetMs = 0;
beforeAll(async () => {
  app = await startApp({ now: () => Date.now() + offsetMs });
});
afterAll(() => app.close());
beforeEach(async () => {
  offsetMs = 0;
  await app.control.reset();
});

const TEMPORARY = '/api.x.com/oauth/request_token';
const challenge = (problem: string) => ({ 'www-authenticate': `OAuth oauth_problem="${problem}"` });

test.each<[string, object, string]>([
  [
    'a bare 401 for temporary credentials, which only our client signs',
    { status: 401, body: '' },
    'does not accept this site',
  ],
  [
    'a named refusal of our client',
    { status: 401, headers: challenge('consumer_key_unknown') },
    'does not accept this site',
  ],
  ['a time that stays refused', { status: 401, headers: challenge('timestamp_refused') }, 'does not agree'],
  ['a 503', { status: 503, body: '' }, 'is having trouble'],
  ['nonsense', { status: 200, body: '<html>' }, 'something we cannot use'],
])('%s', async (_what, answer, words) => {
  await app.control.next({ path: TEMPORARY, times: 2, ...answer });
  const browser = app.browser();
  const page = await browser.post('/auth/twitter');
  expect(page.status).toBe(502);
  expect(page.text).toContain(words);
  expect(page.text).toMatch(/please name <code>[\da-f-]{36}<\/code>/);
  expect([...browser.cookies.keys()].filter((name) => name.includes('flow'))).toEqual([]);
});

test('a 401 for the verifier is the attempt’s own trouble, not our client’s', async () => {
  const browser = app.browser();
  const callback = await app.consent((await browser.post('/auth/twitter')).location);
  await app.control.next({ path: '/api.x.com/oauth/access_token', times: 2, status: 401, body: '' });
  const page = await browser.get(callback);
  expect(page.status).toBe(502);
  expect(page.text).not.toContain('does not accept this site');
});

test.each([
  ['an ID token that has expired by our clock', 2 * 3_600_000],
  ['an ID token from the future', -2 * 3_600_000],
])('sec-S12: %s: the page says that a clock is wrong, and nobody is signed in', async (_what, offset) => {
  const browser = app.browser();
  offsetMs = offset;
  const callback = await app.consent((await browser.post('/auth/google')).location);
  const page = await browser.get(callback);
  expect(page.status).toBe(502);
  expect(page.text).toContain('The time at Google and here does not agree');
  expect([...browser.cookies.keys()].filter((name) => name.includes('session'))).toEqual([]);
});
