/** sec-F: what an account is known by, and who may link what to whom. */
import type { Browser } from '../../../support/browser.js';
import type { Site } from '../../harness.js';
import {
  ageProof,
  callbackOf,
  connect,
  connectionRow,
  countOf,
  inTurn,
  PATIENCE,
  personOf,
  type SiteOf,
  signedIn,
} from './steps.js';

const HOUR_MS = 3_600_000;
const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';

export function linking(siteOf: SiteOf): void {
  async function signUp(site: Site, provider: string, person: object): Promise<Browser> {
    const browser = site.browser();
    await site.control.user({ provider, ...person });
    const page = await site.flow(browser, `/auth/${provider}`);
    if (page.location?.endsWith('/welcome')) await browser.post('/welcome', { decision: 'create' });
    return browser;
  }
  /** Everything about a person that another one might have changed. */
  const everythingOf = async (site: Site, userId: string | undefined) =>
    JSON.stringify([
      await site.sql('SELECT * FROM "User" WHERE id = $1', [userId]),
      await site.sql('SELECT * FROM "Identity" WHERE "userId" = $1 ORDER BY id', [userId]),
      await site.sql('SELECT * FROM "Connection" WHERE "userId" = $1 ORDER BY id', [userId]),
      await site.sql('SELECT id, "userId" FROM "WebSession" WHERE "userId" = $1 ORDER BY id', [userId]),
    ]);

  test('sec-F1: an account is known by provider and subject, whatever address and name it has today', async () => {
    const site = siteOf();
    const before = { subject: 'f1', email: 'f1@mail.example', emailVerified: true, username: 'one', name: 'One' };
    const first = await signUp(site, 'osier', before);
    const renamed = await signUp(site, 'osier', {
      subject: 'f1',
      email: 'new@mail.example',
      username: 'uno',
      name: 'Uno',
    });
    expect(await personOf(site, renamed)).toBe(await personOf(site, first));
    const inherited = await signUp(site, 'osier', { ...before, subject: 'f1-2' });
    const elsewhere = await signUp(site, 'nettle', before);
    const people = await Promise.all([first, inherited, elsewhere].map((browser) => personOf(site, browser)));
    expect(new Set(people).size).toBe(3);
    expect(people).not.toContain(undefined);
  });

  test('sec-F2: no address ever signs in as somebody who was there before, however it was confirmed', async () => {
    const site = siteOf();
    const email = 'f2@mail.example';
    const victim = await personOf(
      site,
      await signUp(site, 'osier', { subject: 'f2-victim', email, emailVerified: true }),
    );
    const before = await everythingOf(site, victim);
    for (const [at, flag] of [true, false, 'true', 'false', undefined].entries()) {
      const browser = await signUp(site, 'osier', {
        subject: `f2-${at}`,
        email,
        ...(flag === undefined ? {} : { emailVerified: flag }),
      });
      const person = await personOf(site, browser);
      expect([flag, person === undefined, person === victim]).toEqual([flag, false, false]);
    }
    expect(await everythingOf(site, victim)).toBe(before);
  });

  test('sec-F3: who waited with somebody else’s address gains nothing when its owner arrives', async () => {
    const site = siteOf();
    const email = 'f3@mail.example';
    const attacker = await signUp(site, 'osier', { subject: 'f3-attacker', email, emailVerified: false });
    const victim = await signUp(site, 'osier', { subject: 'f3-victim', email, emailVerified: true });
    expect(await personOf(site, attacker)).not.toBe(await personOf(site, victim));
    const again = await signUp(site, 'osier', { subject: 'f3-attacker', email, emailVerified: true });
    expect(await personOf(site, again)).toBe(await personOf(site, attacker));
    const rows = await site.sql('SELECT subject FROM "Identity" WHERE "userId" = $1', [await personOf(site, victim)]);
    expect(rows).toEqual([{ subject: 'f3-victim' }]);
  });

  test.each(['mallow', 'nettle', 'osier'])(
    'sec-F4: an account of somebody else is refused, unnamed, unchanged, unrevoked (%s)',
    async (provider) => {
      const site = siteOf();
      const other = provider === 'mallow' ? 'nettle' : 'mallow';
      const owner = await signedIn(site, `f4-${provider}`, other);
      const id = await connect(site, owner, provider, `f4-contested-${provider}`);
      const before = await connectionRow(site, id);
      const intruder = await signedIn(site, `f4-intruder-${provider}`, other);
      await site.control.user({ provider, subject: `f4-contested-${provider}` });
      await site.control.reset();
      const page = await site.flow(intruder, `/connect/${provider}`);
      expect(page.status).toBe(409);
      expect(page.text).not.toContain(`f4-${provider}`);
      expect(await connectionRow(site, id)).toEqual(before);
      const calls = (await site.control.calls()).map(({ path }) => path);
      expect(calls.filter((path) => path.includes('revoke'))).toEqual([]);
      expect((await owner.get(`/connections/${id}`)).text).not.toContain('having trouble');
    },
  );

  test('sec-F5: signing in with something new while signed in links nothing until the form says so', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'f5');
    const userId = await personOf(site, browser);
    await site.control.user({ provider: 'osier', subject: 'f5-new' });
    expect((await site.flow(browser, '/auth/osier')).location).toBe(`${site.url}/welcome`);
    const linked = () => countOf(site, 'Identity', '"userId" = $1', [userId]);
    expect(await linked()).toBe(1);
    const body = new URLSearchParams({ decision: 'connect' });
    expect((await browser.request('/welcome', { method: 'POST', body })).status).toBe(403);
    const foreign = await browser.post('/welcome', { decision: 'connect' }, { origin: 'https://evil.example' });
    expect(foreign.status).toBe(403);
    expect((await site.browser().post('/welcome', { decision: 'connect' })).status).toBe(400);
    expect(await linked()).toBe(1);
    expect((await browser.post('/welcome', { decision: 'connect' })).status).toBe(303);
    expect(await linked()).toBe(2);
  });

  test.each(['mallow', 'nettle', 'osier'])(
    'sec-F6: twenty sign-ups with one account over two processes make one person (%s)',
    async (provider) => {
      const site = siteOf();
      await site.control.user({ provider, subject: `f6-${provider}` });
      const browsers = await Promise.all(
        Array.from({ length: 20 }, async (_, turn) => {
          const browser = site.browser();
          await browser.get(await callbackOf(site, browser, `/auth/${provider}`));
          return inTurn(site, browser, turn);
        }),
      );
      const pages = await Promise.all(browsers.map((browser) => browser.post('/welcome', { decision: 'create' })));
      // On a machine that is busy with other things, some may be asked to come back.
      for (const { status } of pages) expect([303, 400, 503]).toContain(status);
      const through = browsers.filter((_, at) => pages[at]?.status === 303);
      expect(through.length).toBeGreaterThan(1);
      const rows = await site.sql('SELECT "userId" FROM "Identity" WHERE subject = $1', [`f6-${provider}`]);
      expect(rows).toHaveLength(1);
      expect(await countOf(site, 'Connection', 'subject = $1', [`f6-${provider}`])).toBe(1);
      const people = await Promise.all(through.map((browser) => personOf(site, browser)));
      expect(new Set(people)).toEqual(new Set([rows[0]?.userId]));
      expect(await countOf(site, 'Event', `kind = 'account_created' AND "userId" = $1`, [rows[0]?.userId])).toBe(1);
    },
    PATIENCE,
  );

  test('sec-F7: no field, query or header chooses whom a step is about', async () => {
    const site = siteOf();
    const victim = await signedIn(site, 'f7-victim');
    const victimId = await personOf(site, victim);
    const [theirs] = await site.sql('SELECT id FROM "Connection" WHERE "userId" = $1', [victimId]);
    const before = await everythingOf(site, victimId);
    const forged = {
      userId: String(victimId),
      user: String(victimId),
      owner: String(victimId),
      connection_id: String(theirs?.id),
    };
    const headers = { 'x-user-id': String(victimId), 'x-forwarded-user': String(victimId) };
    const stranger = site.browser();
    for (const path of ['/account/delete', '/account/export', `/connections/${theirs?.id}/disconnect`]) {
      const page = await stranger.post(`${path}?userId=${victimId}`, forged, headers);
      expect([path, page.status, new URL(page.location ?? '').pathname]).toEqual([path, 303, '/']);
    }
    const other = await signedIn(site, 'f7-other');
    const exported = await other.post(`/account/export?userId=${victimId}`, forged, headers);
    expect(exported.text).toContain('f7-other');
    expect(exported.text).not.toContain('f7-victim');
    await other.post(`/account/delete?user=${victimId}`, forged, headers);
    expect(await everythingOf(site, victimId)).toBe(before);
    expect(await countOf(site, 'Identity', `subject = 'f7-other'`)).toBe(0);
  });

  test('sec-F8: foreign ids are unknown ids, on every route and method', async () => {
    const site = siteOf();
    const victim = await signedIn(site, 'f8-victim');
    const victimId = await personOf(site, victim);
    const before = await everythingOf(site, victimId);
    const [theirs] = await site.sql('SELECT id FROM "Connection" WHERE "userId" = $1', [victimId]);
    const [way] = await site.sql('SELECT id FROM "Identity" WHERE "userId" = $1', [victimId]);
    const browser = await signedIn(site, 'f8');
    await site.control.reset();
    const pages = new Set<string>();
    const plain = (text: string) =>
      text.replaceAll(/value="[\w-]+"|[\w-]{36}|Request \S+/g, '').replaceAll(/[A-Za-z0-9_-]{16,}/g, '');
    for (const [foreign, path] of [
      ...['', '/disconnect', '/refresh', '/check'].map((step) => [theirs?.id, `/connections/ID${step}`] as const),
      ...['allow-sign-in', 'remove'].map((step) => [way?.id, `/account/identities/ID/${step}`] as const),
    ]) {
      for (const id of [foreign, UNKNOWN_ID, 'nonsense', '%00', '..%2f']) {
        const address = path.replace('ID', String(id));
        const page = path.endsWith('/ID') ? await browser.get(address) : await browser.post(address);
        expect([address, page.status]).toEqual([address, 404]);
        pages.add(plain(page.text));
      }
    }
    expect(pages.size).toBe(1);
    expect(await site.control.calls()).toEqual([]);
    expect(await everythingOf(site, victimId)).toBe(before);
  });

  test('sec-F9: odd addresses are cleaned text that nobody has confirmed', async () => {
    const site = siteOf();
    const odd = [
      'a@evil.example@corp.example',
      'a＠corp.example',
      'a@corp.example.',
      `${'x'.repeat(9000)}@corp.example`,
      'a\u0000@corp.example',
    ];
    for (const [at, email] of odd.entries()) {
      const browser = await signUp(site, 'osier', { subject: `f9-${at}`, email, emailVerified: true });
      const [user] = await site.sql('SELECT * FROM "User" WHERE id = $1', [await personOf(site, browser)]);
      expect([at, user?.emailVerifiedBy]).toEqual([at, null]);
      expect(String(user?.email ?? '').length).toBeLessThanOrEqual(200);
      expect((await browser.get('/account')).status).toBe(200);
    }
  });

  test('sec-F10: an old proof is not enough for lasting steps; the same identity gives a new one, and the history tells', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'f10');
    const userId = await personOf(site, browser);
    await ageProof(site, userId, 13 * HOUR_MS);
    const [row] = await site.sql('SELECT id FROM "Connection" WHERE "userId" = $1', [userId]);
    await site.control.reset();
    for (const path of ['/connect/mallow', `/connections/${row?.id}/disconnect`, '/account/delete']) {
      const page = await browser.post(path);
      expect([path, page.status]).toEqual([path, 303]);
      expect(new URL(page.location ?? '').pathname).toBe('/account/confirm');
    }
    expect(await site.control.calls()).toEqual([]);
    expect(await countOf(site, 'Connection', '"userId" = $1', [userId])).toBe(1);
    // Somebody else's account proves nothing.
    await site.control.user({ provider: 'osier', subject: 'f10-other' });
    await site.flow(browser, '/auth/osier');
    expect(new URL((await browser.post('/connect/mallow')).location ?? '').pathname).toBe('/account/confirm');
    await site.signIn(browser, 'f10');
    expect(await connect(site, browser, 'mallow', 'f10')).toMatch(/-/);
    for (const kind of ['reauthenticated', 'connected']) {
      expect([kind, await countOf(site, 'Event', 'kind = $1 AND "userId" = $2', [kind, userId])]).toEqual([
        kind,
        expect.any(Number),
      ]);
      expect(await countOf(site, 'Event', 'kind = $1 AND "userId" = $2', [kind, userId])).toBeGreaterThan(0);
    }
  });
}
