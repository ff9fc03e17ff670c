/** Development, and production behind a TLS-terminating proxy: the same story, and what has to differ (sec-E1, L3, L4, R1 to R4). */
import { connect } from 'node:net';
import { until } from '../../support/until.js';
import { type Mode, modes, onTheWire, type Site, startSite } from '../harness.js';

const PATIENCE = 120_000;

describe.each(modes)('%s', (mode: Mode) => {
  const secure = mode === 'production';
  let site: Site;
  beforeAll(async () => {
    site = await startSite({ mode, instances: 2 });
  }, PATIENCE);
  afterAll(() => site?.close(), PATIENCE);
  const port = () => Number(new URL(site.instances[0]?.url ?? '').port);
  const host = () => new URL(site.url).host;

  test.each(['mallow', 'nettle', 'osier'])(
    'signing in with %s, whichever instance answers',
    async (provider) => {
      const browser = site.browser();
      await site.signIn(browser, `someone-${provider}`, provider);
      const page = await browser.get('/');
      expect(page.status).toBe(200);
      expect(page.text).toMatch(new RegExp(`data-connection="[^"]+" data-provider="${provider}" data-status="active"`));
      const [row] = await site.sql('SELECT count(*)::int AS n FROM "Connection" WHERE provider = $1', [provider]);
      expect(row?.n).toBe(1);
      expect(site.evil.connections()).toBe(0);
    },
    PATIENCE,
  );

  test('sec-E1, L3: cookies and transport are as safe as the way people come', async () => {
    const browser = site.browser();
    await site.signIn(browser, 'someone-else');
    for (const name of browser.cookies.keys()) expect(name.startsWith('__Host-')).toBe(secure);
    const page = await site.browser().get('/');
    for (const cookie of page.headers.getSetCookie()) {
      expect(/; Secure/.test(cookie)).toBe(secure);
      expect(cookie).toMatch(/; HttpOnly/);
      expect(cookie).not.toMatch(/domain=/i);
    }
    expect(page.headers.get('strict-transport-security')).toBe(secure ? 'max-age=31536000; includeSubDomains' : null);
  });

  test('sec-R3: a foreign, missing or second host is answered with nothing of ours', async () => {
    const lines = [['Host: evil.example'], [`Host: ${host()}`, 'Host: evil.example'], []];
    for (const one of lines) {
      const answer = await onTheWire(port(), ['GET / HTTP/1.1', ...one, 'Connection: close', '', ''].join('\r\n'));
      expect(answer).toMatch(/^HTTP\/1\.1 (421|400) /);
      expect(answer).toMatch(/^content-security-policy: default-src 'none'/im);
      // Not even links: nothing in the answer says where the site is.
      expect(answer).not.toContain('evil.example');
    }
  });

  test.each<[string, number, string]>([
    ['Node’s own 400', 400, 'nonsense\r\n\r\n'],
    ['Node’s own 431', 431, `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
  ])('sec-L4: %s carries the headers of every answer', async (_what, status, text) => {
    const answer = await onTheWire(port(), text);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toMatch(/^content-security-policy: default-src 'none'/im);
    expect(/^strict-transport-security:/im.test(answer)).toBe(secure);
  });

  test('sec-L4: so do wrong methods, unknown pages, static files, forms too large and bodies of other kinds', async () => {
    const browser = site.browser();
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const answers = [
      [405, await browser.request('/assets/latchkey.css', { method: 'POST' })],
      [200, await browser.get('/assets/latchkey.css')],
      [404, await browser.get('/assets/nothing.css')],
      [404, await browser.get('/nowhere')],
      [405, await browser.request('/auth/nettle', { method: 'PUT' })],
      [413, await browser.request('/auth/nettle', { method: 'POST', body: 'a'.repeat(200_000), headers: form })],
      [
        415,
        await browser.request('/auth/nettle', {
          method: 'POST',
          body: '<a/>',
          headers: { 'content-type': 'text/xml' },
        }),
      ],
      [
        415,
        await browser.request('/auth/nettle', {
          method: 'POST',
          body: 'x',
          headers: { ...form, 'content-encoding': 'gzip' },
        }),
      ],
      [
        403,
        await browser.request('/auth/nettle', { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } }),
      ],
    ] as const;
    for (const [status, page] of answers) {
      expect(page.status).toBe(status);
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(page.headers.get('x-content-type-options')).toBe('nosniff');
      expect(page.headers.get('x-powered-by')).toBeNull();
    }
  });

  test('sec-O4: what helps developers is not there in production', async () => {
    const browser = site.browser();
    expect((await browser.get('/setup')).status).toBe(secure ? 404 : 200);
    for (const path of ['/.env', '/.git/HEAD', '/debug', '/_control/calls', '/dev/login', '/assets/latchkey.css.map']) {
      expect([path, (await browser.get(path)).status]).toEqual([path, 404]);
    }
    // Through the proxy the question comes from somewhere else, whatever the connection's other end looks like.
    expect((await browser.get('/metrics')).status).toBe(secure ? 401 : 200);
  });

  test('sec-R1: what a client says of itself reaches neither cookies nor the log', async () => {
    const claims = [
      'X-Forwarded-For: 192.0.2.1',
      'X-Real-IP: 192.0.2.1',
      'Forwarded: for=192.0.2.1',
      'X-Forwarded-Host: evil.example',
    ];
    const told = () => site.instances[0]?.output() ?? '';
    const refusals = () => site.output().match(/csrf_refused/g)?.length ?? 0;
    const before = refusals();
    const text = [
      'POST /auth/nettle HTTP/1.1',
      `Host: ${host()}`,
      ...claims,
      'Content-Length: 0',
      'Connection: close',
      '',
      '',
    ];
    const answer = await onTheWire(port(), text.join('\r\n'));
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer).not.toContain('evil.example');
    // Trusted is the hop that production configures: of what it is told, its own addition counts.
    await until(() => refusals() === before + 1);
    expect(told().includes('192.0.2.1')).toBe(secure);
    const through = await site
      .browser()
      .request('/auth/nettle', { method: 'POST', headers: { 'x-forwarded-for': '192.0.2.7' } });
    expect(through.status).toBe(403);
    await until(() => refusals() === before + 2);
    expect(site.output()).not.toContain('192.0.2.7');
  });
});

describe('the end of a process', () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite({ mode: 'production', instances: 1 });
  }, PATIENCE);
  afterAll(() => site?.close(), PATIENCE);

  test(
    'sec-R5: told to stop, it finishes the answer under way, and does not wait for whoever never finishes asking',
    async () => {
      const [instance] = site.instances;
      const port = Number(new URL(instance?.url ?? '').port);
      const browser = site.browser();
      const started = await browser.post('/auth/nettle');
      const callback = await site.consent(started.location);
      await site.control.reset();
      await site.control.hold(site.path('oauth2', 'token'));
      const answer = browser.get(callback);
      await until(async () => (await site.control.calls(site.path('oauth2', 'token'))).length > 0);
      const unfinished = connect(port, '127.0.0.1', () =>
        unfinished.write('POST /auth/nettle HTTP/1.1\r\nHost: x\r\n'),
      );
      unfinished.on('error', () => undefined);
      const began = performance.now();
      const stopped = instance?.stop('SIGTERM');
      const refused = () =>
        fetch(`${instance?.url}/healthz`, { headers: { connection: 'close' } }).then(
          () => false,
          () => true,
        );
      await until(refused);
      await site.control.release(site.path('oauth2', 'token'));
      expect((await answer).status).toBe(303);
      expect(await stopped).toBe(0);
      expect(performance.now() - began).toBeLessThan(15_000);
    },
    PATIENCE,
  );
});
