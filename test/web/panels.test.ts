/** The panels of a connection page, in every state that a provider can bring about. */

import { startApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { seedPerson, seedSession } from '../support/people.js';

const STEPS = '/health.googleapis.com/v4/users/me/dataTypes/steps/dataPoints:dailyRollUp';
const SLEEP = '/health.googleapis.com/v4/users/me/dataTypes/sleep/dataPoints';
const SLEEP_SCOPE = 'https://www.googleapis.com/auth/googlehealth.sleep.readonly';
const HEART_SCOPE = 'https://www.googleapis.com/auth/googlehealth.health_metrics_and_measurements.readonly';

let app: TestApp;
let browser: Browser;
let userId: string;

beforeAll(async () => {
  app = await startApp();
  userId = await seedPerson(app.database, { name: 'Robin', ways: [{ namespace: 'sandbox:twitter', subject: '1' }] });
  browser = app.browser();
  await seedSession(app.database, browser, userId);
}, 60_000);
afterAll(() => app.close());

/** Connects, or finds what a test before this one has connected. @returns the path of its page */
async function connectionAt(provider: string): Promise<string> {
  const row = await app.database.prisma.connection.findFirst({ where: { userId, provider } });
  if (row) return `/connections/${row.id}`;
  const landed = await app.flow(browser, `/connect/${provider}`);
  return new URL(landed.location ?? '').pathname;
}

/** The panel of a page, and the state that it is in. */
function panelIn(html: string, id: string): { state: string | undefined; text: string } {
  const section = new RegExp(`<section[^>]* id="panel-${id}"[^>]*data-state="(\\w+)"[^>]*>(.*?)</section>`, 's').exec(
    html,
  );
  return { state: section?.[1], text: section?.[2] ?? '' };
}

const rowsIn = (html: string) => html.match(/<tr><th scope="row">/g)?.length ?? 0;

describe('health data', () => {
  test('comes with the page as charts, each with its sentence and its table', async () => {
    const { status, text } = await browser.get(await connectionAt('google-health'));
    expect(status).toBe(200);
    for (const id of ['steps', 'heart-rate', 'sleep']) {
      const panel = panelIn(text, id);
      expect([id, panel.state]).toEqual([id, 'shown']);
      expect(panel.text).toMatch(/<svg [^>]*aria-hidden="true"/);
      expect(rowsIn(panel.text)).toBeGreaterThan(12);
      expect(panel.text.match(/class="column"/g)).toHaveLength(14);
    }
    expect(panelIn(text, 'steps').text).toMatch(/[\d,]+ a day on average/);
    expect(panelIn(text, 'sleep').text).toMatch(/Deep.*Light.*REM/s);
    // Our policy would not let them through.
    expect(text).not.toMatch(/ style="/);
  });

  test('is the same from Fitbit as it was', async () => {
    const { text } = await browser.get(await connectionAt('fitbit'));
    expect(['steps', 'heart-rate', 'sleep'].map((id) => panelIn(text, id).state)).toEqual(['shown', 'shown', 'shown']);
  });

  test('a slow provider does not hold up the page; the panel is asked for by its own address', async () => {
    const page = await connectionAt('google-health');
    await app.control.next({ path: STEPS, delayMs: 2_500, status: 503 });
    const panel = panelIn((await browser.get(page)).text, 'steps');
    expect(panel.state).toBe('waiting');
    const address = /href="([^"]*)" data-again/.exec(panel.text)?.[1];
    expect(address).toBe(`${page}/panels/steps`);
    const alone = await browser.get(address ?? '');
    expect(alone.status).toBe(200);
    expect(panelIn(alone.text, 'steps').state).toBe('shown');
  });

  test.each([
    ['not there', { status: 503 }, 'unavailable', /did not answer this just now/],
    ['speaking in tongues', { status: 200, body: '<html>' }, 'unreadable', /something we cannot read/],
    ['in another form', { status: 200, body: { rollupDataPoints: {} } }, 'unreadable', /something we cannot read/],
    ['without data', { status: 200, body: {} }, 'empty', /counted no steps, \d+ \w+ to \d+ \w+\./],
    [
      'unwilling',
      { status: 403, body: { error: { code: 403 } } },
      'refused',
      /refused to give us your steps\. No permission/,
    ],
    [
      'unwilling for want of a scope',
      { status: 403, headers: { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' } },
      'not_permitted',
      /You have not allowed this site to see your steps[\s\S]*Allow steps/,
    ],
  ])('a provider that is %s', async (_name, answer, state, words) => {
    const page = await connectionAt('google-health');
    await app.control.next({ path: STEPS, ...answer });
    const { status, text } = await browser.get(page);
    expect(status).toBe(200);
    const panel = panelIn(text, 'steps');
    expect(panel.state).toBe(state);
    expect(panel.text).toMatch(words);
    expect(panel.text.includes('You have not allowed')).toBe(state === 'not_permitted');
    // The others go on.
    expect(panelIn(text, 'sleep').state).toBe('shown');
  });

  test('a fault of ours is not called the provider’s silence', async () => {
    const page = await connectionAt('google-health');
    const { clients } = app.latchkey;
    const fetch = () => Promise.reject(new TypeError('something is undefined'));
    Object.assign(clients, { for: async () => ({ connection: { scopes: [], subject: '1' }, fetch }) });
    const alone = await browser.get(`${page}/panels/steps`);
    Reflect.deleteProperty(clients, 'for');
    expect(alone.status).toBe(500);
  });

  test('one that asks us to slow down is left alone until the time it named', async () => {
    const page = await connectionAt('fitbit');
    const path = '/api.fitbit.com/1/user/-/activities/steps/date';
    await browser.get(page);
    const asked = (await app.control.calls()).map((call) => call.path).findLast((each) => each.startsWith(path)) ?? '';
    await app.control.next({ path: asked, status: 429, headers: { 'Retry-After': '600' } });
    const alone = await browser.get(`${page}/panels/steps`);
    const panel = panelIn(alone.text, 'steps');
    expect(panel.state).toBe('rate_limited');
    expect(panel.text).toMatch(/asks us to slow down\. It answers again at \d\d:\d\d UTC\./);
    await app.control.reset();
    expect(panelIn((await browser.get(`${page}/panels/steps`)).text, 'steps').state).toBe('rate_limited');
    expect(await app.control.calls(asked)).toEqual([]);
  });
});

describe('what was not allowed', () => {
  async function withoutSleep(): Promise<string> {
    const page = await connectionAt('google-health');
    const row = await app.database.prisma.connection.findFirstOrThrow({ where: { userId, provider: 'google-health' } });
    const scopes = row.scopes.filter((scope) => scope !== SLEEP_SCOPE && scope !== HEART_SCOPE);
    await app.database.prisma.connection.update({ where: { id: row.id }, data: { scopes } });
    return page;
  }

  test('is not asked for in vain', async () => {
    const page = await withoutSleep();
    await app.control.reset();
    const panel = panelIn((await browser.get(page)).text, 'sleep');
    expect(panel.state).toBe('not_permitted');
    expect(panel.text).toContain(`action="${page}/allow"`);
    expect(panel.text).toContain('Allow sleep data');
    expect(panelIn((await browser.get(`${page}/panels/sleep`)).text, 'sleep').state).toBe('not_permitted');
    expect(await app.control.calls(SLEEP)).toEqual([]);
  });

  test('is allowed by a flow that asks for it, for what was allowed before, and for nothing else', async () => {
    const page = await withoutSleep();
    const started = await browser.post(`${page}/allow`, {
      reading: 'sleep',
      scope: 'everything',
      return_to: '/account',
    });
    expect(started.status).toBe(303);
    const asked = new URL(started.location ?? '').searchParams.get('scope')?.split(' ') ?? [];
    expect(asked).toContain(SLEEP_SCOPE);
    expect(asked).toContain('https://www.googleapis.com/auth/googlehealth.activity_and_fitness.readonly');
    expect(asked).toContain('openid');
    expect(asked).not.toContain(HEART_SCOPE);
    expect(asked).not.toContain('everything');
    const back = await browser.get(await app.consent(started.location));
    expect(new URL(back.location ?? '').pathname).toBe(page);
    const { text } = await browser.get(page);
    expect(panelIn(text, 'sleep').state).toBe('shown');
    expect(panelIn(text, 'heart-rate').state).toBe('not_permitted');
    // And the next one keeps both.
    const next = await browser.post(`${page}/allow`, { reading: 'heart-rate' });
    expect(new URL(next.location ?? '').searchParams.get('scope')).toContain(SLEEP_SCOPE);
    await browser.get(await app.consent(next.location));
  });

  test('is what a refusal means where nobody knows the scopes', async () => {
    const page = await connectionAt('google-health');
    const row = await app.database.prisma.connection.findFirstOrThrow({ where: { userId, provider: 'google-health' } });
    await app.database.prisma.connection.update({ where: { id: row.id }, data: { scopes: [] } });
    await app.control.next({ path: STEPS, status: 403 });
    expect(panelIn((await browser.get(page)).text, 'steps').state).toBe('not_permitted');
    await app.database.prisma.connection.update({ where: { id: row.id }, data: { scopes: row.scopes } });
  });

  test('a provider that does not report scopes has granted what was asked', async () => {
    const page = await withoutSleep();
    const started = await browser.post(`${page}/allow`, { reading: 'sleep' });
    const callback = await app.consent(started.location);
    await app.control.next({
      path: '/oauth2.googleapis.com/token',
      status: 200,
      body: { access_token: 'unknown there', token_type: 'Bearer', expires_in: 3600 },
    });
    await app.control.next({
      path: '/health.googleapis.com/v4/users/me/identity',
      status: 200,
      body: { healthUserId: await subjectOf('google-health') },
    });
    await browser.get(callback);
    const row = await app.database.prisma.connection.findFirstOrThrow({ where: { userId, provider: 'google-health' } });
    expect(row.scopes).toContain(SLEEP_SCOPE);
    expect(row.scopes).not.toContain(HEART_SCOPE);
    await app.database.prisma.connection.delete({ where: { id: row.id } });
    expect(page).toContain(row.id);
  });

  test.each([
    ['a reading that there is not', 'google-health', 'secrets', 404],
    ['no reading', 'google-health', '', 404],
    ['a provider without scopes', 'twitter', 'posts', 404],
  ])('%s starts no flow', async (_name, provider, reading, status) => {
    const page = await connectionAt(provider);
    const answer = await browser.post(`${page}/allow`, { reading });
    expect([answer.status, answer.location]).toEqual([status, undefined]);
  });

  test('a form without its proof starts no flow, and neither does a link', async () => {
    const page = await connectionAt('google-health');
    const body = new URLSearchParams({ reading: 'sleep' });
    expect((await browser.request(`${page}/allow`, { method: 'POST', body })).status).toBe(403);
    expect((await browser.get(`${page}/allow?reading=sleep`)).status).toBe(405);
  });
});

async function subjectOf(provider: string): Promise<string> {
  const row = await app.database.prisma.connection.findFirstOrThrow({ where: { userId, provider } });
  return row.subject;
}

describe('what costs money', () => {
  const postCalls = async () => (await app.control.calls()).filter(({ path }) => path.endsWith('/tweets')).length;

  test.each(['x', 'twitter'])('%s is asked for posts by a button only', async (provider) => {
    const page = await connectionAt(provider);
    await app.control.reset();
    const panel = panelIn((await browser.get(page)).text, 'posts');
    expect(panel.state).toBe('billed');
    expect(panel.text).toContain('$0.010');
    expect(panelIn((await browser.get(`${page}/panels/posts`)).text, 'posts').state).toBe('billed');
    expect(await postCalls()).toBe(0);

    const shown = await browser.post(`${page}/panels/posts`);
    expect(shown.status).toBe(200);
    expect(panelIn(shown.text, 'posts').state).toBe('shown');
    expect(shown.text.match(/<time datetime=/g)).toHaveLength(5);
    expect(await postCalls()).toBe(1);
  });

  test('a form without its proof costs nothing', async () => {
    const page = await connectionAt('x');
    await app.control.reset();
    expect((await browser.request(`${page}/panels/posts`, { method: 'POST' })).status).toBe(403);
    expect(await postCalls()).toBe(0);
  });

  test('a prefetch and a HEAD call nobody', async () => {
    const page = await connectionAt('github');
    await app.control.reset();
    expect((await browser.get(`${page}/panels/repositories`, { 'Sec-Purpose': 'prefetch' })).status).toBe(503);
    expect((await browser.request(`${page}/panels/repositories`, { method: 'HEAD' })).status).toBe(405);
    expect(await app.control.calls('/api.github.com/user/repos')).toEqual([]);
  });
});

describe('lists', () => {
  test('GitHub repositories', async () => {
    const panel = panelIn((await browser.get(await connectionAt('github'))).text, 'repositories');
    expect(panel.state).toBe('shown');
    expect(panel.text).toMatch(/<p class="name">[\w-]+\/[\w-]+/);
  });

  test.each(['tumblr', 'tumblr-oauth2'])('%s posts', async (provider) => {
    const panel = panelIn((await browser.get(await connectionAt(provider))).text, 'posts');
    expect(panel.state).toBe('shown');
    expect(panel.text.match(/<li>/g)).toHaveLength(10);
  });

  test('nothing of a provider’s words becomes part of the page', async () => {
    const page = await connectionAt('github');
    const body = [{ full_name: '<img src=x>', description: '"><script>alert(1)</script>', private: false }];
    await app.control.next({ path: '/api.github.com/user/repos', status: 200, body });
    const { text } = await browser.get(`${page}/panels/repositories`);
    expect(panelIn(text, 'repositories').text).toContain('&lt;img src=x&gt;');
    expect(text).not.toMatch(/<img src=x|<script>/);
  });

  test('a definition of somebody’s own with a reader that nobody has shows no panel for it', async () => {
    const page = await connectionAt('github');
    expect((await browser.get(`${page}/panels/steps`)).status).toBe(404);
  });
});

test('other people’s connections have no panels', async () => {
  const page = await connectionAt('github');
  const other = app.browser();
  await seedSession(app.database, other, await seedPerson(app.database, { name: 'Eve' }));
  expect((await other.get(`${page}/panels/repositories`)).status).toBe(404);
  expect((await other.post(`${page}/panels/repositories`)).status).toBe(404);
  expect((await other.post(`${page}/allow`, { reading: 'repositories' })).status).toBe(404);
  const anonymous = await app.browser().get(`${page}/panels/repositories`);
  expect(anonymous.status).toBe(303);
  expect(anonymous.location).toContain('return_to=');
});
