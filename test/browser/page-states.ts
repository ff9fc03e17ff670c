/** Every page in every state that people can meet, on a running app: what the browser suite looks at, and what the screenshots show. */
import type { Prisma } from '../../src/db/generated/client.js';
import type { TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { seedPerson, seedSession } from '../support/people.js';

export interface Scene {
  readonly app: TestApp;
  readonly anonymous: Browser;
  /** Runs the site, and has a connection in every state. */
  readonly robin: Browser;
  /** Has just signed up. */
  readonly newcomer: Browser;
  /** Id of robin's connection at a provider. */
  idOf(provider: string): string;
}

export interface Opened {
  readonly path: string;
  readonly cookies: ReadonlyMap<string, string>;
}

export interface PageState {
  readonly name: string;
  readonly status: number;
  /** Brings the state about. @returns the address to open, and the cookies to open it with */
  open(scene: Scene): Opened | Promise<Opened>;
}

const HOUR_MS = 3_600_000;

/** @param now ms since the epoch; retries are shown as due after it */
export async function setScene(app: TestApp, now = Date.now()): Promise<Scene> {
  const { prisma } = app.database;
  const robin = await personWithConnections(app);
  const rows = await prisma.connection.findMany({ where: { userId: robin.id } });
  const idOf = (provider: string) => rows.find((row) => row.provider === provider)?.id ?? '';
  const change = (provider: string, data: Prisma.ConnectionUpdateInput) =>
    prisma.connection.update({ where: { id: idOf(provider) }, data });

  await change('github', { status: 'retrying', reason: 'no_answer', refreshAt: new Date(now + HOUR_MS) });
  await change('google', {
    status: 'reconnect_required',
    reason: 'invalid_grant',
    refreshAt: null,
    lastUsedAt: new Date(now - HOUR_MS),
  });
  await change('fitbit', { status: 'reconnect_required', reason: 'expired', refreshAt: null });
  await change('fitbit-oauth1', { successor: { connect: { id: idOf('google-health') } } });
  await app.control.next({ path: '/api.x.com/2/oauth2/token', status: 401, body: { error: 'invalid_client' } });
  await robin.browser.post(`/connections/${idOf('x')}/refresh`);
  // The note about the last step is read.
  await robin.browser.get('/');
  const newcomer = await signedIn(app, { name: 'New Person' });
  return { app, anonymous: app.browser(), robin: robin.browser, newcomer: newcomer.browser, idOf };
}

type Who = 'anonymous' | 'robin' | 'newcomer';

const at = (name: string, who: Who, path: string, status = 200): PageState => {
  return { name, status, open: (scene) => ({ path, cookies: scene[who].cookies }) };
};
const connection = (name: string, provider: string): PageState => {
  return {
    name,
    status: 200,
    open: ({ robin, idOf }) => ({ path: `/connections/${idOf(provider)}`, cookies: robin.cookies }),
  };
};

export const pageStates: readonly PageState[] = [
  at('home', 'anonymous', '/'),
  at('home with somewhere to return to', 'anonymous', '/?return_to=%2Faccount'),
  at('home searched', 'anonymous', '/?find=git'),
  at('home searched in vain', 'anonymous', '/?find=no+such+thing'),
  { name: 'home for linking', status: 200, open: haveAccount },
  { name: 'welcome', status: 200, open: ({ app }) => pending(app, app.browser()) },
  { name: 'welcome, signed in', status: 200, open: ({ app, newcomer }) => pending(app, newcomer.clone()) },
  at('dashboard, empty', 'newcomer', '/'),
  at('dashboard', 'robin', '/'),
  connection('connection with data', 'google-health'),
  connection('connection with posts', 'twitter'),
  connection('connection, retrying', 'github'),
  connection('connection, to reconnect', 'google'),
  connection('connection, client refused', 'x'),
  connection('connection, provider shut', 'fitbit'),
  connection('connection, moved', 'fitbit-oauth1'),
  {
    name: 'connection, provider in trouble',
    status: 200,
    async open({ app, robin, idOf }) {
      await app.control.next({ path: '/health.googleapis.com/v4/users/me/identity', status: 503 });
      return { path: `/connections/${idOf('google-health')}`, cookies: robin.cookies };
    },
  },
  {
    name: 'connection, checked',
    status: 200,
    async open({ robin, idOf }) {
      const browser = robin.clone();
      await browser.post(`/connections/${idOf('twitter')}/check`);
      return { path: `/connections/${idOf('twitter')}`, cookies: browser.cookies };
    },
  },
  at('account', 'robin', '/account'),
  at('account, new', 'newcomer', '/account'),
  at('confirm', 'robin', '/account/confirm'),
  at('operator', 'robin', '/operator'),
  at('operator, nobody found', 'robin', '/operator?text=zzz'),
  at('set-up', 'anonymous', '/setup'),
  {
    name: 'consent denied',
    status: 200,
    async open({ app }) {
      const browser = app.browser();
      const started = await browser.post('/auth/github');
      return { path: await app.consent(started.location, 'deny'), cookies: browser.cookies };
    },
  },
  {
    name: 'provider down',
    status: 502,
    async open({ app }) {
      const browser = app.browser();
      const started = await browser.post('/auth/github');
      const path = await app.consent(started.location);
      await app.control.next({ path: '/github.com/login/oauth/access_token', status: 500 });
      return { path, cookies: browser.cookies };
    },
  },
  at('unknown flow', 'anonymous', '/auth/github/callback?state=nonsense&code=x', 400),
  at('not found', 'anonymous', '/nowhere', 404),
];

/** Somebody unknown comes from GitHub, and has not decided yet. */
async function pending(app: TestApp, browser: Browser): Promise<Opened> {
  await app.control.user({ provider: 'github', subject: '55501', username: 'octo-newcomer', name: 'Octo Newcomer' });
  await app.flow(browser, '/auth/github');
  return { path: '/welcome', cookies: browser.cookies };
}

async function haveAccount({ app }: Scene): Promise<Opened> {
  const browser = app.browser();
  await pending(app, browser);
  await browser.post('/welcome', { decision: 'have-account' });
  return { path: '/', cookies: browser.cookies };
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
