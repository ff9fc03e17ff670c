/** sec-B1 to B10: the callback. */
import type { Site } from '../../harness.js';
import {
  callbackOf,
  cookieName,
  countOf,
  expectNothing,
  inTurn,
  isSignedIn,
  protocols,
  type SiteOf,
  signedIn,
  traces,
} from './steps.js';

export function callbacks(siteOf: SiteOf): void {
  const tokenCalls = async (site: Site) => {
    const calls = await Promise.all(protocols.map(([protocol]) => site.control.calls(site.path(protocol, 'token'))));
    return calls.flat().length;
  };
  test('sec-B1: a missing, unknown or malformed state stops everything before a call', async () => {
    const site = siteOf();
    await site.control.reset();
    const before = await traces(site);
    const browser = site.browser();
    await browser.get('/');
    const cookies = [...browser.cookies];
    for (const query of ['?code=x', '?code=x&state=', '?code=x&state=zzz', '?oauth_token=x&oauth_verifier=y', '']) {
      for (const [, provider] of protocols) {
        const page = await browser.get(`/auth/${provider}/callback${query}`);
        expect([provider, query, page.status]).toEqual([provider, query, 400]);
      }
    }
    expect([...browser.cookies]).toEqual(cookies);
    expect(await tokenCalls(site)).toBe(0);
    expect(await traces(site)).toEqual(before);
  });

  test.each(protocols)('sec-B2: a state of another browser opens nothing (%s)', async (_protocol, provider) => {
    const site = siteOf();
    const stranger = site.browser();
    await stranger.get('/');
    const person = await signedIn(site, `b2-${provider}`);
    await site.control.user({ provider, subject: `b2-attacker-${provider}` });
    await site.control.reset();
    const before = await traces(site);
    const owner = site.browser();
    const url = await callbackOf(site, owner, `/auth/${provider}`);
    for (const victim of [stranger, person]) expect((await victim.get(url)).status).toBe(400);
    expect(await tokenCalls(site)).toBe(0);
    expect(await traces(site)).toEqual(before);
    expect(await isSignedIn(stranger)).toBe(false);
    expect((await owner.get(url)).status).toBe(303);
  });

  test.each(protocols)(
    'sec-B3: of thirty callbacks at once over two instances one is exchanged (%s)',
    async (protocol, provider) => {
      const site = siteOf();
      const browser = site.browser();
      await site.control.user({ provider, subject: `b3-${provider}` });
      const url = await callbackOf(site, browser, `/auth/${provider}`);
      await site.control.reset();
      const pages = await Promise.all(Array.from({ length: 30 }, (_, turn) => inTurn(site, browser, turn).get(url)));
      const statuses = pages.map(({ status }) => status);
      expect(statuses.filter((status) => status === 303)).toHaveLength(1);
      // On a machine that is busy with other things, somebody may have to wait too long for a connection to the database.
      for (const status of statuses) expect([303, 400, 503]).toContain(status);
      expect(await site.control.calls(site.path(protocol, 'token'))).toHaveLength(1);
      expect(await countOf(site, 'PendingIdentity', 'subject = $1', [`b3-${provider}`])).toBe(1);
    },
  );

  test('sec-B4: a state of one provider is none of another’s', async () => {
    const site = siteOf();
    await site.control.reset();
    const browser = site.browser();
    const url = await callbackOf(site, browser, '/auth/nettle');
    for (const other of ['osier', 'mallow']) {
      expect((await browser.get(url.replace('/nettle/', `/${other}/`))).status).toBe(400);
    }
    expect(await tokenCalls(site)).toBe(0);
    expect((await browser.get(url)).status).toBe(303);
  });

  test('sec-B5: the issuer is compared, and missed where the provider names one', async () => {
    const site = siteOf();
    await site.control.reset();
    const before = await traces(site);
    const browser = site.browser();
    const url = new URL(await callbackOf(site, browser, '/auth/osier'), site.url);
    const own = url.searchParams.get('iss');
    expect(own).toContain('osier.example');
    for (const issuer of ['https://evil.example', `${own}/`, '']) {
      url.searchParams.set('iss', issuer);
      expect((await browser.get(url.href)).status).toBe(400);
    }
    url.searchParams.delete('iss');
    expect((await browser.get(url.href)).status).toBe(400);
    expect(await tokenCalls(site)).toBe(0);
    await expectNothing(site, browser, before);
    const right = await callbackOf(site, browser, '/auth/osier');
    expect((await browser.get(right)).status).toBe(303);
  });

  test('sec-B6: a connect comes back to the person who started it, or to nobody', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'b6-one');
    const swapped = await callbackOf(site, browser, '/connect/mallow');
    const expired = await callbackOf(site, browser, '/connect/mallow');
    const other = await signedIn(site, 'b6-two');
    await site.control.reset();
    const before = await countOf(site, 'Connection');
    const name = cookieName(site, 'session');
    const own = browser.cookies.get(name) ?? '';
    browser.cookies.set(name, other.cookies.get(name) ?? '');
    expect((await browser.get(swapped)).status).toBe(400);
    browser.cookies.set(name, own);
    await site.sql(
      `UPDATE "WebSession" SET "expiresAt" = now() - interval '1 day', "lastSeenAt" = now() - interval '1 year'
        WHERE "userId" = (SELECT "userId" FROM "Identity" WHERE subject = 'b6-one')`,
    );
    expect((await browser.get(expired)).status).toBe(400);
    expect(await tokenCalls(site)).toBe(0);
    expect(await countOf(site, 'Connection')).toBe(before);
    expect(await isSignedIn(browser)).toBe(false);
  });

  test('sec-B7: repeated, nested and endless parameters are refused, and spend nothing', async () => {
    const site = siteOf();
    await site.control.reset();
    const browser = site.browser();
    const url = await callbackOf(site, browser, '/auth/nettle');
    const state = new URL(url, site.url).searchParams.get('state');
    for (const query of [
      `?code=a&code=b&state=${state}`,
      `?code[]=a&state=${state}`,
      `?code=a&state[x]=${state}`,
      `?code=a&state=${state}&state=${state}`,
      `?code=${'x'.repeat(12_000)}&state=${state}`,
      `?__proto__[x]=1&code[__proto__]=1&state=${state}`,
    ]) {
      const page = await browser.get(`/auth/nettle/callback${query}`);
      expect([query.slice(0, 40), page.status]).toEqual([query.slice(0, 40), 400]);
    }
    const endless = await browser.get(`/auth/nettle/callback?code=${'x'.repeat(100_000)}&state=${state}`);
    expect([400, 414, 431]).toContain(endless.status);
    expect(await tokenCalls(site)).toBe(0);
    expect((await browser.get(url)).status).toBe(303);
  });

  test.each(protocols)(
    'sec-B8: a refusal needs a state, spends it, shows fixed words and changes nothing (%s)',
    async (_protocol, provider) => {
      const site = siteOf();
      const browser = site.browser();
      const before = await traces(site);
      await site.control.behaviour({ autoApprove: false });
      const denied = new URL(await site.consent((await browser.post(`/auth/${provider}`)).location, 'deny'));
      await site.control.behaviour({ autoApprove: true });
      const said = { error_description: '<script>x</script> call +1 555', error_uri: 'javascript:alert(1)' };
      for (const [name, value] of Object.entries(said)) denied.searchParams.set(name, value);
      expect((await site.browser().get(denied.href)).status).toBe(400);
      await site.control.reset();
      const page = await browser.get(denied.href);
      expect(page.status).toBe(200);
      expect(page.text).not.toMatch(/<script>x|555|javascript:/);
      expect((await browser.get(denied.href)).status).toBe(400);
      expect(await tokenCalls(site)).toBe(0);
      await expectNothing(site, browser, before);
    },
  );

  test.each(protocols)('sec-B9: looking ahead does not spend the attempt (%s)', async (_protocol, provider) => {
    const site = siteOf();
    const browser = site.browser();
    const url = await callbackOf(site, browser, `/auth/${provider}`);
    await site.control.reset();
    expect((await browser.request(url, { method: 'HEAD' })).status).toBe(405);
    for (const value of ['prefetch', 'prefetch;prerender']) {
      expect((await browser.get(url, { 'sec-purpose': value })).status).toBe(503);
    }
    expect(await tokenCalls(site)).toBe(0);
    expect((await browser.get(url)).status).toBe(303);
  });

  test('sec-B10: a 303 to a clean address, kept nowhere, to a page that loads nothing from elsewhere', async () => {
    const site = siteOf();
    for (const [, provider] of protocols) {
      const browser = site.browser();
      await site.control.user({ provider, subject: `b10-${provider}` });
      const started = await browser.post(`/auth/${provider}`);
      expect(started.status).toBe(303);
      const page = await browser.get(await site.consent(started.location));
      expect([page.status, page.location]).toEqual([303, `${site.url}/welcome`]);
      expect(page.headers.get('cache-control')).toBe('no-store');
      expect(page.headers.get('referrer-policy')).toBe('no-referrer');
      expect((await browser.follow(page)).text).not.toMatch(/(?:src|href|action)="(?:https?:)?\/\//);
    }
  });
}
