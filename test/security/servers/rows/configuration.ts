/** sec-O: what a process is started with. */
import { readFileSync } from 'node:fs';
import { runToEnd } from '../../../support/process.js';
import { cookieName, isSignedIn, PATIENCE, type SiteOf, signedIn } from './steps.js';

const example = Buffer.alloc(32, 1).toString('base64');

/** In production, which does not start with anything weak. */
export function refusals(siteOf: SiteOf): void {
  test.each<[string, string]>([
    ['SESSION_SECRET', ''],
    ['SESSION_SECRET', 'too-short-a-secret'],
    ['VAULT_KEYS', ''],
    ['VAULT_KEYS', `k1:${example}`],
    ['BASE_URL', 'http://app.example.com'],
    ['SANDBOX', 'on'],
    ['DATABASE_URL', ''],
    ['NODE_TLS_REJECT_UNAUTHORIZED', '0'],
  ])(
    'sec-O1: production does not start with %s=%s, and says the name, not the value',
    async (name, value) => {
      const { code, output } = await runToEnd({ ...siteOf().environment, PORT: '0', [name]: value });
      expect(code).not.toBe(0);
      expect(output).toContain(name);
      if (/SECRET|KEYS/.test(name) && value) expect(output).not.toContain(value.split(':').at(-1));
      expect(output).not.toMatch(/\n\s+at /);
    },
    PATIENCE,
  );

  test('sec-O2: no secret is among the arguments, in the answers about health, or in what is served', async () => {
    const site = siteOf();
    const secrets = [site.environment.SESSION_SECRET ?? '', (site.environment.VAULT_KEYS ?? '').split(':')[1] ?? ''];
    const texts = site.instances.map(({ pid }) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    const browser = await signedIn(site, 'o2');
    for (const path of ['/', '/healthz', '/readyz', '/account', '/assets/latchkey.css', '/assets/filter.js']) {
      texts.push((await browser.get(path)).text);
    }
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(30);
      expect(texts.filter((text) => text.includes(secret))).toEqual([]);
    }
  });
}

/** In development, where every instance has an address of its own. */
export function changes(siteOf: SiteOf): void {
  test(
    'sec-O3: with a new secret before the old one people stay signed in; without the old one they are not',
    async () => {
      const site = siteOf();
      const browser = await signedIn(site, 'o3');
      const old = site.environment.SESSION_SECRET ?? '';
      const renewed = await site.startInstance({ SESSION_SECRET: `a-new-secret-that-is-long-enough-for-this,${old}` });
      const alone = await site.startInstance({ SESSION_SECRET: 'a-new-secret-that-is-long-enough-for-this' });
      try {
        expect(await isSignedIn(browser.clone(renewed.url))).toBe(true);
        expect(await isSignedIn(browser.clone(alone.url))).toBe(false);
        // Whoever signs in meanwhile is signed by the new one, and is somebody at both.
        const later = browser.clone(renewed.url);
        later.cookies.delete(cookieName(site, 'session'));
        await site.control.user({ provider: 'nettle', subject: 'o3' });
        const started = await later.post('/auth/nettle');
        const { pathname, search } = new URL(await site.consent(started.location));
        expect((await later.get(pathname + search)).status).toBe(303);
        expect(await isSignedIn(later.clone(alone.url))).toBe(true);
        expect(await isSignedIn(browser)).toBe(true);
      } finally {
        for (const instance of [renewed, alone]) await site.stopInstance(instance);
      }
    },
    PATIENCE,
  );

  test(
    'sec-O5: a provider whose settings are wrong is missing by itself, with one line that says why',
    async () => {
      const site = siteOf();
      const instance = await site.startInstance({ SANDBOX: 'on', GITHUB_CLIENT_ID: 'an-id-without-a-secret' });
      try {
        const browser = site.browser().clone(instance.url);
        expect((await browser.get('/')).text).not.toContain('action="/auth/github"');
        expect((await browser.post('/auth/github')).status).toBe(404);
        expect((await browser.post('/auth/nettle')).status).toBe(303);
        const lines = instance
          .output()
          .split('\n')
          .filter((line) => line.includes('"provider":"github"'));
        expect(lines).toHaveLength(1);
        expect(lines[0]).toContain('GITHUB_CLIENT_SECRET');
      } finally {
        await site.stopInstance(instance);
      }
    },
    PATIENCE,
  );
}
