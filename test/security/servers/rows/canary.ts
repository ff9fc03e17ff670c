/**
 * sec-M1 and N1 over whole stories: every secret that a provider hands out is a text that can be told from all others, each story goes well once
 * and wrong in many ways, and then none of them is in the log at its loudest, the database, the data directory, the metrics or any page: not
 * as it is, percent-encoded, in hexadecimal, nor in Base64 at any offset.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filesWithSecrets } from '../../../crash/verdict.js';
import type { Browser, Page } from '../../../support/browser.js';
import { until } from '../../../support/until.js';
import type { Site } from '../../harness.js';
import { callbackOf, connect, dump, expire, jsonAnswer, PATIENCE, personOf, type SiteOf, signedIn } from './steps.js';

/**
 * Everything one browser was shown, with all headers but two: cookies are sealed or random and looked at on their own, and the address of
 * the provider's page has to name the attempt.
 */
class Watched {
  readonly pages: string[] = [];

  watch(browser: Browser): Browser {
    const plain = browser.request.bind(browser);
    browser.request = async (path, init) => {
      const page = await plain(path, init);
      const own = [...page.headers].filter(
        ([name]) => name !== 'set-cookie' && !(name === 'location' && leadsAway(page)),
      );
      this.pages.push(`${own.map((pair) => pair.join(': ')).join('\n')}\n\n${page.text}`);
      return page;
    };
    return browser;
  }
}

const leadsAway = ({ url, location = url }: Page) => new URL(location).origin !== new URL(url).origin;

export function canary(siteOf: SiteOf): void {
  let serial = 0;
  const secrets = new Set<string>();
  const issue = (kind: string): string => {
    const secret = `CANARY-${kind}-${(serial++).toString(36)}-7f3a91c2~/+=${serial}`;
    secrets.add(secret);
    return secret;
  };
  const grant = () => ({
    access_token: issue('AT'),
    refresh_token: issue('RT'),
    token_type: 'Bearer',
    expires_in: 3600,
    custom_secret: issue('EXTRA'),
  });
  const form = (fields: Record<string, string>) => ({
    status: 200,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: String(new URLSearchParams(fields)),
  });

  /** OAuth 2 with tokens, codes and a verifier of our own choosing; `last` is the token endpoint's answer. */
  async function oauth2(site: Site, browser: Browser, start: string, last: object): Promise<void> {
    const url = new URL(await callbackOf(site, browser, start), site.url);
    url.searchParams.set('code', issue('CODE'));
    const profile = { user: { uid: 'canary', name: 'Canary' } };
    await site.control.next({ path: site.path('oauth2', 'token'), ...last });
    await site.control.next({ path: site.path('oauth2', 'profile'), ...jsonAnswer, body: JSON.stringify(profile) });
    await browser.get(url.href);
    secrets.add(url.searchParams.get('state') ?? '');
  }

  async function oauth1(site: Site, browser: Browser, start: string, last: object): Promise<void> {
    const token = issue('TEMPORARY');
    const temporary = { oauth_token: token, oauth_token_secret: issue('TEMPSECRET'), oauth_callback_confirmed: 'true' };
    await site.control.next({ path: site.path('oauth1', 'temporary'), ...form(temporary) });
    await browser.post(start);
    await site.control.next({ path: site.path('oauth1', 'token'), ...last });
    await site.control.next({ path: site.path('oauth1', 'profile'), ...jsonAnswer, body: '{"data":{"id":"canary"}}' });
    const query = new URLSearchParams({ oauth_token: token, oauth_verifier: issue('VERIFIER') });
    await browser.get(`/auth/mallow/callback?${query}`);
  }

  /** What left the app by itself: PKCE verifiers, signatures, ID tokens are in no script. */
  async function sent(site: Site): Promise<void> {
    for (const { headers, body } of await site.control.calls()) {
      for (const name of ['code_verifier', 'client_secret', 'code', 'refresh_token', 'token']) {
        secrets.add(new URLSearchParams(body).get(name) ?? '');
      }
      const { authorization = '' } = headers;
      for (const [, value = ''] of authorization.matchAll(/(?:Bearer |oauth_signature=")([^",]+)/g)) {
        secrets.add(value);
        secrets.add(decodeURIComponent(value));
      }
    }
    // The sandbox's client secret is a public word of this project.
    for (const known of ['', 'sandbox-secret']) secrets.delete(known);
  }

  test(
    'sec-M1: after stories that go well and stories that go wrong, no secret is anywhere',
    async () => {
      const site = siteOf();
      await site.control.reset();
      const watched = new Watched();
      const browser = watched.watch(await signedIn(site, 'canary-person', 'osier'));
      expect(await personOf(site, browser)).toBeDefined();
      const tokenPath = site.path('oauth2', 'token');
      const good = () => ({ ...jsonAnswer, body: JSON.stringify(grant()) });

      await oauth2(site, browser, '/connect/nettle', good());
      await oauth1(
        site,
        browser,
        '/connect/mallow',
        form({ oauth_token: issue('AT1'), oauth_token_secret: issue('SECRET1') }),
      );
      const rows = await site.sql(`SELECT id, provider FROM "Connection" WHERE subject = 'canary'`);
      expect(rows.map(({ provider }) => provider).sort()).toEqual(['mallow', 'nettle']);
      const nettle = String(rows.find(({ provider }) => provider === 'nettle')?.id);
      const mallow = String(rows.find(({ provider }) => provider === 'mallow')?.id);

      // Providers that hand secrets back in their errors, or break off in the middle of them.
      const echo = issue('ECHO');
      const wrong: object[] = [
        {
          status: 400,
          ...{ headers: jsonAnswer.headers },
          body: JSON.stringify({ error: 'invalid_grant', error_description: echo }),
        },
        {
          status: 401,
          headers: { 'www-authenticate': `Bearer error="invalid_token", error_description="${echo}"` },
          body: echo,
        },
        {
          status: 500,
          headers: { 'content-type': 'text/html' },
          body: `<pre>refresh_token=${echo} at /srv/app.js</pre>`,
        },
        { ...jsonAnswer, body: `{"access_token":"${issue('AT')}","token_type":` },
        { ...jsonAnswer, body: JSON.stringify({ ...grant(), token_type: issue('TYPE') }) },
        { ...good(), truncateAt: 40 },
        { status: 302, headers: { location: `https://evil.example/?token=${echo}` } },
      ];
      const visitor = watched.watch(site.browser());
      for (const answer of wrong) {
        await oauth2(site, visitor, '/auth/nettle', answer);
        await oauth1(site, visitor, '/auth/mallow', answer);
        await site.control.next({ path: tokenPath, ...answer });
        await expire(site, nettle);
        await browser.get(`/connections/${nettle}`);
        for (const protocol of ['oauth2', 'oauth1'] as const) {
          await site.control.next({ path: site.path(protocol, 'profile'), ...answer });
        }
        await browser.get(`/connections/${mallow}`);
        await browser.post(`/connections/${mallow}/check`);
        await sent(site);
        await site.control.reset();
        await oauth2(site, browser, '/connect/nettle', good());
      }
      // Codes and tokens where they do not belong.
      for (const query of ['state=x&code=', 'oauth_token=x&oauth_verifier=', 'error=x&access_token=', 'state=']) {
        await visitor.get(`/auth/nettle/callback?${query}${encodeURIComponent(issue('STRAY'))}`);
      }
      await visitor.get('/account', { authorization: `Bearer ${issue('HEADER')}`, cookie: `x=${issue('COOKIE')}` });
      await visitor.get(`/nowhere?access_token=${encodeURIComponent(issue('QUERY'))}#${issue('FRAGMENT')}`);

      // While the database is away, too.
      site.databaseProxy.cut();
      try {
        await oauth2(site, visitor, '/auth/nettle', good()).catch(() => undefined);
        await browser.get(`/connections/${nettle}`);
      } finally {
        site.databaseProxy.open();
      }
      await until(async () => (await site.browser().get('/readyz')).status === 200, 30_000);
      // The token that nobody came to fetch must not be the next person's.
      await site.control.reset();
      await expire(site, nettle);
      await site.control.next({ path: tokenPath, ...good() });
      await browser.post(`/connections/${nettle}/refresh`);
      for (const path of ['/', '/account', '/welcome', '/operator', '/setup', `/connections/${nettle}`])
        await browser.get(path);
      expect((await browser.post('/account/export')).status).toBe(200);
      await connect(site, browser, 'osier', 'canary-osier');
      await browser.post(`/connections/${mallow}/disconnect`);
      await sent(site);

      const metrics = await fetch(`${site.instances[0]?.url}/metrics`);
      const [, key = ''] = (site.environment.VAULT_KEYS ?? '').split(':');
      secrets.add(key).add(site.environment.SESSION_SECRET ?? '');
      const folder = mkdtempSync(join(tmpdir(), 'latchkey-canary-'));
      try {
        const texts = {
          log: site.output(),
          dump: await dump(site),
          pages: watched.pages.join('\n'),
          metrics: await metrics.text(),
        };
        for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
        expect(secrets.size).toBeGreaterThan(80);
        expect(watched.pages.length).toBeGreaterThan(80);
        const dataDir = site.environment.DATA_DIR ?? '';
        expect(filesWithSecrets(secrets, [folder, dataDir]).map((file) => file.replace(`${folder}/`, ''))).toEqual([]);
        // The search does find what is there, in every spelling.
        writeFileSync(join(folder, 'planted'), Buffer.from(`xx${echo}`).toString('base64'));
        expect(filesWithSecrets(secrets, [folder])).toEqual([join(folder, 'planted')]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    3 * PATIENCE,
  );
}
