/** The ways a flow can go wrong: each has its own page and status, spends what it should, and leaves no trace. */
import { startApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());
beforeEach(() => app.control.reset());

const oauth1Token = '/api.x.com/oauth/access_token';
const oauth2Token = '/github.com/login/oauth/access_token';

/** What must not change when something is refused. */
async function traces(): Promise<object> {
  const { prisma } = app.database;
  const [users, identities, connections, pending, sessions] = await Promise.all([
    prisma.user.count(),
    prisma.identity.count(),
    prisma.connection.count(),
    prisma.pendingIdentity.count(),
    prisma.webSession.count(),
  ]);
  return { users, identities, connections, pending, sessions };
}

async function tokenCalls(): Promise<number> {
  return (await app.control.calls(oauth1Token)).length + (await app.control.calls(oauth2Token)).length;
}

async function signedIn(subject: string): Promise<Browser> {
  const browser = app.browser();
  await app.signIn(browser, subject);
  await app.control.reset();
  return browser;
}

describe.each([
  ['OAuth 1.0a', 'twitter'],
  ['OAuth 2', 'github'],
  ['OpenID Connect', 'google'],
])('%s', (_protocol, provider) => {
  const tokenPath =
    { twitter: oauth1Token, github: oauth2Token, google: '/oauth2.googleapis.com/token' }[provider] ?? '';

  test('sec-A10: starting a flow writes nothing to the database', async () => {
    const before = await traces();
    const spent = await app.database.prisma.spentFlow.count();
    const started = await app.browser().post(`/auth/${provider}`);
    expect(started.status).toBe(303);
    expect(await traces()).toEqual(before);
    expect(await app.database.prisma.spentFlow.count()).toBe(spent);
  });

  test('sec-B8: a denial is a friendly page, spends the flow and changes nothing', async () => {
    const browser = app.browser();
    const before = await traces();
    const started = await browser.post(`/auth/${provider}`);
    const url = await app.consent(started.location, 'deny');
    const denied = await browser.get(url);
    expect(denied.status).toBe(200);
    expect(denied.text).toContain('You said no, and that is fine');
    expect((await browser.get(url)).status).toBe(400);
    expect(await traces()).toEqual(before);
    expect(await app.control.calls(tokenPath)).toHaveLength(0);
  });

  test('sec-B2: another browser cannot finish a flow, and the right one still can', async () => {
    const owner = app.browser();
    const thief = app.browser();
    await thief.get('/');
    const before = await traces();
    const url = await app.consent((await owner.post(`/auth/${provider}`)).location);
    expect((await thief.get(url)).status).toBe(400);
    expect(await app.control.calls(tokenPath)).toHaveLength(0);
    expect(await traces()).toEqual(before);
    expect((await owner.get(url)).status).toBe(303);
  });

  test('sec-B4: a callback at another provider is refused and spends nothing', async () => {
    const browser = app.browser();
    const url = await app.consent((await browser.post(`/auth/${provider}`)).location);
    for (const other of ['twitter', 'github', 'google', 'fitbit'].filter((id) => id !== provider)) {
      const wrong = await browser.get(url.replace(`/auth/${provider}/`, `/auth/${other}/`));
      expect(wrong.status).toBe(400);
    }
    expect(await app.control.calls(tokenPath)).toHaveLength(0);
    expect((await browser.get(url)).status).toBe(303);
  });

  test('sec-B3: one of many identical callbacks wins, the others get a friendly page', async () => {
    const browser = app.browser();
    const url = await app.consent((await browser.post(`/auth/${provider}`)).location);
    const answers = await Promise.all(Array.from({ length: 12 }, () => browser.clone().get(url)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([303, ...Array(11).fill(400)]);
    expect(await app.control.calls(tokenPath)).toHaveLength(1);
  });

  test('reloading the callback that signed this browser in leads home', async () => {
    const browser = app.browser();
    await app.control.user({ provider, subject: `88${provider.length}1` });
    const url = await app.consent((await browser.post(`/auth/${provider}`)).location);
    await browser.get(url);
    await browser.post('/welcome', { decision: 'create' });
    await app.control.reset();
    const again = await browser.get(url);
    expect([again.status, again.location]).toEqual([303, `${app.url}/`]);
    const elsewhere = await app.browser().get(url);
    expect(elsewhere.status).toBe(400);
    await browser.post('/logout');
    expect((await browser.get(url)).status).toBe(400);
    expect(await app.control.calls(tokenPath)).toHaveLength(0);
  });

  test('sec-B9: HEAD and prefetch do not spend the flow', async () => {
    const browser = app.browser();
    const url = await app.consent((await browser.post(`/auth/${provider}`)).location);
    const head = await browser.request(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('allow')]).toEqual([405, 'GET']);
    expect((await browser.get(url, { 'sec-purpose': 'prefetch' })).status).toBe(503);
    expect((await browser.get(url)).status).toBe(303);
  });

  test('parallel tabs finish independently, in any order', async () => {
    const browser = await signedIn(`6100${provider.length}`);
    await app.control.user({ provider, subject: `92${provider.length}1` });
    const tabs = [];
    for (let tab = 0; tab < 3; tab++)
      tabs.push(await app.consent((await browser.post(`/connect/${provider}`)).location));
    for (const url of tabs.reverse()) expect((await browser.get(url)).status).toBe(303);
  });

  test('a connect that was started by somebody else, or by nobody any more, connects nothing', async () => {
    const browser = await signedIn(`6200${provider.length}`);
    await app.control.user({ provider, subject: `94${provider.length}1` });
    const url = await app.consent((await browser.post(`/connect/${provider}`)).location);
    const other = await signedIn(`6201${provider.length}`);
    const before = await traces();
    const mixed = browser.clone();
    for (const [name, value] of other.cookies) mixed.cookies.set(name, value);
    expect((await mixed.get(url)).status).toBe(400);
    const anonymous = browser.clone();
    anonymous.cookies.delete('latchkey-session');
    expect((await anonymous.get(url)).status).toBe(400);
    expect(await traces()).toEqual(before);
    expect(await app.control.calls(tokenPath)).toHaveLength(0);
    expect((await browser.get(url)).status).toBe(303);
  });

  test("sec-F4: connecting an account that is somebody else's is refused without naming them", async () => {
    const contested = { provider, subject: `93${provider.length}7`, name: 'Owner Person' };
    const owner = await signedIn(`6300${provider.length}`);
    await app.control.user(contested);
    expect((await app.flow(owner, `/connect/${provider}`)).status).toBe(303);
    const other = await signedIn(`6301${provider.length}`);
    await app.control.user(contested);
    const created = await app.database.prisma.connection.findMany({ orderBy: { id: 'asc' } });
    const refused = await app.flow(other, `/connect/${provider}`);
    expect(refused.status).toBe(409);
    expect(refused.text).not.toContain('Owner Person');
    const after = await app.database.prisma.connection.findMany({ orderBy: { id: 'asc' } });
    expect(after).toEqual(created);
  });

  test.each([
    ['500', { status: 500, body: 'oops' }, 502],
    ['503', { status: 503 }, 502],
    ['an HTML page', { status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>hello</h1>' }, 502],
    ['an empty object', { status: 200, headers: { 'content-type': 'application/json' }, body: '{}' }, 502],
    ['half an answer', { truncateAt: 10 }, 502],
    ['silence after the headers', { closeAfterHeaders: true }, 502],
  ])('sec-B11: a token endpoint that answers %s gives a page and no session', async (_what, script, status) => {
    const browser = app.browser();
    const url = await app.consent((await browser.post(`/auth/${provider}`)).location);
    const before = await traces();
    await app.control.next({ path: tokenPath, ...script });
    const page = await browser.get(url);
    expect(page.status).toBe(status);
    expect(page.text).toContain('To the first page');
    expect(await app.control.calls(tokenPath)).toHaveLength(1);
    expect(await traces()).toEqual(before);
    expect((await browser.get('/account')).status).toBe(303);
    expect((await browser.get(url)).status).toBe(400);
  });
});

describe('garbled callbacks', () => {
  test.each([
    ['nothing', ''],
    ['a code alone', '?code=x'],
    ['an empty state', '?code=x&state='],
    ['an unknown state', '?code=x&state=zzz'],
    ['repeated parameters', '?code=a&code=b&state=c'],
    ['bracketed parameters', '?code[]=a&state[x]=1'],
    ['prototype names', '?__proto__[x]=1&state=constructor'],
    ['a state of 100 kB', `?code=x&state=${'a'.repeat(10_000)}`],
    ['a NUL', '?code=x&state=%00'],
    ['broken percent-encoding', '?code=%E0%A4%A&state=%'],
    ['script in an error', '?error=<script>alert(1)</script>&error_description=Call+1&error_uri=javascript:x'],
  ])('sec-B1, sec-B7: %s: 400, no token call, nothing echoed', async (_what, query) => {
    const browser = app.browser();
    for (const provider of ['twitter', 'github']) {
      const page = await browser.get(`/auth/${provider}/callback${query}`);
      expect(page.status).toBe(400);
      expect(page.text).not.toContain('<script>alert');
      expect(page.text).not.toContain('Call 1');
    }
    expect(await tokenCalls()).toBe(0);
  });

  test('sec-B8: an error together with a code is refused', async () => {
    const browser = app.browser();
    const url = await app.consent((await browser.post('/auth/github')).location);
    expect((await browser.get(`${url}&error=access_denied`)).status).toBe(400);
    expect(await tokenCalls()).toBe(0);
  });

  test('sec-B5: a wrong or missing issuer is refused where the provider names one', async () => {
    const browser = app.browser();
    const url = new URL(await app.consent((await browser.post('/auth/github')).location));
    url.searchParams.set('iss', 'https://evil.example');
    expect((await browser.get(url.href)).status).toBe(400);
    expect(await tokenCalls()).toBe(0);
  });

  test('sec-C2, sec-C3: another token, no verifier, an empty one', async () => {
    const browser = app.browser();
    const url = new URL(await app.consent((await browser.post('/auth/twitter')).location));
    const without = new URL(url);
    without.searchParams.delete('oauth_verifier');
    expect((await browser.get(without.href)).status).toBe(400);
    const empty = new URL(url);
    empty.searchParams.set('oauth_verifier', '');
    expect((await browser.get(empty.href)).status).toBe(400);
    const other = await app.consent((await app.browser().post('/auth/twitter')).location);
    expect((await browser.get(other)).status).toBe(400);
    expect(await tokenCalls()).toBe(0);
    expect((await browser.get(url.href)).status).toBe(303);
  });
});

describe('order of the checks', () => {
  test('method, then provider, then proof', async () => {
    const browser = app.browser();
    for (const path of ['/auth/twitter', '/connect/fitbit', '/logout', '/auth/nobody']) {
      const page = await browser.get(path);
      expect([path, page.status, page.headers.get('allow')]).toEqual([path, 405, 'POST']);
    }
    for (const name of ['nobody', '__proto__', 'constructor', 'toString']) {
      expect((await browser.request(`/auth/${name}`, { method: 'POST' })).status).toBe(404);
      expect((await browser.get(`/auth/${name}/callback`)).status).toBe(404);
    }
    expect((await browser.request('/auth/twitter', { method: 'POST' })).status).toBe(403);
    expect((await browser.request('/connect/fitbit', { method: 'POST' })).status).toBe(403);
    expect(await app.control.calls()).toHaveLength(0);
  });

  test('sec-A3: a foreign origin, a cross-site request or another browser’s token are refused', async () => {
    const browser = app.browser();
    const token = await app.browser().csrf();
    expect((await browser.post('/auth/github', { _csrf: token })).status).toBe(403);
    expect((await browser.post('/auth/github', {}, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await browser.post('/auth/github', {}, { origin: 'null' })).status).toBe(403);
    expect((await browser.post('/auth/github', {}, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await browser.post('/auth/github', {}, { origin: app.url, 'sec-fetch-site': 'same-origin' })).status).toBe(
      303,
    );
  });

  test('sec-A7: nothing in a start form changes the request', async () => {
    const browser = app.browser();
    const clean = new URL((await browser.post('/auth/github')).location ?? '');
    const dirty = new URL(
      (
        await browser.post('/auth/github', {
          scope: 'admin',
          client_id: 'x',
          redirect_uri: 'https://evil.example',
          state: 'fixed',
        })
      ).location ?? '',
    );
    for (const url of [clean, dirty]) for (const name of ['state', 'code_challenge']) url.searchParams.delete(name);
    expect(dirty.href).toBe(clean.href);
  });

  test('anonymous people are sent to the first page and come back after signing in', async () => {
    const browser = app.browser();
    const refused = await browser.get('/account');
    expect(refused.location).toBe(`${app.url}/?return_to=%2Faccount`);
    const home = await browser.get(refused.location ?? '');
    expect(home.text).toContain('name="return_to" value="/account"');
    await app.control.user({ provider: 'twitter', subject: '70707' });
    const url = await app.consent((await browser.post('/auth/twitter', { return_to: '/account' })).location);
    await browser.get(url);
    expect((await browser.post('/welcome', { decision: 'create' })).location).toBe(`${app.url}/account`);
  });

  test('sec-F8: foreign, unknown and malformed connection ids are one and the same 404', async () => {
    const owner = await signedIn('71000');
    const row = await app.database.prisma.connection.findFirstOrThrow({ where: { subject: '71000' } });
    const other = await signedIn('71001');
    const pages = [];
    for (const id of [row.id, '00000000-0000-4000-8000-000000000000', 'nonsense', '%00']) {
      const page = await other.get(`/connections/${id}`);
      pages.push(page.text.replace(/value="[\w-]+"/g, ''));
      expect(page.status).toBe(404);
      expect((await other.post(`/connections/${id}/disconnect`)).status).toBe(404);
    }
    expect(new Set(pages).size).toBe(1);
    expect((await owner.get(`/connections/${row.id}`)).status).toBe(200);
  });
});

describe('a provider that is away when a flow starts', () => {
  test('OAuth 1 needs it and says so; OAuth 2 does not', async () => {
    const browser = app.browser();
    await app.control.next({ path: '/api.x.com/oauth/request_token', status: 503 });
    const page = await browser.post('/auth/twitter');
    expect(page.status).toBe(502);
    expect(page.text).toContain('X (Twitter) is having trouble');
    expect([...browser.cookies.keys()].filter((name) => name.includes('flow'))).toEqual([]);
    expect((await browser.post('/auth/github')).status).toBe(303);
  });
});

describe('connection pages whatever the provider does', () => {
  test('trouble is shown with status 200, and the connection is kept', async () => {
    const browser = await signedIn('72000');
    await app.control.user({ provider: 'fitbit', subject: 'TROUB1' });
    const connected = await app.flow(browser, '/connect/fitbit');
    await app.control.next({
      path: '/api.fitbit.com/1/user/-/profile.json',
      status: 500,
      body: '<script>alert(1)</script>',
    });
    const page = await browser.get(connected.location ?? '');
    expect(page.status).toBe(200);
    expect(page.text).toContain('Fitbit is having trouble');
    expect(page.text).toContain('Connected, but no data just now');
    expect(page.text).not.toContain('Working');
    expect(page.text).not.toContain('<script>alert');
    expect(page.headers.get('cache-control')).toBe('no-store');
  });

  test('an expired token is refreshed on the server before the page is shown', async () => {
    const browser = await signedIn('72001');
    await app.control.user({ provider: 'fitbit', subject: 'EXPIR1' });
    const connected = await app.flow(browser, '/connect/fitbit');
    const id = connected.location?.split('/').at(-1) ?? '';
    await app.database.prisma.connection.update({
      where: { id },
      data: { expiresAt: new Date(0), refreshAt: new Date(0) },
    });
    await app.control.reset();
    const pages = await Promise.all(Array.from({ length: 8 }, () => browser.get(`/connections/${id}`)));
    expect(pages.map((page) => page.status)).toEqual(Array(8).fill(200));
    expect(pages.every((page) => !page.text.includes('having trouble'))).toBe(true);
    expect(await app.control.calls('/api.fitbit.com/oauth2/token')).toHaveLength(1);
    const row = await app.database.prisma.connection.findUniqueOrThrow({ where: { id } });
    expect([row.generation, row.status, row.attemptId]).toEqual([2, 'active', null]);
  });

  test('sec-H4: withdrawn consent: reconnect required, said once, mended by one click', async () => {
    const browser = await signedIn('72002');
    await app.control.user({ provider: 'github', subject: '720021' });
    await app.control.user({ provider: 'fitbit', subject: 'WITHD1' });
    const connected = await app.flow(browser, '/connect/fitbit');
    const id = connected.location?.split('/').at(-1) ?? '';
    await app.control.revoke({ provider: 'fitbit', subject: 'WITHD1' });
    await app.control.reset();
    const page = await browser.get(`/connections/${id}`);
    expect(page.status).toBe(200);
    expect(page.text).toContain('Needs you: reconnect');
    await browser.get(`/connections/${id}`);
    expect(await app.control.calls('/api.fitbit.com/oauth2/token')).toHaveLength(1);
    expect((await browser.get('/')).text).toContain(
      `data-connection="${id}" data-provider="fitbit" data-status="reconnect_required"`,
    );
    expect(
      await app.database.prisma.event.count({ where: { connectionId: id, kind: 'connection_reconnect_required' } }),
    ).toBe(1);
    await app.flow(browser, '/connect/fitbit');
    const mended = await app.database.prisma.connection.findUniqueOrThrow({ where: { id } });
    expect([mended.status, mended.reason]).toEqual(['active', null]);
  });
});
