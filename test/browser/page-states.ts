/** Every page in every state that people can meet, on a running app: what the browser suite looks at, and what the screenshots show. */
import type { Connection } from '../../src/db/index.js';
import type { TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { seedPerson, seedSession } from '../support/people.js';

export interface PageState {
  readonly name: string;
  readonly status: number;
  /** Brings the state about. @returns the address to open, and the cookies to open it with */
  open(): Promise<{ readonly path: string; readonly cookies: ReadonlyMap<string, string> }>;
}

const HOUR_MS = 3_600_000;

/** @param now ms since the epoch; retries are shown as due after it */
export async function pageStates(app: TestApp, now = Date.now()): Promise<readonly PageState[]> {
  const { prisma } = app.database;
  const at = (path: string, browser: Browser, status = 200) => ({
    status,
    open: async () => ({ path, cookies: browser.cookies }),
  });
  const anonymous = app.browser();
  const robin = await personWithConnections(app);
  const connections = await prisma.connection.findMany({ where: { userId: robin.id } });
  const idOf = (provider: string) => connections.find((row) => row.provider === provider)?.id ?? '';
  const change = (provider: string, data: Partial<Connection>) =>
    prisma.connection.update({ where: { id: idOf(provider) }, data: data as object });

  await change('github', { status: 'retrying', reason: 'no_answer', refreshAt: new Date(now + HOUR_MS) });
  await change('google', {
    status: 'reconnect_required',
    reason: 'invalid_grant',
    lastUsedAt: new Date(now - HOUR_MS),
  });
  await change('fitbit', { status: 'reconnect_required', reason: 'expired' });
  await change('fitbit-oauth1', { successorId: idOf('google-health') });
  await app.control.next({ path: '/api.x.com/2/oauth2/token', status: 401, body: { error: 'invalid_client' } });
  await robin.browser.post(`/connections/${idOf('x')}/refresh`);
  // The note about the last step is read.
  await robin.browser.get('/');
  const newcomer = await signedIn(app, { name: 'New Person' });
  const pending = async (signedInAs?: Browser) => {
    const browser = signedInAs?.clone() ?? app.browser();
    await app.control.user({ provider: 'github', subject: '55501', username: 'octo-newcomer', name: 'Octo Newcomer' });
    await app.flow(browser, '/auth/github');
    return { path: '/welcome', cookies: browser.cookies };
  };

  return [
    { name: 'home', ...at('/', anonymous) },
    { name: 'home-returning', ...at('/?return_to=%2Faccount', anonymous) },
    { name: 'home-search', ...at('/?find=git', anonymous) },
    { name: 'home-search-nothing', ...at('/?find=no+such+thing', anonymous) },
    { name: 'welcome-new', status: 200, open: () => pending() },
    { name: 'welcome-link', status: 200, open: () => pending(newcomer.browser) },
    {
      name: 'home-have-account',
      status: 200,
      async open() {
        const { cookies } = await pending();
        const browser = app.browser();
        for (const [name, value] of cookies) browser.cookies.set(name, value);
        await browser.post('/welcome', { decision: 'have-account' });
        return { path: '/', cookies: browser.cookies };
      },
    },
    { name: 'dashboard-empty', ...at('/', newcomer.browser) },
    { name: 'dashboard', ...at('/', robin.browser) },
    { name: 'connection-data', ...at(`/connections/${idOf('google-health')}`, robin.browser) },
    { name: 'connection-posts', ...at(`/connections/${idOf('twitter')}`, robin.browser) },
    { name: 'connection-retrying', ...at(`/connections/${idOf('github')}`, robin.browser) },
    { name: 'connection-reconnect', ...at(`/connections/${idOf('google')}`, robin.browser) },
    { name: 'connection-misconfigured', ...at(`/connections/${idOf('x')}`, robin.browser) },
    { name: 'connection-shut', ...at(`/connections/${idOf('fitbit')}`, robin.browser) },
    { name: 'connection-moved', ...at(`/connections/${idOf('fitbit-oauth1')}`, robin.browser) },
    {
      name: 'connection-trouble',
      status: 200,
      async open() {
        await app.control.next({ path: '/health.googleapis.com/v4/users/me/identity', status: 503 });
        return { path: `/connections/${idOf('google-health')}`, cookies: robin.browser.cookies };
      },
    },
    {
      name: 'notice-after-check',
      status: 200,
      async open() {
        const browser = robin.browser.clone();
        await browser.post(`/connections/${idOf('twitter')}/check`);
        return { path: `/connections/${idOf('twitter')}`, cookies: browser.cookies };
      },
    },
    { name: 'account', ...at('/account', robin.browser) },
    { name: 'confirm', ...at('/account/confirm', robin.browser) },
    { name: 'operator', ...at('/operator', robin.browser) },
    { name: 'operator-search', ...at('/operator?text=zzz', robin.browser) },
    { name: 'setup', ...at('/setup', anonymous) },
    {
      name: 'denied',
      status: 200,
      async open() {
        const browser = app.browser();
        const started = await browser.post('/auth/github');
        return { path: await app.consent(started.location, 'deny'), cookies: browser.cookies };
      },
    },
    { name: 'used-link', ...at('/auth/github/callback?state=nonsense&code=x', anonymous, 400) },
    { name: 'not-found', ...at('/nowhere', anonymous, 404) },
    {
      name: 'provider-down',
      status: 502,
      async open() {
        const browser = app.browser();
        const started = await browser.post('/auth/github');
        const path = await app.consent(started.location);
        await app.control.next({ path: '/github.com/login/oauth/access_token', status: 500 });
        return { path, cookies: browser.cookies };
      },
    },
  ];
}

/** Somebody who runs the site and has connected everything the story needs. */
async function personWithConnections(app: TestApp) {
  const robin = await signedIn(app, { name: 'Robin Sandbox', operator: true });
  await app.control.user({ subject: '4711', username: 'robin_sandbox', name: 'Robin Sandbox' });
  for (const provider of ['twitter', 'google-health', 'github', 'google', 'x', 'fitbit', 'fitbit-oauth1']) {
    await app.control.user({ provider, subject: `${provider}-4711`.slice(0, 12), username: 'robin_sandbox' });
    const landed = await app.flow(robin.browser, `/connect/${provider}`);
    if (!landed.location?.includes('/connections/')) throw new Error(`${provider}: ${landed.status} ${landed.text}`);
  }
  for (const name of ['Ada Example', 'Ben Example']) {
    await seedPerson(app.database, { name, connections: [{ provider: 'github', subject: name }] });
  }
  return robin;
}

async function signedIn(app: TestApp, person: { name: string; operator?: boolean }) {
  const ways = [
    { namespace: 'sandbox:twitter', subject: `${person.name} 1` },
    { namespace: 'sandbox:google', subject: `${person.name} 2` },
  ];
  const id = await seedPerson(app.database, { ...person, ways });
  const browser = app.browser();
  await seedSession(app.database, browser, id);
  return { id, browser };
}
