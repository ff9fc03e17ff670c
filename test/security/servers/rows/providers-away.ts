/** sec-S1 to S7: providers that are down, slow, or answer with rubbish. */
import { until } from '../../../support/until.js';
import type { Site } from '../../harness.js';
import {
  callbackOf,
  connect,
  connectionRow,
  cookieName,
  countOf,
  flowCookies,
  jsonAnswer,
  PATIENCE,
  personOf,
  type SiteOf,
  signedIn,
  traces,
} from './steps.js';

const json = (body: unknown) => ({ ...jsonAnswer, body: typeof body === 'string' ? body : JSON.stringify(body) });

/** What is no answer to any question of the protocols. */
const rubbish: readonly object[] = [
  json(''),
  json('{'),
  json('[]'),
  json('null'),
  json({ error: 'x' }),
  json({ access_token: { a: 1 }, oauth_token: null, sub: {}, user: [], data: 7 }),
  json('\ufeff{"access_token":\u0000}'),
  json(`{"a":${'['.repeat(20_000)}`),
  { status: 200, headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>Sorry</title>' },
  { status: 200, headers: { 'content-type': 'application/json; charset=utf-16' }, body: 'a\u0000b\u0000' },
  { status: 204 },
  { status: 302, headers: { location: 'https://evil.example/' } },
  { status: 200, headers: { 'content-encoding': 'gzip', 'content-type': 'application/json' }, body: 'no gzip' },
  { ...jsonAnswer, body: 'x'.repeat(3_000_000) },
];

/** So many refreshes in a row may fail before the provider counts as away and is left alone. */
const REFRESHED = 4;

export function providersAway(siteOf: SiteOf): void {
  afterEach(() => siteOf().control.reset());

  /** No person, session or connection is there that was not there before; what was claimed stays spent. */
  async function lasting(site: Site): Promise<Record<string, unknown>> {
    const { SpentFlow: _spent, ...rows } = await traces(site);
    return rows;
  }

  test(
    'sec-S1: a provider that is down is said to be, at once; what needs no call works; it heals by itself',
    async () => {
      const site = siteOf();
      const person = await signedIn(site, 's1');
      const before = await traces(site);
      const browser = site.browser();
      await browser.get('/');
      const sockets = async () => (await fetch(`${site.url}/healthz`)).status;
      site.providerProxy.cut();
      try {
        const began = performance.now();
        const page = await browser.post('/auth/mallow');
        expect([page.status, page.text.includes('Fake mallow is having trouble')]).toEqual([502, true]);
        expect(page.text).toMatch(/<form[^>]*action="\/auth\/mallow"/);
        expect(performance.now() - began).toBeLessThan(5_000);
        expect(flowCookies(browser)).toEqual([]);
        const many = await Promise.all(Array.from({ length: 50 }, () => browser.clone().post('/auth/mallow')));
        expect(new Set(many.map(({ status }) => status))).toEqual(new Set([502]));
        expect((await browser.post('/auth/nettle')).status).toBe(303);
        expect((await person.get('/account')).status).toBe(200);
        expect(await sockets()).toBe(200);
      } finally {
        site.providerProxy.open();
      }
      expect(await traces(site)).toEqual(before);
      expect((await browser.post('/auth/mallow')).status).toBe(303);
    },
    PATIENCE,
  );

  test(
    'sec-S2: whoever is silent, slow or stops half way is waited for ten seconds and no longer, and holds nobody up',
    async () => {
      const site = siteOf();
      const before = await lasting(site);
      const silent: readonly [provider: string, path: string, answer: object][] = [
        ['nettle', site.path('oauth2', 'token'), { hang: true }],
        ['nettle', site.path('oauth2', 'profile'), { ...jsonAnswer, body: 'x'.repeat(100), dripBytesPerSecond: 1 }],
        ['mallow', site.path('oauth1', 'token'), { delayMs: 30_000 }],
      ];
      const waiting = await Promise.all(
        silent.map(async ([provider]) => {
          const browser = site.browser();
          return { browser, url: await callbackOf(site, browser, `/auth/${provider}`) };
        }),
      );
      for (const [, path, answer] of silent) await site.control.next({ path, ...answer });
      await site.control.next({ path: site.path('oauth1', 'temporary'), times: 30, hang: true });
      const began = performance.now();
      const crowd = Array.from({ length: 30 }, () => site.browser().post('/auth/mallow'));
      const finishing = waiting.map(async ({ browser, url }) => {
        const page = await browser.get(url);
        return { page, tookMs: performance.now() - began };
      });
      await until(async () => (await site.control.calls(site.path('oauth1', 'temporary'))).length >= 30);
      const asked = performance.now();
      expect((await site.browser().get('/healthz')).status).toBe(200);
      expect(performance.now() - asked).toBeLessThan(2_000);
      for (const { page, tookMs } of await Promise.all(finishing)) {
        expect([page.url.replace(/\?.*/, ''), page.status]).toEqual([page.url.replace(/\?.*/, ''), 504]);
        expect(page.text).toContain('did not answer in time');
        expect(tookMs).toBeLessThan(14_000);
      }
      expect((await Promise.all(crowd)).map(({ status }) => status)).toEqual(Array(30).fill(504));
      // What was claimed is spent, and nobody came to be.
      for (const { browser, url } of waiting) {
        expect((await browser.get(url)).status).toBe(400);
        expect(await personOf(site, browser)).toBeUndefined();
      }
      expect(await lasting(site)).toEqual(before);
      await site.control.reset();
    },
    PATIENCE,
  );

  test.each<[string, 'oauth1' | 'oauth2' | 'oidc', 'temporary' | 'token' | 'profile']>([
    ['temporary credentials', 'oauth1', 'temporary'],
    ['OAuth 1 tokens', 'oauth1', 'token'],
    ['OAuth 2 tokens', 'oauth2', 'token'],
    ['OpenID tokens', 'oidc', 'token'],
    ['a profile', 'oauth2', 'profile'],
  ])(
    'sec-S3, S4: rubbish and endless answers for %s are a page and nothing else',
    async (_what, protocol, endpoint) => {
      const site = siteOf();
      const provider = { oauth1: 'mallow', oauth2: 'nettle', oidc: 'osier' }[protocol];
      const before = await lasting(site);
      const path = site.path(protocol, endpoint);
      for (const answer of rubbish) {
        const browser = site.browser();
        const atStart = endpoint === 'temporary';
        const url = atStart ? '' : await callbackOf(site, browser, `/auth/${provider}`);
        await site.control.next({ path, times: 2, ...answer });
        const page = atStart ? await browser.post(`/auth/${provider}`) : await browser.get(url);
        const said = JSON.stringify(answer).slice(0, 100);
        expect([said, page.status]).toEqual([said, 502]);
        expect(browser.cookies.has(cookieName(site, 'session'))).toBe(false);
        await site.control.reset();
      }
      expect(await lasting(site)).toEqual(before);
      expect(site.instances[0]?.output()).not.toMatch(/uncaught|unhandled/i);
    },
    PATIENCE,
  );

  test('sec-S3: a refresh that is answered with rubbish keeps what is there', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 's3', 'mallow');
    const id = await connect(site, browser, 'nettle', 's3');
    const { credentials, generation } = await connectionRow(site, id);
    await site.control.reset();
    for (const answer of rubbish.slice(0, REFRESHED)) {
      await site.control.next({ path: site.path('oauth2', 'token'), times: 2, ...answer });
      expect((await browser.post(`/connections/${id}/refresh`)).status).toBe(303);
      expect(await connectionRow(site, id)).toMatchObject({ credentials, generation });
    }
    const { length } = await site.control.calls(site.path('oauth2', 'token'));
    expect([length >= REFRESHED, length <= 2 * REFRESHED]).toEqual([true, true]);
    expect(['active', 'retrying']).toContain((await connectionRow(site, id)).status);
    await site.control.reset();
  });

  test.each<[string, object]>([
    ['cut in the middle', { truncateAt: 20 }],
    ['closed after its headers', { closeAfterHeaders: true }],
  ])('sec-S5: a code whose answer is %s is not sent again; a new attempt works', async (_what, answer) => {
    const site = siteOf();
    await site.control.user({ provider: 'nettle', subject: 's5' });
    const browser = site.browser();
    const url = await callbackOf(site, browser, '/auth/nettle');
    await site.control.reset();
    await site.control.next({ path: site.path('oauth2', 'token'), ...answer });
    const page = await browser.get(url);
    expect(page.status).toBe(502);
    expect(await site.control.calls(site.path('oauth2', 'token'))).toHaveLength(1);
    expect(await countOf(site, 'PendingIdentity', 'subject = $1', ['s5'])).toBe(0);
    await site.signIn(browser, 's5');
    expect(await personOf(site, browser)).toBeDefined();
  });

  test.each<[number, string]>([
    [500, ''],
    [503, '1'],
    [429, '3600'],
    [429, 'garbage'],
    [503, new Date(Date.UTC(2038, 0, 1)).toUTCString()],
  ])('sec-S6: %i with Retry-After "%s" costs a code one call, and a connection nothing', async (status, retryAfter) => {
    const site = siteOf();
    const answer = { status, headers: retryAfter ? { 'retry-after': retryAfter } : {}, body: '' };
    const path = site.path('oauth2', 'token');
    const subject = `s6-${status}-${retryAfter.slice(0, 4)}`;
    const person = await signedIn(site, subject, 'mallow');
    const id = await connect(site, person, 'nettle', subject);
    const browser = site.browser();
    const url = await callbackOf(site, browser, '/auth/nettle');
    await site.control.reset();
    await site.control.next({ path, ...answer });
    const began = performance.now();
    expect((await browser.get(url)).status).toBe(502);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(await site.control.calls(path)).toHaveLength(1);
    await site.control.reset();
    await site.control.next({ path, times: 5, ...answer });
    expect((await person.post(`/connections/${id}/refresh`)).status).toBe(303);
    // An answer that leaves open what became of the token is asked for once more, at once; one that names a time is not (part 5).
    expect(await site.control.calls(path)).toHaveLength(retryAfter ? 1 : 2);
    expect((await person.get(`/connections/${id}`)).status).toBe(200);
    expect(['active', 'retrying']).toContain((await connectionRow(site, id)).status);
    await site.control.reset();
  });
}
