/** sec-F6, sec-H2, CN11: two people, two tabs, two instances at the same moment. On PostgreSQL these are real races; here they still take turns. */
import { jest } from '@jest/globals';
import { type Instance, startApp, type TestApp } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { mailingProviders } from '../support/mailing-providers.js';
import { seedPerson, seedSession, sessionPerson } from '../support/people.js';
import { until } from '../support/until.js';

let app: TestApp;
let second: string;

beforeAll(async () => {
  app = await startApp({ definitions: mailingProviders });
  second = (await app.secondInstance()).url;
  await app.control.behaviour({ autoApprove: true });
});
afterAll(() => app.close());
beforeEach(() => app.reset());

const at = (index: number) => (index % 2 === 0 ? app.url : second);

async function person(name: string, index: number, ways: readonly { namespace: string; subject: string }[] = []) {
  const browser = new Browser(at(index));
  const id = await seedPerson(app.database, { name, ways });
  await seedSession(app.database, browser, id);
  return { browser, id };
}

/** Started at one instance, so far as the callback's path. */
async function callbackOf(browser: Browser, start: string): Promise<string> {
  const url = new URL(await app.consent((await browser.post(start)).location));
  return url.pathname + url.search;
}

const protocols = [
  ['OAuth 1', 'mail-one'],
  ['OAuth 2', 'mail-two'],
  ['OpenID Connect', 'mail-oidc'],
] as const;

describe.each(protocols)('%s', (_protocol, provider) => {
  test('sec-F6: twenty browsers sign up with one new account over two instances: one person, one identity', async () => {
    await app.control.user({ provider, subject: '5001' });
    const browsers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const browser = new Browser(at(index));
        const callback = await callbackOf(browser, `/auth/${provider}`);
        const elsewhere = browser.clone(at(index + 1));
        expect((await elsewhere.get(callback)).status).toBe(303);
        return elsewhere;
      }),
    );
    const pages = await Promise.all(browsers.map((browser) => browser.post('/welcome', { decision: 'create' })));
    for (const { status } of pages) expect(status).toBe(303);
    const { prisma } = app.database;
    expect([await prisma.user.count(), await prisma.identity.count(), await prisma.connection.count()]).toEqual([
      1, 1, 1,
    ]);
    const people = await Promise.all(browsers.map((browser) => sessionPerson(app.database, browser)));
    expect(new Set(people)).toEqual(new Set([(await prisma.user.findFirstOrThrow()).id]));
    expect(await prisma.event.count({ where: { kind: 'account_created' } })).toBe(1);
  });

  test('CN11: two people connect one account together: one has it, the other is refused, nobody else changes', async () => {
    await app.control.user({ provider, subject: '5002' });
    const pair = [await person('One', 0), await person('Two', 1)];
    const callbacks = await Promise.all(pair.map(({ browser }) => callbackOf(browser, `/connect/${provider}`)));
    const pages = await Promise.all(pair.map(({ browser }, index) => browser.get(callbacks[index] ?? '')));
    expect(pages.map(({ status }) => status).sort()).toEqual([303, 409]);
    const rows = await app.database.prisma.connection.findMany();
    expect(rows.map(({ userId }) => userId)).toEqual([pair[pages.findIndex(({ status }) => status === 303)]?.id]);
    expect(await app.database.prisma.identity.count()).toBe(0);
  });

  test('a sign-up and a connect with one account together: it has one owner', async () => {
    await app.control.user({ provider, subject: '5003' });
    const newcomer = new Browser(at(0));
    await newcomer.get(await callbackOf(newcomer, `/auth/${provider}`));
    const owner = await person('Owner', 1);
    const callback = await callbackOf(owner.browser, `/connect/${provider}`);
    const [created, connected] = await Promise.all([
      newcomer.post('/welcome', { decision: 'create' }),
      owner.browser.get(callback),
    ]);
    expect([created.status, connected.status].sort()).toEqual([303, 409]);
    expect(await app.database.prisma.connection.count({ where: { subject: '5003' } })).toBe(1);
    expect(await app.database.prisma.identity.count()).toBe(created.status === 303 ? 1 : 0);
  });

  test('sec-C5, sec-B6: two tabs with two intents finish in the reverse order, each as what it was', async () => {
    const both = await person('Both', 0, [{ namespace: `sandbox:${provider}`, subject: '5004' }]);
    await app.control.user({ provider, subject: '5005' });
    const connecting = await callbackOf(both.browser, `/connect/${provider}`);
    await app.control.user({ provider, subject: '5004' });
    const proving = await callbackOf(both.browser, `/auth/${provider}`);
    expect((await both.browser.get(proving)).location).toBe(`${app.url}/`);
    expect((await both.browser.get(connecting)).location).toMatch(/\/connections\//);
    const rows = await app.database.prisma.connection.findMany({ orderBy: { subject: 'asc' } });
    expect(rows.map(({ subject, userId }) => [subject, userId])).toEqual([
      ['5004', both.id],
      ['5005', both.id],
    ]);
    expect(await app.database.prisma.identity.count()).toBe(1);
  });
});

test('sec-H2: two removals at once over two instances leave one way to sign in', async () => {
  for (let round = 0; round < 5; round++) {
    const ways = ['twitter', 'github'].map((id) => ({ namespace: `sandbox:${id}`, subject: `51${round}` }));
    const { browser, id } = await person(`Careless ${round}`, 0, ways);
    const rows = await app.database.prisma.identity.findMany({ where: { userId: id } });
    const pages = await Promise.all(
      rows.map((row, index) => browser.clone(at(index)).post(`/account/identities/${row.id}/remove`)),
    );
    expect(pages.map(({ status }) => status).sort()).toEqual([303, 409]);
    expect(await app.database.prisma.identity.count({ where: { userId: id } })).toBe(1);
  }
});

describe('a page of /welcome that another tab has made out of date', () => {
  const provider = 'mail-two';

  test('after a sign-in it asks again instead of making a second account', async () => {
    const { browser, id } = await person('Tabbed', 0);
    const tab = app.browser();
    await app.control.user({ provider, subject: '5201' });
    await tab.get(await callbackOf(tab, `/auth/${provider}`));
    const shown = await tab.get('/welcome');
    expect(shown.text).toContain('name="offer" value="new"');
    tab.cookies.set('latchkey-session', browser.cookies.get('latchkey-session') ?? '');
    const again = await tab.post('/welcome', { decision: 'create', offer: 'new' });
    expect(again.location).toBe(`${app.url}/welcome`);
    expect((await tab.follow(again)).text).toContain('Connect this account?');
    expect(await app.database.prisma.user.count()).toBe(1);
    expect((await tab.post('/welcome', { decision: 'connect', offer: 'link' })).status).toBe(303);
    expect((await app.database.prisma.identity.findFirstOrThrow()).userId).toBe(id);
  });

  test('a switch to an account that gave the way up meanwhile makes nobody', async () => {
    const mine = await person('Mine', 0);
    const theirs = await person('Theirs', 0, [{ namespace: `sandbox:${provider}`, subject: '5202' }]);
    await app.control.user({ provider, subject: '5202' });
    await mine.browser.get(await callbackOf(mine.browser, `/auth/${provider}`));
    expect((await mine.browser.get('/welcome')).text).toContain('Switch accounts?');
    await app.database.prisma.identity.deleteMany({ where: { userId: theirs.id } });
    const late = await mine.browser.post('/welcome', { decision: 'switch', offer: 'switch' });
    expect(late.location).toBe(`${app.url}/welcome`);
    expect((await mine.browser.post('/welcome', { decision: 'switch' })).status).toBe(400);
    expect(await app.database.prisma.user.count()).toBe(2);
    expect(await sessionPerson(app.database, mine.browser)).toBe(mine.id);
  });

  test('a decision is carried out once, however often it is sent', async () => {
    const tab = app.browser();
    await app.control.user({ provider, subject: '5203' });
    await tab.get(await callbackOf(tab, `/auth/${provider}`));
    const pages = await Promise.all(
      Array.from({ length: 6 }, (_, index) => tab.clone(at(index)).post('/welcome', { decision: 'create' })),
    );
    expect(pages.map(({ status }) => status).sort()).toEqual([303, 400, 400, 400, 400, 400]);
    expect(await app.database.prisma.user.count()).toBe(1);
  });
});

test('CN5: somebody who is switched off while the provider answers gets nothing, and is told', async () => {
  const { browser, id } = await person('Disabled', 0);
  const { prisma } = app.database;
  const callback = await callbackOf(browser, '/connect/mail-two');
  await app.control.reset();
  await app.control.hold('/two.example/token');
  const answer = browser.get(callback);
  await until(async () => (await app.control.calls('/two.example/token')).length > 0);
  await prisma.user.update({ where: { id }, data: { state: 'disabled' } });
  await app.control.release('/two.example/token');
  const page = await answer;
  expect([page.status, await prisma.connection.count()]).toEqual([403, 0]);
  expect(page.text).toContain('This account is switched off');
  const events = await prisma.event.findMany({ where: { kind: 'connect_refused' } });
  expect(events).toMatchObject([{ userId: id, detail: { because: 'account_disabled' } }]);
});

/** A process reads a connection once a second at most; what it has stored itself it knows before that. */
describe('what a flow ends with holds for this process at once', () => {
  const missing = { code: 'not_connected' };
  let instance: Instance;

  beforeAll(async () => {
    instance = await app.secondInstance({ readAgainAfterMs: 1_000 });
  });
  beforeEach(() => {
    // The second never passes.
    jest.spyOn(performance, 'now').mockReturnValue(performance.now());
  });
  afterEach(() => jest.restoreAllMocks());

  async function personHere() {
    const { browser, id } = await person('Busy', 0);
    return { browser: browser.clone(instance.url), clientFor: (it: string) => instance.latchkey.clients.for(id, it) };
  }

  test('connecting again replaces the credentials that calls are made with', async () => {
    await app.control.user({ provider: 'mail-two', subject: '5301' });
    const { browser, clientFor } = await personHere();
    await expect(clientFor('mail-two')).rejects.toMatchObject(missing);
    await browser.get(await callbackOf(browser, '/connect/mail-two'));
    const client = await clientFor('mail-two');
    await app.control.reset();
    await client.fetch('/me');
    await browser.get(await callbackOf(browser, '/connect/mail-two'));
    await client.fetch('/me');
    const calls = await app.control.calls('/two.example/me');
    const [before, ofTheFlow, after] = calls.map(({ headers }) => headers.authorization);
    expect(calls).toHaveLength(3);
    expect(ofTheFlow).not.toBe(before);
    expect(after).toBe(ofTheFlow);
  });

  test('an account that was linked on /welcome can be called', async () => {
    await app.control.user({ provider: 'mail-two', subject: '5302' });
    const { browser, clientFor } = await personHere();
    await expect(clientFor('mail-two')).rejects.toMatchObject(missing);
    expect((await browser.get(await callbackOf(browser, '/auth/mail-two'))).location).toMatch(/\/welcome$/);
    await expect(clientFor('mail-two')).rejects.toMatchObject(missing);
    expect((await browser.post('/welcome', { decision: 'connect' })).status).toBe(303);
    expect((await clientFor('mail-two')).connection.subject).toBe('5302');
  });
});
