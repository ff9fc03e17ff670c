/** sec-J: calls to providers' APIs, through the console of a connection, and through its page. */
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from '../../../support/browser.js';
import { onTheWire, type Site } from '../../harness.js';
import { connect, jsonAnswer, PATIENCE, personOf, type SiteOf, signedIn } from './steps.js';

export function calls(siteOf: SiteOf): void {
  let browser: Browser;
  let id: string;
  const api = '/nettle.example/data';
  let people = 0;
  // A person each: thirty calls a minute are one's limit.
  beforeEach(async () => {
    const site = siteOf();
    browser = await signedIn(site, `j-${++people}`, 'mallow');
    id = await connect(site, browser, 'nettle', `j-${people}`);
    // In production the console is for operators.
    await site.sql('UPDATE "User" SET operator = true WHERE id = $1', [await personOf(site, browser)]);
    await site.control.reset();
  }, PATIENCE);
  const send = (fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Page> =>
    browser.post(`/connections/${id}/console`, fields, headers);
  /** Whatever the console was asked for, nobody but the provider hears of it. */
  const expectCalls = async (site: Site, targets: readonly string[]) => {
    // Meanwhile a token of somebody else's may be renewed.
    const heard = (await site.control.calls()).filter(({ path }) => path !== site.path('oauth2', 'token'));
    expect(heard.map(({ path, query }) => path + (query && `?${query}`))).toEqual(targets);
    expect(site.evil.connections()).toBe(0);
  };

  test('sec-J1: neither path, base nor header moves a call to another host', async () => {
    const site = siteOf();
    const { url } = site.evil;
    const host = new URL(url).host;
    for (const path of [
      `${url}/`,
      `//${host}/x`,
      `/\\${host}`,
      `@${host}/`,
      `%2f%2f${host}`,
      `;@${host}`,
      `.${host}/`,
    ]) {
      expect([path, (await send({ path })).status]).toEqual([path, 400]);
    }
    expect((await send({ path: '/data', base: url })).status).toBe(400);
    expect((await send({ path: '/data', headers: `base-url-override: ${url}` })).status).toBe(400);
    const port = Number(new URL(site.instances[0]?.url ?? '').port);
    const answer = await onTheWire(port, `GET ${url}/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    await expectCalls(site, []);
    expect((await send({ path: '/data' })).status).toBe(200);
    await expectCalls(site, [api]);
  });

  test('sec-J2: a path leaves its base in no spelling, and what is checked is what arrives', async () => {
    const site = siteOf();
    for (const path of [
      '/..%2fadmin',
      '/%2e%2e/admin',
      '/..%252fadmin',
      '/a/./../../admin',
      '/a%00',
      '/%c0%ae%c0%ae/x',
      '/a%0d%0aX: y',
    ]) {
      expect([path, (await send({ path })).status]).toEqual([path, 400]);
    }
    await expectCalls(site, []);
    await send({ path: '/data/a%2Fb;c=d?x=%2e%2e%2f' });
    await expectCalls(site, ['/nettle.example/data/a%2Fb;c=d?x=%2e%2e%2f']);
  });

  test('sec-J3: redirects of an API, a profile and a token endpoint are followed nowhere', async () => {
    const site = siteOf();
    const headers = { location: `${site.evil.url}/steal` };
    await site.control.next({ path: api, status: 302, headers });
    const page = await send({ path: '/data' });
    expect([page.status, page.location]).toEqual([200, undefined]);
    expect(page.text).not.toContain(site.evil.url);
    await site.control.next({ path: site.path('oauth2', 'profile'), status: 307, headers });
    expect((await browser.get(`/connections/${id}`)).status).toBe(200);
    await site.control.next({ path: site.path('oauth2', 'token'), status: 307, headers });
    const other = site.browser();
    expect((await site.flow(other, '/auth/nettle')).status).toBe(502);
    expect(site.evil.connections()).toBe(0);
  });

  test('sec-J5: nothing of the browser’s own request goes along', async () => {
    const site = siteOf();
    for (const headers of [
      'Cookie: a=b',
      'Authorization: Bearer x',
      'Host: evil.example',
      'X-Forwarded-For: 9.9.9.9',
      'Connection: close, X-Api',
    ]) {
      expect([headers, (await send({ path: '/data', headers })).status]).toEqual([headers, 400]);
    }
    await send({ path: '/data' }, { 'x-custom': 'mine', 'accept-language': 'xx', authorization: 'Bearer mine' });
    await browser.get(`/connections/${id}`, { 'x-custom': 'mine', authorization: 'Bearer mine' });
    for (const { headers } of await site.control.calls()) {
      for (const name of [
        'cookie',
        'x-custom',
        'accept-language',
        'origin',
        'referer',
        'x-forwarded-for',
        'x-forwarded-proto',
      ]) {
        expect([name, headers[name]]).toEqual([name, undefined]);
      }
      expect(headers.authorization).toMatch(/^Bearer (?!mine)\S+$/);
    }
  });

  test('sec-J6: no header of a provider’s answer reaches the browser', async () => {
    const site = siteOf();
    const hostile = {
      'set-cookie': 'latchkey-session=evil',
      'access-control-allow-origin': '*',
      'content-security-policy': "script-src 'unsafe-inline'",
      'clear-site-data': '"*"',
      'www-authenticate': 'Basic realm="evil"',
      refresh: '0; url=https://evil.example',
      link: '<https://evil.example>; rel=preload',
      'service-worker-allowed': '/',
    };
    const paths: [string, () => Promise<Page>][] = [
      [api, () => send({ path: '/data' })],
      [site.path('oauth2', 'profile'), () => browser.get(`/connections/${id}`)],
    ];
    for (const [path, ask] of paths) {
      await site.control.next({
        path,
        ...jsonAnswer,
        headers: { ...jsonAnswer.headers, ...hostile },
        body: '{"user":{"uid":"j"}}',
      });
      const page = await ask();
      expect(page.status).toBe(200);
      for (const name of [
        'access-control-allow-origin',
        'clear-site-data',
        'www-authenticate',
        'refresh',
        'link',
        'service-worker-allowed',
      ]) {
        expect([path, name, page.headers.get(name)]).toEqual([path, name, null]);
      }
      expect(page.headers.get('content-security-policy')).not.toContain('unsafe-inline');
      expect(`${page.headers.getSetCookie().join()}${page.text}`).not.toContain('evil');
    }
  });

  test('sec-J7: what a provider sends is shown as text, whatever it says it is', async () => {
    const site = siteOf();
    for (const type of ['text/html', 'image/svg+xml', 'application/json']) {
      await site.control.next({
        path: '/nettle.example/x.css',
        status: 200,
        headers: { 'content-type': type },
        body: '<script>alert(1)</script>',
      });
      const page = await send({ path: '/x.css' });
      expect(page.text).not.toContain('<script>alert');
      expect(page.text).toContain('&lt;script&gt;');
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(page.headers.get('x-content-type-options')).toBe('nosniff');
      expect(page.headers.get('cache-control')).toBe('no-store');
    }
  });

  test('sec-J8: a call needs the person, ownership, the form’s proof and a method that is allowed', async () => {
    const site = siteOf();
    const path = `/connections/${id}/console`;
    const fields = { path: '/data' };
    expect((await browser.post(path, { ...fields, _csrf: 'wrong' })).status).toBe(403);
    expect((await browser.post(path, fields, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await browser.post(path, fields, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    for (const method of ['TRACE', 'CONNECT', 'PROPFIND']) expect((await send({ ...fields, method })).status).toBe(400);
    expect((await site.browser().post(path, fields)).status).toBe(303);
    const stranger = await signedIn(site, 'j8-stranger', 'mallow');
    await site.control.reset();
    expect((await stranger.post(path, fields)).status).toBe(404);
    await expectCalls(site, []);
  });

  test('sec-J9: credentials can neither be put in nor read out', async () => {
    const site = siteOf();
    for (const path of ['/data?access_token=x', '/data?oauth_token=y', '/data?%61ccess_token=x']) {
      expect([path, (await send({ path })).status]).toEqual([path, 400]);
    }
    await expectCalls(site, []);
    // The sandbox's answer to what it does not know repeats the request.
    await send({ path: '/data' });
    const [call] = await site.control.calls(api);
    const token = (call?.headers.authorization ?? '').replace('Bearer ', '');
    expect(token.length).toBeGreaterThan(10);
    const echo = JSON.stringify({ headers: { authorization: `Bearer ${token}` }, twice: token });
    await site.control.next({ path: api, ...jsonAnswer, body: echo });
    expect((await send({ path: '/data' })).text).not.toContain(token);
    await site.control.next({
      path: site.path('oauth2', 'profile'),
      ...jsonAnswer,
      body: `{"user":{"uid":"j"},"echo":"${token}"}`,
    });
    expect((await browser.get(`/connections/${id}`)).text).not.toContain(token);
  });

  test(
    'sec-J10: endless, packed and silent answers are given up, without harm to anybody else',
    async () => {
      const site = siteOf();
      const bomb = gzipSync(Buffer.alloc(20_000_000)).toString('latin1');
      const scripts = [
        { ...jsonAnswer, body: `"${'x'.repeat(3_000_000)}"` },
        { status: 200, headers: { 'content-encoding': 'gzip', 'content-type': 'application/json' }, body: bomb },
        { hang: true },
      ];
      for (const script of scripts) {
        await site.control.next({ path: site.path('oauth2', 'profile'), ...script });
        const began = performance.now();
        const asking = browser.get(`/connections/${id}`);
        expect((await fetch(`${site.instances[0]?.url}/healthz`)).status).toBe(200);
        const page = await asking;
        expect(page.status).toBe(200);
        expect(page.text.length).toBeLessThan(200_000);
        expect(performance.now() - began).toBeLessThan(12_000);
      }
      await site.control.reset();
    },
    PATIENCE,
  );
}
