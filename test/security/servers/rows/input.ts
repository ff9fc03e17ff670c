/** sec-K: what is sent to us, by people and by providers. */
import { connect as openSocket } from 'node:net';
import { onTheWire, type Site } from '../../harness.js';
import { connectionRow, jsonAnswer, PATIENCE, personOf, type SiteOf, signedIn, traces } from './steps.js';

/** What a megabyte of name, hostile in every way, is made of. */
const hostileName = `<img src=x onerror=alert(1)>\u0000\u202e\u2066"'><script>alert(1)</script>🦊${'a'.repeat(500_000)}`;
const inherited = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', 'valueOf'];

export const firstPort = (site: Site) => Number(new URL(site.instances[0]?.url ?? '').port);

/** The answer's status to a request written by hand. */
export async function statusOnTheWire(site: Site, line: string, headers: readonly string[] = [], body = '') {
  const length = body ? [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`] : [];
  const head = [`${line} HTTP/1.1`, `Host: ${new URL(site.url).host}`, 'Connection: close', ...length, ...headers];
  const answer = await onTheWire(firstPort(site), `${head.join('\r\n')}\r\n\r\n${body}`);
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
}

export function input(siteOf: SiteOf): void {
  test('sec-K1: malformed encodings, cookies and headers are a 4xx or ignored, and never ours to answer for', async () => {
    const site = siteOf();
    const before = await traces(site);
    const refused = ['/auth/%', '/auth/%ff/callback?state=x', '/auth/%00', '/%c0%af', '/assets/%zz'].concat([
      '/auth/nettle/callback?state=%00&code=x',
      '/auth/nettle/callback?state=%ed%a0%80&code=x',
      '/auth/mallow/callback?oauth_token=%&oauth_verifier=%',
    ]);
    for (const path of refused) {
      const status = await statusOnTheWire(site, `GET ${path}`);
      expect([path, status >= 400 && status < 500]).toEqual([path, true]);
    }
    const ignored: [string, string[]][] = [
      ['GET /?return_to=%E0%A4%A', []],
      ['GET /account', ['Cookie: latchkey-session=%; __Host-latchkey-session=%; latchkey-flow-x=%ff; =; ;;']],
      ['GET /account', ['Authorization: Bearer %', 'Accept: %', 'Accept-Language: \xff\xfe']],
    ];
    for (const [line, headers] of ignored) {
      const status = await statusOnTheWire(site, line, headers);
      expect([line, status === 200 || status === 303]).toEqual([line, true]);
    }
    const json = ['Content-Type: application/json'];
    expect(await statusOnTheWire(site, 'POST /auth/nettle', json, '{"_csrf":"\\ud800","__proto__":{"x":1}}')).toBe(403);
    expect(await traces(site)).toEqual(before);
    expect((await site.browser().get('/healthz')).status).toBe(200);
  });

  test('sec-K2: what every object inherits is no provider', async () => {
    const site = siteOf();
    const browser = site.browser();
    const unknown = await browser.post('/auth/no-such-provider');
    for (const name of inherited) {
      const pages = [
        await browser.post(`/auth/${name}`),
        await browser.post(`/connect/${name}`),
        await browser.get(`/auth/${name}/callback?code=x&state=y`),
      ];
      expect([name, ...pages.map(({ status }) => status)]).toEqual([name, 404, 404, 404]);
      expect(pages[0]?.text).toBe(unknown.text);
    }
  });

  test('sec-K3: limits on fields and depth, and five hundred who say nothing keep nobody else waiting', async () => {
    const site = siteOf();
    const form = ['Content-Type: application/x-www-form-urlencoded'];
    const fields = Array.from({ length: 1_000 }, (_, index) => `f${index}=x`).join('&');
    expect(await statusOnTheWire(site, 'POST /auth/nettle', form, fields)).toBe(413);
    const deep = '['.repeat(10_000) + ']'.repeat(10_000);
    expect(await statusOnTheWire(site, 'POST /auth/nettle', ['Content-Type: application/json'], deep)).toBe(403);
    const sockets = Array.from({ length: 500 }, () => openSocket(firstPort(site), '127.0.0.1'));
    try {
      for (const socket of sockets) socket.on('error', () => undefined);
      const began = performance.now();
      expect((await site.browser().get('/')).status).toBe(200);
      expect(performance.now() - began).toBeLessThan(5_000);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });

  test(
    'sec-K4: whatever a provider calls somebody, they can sign in, and no page runs or loads it',
    async () => {
      const site = siteOf();
      const pictures = ['javascript:alert(1)', 'data:image/svg+xml,<svg onload=alert(1)>', `${site.evil.url}/p.png`];
      for (const [at, picture] of pictures.entries()) {
        const profile = JSON.stringify({ user: { uid: `k4-${at}`, name: hostileName, picture } });
        await site.control.next({ path: site.path('oauth2', 'profile'), ...jsonAnswer, body: profile });
        const browser = site.browser();
        await site.signIn(browser, `k4-${at}`);
        expect(await personOf(site, browser)).toBeDefined();
        const [row] = await site.sql('SELECT * FROM "Connection" WHERE subject = $1', [`k4-${at}`]);
        const stored = (row?.profile ?? {}) as Record<string, string>;
        expect([...(stored.name ?? '')].length).toBeLessThanOrEqual(200);
        expect(`${row?.label}${stored.name}`).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
        expect(stored.picture).toBeUndefined();
        for (const path of ['/', '/account', `/connections/${row?.id}`]) {
          const { status, text } = await browser.get(path);
          expect([path, status]).toEqual([path, 200]);
          expect(text).not.toMatch(/<img[^>]*onerror|<script>|javascript:|data:image\/svg/i);
        }
      }
      expect(site.evil.connections()).toBe(0);
    },
    PATIENCE,
  );

  test('sec-K5: quotes and comments are text, wherever they come from', async () => {
    const site = siteOf();
    const subject = `k5'; DROP TABLE "User"; --$1\\`;
    const browser = await signedIn(site, subject);
    expect(await personOf(site, browser)).toBeDefined();
    const [row] = await site.sql('SELECT id FROM "Connection" WHERE subject = $1', [subject]);
    expect(await connectionRow(site, String(row?.id))).toMatchObject({ subject });
    const before = await traces(site);
    for (const piece of [`'`, `"`, '--', '$1', '\\', `' OR '1'='1`].map(encodeURIComponent)) {
      for (const path of [`/connections/${piece}`, `/auth/${piece}/callback`]) {
        expect([path, (await browser.get(path)).status]).toEqual([path, 404]);
      }
      expect((await browser.get(`/auth/nettle/callback?code=${piece}&state=${piece}`)).status).toBe(400);
      expect((await browser.post(`/account/sessions/${piece}/end`)).status).toBe(404);
    }
    expect(await traces(site)).toEqual(before);
  });
}
