/** The timeline of a flow: a failed attempt explains itself, to whom it may, without a secret. */
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { seedPerson, seedSession } from '../support/people.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
}, 60_000);
beforeEach(async () => {
  await app.database.prisma.event.deleteMany();
});
afterAll(() => app.close());

const events = () => app.database.prisma.event.findMany({ where: { kind: { in: ['flow_failed', 'consent_denied'] } } });
const textOf = (html: string) =>
  html
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll(/\s+/g, ' ');

/** Steps as the page shows them, with their states. */
function stepsOf(html: string): readonly string[] {
  return [...html.matchAll(/<h3>([^<]+) <span class="tag [^"]*">([^<]+)<\/span>/g)].map(
    ([, name, state]) => `${name}: ${state}`,
  );
}

/** The page that the message of a failure links to. */
async function timelineOf(message: { text: string }, at = app.url) {
  const path = /href="([^"]*\/setup\/flows\/[\w-]{16})"/.exec(message.text)?.[1];
  if (!path) throw new Error(`No link to a timeline:\n${textOf(message.text)}`);
  return { path, page: await app.browser().clone(at).get(path) };
}

test('the token request is refused: every step up to it, what was sent and received without the values, and what to look at', async () => {
  const browser = app.browser();
  const started = await browser.post('/auth/github');
  const callback = await app.consent(started.location);
  await app.control.next({
    path: '/github.com/login/oauth/access_token',
    status: 401,
    body: { error: 'invalid_client', error_description: 'CANARY-words of the provider' },
  });
  const message = await browser.get(callback);
  expect(message.status).toBe(502);
  const { page } = await timelineOf(message);
  expect(page.status).toBe(200);
  expect(stepsOf(page.text)).toEqual([
    'Start: Done',
    'Sent to the provider: Done',
    'Callback: Done',
    'Checks: Done',
    'Token request: Failed',
    'Account: Not reached',
    'Decision: Not reached',
  ]);
  const text = textOf(page.text);
  expect(text).toContain('Compare GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET');
  expect(text).toContain(`redirect_uri ${app.url}/auth/github/callback`);
  expect(text).toContain('client_id sandbox-github');
  expect(text).toContain('code_challenge_method S256');
  expect(text).toContain('state [masked]');
  expect(text).toContain('code [masked]');
  expect(text).toContain('code oauth2_invalid_client');
  expect(text).toContain('status 401');
  expect(text).toContain(message.headers.get('x-request-id') ?? 'an id');

  const [stored, ...others] = await events();
  expect(others).toEqual([]);
  expect(stored).toMatchObject({
    kind: 'flow_failed',
    provider: 'github',
    userId: null,
    requestId: message.headers.get('x-request-id'),
    detail: {
      intent: 'sign-in',
      step: 'token',
      code: 'provider_misconfigured',
      cause: 'oauth2_invalid_client',
      status: '401',
    },
  });
  const secrets = [started.location, callback].flatMap((url) =>
    ['state', 'code', 'code_challenge', 'nonce'].flatMap((name) => new URL(url ?? '').searchParams.get(name) ?? []),
  );
  expect(secrets.length).toBeGreaterThan(3);
  for (const secret of [...secrets, 'CANARY', 'sandbox-secret']) {
    expect(page.text).not.toContain(secret);
    expect(JSON.stringify(stored)).not.toContain(secret);
  }
});

test('another process, or this one after a restart, tells from the event how far the attempt came', async () => {
  const browser = app.browser();
  const started = await browser.post('/auth/github');
  const callback = await app.consent(started.location);
  await app.control.next({ path: '/api.github.com/user', status: 503 });
  const { path } = await timelineOf(await browser.get(callback));
  const other = await app.secondInstance();
  const page = await app.browser().clone(other.url).get(path);
  expect(page.status).toBe(200);
  expect(stepsOf(page.text)).toEqual([
    'Start: Seen elsewhere',
    'Sent to the provider: Seen elsewhere',
    'Callback: Seen elsewhere',
    'Checks: Seen elsewhere',
    'Token request: Seen elsewhere',
    'Account: Failed',
    'Decision: Not reached',
  ]);
  expect(textOf(page.text)).toContain('status 503');
  expect((await app.browser().clone(other.url).get('/setup/flows')).text).toContain(path);
  await other.close();
});

test('an attempt that nobody finishes is at the provider for as long as it is good, and given up after that', async () => {
  let now = Date.now();
  const { url, close } = await app.secondInstance({ now: () => now });
  const browser = app.browser().clone(url);
  await browser.post('/auth/gitlab');
  expect(textOf((await browser.get('/setup/flows')).text)).toContain('At the provider');
  now += 10 * 60_000;
  const list = textOf((await browser.get('/setup/flows')).text);
  expect(list).toContain('Nobody came back');
  expect(list).not.toContain('At the provider');
  await close();
});

test('OAuth 1: a start that fails, and neither the temporary token nor the verifier of one that goes well', async () => {
  await app.control.next({ path: '/api.x.com/oauth/request_token', status: 401, body: 'CANARY' });
  const refused = await app.browser().post('/auth/twitter');
  const failed = await timelineOf(refused);
  expect(stepsOf(failed.page.text)[0]).toBe('Start: Failed');
  expect(failed.page.text).not.toContain('CANARY');
  // Starting writes nothing to the database, even if it comes to nothing.
  expect(await events()).toEqual([]);

  const browser = app.browser();
  const started = await browser.post('/auth/twitter');
  const callback = new URL(await app.consent(started.location));
  await browser.get(callback.href);
  const { text: list } = await app.browser().get('/setup/flows');
  const path = /href="([^"]*\/setup\/flows\/[\w-]{16})"/.exec(list)?.[1] ?? '';
  const page = await app.browser().get(path);
  expect(stepsOf(page.text)).toHaveLength(7);
  expect(stepsOf(page.text).every((step) => step.endsWith(': Done'))).toBe(true);
  for (const name of ['oauth_token', 'oauth_verifier']) {
    expect(textOf(page.text)).toContain(`${name} [masked]`);
    expect(page.text).not.toContain(callback.searchParams.get(name) ?? '-');
  }
});

test('the provider’s error at the callback is shown, without what it repeats of the request', async () => {
  const browser = app.browser();
  const started = await browser.post('/auth/github');
  const state = new URL(started.location ?? '').searchParams.get('state') ?? '';
  const parameters = new URLSearchParams({
    state,
    error: 'invalid_scope',
    error_description: `No such scope in ${state}; <b>token=CANARY12345</b>`,
  });
  const { page } = await timelineOf(await browser.get(`/auth/github/callback?${parameters}`));
  expect(stepsOf(page.text)[3]).toBe('Checks: Failed');
  expect(textOf(page.text)).toContain('error invalid_scope');
  expect(textOf(page.text)).toContain('No such scope in [masked]');
  expect(page.text).not.toContain(state);
  expect(page.text).not.toContain('CANARY');
  expect(page.text).not.toContain('<b>token');
  expect(await events()).toMatchObject([{ kind: 'flow_failed', detail: { step: 'checks', code: 'provider_error' } }]);
});

test('a callback without its cookie says what usually is behind it, and is not stored', async () => {
  const started = await app.browser().post('/auth/github');
  const message = await app.browser().get(await app.consent(started.location));
  expect(message.status).toBe(400);
  const { page } = await timelineOf(message);
  expect(textOf(page.text)).toContain('localhost and 127.0.0.1 are two');
  expect(await events()).toEqual([]);
});

test('what comes later under the same name does not change how an attempt ended', async () => {
  const browser = app.browser();
  const started = await browser.post('/auth/github');
  const callback = await app.consent(started.location);
  await browser.get(callback);
  await app.browser().get(callback);
  const { text } = await app.browser().get('/setup/flows');
  expect(textOf(text.slice(text.indexOf('class="card flows"'), text.indexOf('</li>')))).not.toContain('Failed');
});

test('the person finds their failed attempt in their own trail, in words', async () => {
  const id = await seedPerson(app.database, {
    name: 'Robin',
    ways: [{ namespace: 'sandbox:twitter', subject: 'timeline-1' }],
  });
  const browser = app.browser();
  await seedSession(app.database, browser, id);
  const started = await browser.post('/connect/github');
  await app.control.next({ path: '/github.com/login/oauth/access_token', status: 500 });
  await browser.get(await app.consent(started.location));
  const denied = await browser.post('/connect/github');
  expect((await browser.get(await app.consent(denied.location, 'deny'))).status).toBe(200);
  expect((await browser.get('/account')).text).toContain('Connecting GitHub failed: it gave us no access');
  expect((await events()).map(({ kind, userId }) => [kind, userId])).toEqual([
    ['flow_failed', id],
    ['consent_denied', id],
  ]);
});

test('in production nobody but an operator sees any of it, and no message links to it', async () => {
  const production = await app.secondInstance({ production: true });
  const browser = app.browser().clone(production.url);
  const started = await browser.post('/auth/github');
  await app.control.next({ path: '/github.com/login/oauth/access_token', status: 500 });
  const callback = new URL(await app.consent(started.location));
  const message = await browser.get(callback.pathname + callback.search);
  expect([message.status, message.text.includes('/setup/flows')]).toEqual([502, false]);
  const stored = (await events())[0]?.detail;
  const path = `/setup/flows/${typeof stored === 'object' && stored !== null ? Reflect.get(stored, 'flow') : ''}`;
  for (const address of ['/setup/flows', path]) expect((await browser.get(address)).status).toBe(404);
  const operator = app.browser().clone(production.url);
  await seedSession(app.database, operator, await seedPerson(app.database, { name: 'Boss', operator: true }));
  for (const address of ['/setup/flows', path]) expect((await operator.get(address)).status).toBe(200);
  // Nobody can fill the list with callbacks of attempts that were never begun.
  for (let at = 0; at < 3; at++) await browser.get(`/auth/github/callback?code=x&state=made-up-${at}`);
  expect((await operator.get('/setup/flows')).text.match(/\/setup\/flows\//g)).toHaveLength(1);
  await production.close();
});

test.each(['/setup/flows/x', '/setup/flows/AAAAAAAAAAAAAAAA', '/setup/flows/%00', "/setup/flows/'--"])(
  '%s: 404',
  async (path) => {
    expect((await app.browser().get(path)).status).toBe(404);
  },
);
