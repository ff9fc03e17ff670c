/** `/metrics`: who may read it, and that it counts what happens without naming anybody (sec-M1, O4). */
import { request } from 'node:http';
import { startApp, type TestApp } from '../support/app.js';

const TOKEN = 'a token that only the scraper of this test knows';
let app: TestApp;
beforeAll(async () => {
  app = await startApp({ metricsToken: TOKEN });
});
afterAll(() => app.close());

async function scraped(): Promise<string> {
  const answer = await fetch(`${app.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return await answer.text();
}

/** The sample with exactly these labels. */
async function sample(name: string, labels: Record<string, string>): Promise<number | undefined> {
  for (const line of (await scraped()).split('\n')) {
    const [, found, given = '', value] = /^(\w+)\{([^}]*)\} (\S+)$/.exec(line) ?? [];
    const pairs = Object.fromEntries(
      [...given.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', text = '']) => [key, text]),
    );
    if (found === name && JSON.stringify(sorted(pairs)) === JSON.stringify(sorted(labels))) return Number(value);
  }
  return undefined;
}

function sorted(pairs: Record<string, string>): [string, string][] {
  return Object.entries(pairs).sort(([a], [b]) => (a < b ? -1 : 1));
}

test.each<[string, Record<string, string>]>([
  ['no token', {}],
  ['another token', { authorization: 'Bearer something else' }],
  ['the beginning of the token', { authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
  ['another scheme', { authorization: `Basic ${TOKEN}` }],
  ['a broken header', { authorization: 'Bearer %' }],
])('with %s it answers 401, from this machine too', async (_what, headers) => {
  const answer = await fetch(`${app.url}/metrics`, { headers });
  expect(answer.status).toBe(401);
  expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(await answer.text()).not.toContain('latchkey_');
});

test('other methods are answered 405', async () => {
  const answer = await fetch(`${app.url}/metrics`, { method: 'POST' });
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

test('attempts by provider and outcome', async () => {
  const browser = app.browser();
  await app.signIn(browser, '8101', 'github');
  await app.control.user({ provider: 'fitbit', subject: 'METRIC' });
  await app.flow(browser, '/connect/fitbit');
  const denied = await browser.post('/connect/fitbit');
  await browser.get(await app.consent(denied.location, 'deny'));
  await browser.get('/auth/fitbit/callback?code=x&state=nobody');
  const count = (provider: string, outcome: string) => sample('latchkey_flows_total', { provider, outcome });
  expect(await count('github', 'started')).toBe(1);
  expect(await count('github', 'ask')).toBe(1);
  expect(await count('fitbit', 'started')).toBe(2);
  expect(await count('fitbit', 'connected')).toBe(1);
  expect(await count('fitbit', 'denied')).toBe(1);
  expect(await count('fitbit', 'flow_unknown')).toBe(1);
});

test('connections by status, requests by route and class of status', async () => {
  // A new instance has counted nothing yet, so its first answer is of now.
  const fresh = await app.secondInstance();
  const answer = await fetch(`${fresh.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
  expect(await answer.text()).toContain('latchkey_connections{provider="sandbox:github",status="active"} 1');
  const before = (await sample('latchkey_http_request_duration_seconds_count', label('/connections/:id', '4xx'))) ?? 0;
  const browser = app.browser();
  await app.signIn(browser, '8101', 'github');
  await browser.get('/connections/018f0000-0000-7000-8000-000000000000');
  expect(await sample('latchkey_http_request_duration_seconds_count', label('/connections/:id', '4xx'))).toBe(
    before + 1,
  );
  await browser.get('/a/path/of/somebody@example.com');
  const page = await scraped();
  expect(page).toContain('route="other",status="4xx"');
  expect(page).not.toContain('018f0000');
  expect(page).not.toContain('somebody');
  expect(page).not.toContain('8101');
});

function label(route: string, status: string): Record<string, string> {
  return { method: 'GET', route, status };
}

test('refreshes by outcome', async () => {
  const browser = app.browser();
  await app.signIn(browser, '8102', 'github');
  await app.control.user({ provider: 'fitbit', subject: 'METRIR' });
  const page = await app.flow(browser, '/connect/fitbit');
  await browser.post(`${new URL(page.location ?? '').pathname}/refresh`);
  expect(await sample('latchkey_refreshes_total', { provider: 'fitbit', outcome: 'refreshed' })).toBe(1);
});

describe('without a token', () => {
  let open: TestApp;
  beforeAll(async () => {
    open = await startApp();
  });
  afterAll(() => open.close());

  const status = (headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve, reject) => {
      request(`${open.url}/metrics`, { headers }, (res) => {
        res.resume();
        resolve(res.statusCode);
      })
        .on('error', reject)
        .end();
    });

  test('a program on this machine may read it', async () => {
    expect(await status({})).toBe(200);
  });

  test.each<[string, Record<string, string>]>([
    ['somebody behind a proxy on this machine', { 'x-forwarded-for': '203.0.113.1' }],
    ['somebody behind a proxy that says little', { 'x-forwarded-proto': 'https' }],
    ['somebody behind a proxy of another kind', { forwarded: 'for=203.0.113.1' }],
    ['a page that made its own name lead here', { host: 'rebound.example' }],
  ])('%s may not', async (_what, headers) => {
    expect(await status(headers)).toBe(401);
  });
});
