/** sec-S13, S14, S16, S17: people who are impatient, go back, and use several tabs. */
import type { Browser } from '../../../support/browser.js';
import {
  callbackOf,
  connect,
  countOf,
  inTurn,
  isSignedIn,
  PATIENCE,
  personOf,
  type SiteOf,
  signedIn,
} from './steps.js';

export function again(siteOf: SiteOf): void {
  test('sec-S13: the same callback again leads home where it came from, and nowhere elsewhere or later', async () => {
    const site = siteOf();
    await signedIn(site, 's13');
    const browser = site.browser();
    const url = await callbackOf(site, browser, '/auth/nettle');
    await site.control.reset();
    expect((await browser.get(url)).status).toBe(303);
    const repeated = await browser.get(url);
    expect([repeated.status, new URL(repeated.location ?? '').pathname]).toEqual([303, '/']);
    const stranger = site.browser();
    expect((await stranger.get(url)).status).toBe(400);
    expect(await isSignedIn(stranger)).toBe(false);
    await browser.post('/logout');
    expect((await browser.get(url)).status).toBe(400);
    expect(await isSignedIn(browser)).toBe(false);
    expect(await site.control.calls(site.path('oauth2', 'token'))).toHaveLength(1);
  });

  test.each([[[0, 1]], [[1, 0]]])(
    'sec-S14: a double click on sign in, finished in the order %j, is one person and no error',
    async (order) => {
      const site = siteOf();
      const subject = `s14-${order.join('')}`;
      await signedIn(site, subject);
      const browser = site.browser();
      await browser.get('/');
      await site.control.user({ provider: 'nettle', subject });
      const started = await Promise.all([browser.post('/auth/nettle'), browser.post('/auth/nettle')]);
      const urls = await Promise.all(started.map(({ location }) => site.consent(location)));
      for (const turn of order) expect((await browser.get(urls[turn] ?? '')).status).toBe(303);
      expect(await isSignedIn(browser)).toBe(true);
      expect(await countOf(site, 'Identity', 'subject = $1', [subject])).toBe(1);
      expect(await countOf(site, 'Connection', 'subject = $1', [subject])).toBe(1);
    },
  );

  test('sec-S14: so is one on connect, on "create" and on disconnect', async () => {
    const site = siteOf();
    const browser = site.browser();
    await site.control.user({ provider: 'nettle', subject: 's14-new' });
    await site.flow(browser, '/auth/nettle');
    const created = await Promise.all([
      browser.post('/welcome', { decision: 'create' }),
      browser.post('/welcome', { decision: 'create' }),
    ]);
    expect(created.filter(({ status }) => status >= 500)).toEqual([]);
    expect(await countOf(site, 'Identity', 'subject = $1', ['s14-new'])).toBe(1);
    const person = await signedIn(site, 's14-new');
    await site.control.user({ provider: 'osier', subject: 's14-new' });
    const urls = await Promise.all([0, 1].map(() => callbackOf(site, person, '/connect/osier')));
    const pages = await Promise.all(urls.map((url, turn) => inTurn(site, person, turn).get(url)));
    expect(pages.map(({ status }) => status)).toEqual([303, 303]);
    expect(await countOf(site, 'Connection', `subject = $1 AND provider = 'osier'`, ['s14-new'])).toBe(1);
    const id = pages[0]?.location?.split('/').at(-1);
    const ended = await Promise.all([
      person.post(`/connections/${id}/disconnect`),
      person.post(`/connections/${id}/disconnect`),
    ]);
    for (const { status } of ended) expect([303, 404]).toContain(status);
    expect(await countOf(site, 'Connection', 'id = $1', [id])).toBe(0);
  });

  test('sec-S16: what Back asks for again is not kept, and shows nobody’s data after signing out', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 's16');
    const id = await connect(site, browser, 'osier', 's16');
    const visited = ['/', '/account', `/connections/${id}`];
    for (const path of visited) expect((await browser.get(path)).headers.get('cache-control')).toBe('no-store');
    const cookies = new Map(browser.cookies);
    await browser.post('/logout');
    for (const path of visited) {
      // Even with the cookies of before, as a browser that restores its tabs has them.
      for (const jar of [browser.cookies, cookies]) {
        const restored = browser.clone();
        restored.cookies.clear();
        for (const [name, value] of jar) restored.cookies.set(name, value);
        expect((await restored.get(path)).text).not.toContain('data-connection=');
      }
    }
  });

  test(
    'sec-S17: tabs finish in any order at any instance, each with its own provider and intent',
    async () => {
      const site = siteOf();
      for (let round = 0; round < 4; round++) {
        const subject = `s17-${round}`;
        await signedIn(site, subject, 'mallow');
        const browser = await signedIn(site, `${subject}-main`, 'mallow');
        const person = await personOf(site, browser);
        for (const provider of ['nettle', 'osier']) await site.control.user({ provider, subject });
        const tabs: (readonly [start: string, url: string])[] = [];
        for (const start of round & 1 ? ['/connect/nettle', '/connect/osier'] : ['/connect/osier', '/connect/nettle']) {
          tabs.push([start, await callbackOf(site, browser, start)]);
        }
        if (round & 2) tabs.reverse();
        const landed: string[] = [];
        let at: Browser = browser;
        for (const [turn, [start, url]] of tabs.entries()) {
          at = inTurn(site, at, round & 1 ? turn : turn + 1);
          const page = await at.get(url);
          expect([start, page.status]).toEqual([start, 303]);
          landed.push(start);
        }
        expect(landed).toHaveLength(2);
        for (const provider of ['nettle', 'osier']) {
          const mine = await countOf(site, 'Connection', 'subject = $1 AND provider = $2 AND "userId" = $3', [
            subject,
            provider,
            person,
          ]);
          expect([round, provider, mine]).toEqual([round, provider, 1]);
        }
      }
    },
    PATIENCE,
  );
}
