/** sec-H4: access that is over and that no refresh token renews: said on the page, and mended by its person, not called again for nothing. */
import { startApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());
beforeEach(() => app.control.reset());

const prisma = () => app.database.prisma;
const NEEDS_YOU = 'Needs you: reconnect';

interface Connected {
  readonly browser: Browser;
  readonly id: string;
  readonly userId: string;
}

async function connected(provider: string, subject: string): Promise<Connected> {
  const browser = app.browser();
  await app.signIn(browser, `75${subject}`);
  if (provider !== 'twitter') {
    await app.control.user({ provider, subject });
    await app.flow(browser, `/connect/${provider}`);
  }
  const where = provider === 'twitter' ? { provider, subject: `75${subject}` } : { provider, subject };
  const { id, userId } = await prisma().connection.findFirstOrThrow({ where });
  await app.control.reset();
  return { browser, id, userId };
}

const statusOf = async (id: string) => {
  const { status, reason } = await prisma().connection.findUniqueOrThrow({ where: { id } });
  return [status, reason];
};

test.each([
  ['github', '1001'],
  ['twitter', '1002'],
])('%s: a token that was taken away', async (provider, subject) => {
  const { browser, id } = await connected(provider, subject);
  await app.control.revoke({ provider, subject: provider === 'twitter' ? `75${subject}` : subject });
  await browser.post(`/connections/${id}/check`);
  expect(await statusOf(id)).toEqual(['reconnect_required', 'refused']);
  const calls = (await app.control.calls()).length;
  const page = await browser.get(`/connections/${id}`);
  expect(page.text).toContain(NEEDS_YOU);
  expect(page.text).toContain(`action="/connect/${provider}"`);
  expect(page.text).not.toContain(`/connections/${id}/check`);
  expect(await app.control.calls()).toHaveLength(calls);
  const kinds = await prisma().event.findMany({ where: { connectionId: id, kind: 'connection_reconnect_required' } });
  expect(kinds).toHaveLength(1);
  await app.flow(browser, `/connect/${provider}`);
  expect(await statusOf(id)).toEqual(['active', null]);
});

test('a token that has run out, and came without one to renew it with', async () => {
  const { browser, id } = await connected('github', '1003');
  await prisma().connection.update({ where: { id }, data: { expiresAt: new Date(Date.now() - 1_000) } });
  const page = await browser.get(`/connections/${id}`);
  expect(page.text).toContain(NEEDS_YOU);
  expect(page.text).toContain('The access has run out and cannot be renewed.');
  expect(await statusOf(id)).toEqual(['reconnect_required', 'expired']);
  expect(await app.control.calls()).toEqual([]);
});

test('what nothing can renew offers no renewal', async () => {
  const { browser, id } = await connected('github', '1007');
  await prisma().connection.update({ where: { id }, data: { expiresAt: new Date(Date.now() + 60_000) } });
  expect((await browser.get(`/connections/${id}`)).text).not.toContain(`/connections/${id}/refresh`);
  await browser.post(`/connections/${id}/refresh`);
  expect((await browser.get(`/connections/${id}`)).text).toContain('nothing to renew');
});

describe('a refusal that does not speak of the token', () => {
  test('of another call leaves the connection as it is', async () => {
    const { id, userId } = await connected('github', '1004');
    await app.control.next({ path: '/api.github.com/user/repos', status: 401, body: '{"message":"Requires more"}' });
    const client = await app.latchkey.clients.for(userId, 'github', { connection: id });
    const answer = await client.fetch('/user/repos');
    expect([answer.status, await answer.text()]).toEqual([401, '{"message":"Requires more"}']);
    expect(await statusOf(id)).toEqual(['active', null]);
  });

  test('of a signed call may be about our own client', async () => {
    const { browser, id } = await connected('twitter', '1005');
    const body = '{"errors":[{"code":32,"message":"Could not authenticate you."}]}';
    await app.control.next({ path: '/api.x.com/2/users/me', status: 401, body });
    await browser.post(`/connections/${id}/check`);
    expect(await statusOf(id)).toEqual(['active', null]);
  });

  test('is one that the standard names: invalid_token ends it, whatever was called', async () => {
    const { id, userId } = await connected('github', '1006');
    await app.control.next({
      path: '/api.github.com/user/repos',
      status: 401,
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    });
    const client = await app.latchkey.clients.for(userId, 'github', { connection: id });
    await expect(client.fetch('/user/repos')).rejects.toMatchObject({ code: 'reconnect_required', reason: 'refused' });
    expect(await statusOf(id)).toEqual(['reconnect_required', 'refused']);
  });
});
