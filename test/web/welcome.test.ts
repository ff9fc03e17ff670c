/** What may have changed while an account waits on /welcome: the facts are looked at once more, and nobody gets what is not theirs. */
import { pendingIdentityOf } from '../../src/accounts/index.js';
import type { AuditEvent } from '../../src/events/index.js';
import { settleWelcome } from '../../src/flows/index.js';
import { KeyRing, Vault } from '../../src/vault/index.js';
import { startApp, TEST_VAULT_KEYS, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { mailingProviders } from '../support/mailing-providers.js';
import { seedPerson, seedSession, sessionPerson } from '../support/people.js';

const account = { namespace: 'sandbox:mail-two', subject: '6001' };
let app: TestApp;

beforeAll(async () => {
  app = await startApp({ definitions: mailingProviders });
  await app.control.behaviour({ autoApprove: true });
});
afterAll(() => app.close());
beforeEach(async () => {
  await app.reset();
  await app.control.user({ provider: 'mail-two', subject: account.subject });
});

/** A browser in which the account waits for a decision. */
async function waiting(signedInAs?: string): Promise<Browser> {
  const browser = app.browser();
  if (signedInAs) await seedSession(app.database, browser, signedInAs);
  expect((await app.flow(browser, '/auth/mail-two')).location).toBe(`${app.url}/welcome`);
  return browser;
}
const person = (world: Partial<Parameters<typeof seedPerson>[1]> = {}) =>
  seedPerson(app.database, { name: 'Valentine', ...world });
const events = () =>
  app.database.prisma.event.findMany({ select: { kind: true, userId: true, detail: true }, orderBy: { at: 'asc' } });
const connectionsOf = (userId: string) => app.database.prisma.connection.count({ where: { userId } });

test('nothing: who decides for a new account has one, with this account as the way in and as its connection', async () => {
  const browser = await waiting();
  expect((await browser.post('/welcome', { decision: 'create' })).location).toBe(`${app.url}/`);
  const id = (await sessionPerson(app.database, browser)) ?? '';
  expect(await app.database.prisma.identity.findMany()).toMatchObject([{ userId: id, ...account }]);
  expect(await connectionsOf(id)).toBe(1);
  expect(await events()).toMatchObject([
    { kind: 'account_created', userId: id },
    { kind: 'signed_in', userId: id },
  ]);
});

test.each([
  ['create', undefined],
  ['create', 'Ursula'],
  ['connect', 'Ursula'],
])('%s, as %s: somebody else has connected the account meanwhile, and keeps it', async (decision, signedInAs) => {
  const browser = await waiting(signedInAs && (await person({ name: signedInAs })));
  const people = await app.database.prisma.user.count();
  const owner = await person({ connections: [{ provider: 'mail-two', ...account }] });
  const page = await browser.post('/welcome', { decision });
  expect(page.status).toBe(409);
  expect(page.text).toContain('This Mail Two account is in use already');
  expect(page.text).not.toContain('Valentine');
  const { prisma } = app.database;
  expect([await prisma.user.count(), await prisma.identity.count()]).toEqual([people + 1, 0]);
  expect([await prisma.connection.count(), await connectionsOf(owner)]).toEqual([1, 1]);
  // Nobody's trail tells what somebody else tried.
  const detail = { because: 'belongs_to_somebody_else' };
  expect(await events()).toEqual([{ kind: 'sign_in_refused', userId: null, detail }]);
  expect((await browser.post('/welcome', { decision })).status).toBe(400);
});

test.each(['disabled', 'deleting'] as const)('its person is %s meanwhile: nobody gets in', async (state) => {
  const browser = await waiting();
  const owner = await person({ state, ways: [account] });
  const page = await browser.post('/welcome', { decision: 'create' });
  expect(page.status).toBe(403);
  expect(page.text).toContain('This account is switched off');
  expect(await sessionPerson(app.database, browser)).toBeUndefined();
  expect([await app.database.prisma.user.count(), await connectionsOf(owner)]).toEqual([1, 0]);
  expect(await events()).toMatchObject([{ kind: 'sign_in_refused', detail: { because: 'account_disabled' } }]);
});

test('another tab was quicker: the person is signed in to the account that it made', async () => {
  const browser = await waiting();
  const owner = await person({ ways: [account] });
  expect((await browser.post('/welcome', { decision: 'create' })).status).toBe(303);
  expect(await sessionPerson(app.database, browser)).toBe(owner);
  expect([await app.database.prisma.user.count(), await connectionsOf(owner)]).toEqual([1, 1]);
  expect(await events()).toMatchObject([{ kind: 'signed_in', userId: owner }]);
  const [way] = await app.database.prisma.identity.findMany();
  expect(way?.lastUsedAt).toBeInstanceOf(Date);
});

test('an account that is one’s own already is connected again, and counts as that', async () => {
  const id = await person();
  const browser = await waiting(id);
  await app.database.prisma.identity.create({ data: { userId: id, ...account } });
  expect((await browser.post('/welcome', { decision: 'connect' })).status).toBe(303);
  expect([await app.database.prisma.identity.count(), await connectionsOf(id)]).toEqual([1, 1]);
  expect(await events()).toMatchObject([{ kind: 'reconnected', userId: id }]);
});

test('sign-up was closed meanwhile: no new account, and the old ones go on', async () => {
  const { url } = await app.secondInstance({ signUp: 'closed' });
  const newcomer = await waiting();
  const page = await newcomer.clone(url).post('/welcome', { decision: 'create' });
  expect([page.status, await app.database.prisma.user.count()]).toEqual([403, 0]);
  expect(page.text).toContain('New accounts are closed');
  const id = await person();
  const known = await waiting(id);
  expect((await known.clone(url).post('/welcome', { decision: 'connect' })).status).toBe(303);
  expect(await connectionsOf(id)).toBe(1);
});

test('the provider is not offered any more: nothing is made of the account', async () => {
  const { url } = await app.secondInstance({ definitions: [] });
  const browser = await waiting();
  const page = await browser.clone(url).post('/welcome', { decision: 'create' });
  expect([page.status, await app.database.prisma.user.count()]).toEqual([400, 0]);
  expect(await events()).toEqual([]);
});

describe('between the look at the page and the decision', () => {
  /** As the page does it, for somebody who was signed in when it looked. */
  async function connectAs(signedInAs: string | undefined, browser: Browser) {
    const { prisma } = app.database;
    const secret = browser.cookies.get('latchkey-pending');
    const pending = await pendingIdentityOf(prisma, secret, Date.now());
    if (!pending) throw new Error('Nothing waits in this browser.');
    const recorded: AuditEvent[] = [];
    const options = {
      prisma,
      vault: new Vault(KeyRing.parse(TEST_VAULT_KEYS)),
      catalogue: app.latchkey.catalogue,
      events: { record: async (event: AuditEvent) => void recorded.push(event) },
      changed: () => undefined,
      signUp: 'open',
    } as unknown as Parameters<typeof settleWelcome>[0];
    return { outcome: await settleWelcome(options, pending, 'connect', signedInAs), recorded };
  }

  test.each(['disabled', 'deleting'] as const)('its person is %s: the account is linked to nobody', async (state) => {
    const id = await person();
    const browser = await waiting(id);
    await app.database.prisma.user.update({ where: { id }, data: { state } });
    const { outcome, recorded } = await connectAs(id, browser);
    expect([outcome, recorded]).toEqual([{ kind: 'refused', because: 'gone' }, []]);
    expect([await app.database.prisma.identity.count(), await connectionsOf(id)]).toEqual([0, 0]);
  });

  test('its person signed out: the account is linked to nobody', async () => {
    const { outcome } = await connectAs(undefined, await waiting());
    expect(outcome).toEqual({ kind: 'refused', because: 'gone' });
    expect(await app.database.prisma.connection.count()).toBe(0);
  });

  test('it became somebody’s way to sign in: it stays theirs', async () => {
    const id = await person({ name: 'Ursula' });
    const browser = await waiting(id);
    const owner = await person({ ways: [account] });
    const { outcome, recorded } = await connectAs(id, browser);
    expect(outcome).toEqual({ kind: 'refused', because: 'belongs_to_somebody_else' });
    expect(recorded).toMatchObject([{ kind: 'sign_in_refused' }]);
    expect([await connectionsOf(id), await connectionsOf(owner)]).toEqual([0, 0]);
  });
});
