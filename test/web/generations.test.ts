/** Generations of a service: the old connection is kept, linked to its successor, and left alone once the service has ended. */
import { startApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
beforeEach(async () => {
  await app.reset();
  await app.control.reset();
});
afterAll(() => app.close());

async function newPerson(subject = 'somebody at X'): Promise<Browser> {
  const browser = app.browser();
  await app.signIn(browser, subject);
  return browser;
}

async function connect(browser: Browser, provider: string, subject: string): Promise<string> {
  await app.control.user({ provider, subject });
  const { location } = await app.flow(browser, `/connect/${provider}`);
  return location?.split('/').at(-1) ?? '';
}

const rowOf = (id: string) => app.database.prisma.connection.findUniqueOrThrow({ where: { id } });

describe('from Fitbit to Google Health', () => {
  test.each(['fitbit', 'fitbit-oauth1'])('the connection of %s is matched by its old account id', async (old) => {
    const browser = await newPerson();
    const mine = await connect(browser, old, 'F7XJ2Q');
    const successor = await connect(browser, 'google-health', 'health-1');
    expect(await rowOf(mine)).toMatchObject({ successorId: successor, status: 'active', subject: 'F7XJ2Q' });
    expect((await rowOf(successor)).successorId).toBeNull();
  });

  test('another Fitbit account of the same person is not', async () => {
    const browser = await newPerson();
    const other = await connect(browser, 'fitbit', 'OTHER1');
    await connect(browser, 'fitbit', 'F7XJ2Q');
    await connect(browser, 'google-health', 'health-1');
    expect((await rowOf(other)).successorId).toBeNull();
  });

  test('nor is somebody else’s connection of the same Fitbit account', async () => {
    const theirs = await connect(await newPerson('somebody else'), 'fitbit-oauth1', 'F-THEIRS');
    const browser = await newPerson('me');
    // The health account names a Fitbit id that is connected here, but not by this person.
    await app.control.user({ provider: 'fitbit', subject: 'F-THEIRS' });
    await connect(browser, 'google-health', 'health-1');
    expect((await rowOf(theirs)).successorId).toBeNull();
  });

  test('the old connection’s page leads there with one button', async () => {
    const browser = await newPerson();
    const mine = await connect(browser, 'fitbit', 'F7XJ2Q');
    const page = await browser.get(`/connections/${mine}`);
    expect(page.text).toContain('action="/connect/google-health"');
    expect(page.text).toContain('Google Health');
  });
});

test('two ways to one service share the account: the old one of Bitbucket is matched by its id', async () => {
  const browser = await newPerson();
  const old = await connect(browser, 'bitbucket-oauth1', '{0f1e2d3c}');
  const other = await connect(browser, 'bitbucket-oauth1', '{99999999}');
  const successor = await connect(browser, 'bitbucket', '{0f1e2d3c}');
  expect([(await rowOf(old)).successorId, (await rowOf(other)).successorId]).toEqual([successor, null]);
});

describe('where neither tells the other’s ids', () => {
  const shared = {
    protocol: 'oauth2',
    authorize: { url: 'https://acme.test/authorize' },
    token: { url: 'https://acme.test/token', clientAuth: 'post' },
    scopes: { signIn: [], connect: [] },
    pkce: 'supported',
    profile: { url: 'https://acme.test/me', subject: 'id' },
    api: { baseUrls: ['https://acme.test'] },
  } as const;

  test('a single old connection is linked, of several none', async () => {
    const definitions = [
      {
        ...shared,
        id: 'acme-one',
        name: 'Acme',
        status: { state: 'shut' as const, successor: 'acme-two' },
        signIn: false,
      },
      { ...shared, id: 'acme-two', name: 'Acme 2' },
    ].map((definition) => ({
      ...definition,
      scopes: { signIn: [], connect: [] },
      api: { baseUrls: ['https://acme.test'] },
    }));
    const own = await startApp({ definitions });
    try {
      for (const [person, olds] of [
        ['a', ['1']],
        ['b', ['2', '3']],
      ] as const) {
        const browser = own.browser();
        await own.signIn(browser, person);
        for (const subject of olds) {
          await own.control.user({ provider: 'acme-one', subject });
          await own.flow(browser, '/connect/acme-one');
        }
        await own.control.user({ provider: 'acme-two', subject: `new-${person}` });
        await own.flow(browser, '/connect/acme-two');
      }
      const rows = await own.database.prisma.connection.findMany({
        where: { provider: 'acme-one' },
        orderBy: { subject: 'asc' },
      });
      expect(rows.map((row) => [row.subject, row.successorId !== null])).toEqual([
        ['1', true],
        ['2', false],
        ['3', false],
      ]);
    } finally {
      await own.close();
    }
  });
});

describe('a service that answers 410', () => {
  test('is not called any more, and the person is told', async () => {
    const browser = await newPerson();
    const id = await connect(browser, 'fitbit', 'F7XJ2Q');
    const { userId } = await rowOf(id);
    await app.control.next({ path: '/api.fitbit.com/1/user/-/profile.json', status: 410, times: 1 });
    const client = await app.latchkey.clients.for(userId, 'fitbit', { fresh: true });
    expect((await client.fetch('/1/user/-/profile.json')).status).toBe(410);
    expect(await rowOf(id)).toMatchObject({ status: 'reconnect_required', reason: 'provider_shut', refreshAt: null });
    await app.control.reset();
    await expect(client.fetch('/1/user/-/profile.json')).rejects.toMatchObject({ code: 'reconnect_required' });
    const page = await browser.get(`/connections/${id}`);
    expect(page.text).toContain('action="/connect/google-health"');
    expect(await app.control.calls()).toEqual([]);
    expect(await app.database.prisma.event.count({ where: { kind: 'connection_reconnect_required' } })).toBe(1);
  });

  test('the same when it is its token endpoint', async () => {
    const browser = await newPerson();
    const id = await connect(browser, 'fitbit', 'F7XJ2Q');
    await app.control.next({ path: '/api.fitbit.com/oauth2/token', status: 410 });
    await browser.post(`/connections/${id}/refresh`);
    expect(await rowOf(id)).toMatchObject({ status: 'reconnect_required', reason: 'provider_shut' });
    // It is our people's grant that is over, and no fault of our client.
    expect(await app.database.prisma.providerApp.count({ where: { refusedAt: { not: null } } })).toBe(0);
  });

  test('at a service that goes on it is about one resource', async () => {
    const browser = await newPerson();
    const id = await connect(browser, 'github', '58392014');
    await app.control.next({ path: '/api.github.com/gone', status: 410 });
    const client = await app.latchkey.clients.for((await rowOf(id)).userId, 'github');
    expect((await client.fetch('/gone')).status).toBe(410);
    expect((await rowOf(id)).status).toBe('active');
  });
});
