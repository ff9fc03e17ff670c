/** What the dashboard says of each connection: its state in words, what it waits for, and the one thing to do. */
import { startApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { seedPerson, seedSession } from '../support/people.js';

let app: TestApp;
let browser: Browser;
let userId: string;

beforeAll(async () => {
  app = await startApp();
  userId = await seedPerson(app.database, {
    name: 'Robin',
    connections: [
      { provider: 'github', subject: 'works' },
      { provider: 'gitlab', subject: 'struggles' },
      { provider: 'google', subject: 'dead' },
      { provider: 'fitbit', subject: 'old' },
      { provider: 'google-health', subject: 'new' },
      { provider: 'left-the-catalogue', subject: 'gone' },
    ],
  });
  browser = app.browser();
  await seedSession(app.database, browser, userId);
  browser.cookies.set('latchkey-zone', 'Asia/Kathmandu');
});
afterAll(() => app.close());

/** The list item of one connection. */
async function item(provider: string): Promise<string> {
  const { text } = await browser.get('/');
  return new RegExp(`<li data-connection="[^"]+" data-provider="${provider}"[\\s\\S]*?</li>`).exec(text)?.[0] ?? '';
}

async function change(provider: string, data: object): Promise<void> {
  await app.database.prisma.connection.updateMany({ where: { userId, provider }, data });
}

test('a connection that works says so, when it was last used, and leads to its data', async () => {
  expect(await item('github')).toMatch(/data-status="active"[\s\S]*Working[\s\S]*Connected <time/);
  await change('github', { lastUsedAt: new Date('2026-11-20T10:00:00Z') });
  const shown = await item('github');
  expect(shown).toContain('Last used <time datetime="2026-11-20T10:00:00.000Z">20 Nov 2026, 15:45</time>');
  expect(shown).toMatch(/<a class="button" href="\/connections\/[^"]+" aria-label="See the data: GitHub Robin">/);
  expect(shown).not.toContain('<form');
});

test('one in trouble says until when we wait, in the person’s time zone, and asks nothing of them', async () => {
  await change('gitlab', {
    status: 'retrying',
    reason: 'no_answer',
    refreshAt: new Date('2096-01-01T00:00:00Z'),
  });
  const shown = await item('gitlab');
  expect(shown).toContain('GitLab is having trouble, we retry at 1 Jan 2096, 05:45');
  expect(shown).toContain('The provider did not answer.');
  expect(shown).not.toContain('<form');
  await change('gitlab', { reason: 'oauth2_server_error' });
  expect(await item('gitlab')).toContain('The provider reported an error of its own.');
  await change('gitlab', { reason: 'oauth2_rate_limited' });
  expect(await item('gitlab')).toContain('The provider asks us to slow down.');
  await change('gitlab', { refreshAt: null });
  expect(await item('gitlab')).toContain('GitLab is having trouble, we keep trying');
});

test('one whose grant is dead stands first and has one button', async () => {
  await change('google', { status: 'reconnect_required', reason: 'invalid_grant' });
  const { text } = await browser.get('/');
  expect(text).toContain('One connection needs you.');
  expect(/data-connection="[^"]+" data-provider="([^"]+)"/.exec(text)?.[1]).toBe('google');
  const shown = await item('google');
  expect(shown).toMatch(/Needs you: reconnect[\s\S]*Access was withdrawn there, or has run out\./);
  expect(shown).toContain('<form method="post" action="/connect/google">');
});

test('one of a provider that was shut says so and moves by one button; once moved, it needs nobody', async () => {
  const shown = await item('fitbit');
  expect(shown).toContain('Shut on 2 Nov 2026; the data now comes through Fitbit (Google Health).');
  expect(shown).toContain('<form method="post" action="/connect/google-health">');
  expect(shown).toContain('Move to Fitbit (Google Health)</button>');
  const successor = await app.database.prisma.connection.findFirst({ where: { userId, provider: 'google-health' } });
  await change('fitbit', { status: 'reconnect_required', reason: 'expired', successorId: successor?.id });
  const moved = await item('fitbit');
  expect(moved).not.toContain('<form');
  expect(moved).toContain(`href="/connections/${successor?.id}"`);
  expect((await browser.get('/')).text).toContain('One connection needs you.');
});

test('one whose provider is not offered any more is still listed, without a button that cannot work', async () => {
  await change('left-the-catalogue', { status: 'reconnect_required', reason: 'expired' });
  const shown = await item('left-the-catalogue');
  expect(shown).toContain('<span class="mark" data-letter="L">');
  expect(shown).not.toContain('<form');
});

test('providers that are connected are marked in the list of all', async () => {
  const { text } = await browser.get('/');
  const tiles = text.split('<li data-find=').slice(1);
  const marked = tiles.filter((tile) => tile.includes('class="has"')).length;
  expect(tiles.length).toBeGreaterThan(40);
  expect(marked).toBe(5);
});

test('a provider with a host for each community asks for it, and one with a usual host lets the field be empty', async () => {
  const { text } = await browser.get('/');
  const form = (id: string) => new RegExp(`action="/connect/${id}">[\\s\\S]*?</form>`).exec(text)?.[0] ?? '';
  expect(form('mastodon')).toMatch(
    /<input type="text" class="instance" name="instance" aria-label="[^"]+" placeholder="[^"]+"/,
  );
  expect(form('shopify')).toMatch(/name="instance"[^>]* required>/);
  expect(form('github')).not.toContain('name="instance"');
});

test('an attempt that came to nothing offers the same provider again, where that can help', async () => {
  const visitor = app.browser();
  const started = await visitor.post('/auth/github');
  const denied = await visitor.get(await app.consent(started.location, 'deny'));
  expect(denied.text).toContain('<form method="post" action="/auth/github">');
  expect(denied.text).toContain('Try GitHub again');
  const signedIn = await browser.get('/auth/github/callback?state=x&code=y');
  expect(signedIn.text).toContain('<form method="post" action="/connect/github">');
  expect((await visitor.get('/nowhere')).text).not.toContain('<form');
});
