/** Taking one's data along, and deleting the account: everything is there, and then nothing is. */
import { startApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { sessionPerson } from '../support/people.js';
import { until } from '../support/until.js';

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

async function withConnections(subject: string): Promise<{ browser: Browser; id: string }> {
  const browser = app.browser();
  await app.signIn(browser, subject);
  for (const provider of ['fitbit', 'google', 'linkedin']) {
    await app.control.user({ provider, subject: `${provider.length}${subject}` });
    expect((await app.flow(browser, `/connect/${provider}`)).status).toBe(303);
  }
  return { browser, id: (await sessionPerson(app.database, browser)) ?? '' };
}

const revocations = async () =>
  (await app.control.calls()).filter(({ path }) => /revoke|invalidate_token/.test(path)).map(({ path }) => path);

/** Every row of every table that has the text in it. */
async function mentions(text: string): Promise<string[]> {
  const { prisma } = app.database;
  const tables = ['User', 'Identity', 'Connection', 'WebSession', 'Event', 'PendingIdentity', 'SpentFlow'];
  const found: string[] = [];
  for (const table of tables) {
    const rows = await prisma.$queryRawUnsafe<object[]>(
      `SELECT * FROM "${table}" t WHERE t::text LIKE '%' || $1 || '%'`,
      text,
    );
    found.push(...rows.map(() => table));
  }
  return found;
}

describe('the download', () => {
  test('holds everything about the person and nothing that opens an account', async () => {
    const { browser, id } = await withConnections('1001');
    const other = await withConnections('1002');
    const answer = await browser.post('/account/export');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="latchkey-account-[\d-]+\.json"$/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const data = JSON.parse(answer.text);
    expect(data.account).toMatchObject({ id, state: 'active' });
    expect(data.waysToSignIn).toMatchObject([{ namespace: 'sandbox:twitter', subject: '1001' }]);
    expect(data.connections.map(({ provider }: { provider: string }) => provider)).toEqual([
      'twitter',
      'fitbit',
      'google',
      'linkedin',
    ]);
    expect(data.sessions).toHaveLength(1);
    expect(data.events.map(({ kind }: { kind: string }) => kind)).toEqual([
      'account_created',
      'signed_in',
      'connected',
      'connected',
      'connected',
      'data_exported',
    ]);
    const rows = await app.database.prisma.connection.findMany({ where: { userId: id } });
    for (const { credentials } of rows) expect(answer.text).not.toContain(credentials);
    expect(answer.text).not.toMatch(/credentials"|token"|keyId|secret"/i);
    expect(answer.text).not.toContain(other.id);
  });

  test('names every column of a person’s tables, or says why not', async () => {
    const { browser } = await withConnections('1003');
    const data = JSON.parse((await browser.post('/account/export')).text);
    const columns = await app.database.prisma.$queryRaw<{ table: string; column: string }[]>`
      SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns
       WHERE table_schema = 'public' AND table_name IN ('User', 'Identity', 'Connection', 'WebSession', 'Event')`;
    // The person's own id repeated, what would open an account, and the bookkeeping of a refresh.
    const withheld = ['userId', 'credentials', 'keyId', 'attemptId', 'leaseUntil', 'replays', 'data'];
    const shown: Record<string, object> = {
      User: data.account,
      Identity: data.waysToSignIn[0],
      Connection: data.connections[0],
      WebSession: data.sessions[0],
      Event: data.events[0],
    };
    const missing = columns.filter(
      ({ table, column }) => !withheld.includes(column) && !(column in (shown[table] ?? {})),
    );
    expect(missing).toEqual([]);
  });
});

describe('deleting the account (sec-D7, sec-E9, sec-H6)', () => {
  test('revokes every grant once, leaves no row, ends every session, and the same identity starts over', async () => {
    const { browser, id } = await withConnections('1101');
    const elsewhere = app.browser();
    await app.control.user({ provider: 'twitter', subject: '1101' });
    await app.flow(elsewhere, '/auth/twitter');
    const pending = await app.consent((await elsewhere.post('/connect/fitbit')).location);
    const bystander = await withConnections('1102');
    await app.control.reset();

    const gone = await browser.post('/account/delete');
    expect([gone.status, gone.location]).toEqual([303, `${app.url}/`]);
    const home = await browser.follow(gone);
    expect(home.text).toContain('Your account is deleted');
    // LinkedIn documents no call that withdraws a grant, so its own page is named.
    expect(home.text).toContain('https://www.linkedin.com/mypreferences/d/data-sharing-for-permitted-services');
    // The refresh token first and then the access token, where there are both (RFC 7009).
    expect((await revocations()).sort()).toEqual([
      '/api.fitbit.com/oauth2/revoke',
      '/api.fitbit.com/oauth2/revoke',
      '/api.x.com/1.1/oauth/invalidate_token.json',
      '/oauth2.googleapis.com/revoke',
      '/oauth2.googleapis.com/revoke',
    ]);
    expect(await mentions(id)).toEqual([]);
    expect(await mentions('1101')).toEqual([]);
    expect((await elsewhere.get('/account')).status).toBe(303);
    expect((await elsewhere.get(pending)).status).toBe(400);
    expect(await sessionPerson(app.database, bystander.browser)).toBe(bystander.id);
    expect(await app.database.prisma.connection.count({ where: { userId: bystander.id } })).toBe(4);
    expect(await app.database.prisma.event.findMany({ where: { kind: 'account_deleted' } })).toMatchObject([
      { userId: null, connectionId: null },
    ]);

    await app.control.user({ provider: 'twitter', subject: '1101' });
    const again = app.browser();
    expect((await app.flow(again, '/auth/twitter')).location).toBe(`${app.url}/welcome`);
    await again.post('/welcome', { decision: 'create' });
    expect(await sessionPerson(app.database, again)).not.toBe(id);
  });

  test('a provider that fails keeps nothing alive here, and is named', async () => {
    const { browser, id } = await withConnections('1103');
    await app.control.next({ path: '/api.fitbit.com/oauth2/revoke', status: 500, times: 5 });
    const home = await browser.follow(await browser.post('/account/delete'));
    expect(home.text).toContain('We could not withdraw our access at Fitbit and LinkedIn');
    expect(home.text).toContain('https://www.fitbit.com/settings/applications');
    expect(await mentions(id)).toEqual([]);
  });

  test('while it is under way nobody can sign in, connect or take the identity over', async () => {
    const { browser, id } = await withConnections('1104');
    await app.control.hold('/api.x.com/1.1/oauth/invalidate_token.json');
    const deleting = browser.post('/account/delete');
    await until(async () => (await revocations()).length > 0);
    expect(await app.database.prisma.user.findUnique({ where: { id } })).toMatchObject({ state: 'deleting' });
    await app.control.user({ provider: 'twitter', subject: '1104' });
    const again = app.browser();
    expect((await app.flow(again, '/auth/twitter')).status).toBe(403);
    const other = app.browser();
    await app.signIn(other, '1105');
    await app.control.user({ provider: 'twitter', subject: '1104' });
    expect((await app.flow(other, '/connect/twitter')).status).toBe(409);
    await app.control.release('/api.x.com/1.1/oauth/invalidate_token.json');
    expect((await deleting).status).toBe(303);
    expect(await mentions(id)).toEqual([]);
    expect((await app.flow(other, '/connect/twitter')).status).toBe(303);
  });

  test('a connection that comes back while the account is being deleted is not saved', async () => {
    const { browser, id } = await withConnections('1106');
    const tab = browser.clone();
    await app.control.user({ provider: 'x', subject: '31106' });
    const callback = await app.consent((await tab.post('/connect/x')).location);
    await app.control.hold('/api.x.com/2/oauth2/token');
    const finishing = tab.get(callback);
    await until(async () => (await app.control.calls('/api.x.com/2/oauth2/token')).length > 0);
    await browser.post('/account/delete');
    await app.control.release('/api.x.com/2/oauth2/token');
    expect((await finishing).status).toBeGreaterThanOrEqual(400);
    expect(await mentions(id)).toEqual([]);
    expect(await mentions('31106')).toEqual([]);
  });
});
