/** sec-N: what people and programs are told when something goes wrong. */
import type { Page } from '../../../support/browser.js';
import type { Site } from '../../harness.js';
import { callbackOf, cookieName, PATIENCE, personOf, type SiteOf, signedIn } from './steps.js';

/** Traces of the inside: stacks, files, queries, the database, packages, network errors. */
const INSIDE =
  /\n\s+at \S|node_modules|\bSELECT\b|\bINSERT\b|ECONN|prisma|postgres|\/dist\/|\.js:\d|\b[A-Z]\w+Error\b|CANARY/i;

export function errorPages(siteOf: SiteOf): void {
  /** One request for each status that can be had from outside without breaking the database. */
  async function failures(site: Site, accept: string): Promise<readonly [number, Page][]> {
    const owner = await signedIn(site, 'n1-owner');
    const browser = await signedIn(site, 'n1-other', 'mallow');
    const form = { accept, 'content-type': 'application/x-www-form-urlencoded' };
    const post = (body: string, more: Record<string, string> = {}) =>
      browser.request('/auth/nettle', { method: 'POST', body, headers: { ...form, ...more } });
    await site.control.user({ provider: 'nettle', subject: 'n1-owner' });
    expect(await personOf(site, owner)).toBeDefined();
    const taken = await callbackOf(site, browser, '/connect/nettle');
    const broken = await callbackOf(site, browser, '/connect/osier');
    const conflict = await browser.get(taken, { accept });
    await site.control.next({ path: site.path('oidc', 'token'), status: 500, body: 'CANARY at /srv/app.js:1' });
    return [
      [400, await browser.get('/auth/nettle/callback?code=x&state=y', { accept })],
      [403, await post('x=y')],
      [404, await browser.get('/nowhere', { accept })],
      [404, await browser.get('/connections/00000000-0000-4000-8000-000000000000', { accept })],
      [405, await browser.get('/auth/nettle', { accept })],
      [409, conflict],
      [413, await post('a'.repeat(100_000))],
      [415, await post('<a/>', { 'content-type': 'text/xml' })],
      [502, await browser.get(broken, { accept })],
    ];
  }

  test(
    'sec-N1: no answer shows the inside, and programs get the same status as people',
    async () => {
      const site = siteOf();
      for (const accept of ['text/html', 'application/json']) {
        for (const [status, page] of await failures(site, accept)) {
          expect([accept, page.url, page.status]).toEqual([accept, page.url, status]);
          expect(page.headers.get('content-type')).toContain(accept);
          expect(page.text).not.toMatch(INSIDE);
          if (accept !== 'application/json') continue;
          const told = JSON.parse(page.text) as object;
          expect(Object.keys(told).sort()).toEqual(['error', 'message', 'requestId']);
        }
      }
    },
    PATIENCE,
  );

  test.each<[string, object, number]>([
    ['a provider that breaks down', { status: 500, body: 'no' }, 502],
    ['a provider that is busy', { status: 429, headers: { 'retry-after': '3600' }, body: '' }, 502],
    ['an answer that breaks off', { truncateAt: 10 }, 502],
    ['nonsense', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }, 502],
  ])('sec-N2: %s has its status, and a button that starts afresh', async (_what, answer, status) => {
    const site = siteOf();
    const browser = site.browser();
    const url = await callbackOf(site, browser, '/auth/nettle');
    await site.control.reset();
    await site.control.next({ path: site.path('oauth2', 'token'), ...answer });
    const page = await browser.get(url);
    expect(page.status).toBe(status);
    expect(page.text).toMatch(/<form[^>]*method="post"[^>]*action="\/auth\/nettle"/);
    expect(page.text).not.toMatch(/http-equiv="?refresh/i);
    expect(page.headers.get('refresh')).toBeNull();
    // Asking for the dead address again asks nobody else.
    expect((await browser.get(url)).status).toBe(400);
    expect(await site.control.calls(site.path('oauth2', 'token'))).toHaveLength(1);
    await site.control.user({ provider: 'nettle', subject: 'n2' });
    expect((await site.flow(browser, '/auth/nettle')).status).toBe(303);
  });

  test('sec-N3: without a person every door stays shut, whatever else is broken', async () => {
    const site = siteOf();
    const doors = ['/account', '/welcome', '/connections/00000000-0000-4000-8000-000000000000', '/operator'];
    const steps = ['/account/delete', '/account/export', '/connect/nettle'];
    for (const session of ['', 's%3Anothing.nothing', '[object Object]', 's%3A__proto__.x']) {
      const browser = site.browser();
      if (session) browser.cookies.set(cookieName(site, 'session'), session);
      for (const path of doors) expect([path, (await browser.get(path)).status]).not.toEqual([path, 200]);
      for (const path of steps) {
        const page = await browser.post(path);
        expect([path, page.status, new URL(page.location ?? site.url).pathname]).toEqual([path, 303, '/']);
      }
      expect(await personOf(site, browser)).toBeUndefined();
    }
  });

  test('sec-N3: one provider’s bad day is nobody else’s', async () => {
    const site = siteOf();
    await site.control.next({ path: site.path('oidc', 'token'), times: 3, status: 500, body: '' });
    await site.control.next({ path: site.path('oauth1', 'temporary'), times: 3, status: 500, body: '' });
    const unlucky = site.browser();
    expect((await unlucky.post('/auth/mallow')).status).toBe(502);
    expect((await site.flow(unlucky, '/auth/osier')).status).toBe(502);
    expect(await personOf(site, unlucky)).toBeUndefined();
    expect(await personOf(site, await signedIn(site, 'n3'))).toBeDefined();
    await site.control.reset();
  });
}
