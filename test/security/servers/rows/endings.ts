/** sec-G, sec-H: signing out, disconnecting, and what providers are told. */
import type { Browser } from '../../../support/browser.js';
import { until } from '../../../support/until.js';
import type { Site } from '../../harness.js';
import {
  ageProof,
  callbackOf,
  connect,
  connectionRow,
  cookieName,
  countOf,
  expire,
  inTurn,
  isSignedIn,
  jsonAnswer,
  PATIENCE,
  personOf,
  type SiteOf,
  signedIn,
} from './steps.js';

export function endings(siteOf: SiteOf): void {
  const revocations = (site: Site) => site.control.calls(site.path('oauth2', 'revoke'));

  test('sec-G1: signing out is a POST with its proof, as often as one likes', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'g1');
    for (const method of ['GET', 'HEAD', 'PUT']) {
      expect((await browser.request('/logout', { method })).status).toBe(405);
    }
    expect((await browser.request('/logout', { method: 'POST' })).status).toBe(403);
    expect((await browser.post('/logout', {}, { origin: 'https://evil.example' })).status).toBe(403);
    expect(await isSignedIn(browser)).toBe(true);
    for (let round = 0; round < 2; round++) {
      const page = await browser.post('/logout', { return_to: '//evil.example' });
      expect([page.status, page.location]).toEqual([303, `${site.url}/`]);
    }
    expect(await isSignedIn(browser)).toBe(false);
  });

  test('sec-G2: the session is gone before the answer, and its cookie is cleared as it was set', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'g2');
    const userId = await personOf(site, browser);
    const stolen = browser.clone();
    const out = await browser.post('/logout');
    expect(await countOf(site, 'WebSession', '"userId" = $1', [userId])).toBe(0);
    expect(await isSignedIn(stolen)).toBe(false);
    const name = cookieName(site, 'session');
    const secure = site.mode === 'production' ? ' Secure;' : '';
    expect(out.headers.getSetCookie().find((line) => line.startsWith(`${name}=`))).toBe(
      `${name}=; Max-Age=0; Path=/; HttpOnly;${secure} SameSite=Lax`,
    );
  });

  test('sec-G3: no signed-in page is kept by the browser', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'g3');
    const [row] = await site.sql(`SELECT id FROM "Connection" WHERE subject = 'g3'`);
    for (const path of [
      '/',
      '/account',
      '/account/confirm',
      `/connections/${row?.id}`,
      '/setup',
      '/operator',
      '/nowhere',
    ]) {
      expect([path, (await browser.get(path)).headers.get('cache-control')]).toEqual([path, 'no-store']);
    }
  });

  test(
    'sec-G4: signing out ends what was started, and admits when it cannot reach the sessions',
    async () => {
      const site = siteOf();
      const browser = await signedIn(site, 'g4');
      const callback = await callbackOf(site, browser, '/connect/mallow');
      await site.control.reset();
      await browser.post('/logout');
      expect((await browser.get(callback)).status).toBe(400);
      expect(await site.control.calls(site.path('oauth1', 'token'))).toEqual([]);

      const cut = await signedIn(site, 'g4');
      const _csrf = await cut.csrf();
      site.databaseProxy.cut();
      try {
        const page = await cut.request('/logout', { method: 'POST', body: new URLSearchParams({ _csrf }) });
        expect(page.status).toBe(503);
        expect(page.text).toContain('in this browser only');
        expect(cut.cookies.has(cookieName(site, 'session'))).toBe(false);
      } finally {
        site.databaseProxy.open();
      }
      for (const { url } of site.instances) {
        await until(async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.status !== 503, 30_000);
      }
    },
    PATIENCE,
  );

  test(
    'sec-H1: disconnecting withdraws the grant, refresh token first, and never waits for that to delete',
    async () => {
      const site = siteOf();
      const browser = await signedIn(site, 'h1', 'mallow');
      const id = await connect(site, browser, 'nettle', 'h1');
      await site.control.reset();
      await browser.post(`/connections/${id}/disconnect`);
      const told = (await revocations(site)).map(({ body }) => new URLSearchParams(body));
      expect(told.map((form) => form.get('token_type_hint'))).toEqual(['refresh_token', 'access_token']);
      expect(told.map((form) => form.get('client_secret'))).toEqual(['sandbox-secret', 'sandbox-secret']);
      for (const script of [
        { status: 500 },
        { ...jsonAnswer, status: 400, body: '{"error":"unsupported_token_type"}' },
        { hang: true },
      ]) {
        const again = await connect(site, browser, 'nettle', 'h1');
        await site.control.reset();
        await site.control.next({ path: site.path('oauth2', 'revoke'), times: 5, ...script });
        const began = performance.now();
        const answer = browser.post(`/connections/${again}/disconnect`);
        await until(async () => (await revocations(site)).length > 0);
        expect(await countOf(site, 'Connection', 'id = $1', [again])).toBe(0);
        expect((await browser.follow(await answer)).text).toContain('withdrawing the access there did not work');
        expect(performance.now() - began).toBeLessThan(10_000);
        expect((await revocations(site)).length).toBeLessThanOrEqual(2);
      }
      await site.control.reset();
    },
    PATIENCE,
  );

  test('sec-H2: of two removals at once over two processes the last way to sign in is left', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'h2');
    const userId = await personOf(site, browser);
    const other = await connect(site, browser, 'osier', 'h2');
    expect((await browser.post(`/account/identities/${other}/allow-sign-in`)).status).toBe(303);
    const ways = await site.sql('SELECT id FROM "Identity" WHERE "userId" = $1', [userId]);
    expect(ways).toHaveLength(2);
    const pages = await Promise.all(
      ways.map(({ id }, turn) => inTurn(site, browser, turn).post(`/account/identities/${id}/remove`)),
    );
    expect(pages.map(({ status }) => status).sort()).toEqual([303, 409]);
    expect(await countOf(site, 'Identity', '"userId" = $1', [userId])).toBe(1);
  });

  test('sec-H3: disconnecting wins over a refresh under way, whose tokens are withdrawn', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'h3', 'mallow');
    const id = await connect(site, browser, 'nettle', 'h3');
    await site.control.reset();
    await site.control.hold(site.path('oauth2', 'token'));
    await expire(site, id);
    const looking = browser.clone().get(`/connections/${id}`);
    await until(async () => (await site.control.calls(site.path('oauth2', 'token'))).length > 0);
    await browser.post(`/connections/${id}/disconnect`);
    const tokens = async () => (await revocations(site)).map(({ body }) => new URLSearchParams(body).get('token'));
    const before = await tokens();
    await site.control.release(site.path('oauth2', 'token'));
    expect((await looking).status).toBeLessThan(500);
    await until(async () => (await tokens()).some((told) => !before.includes(told)));
    expect(await countOf(site, 'Connection', 'id = $1', [id])).toBe(0);
  });

  test('sec-H4: a withdrawn grant is kept, asked about once, told once, and mended by one click', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'h4', 'mallow');
    const id = await connect(site, browser, 'nettle', 'h4');
    await site.control.revoke({ provider: 'nettle', subject: 'h4' });
    await site.control.reset();
    await expire(site, id);
    for (let round = 0; round < 10; round++) expect((await browser.get(`/connections/${id}`)).status).toBe(200);
    expect(await site.control.calls(site.path('oauth2', 'token'))).toHaveLength(1);
    expect(await connectionRow(site, id)).toMatchObject({ status: 'reconnect_required', reason: 'invalid_grant' });
    expect(await countOf(site, 'Event', `kind = 'connection_reconnect_required' AND "connectionId" = $1`, [id])).toBe(
      1,
    );
    expect(await isSignedIn(browser)).toBe(true);
    await connect(site, browser, 'nettle', 'h4');
    expect(await connectionRow(site, id)).toMatchObject({ status: 'active', reason: null });
  });

  test('sec-H5: connecting again keeps the row, and an answer without a refresh token keeps the stored one', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'h5', 'mallow');
    const id = await connect(site, browser, 'nettle', 'h5');
    for (let round = 0; round < 3; round++) expect(await connect(site, browser, 'nettle', 'h5')).toBe(id);
    const path = site.path('oauth2', 'token');
    const body = JSON.stringify({ access_token: 'h5-without', token_type: 'Bearer', expires_in: 60 });
    await site.control.next({ path, ...jsonAnswer, body });
    await site.control.next({ path: site.path('oauth2', 'profile'), ...jsonAnswer, body: '{"user":{"uid":"h5"}}' });
    await site.flow(browser, '/connect/nettle');
    expect(await countOf(site, 'Connection', `subject = 'h5' AND provider = 'nettle'`)).toBe(1);
    expect(await connectionRow(site, id)).toMatchObject({ status: 'active', scopes: ['me', 'data'] });
    await site.control.reset();
    const page = await browser.follow(await browser.post(`/connections/${id}/refresh`));
    expect(page.text).toContain('The access was renewed.');
    const [call] = await site.control.calls(path);
    expect(new URLSearchParams(call?.body).get('refresh_token')).toBeTruthy();
  });

  test(
    'sec-H6: deleting the account withdraws every grant, leaves no row, and the account may sign up again',
    async () => {
      const site = siteOf();
      const browser = await signedIn(site, 'h6', 'osier');
      const userId = await personOf(site, browser);
      await connect(site, browser, 'nettle', 'h6');
      await connect(site, browser, 'mallow', 'h6');
      const second: Browser = await signedIn(site, 'h6', 'osier');
      await ageProof(site, userId, 0);
      await site.control.reset();
      await site.control.next({ path: site.path('oauth2', 'revoke'), times: 5, status: 503 });
      expect((await browser.post('/account/delete')).status).toBe(303);
      await until(async () => (await countOf(site, 'User', 'id = $1', [userId])) === 0, 30_000);
      for (const table of ['Connection', 'Identity', 'WebSession', 'Event']) {
        expect([table, await countOf(site, table, '"userId" = $1', [userId])]).toEqual([table, 0]);
      }
      expect((await revocations(site)).length).toBeGreaterThan(0);
      expect(await isSignedIn(second)).toBe(false);
      await site.control.user({ provider: 'osier', subject: 'h6' });
      expect((await site.flow(site.browser(), '/auth/osier')).location).toBe(`${site.url}/welcome`);
      await site.control.reset();
    },
    PATIENCE,
  );
}
