/** sec-F10, CN9: steps that a borrowed session must not be enough for ask to prove once more who one is. */
import { CONNECT_STEP_MS, DANGEROUS_STEP_MS } from '../../src/web/recent-proof.js';
import { startApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { ageProof, sessionPerson, sessionRowOf } from '../support/people.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
  await app.control.behaviour({ autoApprove: true });
});
afterAll(() => app.close());
beforeEach(() => app.reset());

async function signedIn(subject: string): Promise<{ browser: Browser; id: string }> {
  const browser = app.browser();
  await app.signIn(browser, subject);
  return { browser, id: (await sessionPerson(app.database, browser)) ?? '' };
}

const hour = 3_600_000;

test('CN9: connecting and disconnecting ask after half a day, and go on where the person was', async () => {
  expect(CONNECT_STEP_MS).toBe(12 * hour);
  const { browser, id } = await signedIn('801');
  await ageProof(app.database, id, CONNECT_STEP_MS - 60_000);
  await app.control.user({ provider: 'fitbit', subject: 'PROOF1' });
  expect((await app.flow(browser, '/connect/fitbit')).location).toMatch(/\/connections\//);

  await ageProof(app.database, id, CONNECT_STEP_MS);
  await app.control.reset();
  const row = await app.database.prisma.connection.findFirstOrThrow({ where: { provider: 'fitbit' } });
  const asked = await browser.post('/connect/github', { return_to: '/setup' });
  expect([asked.status, asked.location]).toEqual([303, `${app.url}/account/confirm?return_to=%2Fsetup`]);
  expect([...browser.cookies.keys()].filter((name) => name.includes('flow'))).toEqual([]);
  expect((await browser.post(`/connections/${row.id}/disconnect`)).location).toBe(
    `${app.url}/account/confirm?return_to=%2F`,
  );
  expect(await app.database.prisma.connection.count({ where: { id: row.id } })).toBe(1);
  expect(await app.control.calls()).toEqual([]);

  const page = await browser.follow(asked);
  expect(page.text).toContain('Is it still you?');
  expect(page.text).toContain('action="/auth/twitter"');
  // Connected, but no way to sign in: it proves nothing.
  expect(page.text).not.toContain('action="/auth/fitbit"');
  const old = sessionRowOf(browser);
  await app.control.user({ provider: 'twitter', subject: '801' });
  const proven = await app.flow(browser, '/auth/twitter', { return_to: '/setup' });
  expect(proven.location).toBe(`${app.url}/setup`);
  expect(sessionRowOf(browser)).not.toBe(old);
  expect(await app.database.prisma.webSession.count({ where: { id: old ?? '' } })).toBe(0);
  expect(await app.database.prisma.event.count({ where: { userId: id, kind: 'reauthenticated' } })).toBe(1);
  expect((await browser.follow(proven)).text).toContain('you have just proved that it is you');
  expect((await app.flow(browser, '/connect/github')).location).toMatch(/\/connections\//);
});

test('dangerous steps ask after a quarter of an hour, and nothing happens before', async () => {
  expect(DANGEROUS_STEP_MS).toBe(hour / 4);
  const { browser, id } = await signedIn('802');
  await app.control.user({ provider: 'github', subject: '9802' });
  const connected = await app.flow(browser, '/connect/github');
  const connection = connected.location?.split('/').at(-1);
  const [way] = await app.database.prisma.identity.findMany({ where: { userId: id } });
  await ageProof(app.database, id, DANGEROUS_STEP_MS);
  await app.control.reset();
  for (const path of [
    '/account/delete',
    `/account/identities/${way?.id}/remove`,
    `/account/identities/${connection}/allow-sign-in`,
  ]) {
    const asked = await browser.post(path);
    expect([path, asked.status, asked.location]).toEqual([
      path,
      303,
      `${app.url}/account/confirm?return_to=%2Faccount`,
    ]);
  }
  const { prisma } = app.database;
  expect(await prisma.user.findUniqueOrThrow({ where: { id } })).toMatchObject({ state: 'active' });
  expect(await prisma.identity.count()).toBe(1);
  expect(await app.control.calls()).toEqual([]);
  // Ending sessions and taking one's data along never asks.
  expect((await browser.post('/account/sessions/others/end')).location).toBe(`${app.url}/account`);
  expect((await browser.post('/account/export')).status).toBe(200);
});

test('linking on /welcome asks too, and the waiting account survives the detour', async () => {
  const { browser, id } = await signedIn('803');
  await ageProof(app.database, id, DANGEROUS_STEP_MS);
  await app.control.user({ provider: 'github', subject: '9803' });
  expect((await app.flow(browser, '/auth/github')).location).toBe(`${app.url}/welcome`);
  const asked = await browser.post('/welcome', { decision: 'connect' });
  expect(asked.location).toBe(`${app.url}/account/confirm?return_to=%2Fwelcome`);
  expect(await app.database.prisma.identity.count({ where: { userId: id } })).toBe(1);
  await app.control.user({ provider: 'twitter', subject: '803' });
  expect((await app.flow(browser, '/auth/twitter', { return_to: '/welcome' })).location).toBe(`${app.url}/welcome`);
  expect((await browser.post('/welcome', { decision: 'connect' })).location).toBe(`${app.url}/`);
  expect(await app.database.prisma.identity.count({ where: { userId: id } })).toBe(2);
});

test('only one’s own way proves it: somebody else’s account asks instead, and nothing is unlocked', async () => {
  const { browser, id } = await signedIn('804');
  const other = await signedIn('805');
  await ageProof(app.database, id, CONNECT_STEP_MS);
  await app.control.user({ provider: 'twitter', subject: '805' });
  expect((await app.flow(browser, '/auth/twitter', { return_to: '/account' })).location).toBe(`${app.url}/welcome`);
  expect((await browser.get('/welcome')).text).toContain('Switch accounts?');
  expect(await sessionPerson(app.database, browser)).toBe(id);
  expect((await browser.post('/connect/fitbit')).location).toContain('/account/confirm');
  expect(await sessionPerson(app.database, other.browser)).toBe(other.id);
});

test('a foreign return_to is not carried on', async () => {
  const { browser } = await signedIn('806');
  for (const bad of ['https://evil.example/', '//evil.example', '/\\evil.example']) {
    const { text } = await browser.get(`/account/confirm?return_to=${encodeURIComponent(bad)}`);
    expect(text).toContain('name="return_to" value="/account"');
    expect(text).not.toContain('evil.example');
  }
});
