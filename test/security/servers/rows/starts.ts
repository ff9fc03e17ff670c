/** sec-A: the start of a flow. */
import { createHash } from 'node:crypto';
import { PAYLOADS } from '../../../flows/open-redirect-payloads.js';
import type { Browser } from '../../../support/browser.js';
import { onTheWire } from '../../harness.js';
import { callbackOf, flowCookies, PATIENCE, protocols, type SiteOf, signedIn, traces } from './steps.js';

export function starts(siteOf: SiteOf): void {
  /** Starts without asking for the token anew each time. */
  async function starter(browser: Browser) {
    const _csrf = await browser.csrf();
    return (path: string, fields: Record<string, string> = {}, headers: Record<string, string> = {}) =>
      browser.request(path, { method: 'POST', headers, body: new URLSearchParams({ _csrf, ...fields }) });
  }

  test('sec-A1: GET starts nothing, signed in or not', async () => {
    const site = siteOf();
    const person = await signedIn(site, 'a1');
    await site.control.reset();
    const before = await traces(site);
    for (const browser of [person, site.browser()]) {
      for (const [, provider] of protocols) {
        for (const path of [`/auth/${provider}`, `/connect/${provider}`, `/auth/${provider}?_method=POST`]) {
          const page = await browser.get(path);
          expect([path, page.status, page.location]).toEqual([path, 405, undefined]);
        }
      }
      expect(flowCookies(browser)).toEqual([]);
    }
    expect(await site.control.calls()).toEqual([]);
    expect(await traces(site)).toEqual(before);
  });

  test('sec-A2: neither HEAD and its like nor an override reaches a step', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'a2');
    await site.control.reset();
    const before = await traces(site);
    const [row] = await site.sql('SELECT id FROM "Connection" WHERE subject = $1', ['a2']);
    const steps = [
      '/auth/nettle',
      '/connect/nettle',
      '/logout',
      '/account/delete',
      `/connections/${row?.id}/disconnect`,
    ];
    for (const path of steps) {
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH']) {
        const headers = { 'x-http-method-override': 'POST', 'x-http-method': 'POST', 'x-method-override': 'POST' };
        const page = await browser.request(`${path}?_method=POST`, { method, headers });
        expect([method, path, page.status]).toEqual([method, path, 405]);
      }
    }
    const head = await browser.request('/auth/nettle/callback?code=x&state=y', { method: 'HEAD' });
    expect(head.status).toBe(405);
    expect(await site.control.calls()).toEqual([]);
    expect(await traces(site)).toEqual(before);
  });

  test('sec-A3: without its own proof nothing starts, for visitors and for people who are signed in', async () => {
    const site = siteOf();
    const before = { visitor: site.browser(), person: await signedIn(site, 'a3') };
    await site.control.reset();
    const rows = await traces(site);
    const foreign = await site.browser().csrf();
    for (const browser of Object.values(before)) {
      const _csrf = await browser.csrf();
      const bodies: [Record<string, string>, Record<string, string>][] = [
        [{}, {}],
        [{ _csrf: foreign }, {}],
        [{ _csrf }, { origin: 'https://evil.example' }],
        [{ _csrf }, { origin: 'null' }],
        [{ _csrf }, { 'sec-fetch-site': 'cross-site' }],
      ];
      for (const [fields, headers] of bodies) {
        for (const path of ['/auth/nettle', '/connect/mallow', '/logout']) {
          const page = await browser.request(path, { method: 'POST', body: new URLSearchParams(fields), headers });
          expect([path, headers, page.status]).toEqual([path, headers, 403]);
        }
      }
      const plain = { method: 'POST', body: `_csrf=${_csrf}`, headers: { 'content-type': 'text/plain' } };
      expect((await browser.request('/auth/nettle', plain)).status).toBe(403);
      expect(flowCookies(browser)).toEqual([]);
    }
    expect(await site.control.calls()).toEqual([]);
    expect(await traces(site)).toEqual(rows);
    expect((await before.visitor.post('/auth/nettle')).status).toBe(303);
  });

  test('sec-A4: state is random, new each time, and means nothing', async () => {
    const site = siteOf();
    const states: Buffer[] = [];
    for (let round = 0; round < 2; round++) {
      const start = await starter(site.browser());
      for (let at = 0; at < 40; at++) {
        const { location } = await start('/auth/nettle', { return_to: '/account' });
        states.push(Buffer.from(new URL(location ?? '').searchParams.get('state') ?? '', 'base64url'));
      }
    }
    expect(new Set(states.map(String)).size).toBe(80);
    for (const state of states) {
      expect(state.length).toBeGreaterThanOrEqual(16);
      expect(state.toString('latin1')).not.toMatch(/account|nettle|[{"]\w+"/);
    }
    const bits = Buffer.concat(states).reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
    const all = Buffer.concat(states).length * 8;
    // Six standard deviations of a fair coin.
    expect(Math.abs(bits - all / 2)).toBeLessThan(3 * Math.sqrt(all));
  });

  test('sec-A5: PKCE with S256, and the verifier reaches the token endpoint only', async () => {
    const site = siteOf();
    await site.control.reset();
    const challenges = new Set<string>();
    for (const provider of ['nettle', 'osier']) {
      const browser = site.browser();
      const started = await browser.post(`/auth/${provider}`);
      const asked = new URL(started.location ?? '').searchParams;
      expect(asked.get('code_challenge_method')).toBe('S256');
      await browser.get(await site.consent(started.location));
      const [call] = await site.control.calls(site.path(provider === 'osier' ? 'oidc' : 'oauth2', 'token'));
      const verifier = new URLSearchParams(call?.body).get('code_verifier') ?? '';
      expect(verifier).toMatch(/^[\w.~-]{43,128}$/);
      expect(createHash('sha256').update(verifier).digest('base64url')).toBe(asked.get('code_challenge'));
      challenges.add(asked.get('code_challenge') ?? '');
      const elsewhere = (await site.control.calls()).filter(({ path }) => path !== call?.path);
      expect(JSON.stringify(elsewhere)).not.toContain(verifier);
      expect(JSON.stringify([...browser.cookies])).not.toContain(verifier);
    }
    expect(challenges.size).toBe(2);
  });

  test('sec-A6: the callback’s address comes from configuration, and is the same to the letter at the token endpoint', async () => {
    const site = siteOf();
    await site.control.reset();
    const own = `${site.url}/auth/nettle/callback`;
    const browser = site.browser();
    const start = await starter(browser);
    for (const headers of [
      { 'x-forwarded-host': 'evil.example', 'x-forwarded-port': '444' },
      { forwarded: 'host=evil.example;proto=http' },
      { 'x-original-url': '/evil', 'x-rewrite-url': '/evil', 'x-host': 'evil.example' },
    ]) {
      const { location } = await start('/auth/nettle', {}, headers);
      expect(new URL(location ?? '').searchParams.get('redirect_uri')).toBe(own);
    }
    const body = `_csrf=${await browser.csrf()}`;
    const answer = await onTheWire(
      Number(new URL(site.instances[0]?.url ?? '').port),
      [
        'POST /auth/nettle HTTP/1.1',
        'Host: evil.example',
        `Cookie: ${[...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')}`,
        'Content-Type: application/x-www-form-urlencoded',
        `Content-Length: ${body.length}`,
        'Connection: close',
        '',
        body,
      ].join('\r\n'),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 421 /);
    expect(answer).not.toMatch(/^location:/im);
    await site.flow(browser, '/auth/nettle');
    const [call] = await site.control.calls(site.path('oauth2', 'token'));
    expect(new URLSearchParams(call?.body).get('redirect_uri')).toBe(own);
    await site.flow(browser, '/auth/mallow');
    const [temporary] = await site.control.calls(site.path('oauth1', 'temporary'));
    const announced = `${site.url}/auth/mallow/callback`;
    expect(temporary?.headers.authorization).toContain(`oauth_callback="${encodeURIComponent(announced)}"`);
  });

  test('sec-A7: what a form adds is not heard, and nobody elsewhere is called', async () => {
    const site = siteOf();
    await site.control.reset();
    const { url } = site.evil;
    const additions = {
      ...{ scope: 'admin', client_id: 'x', prompt: 'none', state: 'fixed', subdomain: 'evil.example/' },
      ...{ redirect_uri: url, authorize_url: url, token_url: url, oauth_callback: url, instance: url, issuer: url },
    };
    const start = await starter(site.browser());
    const asked = async (path: string, fields = {}) => {
      const target = new URL((await start(path, fields)).location ?? '');
      for (const name of ['state', 'code_challenge', 'nonce']) target.searchParams.delete(name);
      return target.href;
    };
    for (const provider of ['nettle', 'osier']) {
      expect(await asked(`/auth/${provider}`, additions)).toBe(await asked(`/auth/${provider}`));
    }
    await start('/auth/mallow', additions);
    expect(JSON.stringify(await site.control.calls())).not.toContain(encodeURIComponent(url));
    expect(site.evil.connections()).toBe(0);
  });

  test('sec-A8: exactly the configured scopes are asked, fewer for signing in', async () => {
    const site = siteOf();
    const start = await starter(await signedIn(site, 'a8'));
    for (const [path, scope] of [
      ['/auth/nettle', 'me'],
      ['/connect/nettle', 'me data'],
      ['/auth/osier', 'openid'],
      ['/connect/osier', 'openid email'],
    ] as const) {
      const { location } = await start(path, { scope: 'everything' });
      expect([path, new URL(location ?? '').searchParams.get('scope')]).toEqual([path, scope]);
    }
  });

  test(
    'sec-A9: nobody is sent off this site, at the start, by the callback or by signing out',
    async () => {
      const site = siteOf();
      await signedIn(site, 'a9');
      // Each is a whole sign-in, so a spread of them; test/flows walks through all.
      const chosen = PAYLOADS.filter((_payload, at) => at % Math.ceil(PAYLOADS.length / 30) === 0);
      expect(chosen.length).toBeGreaterThan(25);
      for (const [at, payload] of chosen.entries()) {
        const browser = site.browser();
        await site.control.user({ provider: 'nettle', subject: 'a9' });
        const started = await browser.post('/auth/nettle', { return_to: payload });
        const callback = new URL(await site.consent(started.location));
        for (const name of ['next', 'return_to', 'redirect']) callback.searchParams.set(name, payload);
        const page = await browser.get(callback.href);
        if (at % 6 === 0) {
          const out = await browser.post('/logout', { return_to: payload });
          expect([payload, out.status, out.location]).toEqual([payload, 303, `${site.url}/`]);
        }
        // Control characters in a query are refused as such.
        expect([payload, page.status]).toEqual([payload, /\p{Cc}/u.test(payload) ? expect.any(Number) : 303]);
        expect([payload, page.status < 500]).toEqual([payload, true]);
        expect([payload, new URL(page.location ?? '/', site.url).origin]).toEqual([payload, site.url]);
      }
    },
    PATIENCE,
  );

  test('sec-A10: of many starts the last five remain, in cookies of 4 kB at most, and no row is written', async () => {
    const site = siteOf();
    const browser = site.browser();
    const before = await traces(site);
    const callbacks: string[] = [];
    for (let at = 0; at < 15; at++) callbacks.push(await callbackOf(site, browser, '/auth/nettle'));
    expect(flowCookies(browser)).toHaveLength(5);
    const size = [...browser.cookies].filter(([name]) => name.includes('flow-')).join('').length;
    expect(size).toBeLessThan(4096);
    expect(await traces(site)).toEqual(before);
    const answers = [];
    for (const callback of callbacks) answers.push((await browser.clone().get(callback)).status);
    expect(answers.filter((status) => status === 303)).toHaveLength(5);
    expect(answers.filter((status) => status === 400)).toHaveLength(10);
  });
}
