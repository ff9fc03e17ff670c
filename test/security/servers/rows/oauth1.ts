/** sec-C: what is particular to OAuth 1.0a. */
import { callbackOf, connect, countOf, dump, flowCookies, personOf, type SiteOf, signedIn, traces } from './steps.js';

export function oauth1(siteOf: SiteOf): void {
  test('sec-C1: the callback is announced in the signed header, and has to be confirmed', async () => {
    const site = siteOf();
    const path = site.path('oauth1', 'temporary');
    await site.control.reset();
    for (const confirmed of ['', '&oauth_callback_confirmed=false', '&oauth_callback_confirmed=']) {
      const browser = site.browser();
      await site.control.next({ path, status: 200, body: `oauth_token=a&oauth_token_secret=b${confirmed}` });
      const page = await browser.post('/auth/mallow');
      expect([confirmed, page.status, page.location]).toEqual([confirmed, 502, undefined]);
      expect(flowCookies(browser)).toEqual([]);
    }
    const [call] = await site.control.calls(path);
    expect(call?.headers.authorization).toContain(
      `oauth_callback="${encodeURIComponent(`${site.url}/auth/mallow/callback`)}"`,
    );
  });

  test('sec-C2: only the token that this browser was given leads on', async () => {
    const site = siteOf();
    const browser = site.browser();
    const before = await traces(site);
    const own = new URL(await callbackOf(site, browser, '/auth/mallow'), site.url);
    const attackers = new URL(await callbackOf(site, site.browser(), '/auth/mallow'), site.url);
    await site.control.reset();
    const mixed = new URL(own);
    mixed.searchParams.set('oauth_token', attackers.searchParams.get('oauth_token') ?? '');
    const without = new URL(own);
    without.searchParams.delete('oauth_token');
    for (const url of [attackers, mixed, without]) expect((await browser.get(url.href)).status).toBe(400);
    expect((await site.browser().get(own.href)).status).toBe(400);
    expect(await site.control.calls(site.path('oauth1', 'token'))).toEqual([]);
    expect(await traces(site)).toEqual(before);
    expect((await browser.get(own.href)).status).toBe(303);
  });

  test('sec-C3: no exchange without one verifier, which only the exchange carries', async () => {
    const site = siteOf();
    const browser = site.browser();
    const url = new URL(await callbackOf(site, browser, '/auth/mallow'), site.url);
    const verifier = url.searchParams.get('oauth_verifier') ?? '';
    await site.control.reset();
    const wrong = ['', '&oauth_verifier=', `&oauth_verifier=${verifier}&oauth_verifier=${verifier}`];
    for (const query of wrong) {
      const address = `/auth/mallow/callback?oauth_token=${url.searchParams.get('oauth_token')}${query}`;
      expect((await browser.get(address)).status).toBe(400);
    }
    expect(await site.control.calls()).toEqual([]);
    expect((await browser.get(url.href)).status).toBe(303);
    const calls = await site.control.calls();
    const carrying = calls.filter((call) => JSON.stringify(call).includes(encodeURIComponent(verifier)));
    expect(carrying.map(({ path }) => path)).toEqual([site.path('oauth1', 'token')]);
  });

  test('sec-C4: the temporary secret shows nowhere, and nothing of the attempt stays', async () => {
    const site = siteOf();
    const canary = 'CANARY-TEMPORARY-SECRET-C4';
    const browser = site.browser();
    const body = `oauth_token=c4-token&oauth_token_secret=${canary}&oauth_callback_confirmed=true`;
    await site.control.next({ path: site.path('oauth1', 'temporary'), status: 200, body });
    const started = await browser.post('/auth/mallow');
    expect(started.status).toBe(303);
    const values = [...browser.cookies.values()];
    const decoded = values.map((value) => Buffer.from(value, 'base64url').toString('latin1'));
    const shown = [started.text, started.location, ...started.headers.getSetCookie(), ...decoded, site.output()];
    expect(`${shown.join()}${await dump(site)}`).not.toContain(canary);
    await browser.get('/auth/mallow/callback?oauth_token=c4-token&denied=c4-token');
    expect(flowCookies(browser)).toEqual([]);
  });

  test('sec-C5: two tabs with two intents finish in the reverse order, each as what it was', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'c5', 'mallow');
    const signIn = await callbackOf(site, browser, '/auth/mallow');
    await site.control.user({ provider: 'mallow', subject: 'c5-other' });
    const connecting = await callbackOf(site, browser, '/connect/mallow');
    expect((await browser.get(connecting)).location).toMatch(/\/connections\/[\w-]{36}$/);
    expect((await browser.get(signIn)).location).toBe(`${site.url}/`);
    expect(await countOf(site, 'Identity', `subject LIKE 'c5%'`)).toBe(1);
    expect(await countOf(site, 'Connection', `subject LIKE 'c5%'`)).toBe(2);
    expect(await connect(site, browser, 'mallow', 'c5-other')).toMatch(/-/);
  });
  test('sec-C6: every request has its own nonce and a fresh timestamp', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'c6', 'mallow');
    const [row] = await site.sql(`SELECT id FROM "Connection" WHERE subject = 'c6'`);
    await site.control.reset();
    const pages = await Promise.all(Array.from({ length: 40 }, () => browser.get(`/connections/${row?.id}`)));
    expect(new Set(pages.map(({ status }) => status))).toEqual(new Set([200]));
    const calls = await site.control.calls();
    expect(calls.length).toBeGreaterThanOrEqual(40);
    const said = calls.map(({ headers, time }) => {
      const { authorization = '' } = headers;
      return {
        nonce: /oauth_nonce="([^"]+)"/.exec(authorization)?.[1] ?? '',
        off: Number(/oauth_timestamp="(\d+)"/.exec(authorization)?.[1]) - Date.parse(time) / 1000,
      };
    });
    expect(new Set(said.map(({ nonce }) => nonce)).size).toBe(calls.length);
    for (const { nonce, off } of said) {
      expect(nonce.length).toBeGreaterThanOrEqual(11);
      expect(Math.abs(off)).toBeLessThan(5);
    }
  });

  test('sec-C8: the configured method, and parameters in the header only', async () => {
    const site = siteOf();
    await site.control.reset();
    const browser = await signedIn(site, 'c8', 'mallow');
    const [row] = await site.sql(`SELECT id FROM "Connection" WHERE subject = 'c8'`);
    await browser.get(`/connections/${row?.id}`);
    const calls = (await site.control.calls()).filter(({ path }) => !path.endsWith('/authorize'));
    expect(calls.length).toBeGreaterThanOrEqual(4);
    for (const { headers, query, body } of calls) {
      expect(headers.authorization).toContain('oauth_signature_method="HMAC-SHA1"');
      expect(`${query}${body}`).not.toContain('oauth_');
    }
  });

  test('sec-C9: who it is comes from the provider itself, never from the callback', async () => {
    const site = siteOf();
    const browser = site.browser();
    await signedIn(site, 'c9-victim', 'mallow');
    await site.control.user({ provider: 'mallow', subject: 'c9-real' });
    const callback = await callbackOf(site, browser, '/auth/mallow');
    const claims = '&user_id=c9-victim&id=c9-victim&screen_name=admin&subject=c9-victim';
    await browser.get(`${callback}${claims}`);
    await browser.post('/welcome', { decision: 'create' });
    const [row] = await site.sql(`SELECT "userId" FROM "Identity" WHERE subject = 'c9-real'`);
    expect(await personOf(site, browser)).toBe(row?.userId);
  });
}
