/** sec-E: sessions and their cookies. */
import { createHmac } from 'node:crypto';
import { sessionRowId } from '../../../../src/db/session-store.js';
import type { Browser, Page } from '../../../support/browser.js';
import { until } from '../../../support/until.js';
import type { Site } from '../../harness.js';
import {
  callbackOf,
  connect,
  cookieName,
  countOf,
  isSignedIn,
  personOf,
  type SiteOf,
  sessionIdOf,
  signedIn,
} from './steps.js';

function signed(site: Site, sessionId: string): string {
  const hmac = createHmac('sha256', site.environment.SESSION_SECRET ?? '').update(sessionId);
  return encodeURIComponent(`s:${sessionId}.${hmac.digest('base64').replace(/=+$/, '')}`);
}

export function sessions(siteOf: SiteOf): void {
  const rowsOf = async (site: Site, browser: Browser) =>
    countOf(site, 'WebSession', '"userId" = $1', [await personOf(site, browser)]);

  test('sec-E1: every cookie of a whole story is as narrow as its site allows', async () => {
    const site = siteOf();
    const secure = site.mode === 'production';
    const browser = site.browser();
    const lines: string[] = [];
    const keep = (page: Page) => {
      lines.push(...page.headers.getSetCookie());
      return page;
    };
    await site.control.user({ provider: 'nettle', subject: 'e1' });
    keep(await browser.get('/'));
    const started = keep(await browser.post('/auth/nettle'));
    keep(await browser.get(await site.consent(started.location)));
    keep(await browser.post('/welcome', { decision: 'create' }));
    expect(await isSignedIn(browser)).toBe(true);
    keep(await browser.post('/logout'));
    const names = new Set(lines.map((line) => line.split('=')[0]?.replace(/flow-.*/, 'flow')));
    for (const name of ['session', 'flow', 'pending']) expect(names).toContain(cookieName(site, name));
    for (const line of lines) {
      expect(line.startsWith('__Host-latchkey-')).toBe(secure);
      expect(/; Secure/.test(line)).toBe(secure);
      for (const attribute of ['; HttpOnly', '; SameSite=Lax', '; Path=/']) expect(line).toContain(attribute);
      expect(line).not.toMatch(/domain=/i);
    }
  });

  test('sec-E2: the id changes at sign-in and at each new proof, and the old one is dead at once', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'e2');
    for (let round = 0; round < 2; round++) {
      const before = browser.clone();
      await site.signIn(browser, 'e2');
      expect(sessionIdOf(site, browser)).not.toBe(sessionIdOf(site, before));
      expect([await isSignedIn(before), await isSignedIn(browser)]).toEqual([false, true]);
    }
    expect(await rowsOf(site, browser)).toBe(1);
  });

  test('sec-E3: an id that was chosen by somebody else is never adopted', async () => {
    const site = siteOf();
    const name = cookieName(site, 'session');
    const planted = signed(site, 'planted-by-somebody-else-e3');
    const victim = site.browser();
    victim.cookies.set(name, planted);
    await site.signIn(victim, 'e3');
    expect(victim.cookies.get(name)).not.toBe(planted);
    const attacker = site.browser();
    attacker.cookies.set(name, planted);
    expect(await isSignedIn(attacker)).toBe(false);
    const own = victim.cookies.get(name) ?? '';
    for (const value of [`${planted}; ${name}=${own}`, `${own}; ${name}=${planted}`, 'nonsense', 's:', 's%3A.%', '']) {
      const page = await site.browser().get('/account', { cookie: `${name}=${value}` });
      expect([200, 303]).toContain(page.status);
      if (page.status === 200) expect(value).toContain(own);
    }
  });

  test('sec-E4: what the table holds opens nothing', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'e4');
    const sessionId = sessionIdOf(site, browser) ?? '';
    expect(Buffer.from(sessionId, 'base64url').length).toBeGreaterThanOrEqual(16);
    const rows = await site.sql('SELECT t::text AS row, id FROM "WebSession" t');
    expect(JSON.stringify(rows)).not.toContain(sessionId);
    const rowId = sessionRowId(sessionId);
    expect(rows.map(({ id }) => id)).toContain(rowId);
    for (const value of [rowId, encodeURIComponent(`s:${rowId}`), signed(site, rowId)]) {
      const thief = site.browser();
      thief.cookies.set(cookieName(site, 'session'), value);
      expect(await isSignedIn(thief)).toBe(false);
    }
  });

  test('sec-E5: visitors leave no row', async () => {
    const site = siteOf();
    const before = await countOf(site, 'WebSession');
    const visitor = site.browser();
    const pages = await Promise.all(Array.from({ length: 100 }, () => visitor.get('/', { cookie: '' })));
    for (const { headers } of pages) expect(headers.getSetCookie().join()).not.toContain(cookieName(site, 'session'));
    await visitor.post('/auth/nettle');
    expect(await countOf(site, 'WebSession')).toBe(before);
  });

  test('sec-E6: idle and absolute limits are the server’s, however much a session is used', async () => {
    const site = siteOf();
    for (const aged of [
      `"lastSeenAt" = now() - interval '15 days', "expiresAt" = now() - interval '1 day'`,
      `"createdAt" = now() - interval '91 days'`,
    ]) {
      const browser = await signedIn(site, 'e6');
      const rowId = sessionRowId(sessionIdOf(site, browser) ?? '');
      expect(await isSignedIn(browser)).toBe(true);
      await site.sql(`UPDATE "WebSession" SET ${aged} WHERE id = $1`, [rowId]);
      expect(await isSignedIn(browser)).toBe(false);
      expect(await countOf(site, 'WebSession', 'id = $1', [rowId])).toBe(0);
    }
  });

  test('sec-E7: no sealed or signed value stands in for another', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'e7');
    await browser.post('/connect/mallow');
    await site.control.user({ provider: 'osier', subject: 'e7-waiting' });
    await site.flow(browser, '/auth/osier');
    const values = new Map([...browser.cookies].filter(([name]) => /session|flow-|pending|csrf/.test(name)));
    expect(values.size).toBe(4);
    const before = await countOf(site, 'User');
    for (const [name] of values) {
      for (const [other, value] of values) {
        if (name === other) continue;
        const forged = site.browser();
        forged.cookies.set(name, value);
        expect(await isSignedIn(forged)).toBe(false);
        expect((await forged.get('/welcome')).location).toBe(`${site.url}/`);
        expect((await forged.post('/welcome', { decision: 'create' })).status).toBe(400);
        expect((await forged.get('/auth/mallow/callback?oauth_token=x&oauth_verifier=y')).status).toBe(400);
      }
    }
    expect(await countOf(site, 'User')).toBe(before);
  });

  test('sec-E8: a slow request that ends after the sign-out does not bring the session back', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'e8', 'mallow');
    const id = await connect(site, browser, 'nettle', 'e8');
    const path = site.path('oauth2', 'profile');
    await site.control.reset();
    await site.control.hold(path);
    const slow = browser.clone();
    const waiting = slow.get(`/connections/${id}`);
    await until(async () => (await site.control.calls(path)).length > 0);
    const userId = await personOf(site, browser);
    await browser.post('/logout');
    await site.control.release(path);
    expect((await waiting).status).toBe(200);
    expect(await countOf(site, 'WebSession', '"userId" = $1', [userId])).toBe(0);
    expect(await isSignedIn(slow)).toBe(false);
  });

  test('sec-E9: whoever is switched off is out at once, with what they had started', async () => {
    const site = siteOf();
    const browsers = [await signedIn(site, 'e9'), await signedIn(site, 'e9')];
    const pending = await Promise.all(browsers.map((browser) => callbackOf(site, browser, '/connect/mallow')));
    const userId = await personOf(site, browsers[0] as Browser);
    await site.control.reset();
    await site.sql(`UPDATE "User" SET state = 'disabled' WHERE id = $1`, [userId]);
    for (const [at, browser] of browsers.entries()) {
      expect(await isSignedIn(browser)).toBe(false);
      expect((await browser.get(pending[at] ?? '')).status).toBe(400);
    }
    expect(await site.control.calls(site.path('oauth1', 'token'))).toEqual([]);
    const again = await signedIn(site, 'e9');
    expect(await isSignedIn(again)).toBe(false);
    await site.sql(`UPDATE "User" SET state = 'active' WHERE id = $1`, [userId]);
    const back = [await signedIn(site, 'e9'), await signedIn(site, 'e9')];
    expect((await back[0]?.post('/account/sessions/others/end'))?.status).toBeLessThan(500);
  });
}
