/** The main story over real HTTP: sign in with X, confirm, connect Fitbit, see the data, disconnect, sign out. */
import { startApp, type TestApp } from '../support/app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

describe('the main story', () => {
  test('a newcomer signs in with X, connects Fitbit and sees their data', async () => {
    const browser = app.browser();
    const home = await browser.get('/');
    expect(home.status).toBe(200);
    expect(home.text).toContain('Sign in with X (Twitter)');
    expect(home.text).toContain('Sandbox: no real account is involved');

    const started = await browser.post('/auth/twitter');
    expect(started.status).toBe(303);
    expect(started.location).toMatch(new RegExp(`^${app.sandboxUrl}/api\\.x\\.com/oauth/authenticate\\?oauth_token=`));

    const callback = await browser.get(await app.consent(started.location));
    expect(callback.status).toBe(303);
    expect(callback.location).toBe(`${app.url}/welcome`);
    expect(await app.database.prisma.user.count()).toBe(0);

    const welcome = await browser.get('/welcome');
    expect(welcome.text).toContain('Create a new account');
    const created = await browser.post('/welcome', { decision: 'create' });
    expect(created.status).toBe(303);
    expect(created.location).toBe(`${app.url}/`);

    const dashboard = await browser.get('/');
    expect(dashboard.text).toMatch(/data-connection="[0-9a-f-]{36}" data-provider="twitter" data-status="active"/);
    expect(dashboard.text).toContain('Connect Fitbit (Google Health)');

    const connected = await app.flow(browser, '/connect/google-health');
    expect(connected.status).toBe(303);
    expect(connected.location).toMatch(/\/connections\/[0-9a-f-]{36}$/);
    const page = await browser.follow(connected);
    expect(page.status).toBe(200);
    expect(page.text).toContain('Steps');
    expect(page.text.match(/class="part steps"/g)?.length ?? 0).toBeGreaterThan(10);

    const rows = await app.database.prisma.connection.findMany({ orderBy: { createdAt: 'asc' } });
    expect(rows.map((row) => [row.provider, row.status, row.sandbox])).toEqual([
      ['twitter', 'active', true],
      ['google-health', 'active', true],
    ]);
    expect(await app.database.prisma.identity.count()).toBe(1);
    expect(JSON.stringify(rows)).not.toMatch(/access_?token/i);
  });

  test.each([
    ['twitter', 'Latest posts'],
    ['fitbit', 'Resting heart rate'],
    ['fitbit-oauth1', 'Sleep'],
    ['google-health', 'Sleep'],
    ['x', 'Latest posts'],
    ['github', 'Repositories'],
    ['google', 'Profile'],
  ])('%s can be connected, shown, checked and disconnected', async (provider, section) => {
    const browser = app.browser();
    await app.signIn(browser, `5550${provider.length}${provider.charCodeAt(0)}`);
    await app.control.user({ provider, subject: `77${provider.length}${provider.charCodeAt(1)}` });
    const connected = await app.flow(browser, `/connect/${provider}`);
    expect(connected.status).toBe(303);
    const page = await browser.follow(connected);
    expect(page.status).toBe(200);
    expect(page.text).toContain(section);
    expect(page.text).not.toContain('is having trouble');

    const id = connected.location?.split('/').at(-1) ?? '';
    const checked = await browser.follow(await browser.post(`/connections/${id}/check`));
    expect(checked.text).toContain('it is the right account');
    const gone = await browser.post(`/connections/${id}/disconnect`);
    expect(gone.status).toBe(303);
    expect(await app.database.prisma.connection.count({ where: { id } })).toBe(0);
    expect((await browser.get(`/connections/${id}`)).status).toBe(404);
  });

  test('signing in again finds the same person, whatever their name is now', async () => {
    const first = app.browser();
    await app.control.user({ provider: 'twitter', subject: '4242', username: 'before' });
    await app.flow(first, '/auth/twitter');
    await first.post('/welcome', { decision: 'create' });
    const users = await app.database.prisma.user.count();

    const second = app.browser();
    await app.control.user({ provider: 'twitter', subject: '4242', username: 'after' });
    const callback = await app.flow(second, '/auth/twitter');
    expect(callback.location).toBe(`${app.url}/`);
    expect(await app.database.prisma.user.count()).toBe(users);
    expect((await second.get('/')).text).toContain('after');
  });

  test('X over OAuth 2 is the same person as over OAuth 1', async () => {
    const first = app.browser();
    await app.signIn(first, '31337');
    const users = await app.database.prisma.user.count();
    await app.control.user({ provider: 'x', subject: '31337' });
    const second = app.browser();
    const callback = await app.flow(second, '/auth/x');
    expect(callback.location).toBe(`${app.url}/`);
    expect(await app.database.prisma.user.count()).toBe(users);
  });

  test('signing out ends the session at the server', async () => {
    const browser = app.browser();
    await app.signIn(browser, '90210');
    const stolen = browser.clone();
    expect((await stolen.get('/account')).status).toBe(200);
    const out = await browser.post('/logout');
    expect(out.status).toBe(303);
    expect((await browser.follow(out)).text).toContain('You are signed out.');
    expect((await stolen.get('/account')).status).toBe(303);
  });

  test('clients.for rebuilds a client from the stored credentials', async () => {
    const browser = app.browser();
    await app.signIn(browser, '60606');
    const { userId } = await app.database.prisma.identity.findFirstOrThrow({ where: { subject: '60606' } });
    const client = await app.latchkey.clients.for(userId, 'twitter');
    const response = await client.fetch('/2/users/me');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ data: { id: '60606' } });
    await expect(app.latchkey.clients.for(userId, 'fitbit')).rejects.toMatchObject({ code: 'not_connected' });
    await expect(client.fetch('https://evil.example/')).rejects.toMatchObject({ code: 'oauth1_origin_not_allowed' });
  });
});
