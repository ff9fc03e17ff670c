/** sec-L: what the headers of answers keep browsers from doing. */
import type { Browser } from '../../../support/browser.js';
import type { Site } from '../../harness.js';
import { connect, protocols, type SiteOf, signedIn } from './steps.js';

interface Shown {
  readonly path: string;
  readonly text: string;
  readonly headers: Headers;
}

/** The value of every directive. */
function policyOf(headers: Headers): Map<string, readonly string[]> {
  const directives = (headers.get('content-security-policy') ?? '').split(';').map((part) => part.trim().split(/\s+/));
  return new Map(directives.map(([name = '', ...sources]) => [name, sources]));
}

export function headers(siteOf: SiteOf): void {
  async function everyPage(site: Site): Promise<readonly Shown[]> {
    const browser = await signedIn(site, 'l-pages');
    const id = await connect(site, browser, 'osier', 'l-pages');
    const asked: [Browser, string][] = [
      ...['/', '/account', '/operator', '/setup', '/nowhere', `/connections/${id}`, `/connections/${id}/console`].map(
        (path) => [browser, path] as [Browser, string],
      ),
      [browser, '/auth/nettle/callback?code=x&state=y'],
      [site.browser(), '/'],
      [site.browser(), '/welcome'],
    ];
    const shown: Shown[] = [];
    for (const [visitor, path] of asked) {
      const page = await visitor.get(path);
      if (page.headers.get('content-type')?.startsWith('text/html')) shown.push({ path, ...page });
    }
    return shown;
  }

  test('sec-L1: nothing but our own files runs or loads, and nothing is inline', async () => {
    const site = siteOf();
    const pages = await everyPage(site);
    expect(pages.length).toBeGreaterThan(7);
    for (const { path, text, headers } of pages) {
      const policy = policyOf(headers);
      for (const name of ['default-src', 'object-src', 'base-uri', 'frame-ancestors']) {
        expect([path, name, policy.get(name)]).toEqual([path, name, ["'none'"]]);
      }
      expect(headers.get('content-security-policy')).not.toMatch(/unsafe-|\*|data:|blob:/);
      expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|<style|<[^>]+\s(?:on[a-z]+|style)\s*=|javascript:/i);
      const loaded = text.matchAll(/<(?:link|script|img|use|source|iframe)\b[^>]*?\s(?:src|href)="([^"]+)"/gi);
      for (const [, address = ''] of loaded) {
        expect([path, new URL(address, site.url).origin]).toEqual([path, new URL(site.url).origin]);
      }
    }
  });

  test('sec-L2: where a start leads, its form may lead', async () => {
    const site = siteOf();
    const browser = site.browser();
    const sources = policyOf((await browser.get('/')).headers).get('form-action') ?? [];
    for (const [, provider] of protocols) {
      const { origin, protocol } = new URL((await browser.post(`/auth/${provider}`)).location ?? '');
      expect([provider, sources.includes(protocol === 'https:' ? 'https:' : origin)]).toEqual([provider, true]);
    }
  });

  test('sec-L3: the other headers say what they should, on every kind of answer', async () => {
    const site = siteOf();
    const browser = site.browser();
    for (const path of ['/', '/nowhere', '/account', '/assets/latchkey.css', '/auth/nettle', '/healthz']) {
      const { headers } = await browser.get(path);
      expect([path, Object.fromEntries(headers)]).toMatchObject([
        path,
        {
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'same-origin',
          'cross-origin-opener-policy': 'same-origin',
          'cross-origin-resource-policy': 'same-origin',
          'permissions-policy': expect.stringContaining('camera=()'),
        },
      ]);
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('server')).toBeNull();
    }
    const callback = await browser.get('/auth/nettle/callback?code=x&state=y');
    expect(callback.headers.get('referrer-policy')).toBe('no-referrer');
  });

  test('sec-L5: no other origin is let in, whatever it calls itself', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'l5');
    const own = new URL(site.url).host;
    const origins = ['https://evil.example', 'null', `https://${own}.evil.example`, site.evil.url];
    const preflight = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-csrf' };
    for (const origin of origins) {
      for (const path of ['/', '/account', '/auth/nettle', '/nowhere', '/assets/latchkey.css', '/healthz']) {
        const answers = [
          await browser.get(path, { origin, accept: 'application/json' }),
          await browser.request(path, { method: 'OPTIONS', headers: { origin, ...preflight } }),
        ];
        for (const { headers } of answers) {
          expect([path, [...headers.keys()].filter((name) => name.startsWith('access-control-'))]).toEqual([path, []]);
        }
      }
    }
    // What a cookie opens is kept nowhere, whatever it looks like.
    for (const accept of ['text/html', 'application/json']) {
      expect((await browser.get('/account', { accept })).headers.get('cache-control')).toBe('no-store');
    }
  });
}
