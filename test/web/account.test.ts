/** The account page and its ways to sign in: what a person sees of themselves, and what they can change without locking themselves out. */
import { startApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { seedPerson, seedSession, sessionPerson } from '../support/people.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
  await app.control.behaviour({ autoApprove: true });
});
afterAll(() => app.close());
beforeEach(async () => {
  await app.reset();
  await app.control.reset();
});

const unknownId = '00000000-0000-4000-8000-000000000000';

interface Somebody {
  readonly browser: Browser;
  readonly id: string;
  /** Their connection at GitHub, which is no way to sign in yet. */
  readonly github: string;
}

async function somebody(subject: string): Promise<Somebody> {
  const browser = app.browser();
  await app.signIn(browser, subject);
  await app.control.user({ provider: 'github', subject: `9${subject}`, username: `hub-${subject}` });
  const connected = await app.flow(browser, '/connect/github');
  const id = await sessionPerson(app.database, browser);
  return { browser, id: id ?? '', github: connected.location?.split('/').at(-1) ?? '' };
}

const identities = (userId: string) =>
  app.database.prisma.identity.findMany({ where: { userId }, orderBy: { createdAt: 'asc' } });
const kinds = async (userId: string) => {
  const events = await app.database.prisma.event.findMany({
    where: { userId },
    orderBy: [{ at: 'asc' }, { id: 'asc' }],
  });
  return events.map(({ kind }) => kind);
};

test('the page tells who one is, how one signs in, where, and what happened, without a picture from elsewhere', async () => {
  await app.control.user({
    provider: 'google',
    subject: '501',
    name: 'Ada Example',
    email: 'ada@mail.example',
    emailVerified: true,
    picture: 'https://pictures.example/ada.png',
  });
  const browser = app.browser();
  await app.flow(browser, '/auth/google');
  await browser.post('/welcome', { decision: 'create' });
  const { text, status } = await browser.get('/account');
  expect(status).toBe(200);
  for (const expected of [
    'Ada Example',
    'ada@mail.example (confirmed by Google;',
    'The last way to sign in cannot be removed.',
    'this browser',
    'Your account was created with Google',
    'New sign-in with Google',
    'action="/account/export"',
    'action="/account/delete"',
  ]) {
    expect(text).toContain(expected);
  }
  expect(text).not.toContain('pictures.example');
  expect(text).not.toMatch(/(src|href)="https?:/);
  expect(text).not.toContain('/remove"');
});

describe('ways to sign in', () => {
  test('connecting gives none until the person allows it; then it signs in as them', async () => {
    const { browser, id, github } = await somebody('601');
    expect(await identities(id)).toHaveLength(1);
    const stranger = app.browser();
    const refused = await app.flow(stranger, '/auth/github');
    expect([refused.status, await sessionPerson(app.database, stranger)]).toEqual([409, undefined]);

    expect((await browser.get('/account')).text).toContain(`/account/identities/${github}/allow-sign-in`);
    const allowed = await browser.post(`/account/identities/${github}/allow-sign-in`);
    expect([allowed.status, allowed.location]).toEqual([303, `${app.url}/account`]);
    expect((await browser.follow(allowed)).text).toContain('You can sign in with GitHub from now on.');
    expect((await identities(id)).map(({ namespace, subject }) => [namespace, subject])).toEqual([
      ['sandbox:twitter', '601'],
      ['sandbox:github', '9601'],
    ]);
    expect(await kinds(id)).toContain('way_to_sign_in_added');

    const elsewhere = app.browser();
    expect((await app.flow(elsewhere, '/auth/github')).location).toBe(`${app.url}/`);
    expect(await sessionPerson(app.database, elsewhere)).toBe(id);
  });

  test('allowing twice changes nothing', async () => {
    const { browser, id, github } = await somebody('602');
    await browser.post(`/account/identities/${github}/allow-sign-in`);
    expect((await browser.post(`/account/identities/${github}/allow-sign-in`)).status).toBe(303);
    expect(await identities(id)).toHaveLength(2);
    expect((await kinds(id)).filter((kind) => kind === 'way_to_sign_in_added')).toHaveLength(1);
  });

  test('an account that somebody else signs in with is refused with 409, and nobody is changed', async () => {
    const { browser, id, github } = await somebody('603');
    const other = await seedPerson(app.database, {
      name: 'Owner Person',
      ways: [{ namespace: 'sandbox:github', subject: '9603' }],
    });
    const page = await browser.post(`/account/identities/${github}/allow-sign-in`);
    expect(page.status).toBe(409);
    expect(page.text).not.toContain('Owner Person');
    expect(await identities(id)).toHaveLength(1);
    expect(await identities(other)).toHaveLength(1);
  });

  test('removing one signs every other browser out, keeps this one and the connection', async () => {
    const { browser, id, github } = await somebody('604');
    await browser.post(`/account/identities/${github}/allow-sign-in`);
    const intruder = app.browser();
    await app.flow(intruder, '/auth/github');
    expect(await sessionPerson(app.database, intruder)).toBe(id);
    const added = (await identities(id)).at(-1)?.id;
    const removed = await browser.post(`/account/identities/${added}/remove`);
    expect([removed.status, removed.location]).toEqual([303, `${app.url}/account`]);
    expect(await identities(id)).toHaveLength(1);
    expect((await intruder.get('/account')).status).toBe(303);
    expect((await browser.get('/account')).status).toBe(200);
    expect(await app.database.prisma.connection.count({ where: { id: github } })).toBe(1);
    expect((await app.flow(app.browser(), '/auth/github')).status).toBe(409);
    expect(await kinds(id)).toContain('way_to_sign_in_removed');
  });

  test('sec-H2: the last one stays, and one that cannot be used at the moment does not count', async () => {
    const { browser, id } = await somebody('605');
    const [only] = await identities(id);
    const page = await browser.post(`/account/identities/${only?.id}/remove`);
    expect(page.status).toBe(409);
    expect(page.text).toContain('This is your last way to sign in');
    const { prisma } = app.database;
    const dormant = await prisma.identity.create({ data: { userId: id, namespace: 'switched-off', subject: '1' } });
    expect((await browser.post(`/account/identities/${only?.id}/remove`)).status).toBe(409);
    expect(await identities(id)).toHaveLength(2);
    expect((await browser.post(`/account/identities/${dormant.id}/remove`)).status).toBe(303);
    expect((await identities(id)).map((identity) => identity.id)).toEqual([only?.id]);
  });

  test('disconnecting keeps the way to sign in', async () => {
    const { browser, id } = await somebody('606');
    const { prisma } = app.database;
    const connection = await prisma.connection.findFirstOrThrow({ where: { userId: id, provider: 'twitter' } });
    await browser.post(`/connections/${connection.id}/disconnect`);
    expect(await identities(id)).toHaveLength(1);
    await app.control.user({ provider: 'twitter', subject: '606' });
    const again = app.browser();
    await app.flow(again, '/auth/twitter');
    expect(await sessionPerson(app.database, again)).toBe(id);
  });

  test('several accounts of one provider stand side by side, each with its own label', async () => {
    const { browser, id } = await somebody('607');
    await app.control.user({ provider: 'github', subject: '9608', username: 'hub-second' });
    await app.flow(browser, '/connect/github');
    const { text } = await browser.get('/');
    expect(text.match(/data-provider="github" data-status="active"/g)).toHaveLength(2);
    for (const label of ['hub-607', 'hub-second']) expect(text).toContain(label);
    const rows = await app.database.prisma.connection.findMany({ where: { userId: id, provider: 'github' } });
    for (const row of rows) {
      expect((await browser.post(`/account/identities/${row.id}/allow-sign-in`)).status).toBe(303);
    }
    expect((await identities(id)).map(({ subject }) => subject)).toEqual(['607', '9607', '9608']);
  });
});

test('sec-F7, sec-F8: other people’s, unknown and malformed ids are one 404, and no field of a form chooses a person', async () => {
  const victim = await somebody('701');
  const { browser, id } = await somebody('702');
  const victimSession = (await app.database.prisma.webSession.findFirstOrThrow({ where: { userId: victim.id } })).id;
  const [victimWay] = await identities(victim.id);
  const before = await everythingOf(victim.id);
  const pages: string[] = [];
  const forged = { userId: victim.id, user: victim.id, owner: victim.id, connection_id: victim.github };
  for (const path of [
    ...[victim.github, unknownId, 'nonsense', '%00'].map((item) => `/account/identities/${item}/allow-sign-in`),
    ...[victimWay?.id, unknownId, 'nonsense', '%00'].map((item) => `/account/identities/${item}/remove`),
    ...[victimSession, unknownId, 'nonsense', '%00'].map((item) => `/account/sessions/${item}/end`),
    ...[victim.github, unknownId, 'nonsense'].map((item) => `/connections/${item}/disconnect`),
  ]) {
    const page = await browser.post(path, forged);
    expect([path, page.status]).toEqual([path, 404]);
    pages.push(page.text.replace(/value="[\w-]+"/g, ''));
  }
  expect(new Set(pages).size).toBe(1);
  const exported = await browser.post('/account/export', forged);
  expect(exported.text).toContain(id);
  expect(exported.text).not.toContain(victim.id);
  await browser.post('/account/delete', forged);
  expect(await everythingOf(victim.id)).toEqual(before);
  expect(await app.database.prisma.user.count({ where: { id } })).toBe(0);
});

test('every step needs its method, a proof of the form, and somebody signed in, in this order', async () => {
  const stranger = app.browser();
  for (const path of [
    '/account/export',
    '/account/delete',
    `/account/sessions/${unknownId}/end`,
    `/account/identities/${unknownId}/remove`,
    `/account/identities/${unknownId}/allow-sign-in`,
  ]) {
    const got = await stranger.get(path);
    expect([path, got.status, got.headers.get('allow')]).toEqual([path, 405, 'POST']);
    expect([path, (await stranger.request(path, { method: 'POST' })).status]).toEqual([path, 403]);
    const posted = await stranger.post(path);
    expect([path, posted.status, posted.location]).toEqual([path, 303, `${app.url}/`]);
  }
});

test('refusals and withdrawn grants are told in plain words', async () => {
  const { browser, id } = await somebody('703');
  const userId = id;
  const { prisma } = app.database;
  await prisma.event.createMany({
    data: [
      { kind: 'connect_refused', provider: 'fitbit', userId, detail: { because: 'belongs_to_somebody_else' } },
      { kind: 'connection_reconnect_required', provider: 'fitbit', userId },
      { kind: 'consent_denied', provider: 'fitbit', userId },
      {
        kind: 'sign_in_refused',
        provider: 'github',
        userId,
        address: '192.0.2.7',
        detail: { because: 'account_disabled' },
      },
    ],
  });
  const { text } = await browser.get('/account');
  expect(text).toContain('Connecting Fitbit was refused: that account is in use here already');
  expect(text).toContain('Fitbit has to be connected again');
  expect(text).toContain('A sign-in with GitHub was refused: the account is switched off');
  expect(text).toContain('from 192.0.2.7');
  expect(text).not.toContain('consent_denied');
});

test('anonymous people and people who were disabled are sent to sign in', async () => {
  expect((await app.browser().get('/account')).location).toBe(`${app.url}/?return_to=%2Faccount`);
  const disabled = await seedPerson(app.database, { name: 'Off', state: 'disabled' });
  const browser = app.browser();
  await seedSession(app.database, browser, disabled);
  expect((await browser.get('/account')).status).toBe(303);
});

async function everythingOf(userId: string): Promise<object> {
  const { prisma } = app.database;
  const [user, connections, ways, sessions] = await Promise.all([
    prisma.user.findUnique({ where: { id: userId } }),
    prisma.connection.findMany({ where: { userId }, orderBy: { id: 'asc' } }),
    prisma.identity.findMany({ where: { userId }, orderBy: { id: 'asc' } }),
    prisma.webSession.findMany({ where: { userId }, orderBy: { id: 'asc' } }),
  ]);
  return { user, connections, ways, sessions };
}
