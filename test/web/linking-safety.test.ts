/** sec-F, sec-H: what an account is known by, what an address never does, and what connecting again and disconnecting leave behind. */
import { startApp, type TestApp } from '../support/app.js';
import type { Browser, Page } from '../support/browser.js';
import { directGrant } from '../support/direct-client.js';
import { mailingProviders } from '../support/mailing-providers.js';
import { sessionPerson } from '../support/people.js';
import { until } from '../support/until.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp({ definitions: mailingProviders });
  await app.control.behaviour({ autoApprove: true });
});
afterAll(() => app.close());
beforeEach(async () => {
  await app.reset();
  await app.control.reset();
});

const json = { status: 200, headers: { 'content-type': 'application/json' } };
const count = () => app.database.prisma.user.count();

async function signUp(provider: string, person: object): Promise<Browser> {
  const browser = app.browser();
  await app.control.user({ provider, ...person });
  const page = await app.flow(browser, `/auth/${provider}`);
  if (page.location?.endsWith('/welcome')) await browser.post('/welcome', { decision: 'create' });
  return browser;
}
const who = (browser: Browser) => sessionPerson(app.database, browser);

test('sec-F1: an account is known by provider and subject, whatever address and name it has today', async () => {
  const before = { subject: '1', email: 'one@mail.example', emailVerified: true, username: 'one' };
  const first = await signUp('mail-two', before);
  const renamed = await signUp('mail-two', {
    subject: '1',
    email: 'new@mail.example',
    emailVerified: true,
    username: 'uno',
  });
  expect(await who(renamed)).toBe(await who(first));
  const inherited = await signUp('mail-two', { ...before, subject: '2' });
  expect(await who(inherited)).not.toBe(await who(first));
  const elsewhere = await signUp('mail-oidc', before);
  expect(new Set([await who(first), await who(inherited), await who(elsewhere)]).size).toBe(3);
  // The local address stays as it was: a provider never overwrites it.
  const user = await app.database.prisma.user.findUniqueOrThrow({ where: { id: (await who(first)) ?? '' } });
  expect(user.email).toBe('one@mail.example');
});

test('sec-F3: who waited with somebody else’s address gains nothing when its owner arrives', async () => {
  const address = { email: 'victim@mail.example' };
  const attacker = await signUp('mail-one', { subject: '66', ...address, emailVerified: false });
  const victim = await signUp('mail-two', { subject: '7', ...address, emailVerified: true });
  expect(await who(attacker)).not.toBe(await who(victim));
  await app.control.user({ provider: 'mail-one', subject: '66', ...address, emailVerified: true });
  const again = app.browser();
  await app.flow(again, '/auth/mail-one');
  expect(await who(again)).toBe(await who(attacker));
  const rows = await app.database.prisma.connection.findMany({ where: { userId: (await who(victim)) ?? '' } });
  expect(rows.map(({ provider }) => provider)).toEqual(['mail-two']);
});

test('sec-F5: signing in with something new while signed in links nothing until the form says so, with its proof', async () => {
  const browser = await signUp('mail-two', { subject: '8' });
  await app.control.user({ provider: 'mail-oidc', subject: '9' });
  expect((await app.flow(browser, '/auth/mail-oidc')).location).toBe(`${app.url}/welcome`);
  const { prisma } = app.database;
  const before = await who(browser);
  expect([await prisma.identity.count(), await prisma.connection.count()]).toEqual([1, 1]);
  const body = new URLSearchParams({ decision: 'connect' });
  expect((await browser.request('/welcome', { method: 'POST', body })).status).toBe(403);
  expect((await browser.post('/welcome', { decision: 'connect' }, { origin: 'https://evil.example' })).status).toBe(
    403,
  );
  expect((await app.browser().post('/welcome', { decision: 'connect' })).status).toBe(400);
  expect(await prisma.identity.count()).toBe(1);
  expect((await browser.post('/welcome', { decision: 'connect' })).status).toBe(303);
  expect([await prisma.identity.count(), await who(browser), await count()]).toEqual([2, before, 1]);
});

test('“I already have an account”: sign in to it, then the new way is added', async () => {
  const first = await signUp('mail-two', { subject: '10' });
  const id = await who(first);
  const browser = app.browser();
  await app.control.user({ provider: 'mail-one', subject: '11' });
  await app.flow(browser, '/auth/mail-one', { return_to: '/setup' });
  expect((await browser.post('/welcome', { decision: 'have-account' })).location).toBe(`${app.url}/`);
  expect((await browser.get('/')).text).toContain('Then we ask whether to connect your Mail One account.');
  expect(await count()).toBe(1);
  await app.control.user({ provider: 'mail-two', subject: '10' });
  expect((await app.flow(browser, '/auth/mail-two')).location).toBe(`${app.url}/welcome`);
  expect((await browser.get('/welcome')).text).toContain('Connect this account?');
  expect((await browser.post('/welcome', { decision: 'connect' })).location).toBe(`${app.url}/setup`);
  const other = app.browser();
  await app.control.user({ provider: 'mail-one', subject: '11' });
  await app.flow(other, '/auth/mail-one');
  expect([await who(other), await count()]).toEqual([id, 1]);
});

test('sec-F9: odd addresses are text that is cleaned and confirmed by nobody', async () => {
  const odd = [
    'a@evil.example@corp.example',
    'a＠corp.example',
    'a@corp.example.',
    `${'x'.repeat(9000)}@corp.example`,
    'a\u0000@corp.example',
  ];
  for (const [at, email] of odd.entries()) {
    const browser = await signUp('mail-two', { subject: `odd-${at}`, email, emailVerified: true });
    const user = await app.database.prisma.user.findUniqueOrThrow({ where: { id: (await who(browser)) ?? '' } });
    expect([email.slice(0, 40), user.emailVerifiedBy]).toEqual([email.slice(0, 40), null]);
    expect(user.email?.length ?? 0).toBeLessThanOrEqual(200);
    expect((await browser.get('/account')).status).toBe(200);
  }
});

describe('disconnecting', () => {
  const revokePath = '/api.fitbit.com/oauth2/revoke';
  const tokenPath = '/api.fitbit.com/oauth2/token';

  async function connected(subject: string): Promise<{ browser: Browser; id: string }> {
    const browser = await signUp('mail-two', { subject });
    await app.control.user({ provider: 'fitbit', subject: `FIT${subject}` });
    const page = await app.flow(browser, '/connect/fitbit');
    await app.control.reset();
    return { browser, id: page.location?.split('/').at(-1) ?? '' };
  }
  const rows = (id: string) => app.database.prisma.connection.count({ where: { id } });
  const revoked = async () => {
    const calls = await app.control.calls(revokePath);
    return calls.map(({ body, headers }) => ({
      token: new URLSearchParams(body).get('token'),
      hint: new URLSearchParams(body).get('token_type_hint'),
      authorized: headers.authorization?.startsWith('Basic '),
    }));
  };

  test('sec-H1: revokes the refresh token first, as our client, and says that it is done', async () => {
    const { browser, id } = await connected('21');
    const page = await browser.follow(await browser.post(`/connections/${id}/disconnect`));
    expect(page.text).toContain('Fitbit is disconnected, and the access was withdrawn there.');
    const calls = await revoked();
    expect(calls.map(({ hint, authorized }) => [hint, authorized])).toEqual([
      ['refresh_token', true],
      ['access_token', true],
    ]);
    expect(await rows(id)).toBe(0);
  });

  test.each([
    ['500', { status: 500 }],
    ['503', { status: 503 }],
    ['that it cannot', { ...json, status: 400, body: '{"error":"unsupported_token_type"}' }],
    ['nothing at all', { hang: true }],
  ])(
    'sec-H1: a provider that answers %s keeps nothing here, and the person is told where to go',
    async (_what, script) => {
      const { browser, id } = await connected('22');
      await app.control.next({ path: revokePath, times: 10, ...script });
      const started = performance.now();
      const answer: Promise<Page> = browser.post(`/connections/${id}/disconnect`);
      await until(async () => (await app.control.calls(revokePath)).length > 0);
      expect(await rows(id)).toBe(0);
      const page = await browser.follow(await answer);
      expect(performance.now() - started).toBeLessThan(9_000);
      expect(page.text).toContain('withdrawing the access there did not work');
      expect(page.text).toContain('https://www.fitbit.com/settings/applications');
      expect((await app.control.calls(revokePath)).length).toBeLessThanOrEqual(2);
      expect(await app.database.prisma.event.count({ where: { connectionId: id, kind: 'disconnected' } })).toBe(1);
      await app.control.reset();
    },
  );

  test('sec-H3: a refresh that was under way brings nothing back, and its new tokens are revoked', async () => {
    const { browser, id } = await connected('23');
    await app.database.prisma.connection.update({
      where: { id },
      data: { expiresAt: new Date(0), refreshAt: new Date(0) },
    });
    await app.control.hold(tokenPath);
    const looking = browser.clone().get(`/connections/${id}`);
    await until(async () => (await app.control.calls(tokenPath)).length > 0);
    await browser.post(`/connections/${id}/disconnect`);
    const before = await revoked();
    await app.control.release(tokenPath);
    expect((await looking).status).toBeLessThan(500);
    await until(async () => (await revoked()).length > before.length);
    const later = (await revoked()).slice(before.length);
    expect(later[0]?.hint).toBe('refresh_token');
    expect(before.map(({ token }) => token)).not.toContain(later[0]?.token);
    expect(await rows(id)).toBe(0);
  });

  test('sec-H5: connecting again and again keeps one row, and an answer without a refresh token keeps the stored one', async () => {
    const browser = await signUp('mail-two', { subject: '24' });
    const { prisma } = app.database;
    const where = { provider: 'mail-two', subject: '24' };
    const first = await prisma.connection.findFirstOrThrow({ where });
    for (let at = 0; at < 3; at++) {
      await prisma.connection.updateMany({ where, data: { status: 'reconnect_required', reason: 'invalid_grant' } });
      await app.flow(browser, '/connect/mail-two');
    }
    const { access_token, token_type } = await directGrant({
      sandboxUrl: app.sandboxUrl,
      authorizePath: '/two.example/authorize',
      tokenPath: '/two.example/token',
      clientId: 'sandbox-mail-two',
      redirectUri: `${app.url}/auth/mail-two/callback`,
      scope: 'me more',
    });
    const callback = await app.consent((await browser.post('/connect/mail-two')).location);
    await app.control.next({
      path: '/two.example/token',
      ...json,
      body: JSON.stringify({ access_token, token_type, expires_in: 60 }),
    });
    await browser.get(callback);
    const row = await prisma.connection.findFirstOrThrow({ where });
    expect(await prisma.connection.count({ where })).toBe(1);
    expect([row.id, row.status, row.reason, row.scopes]).toEqual([first.id, 'active', null, ['me', 'more']]);
    expect(row.generation).toBe(first.generation + 4);
    expect((await browser.follow(await browser.post(`/connections/${row.id}/refresh`))).text).toContain(
      'The access was renewed.',
    );
  });
});
