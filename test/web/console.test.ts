/** The console on a connection, requirement by requirement of security.md part J: what reaches the API, and what comes back to the page. */
import { gzipSync } from 'node:zlib';
import type { Connection } from '../../src/db/index.js';
import { MemoryNonceStore, verifyRequest } from '../../src/oauth1/index.js';
import { sendCall } from '../../src/web/console/send.js';
import { until } from '../support/until.js';
import {
  ACCESS_TOKEN,
  CLIENT_SECRET,
  type ConsoleSite,
  REFRESH_TOKEN,
  startConsoleSite,
  TOKEN,
  TOKEN_SECRET,
} from './console-site.js';

let site: ConsoleSite;
/** Its OAuth 2 and its OAuth 1 connection. */
let two: string;
let one: string;
beforeAll(async () => {
  site = await startConsoleSite();
  two = await site.connect(site.person.id, 'api-two');
  one = await site.connect(site.person.id, 'api-one');
}, 60_000);
beforeEach(() => {
  site.calls.length = 0;
  site.answerWith((_req, res) => res.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}'));
});
afterAll(() => site.close());

const events = () =>
  site.app.database.prisma.event.findMany({
    where: { kind: 'console_called' },
    orderBy: [{ at: 'asc' }, { id: 'asc' }],
  });
const row = (id: string): Promise<Connection> =>
  site.app.database.prisma.connection.findUniqueOrThrow({ where: { id } });

test('a call is made as the person; the page shows what was sent, and the answer with its status, time and header fields', async () => {
  site.answerWith((_req, res) => {
    res.writeHead(201, { 'content-type': 'application/json', 'x-rate-limit-remaining': '41', etag: '"7"' });
    res.end('{"id":12345678901234567890,"text":"<script>alert(1)</script>","tags":[]}');
  });
  const page = await site.send(two, {
    method: 'POST',
    path: '/posts?draft=1',
    headers: 'Accept-Language: de\r\nApi-Flavour: sweet',
    body: '{"text":"hello"}',
  });
  expect(page.status).toBe(200);
  expect(site.calls).toHaveLength(1);
  const [call] = site.calls;
  expect(call).toMatchObject({ method: 'POST', target: '/v2/posts?draft=1', body: '{"text":"hello"}' });
  expect(call?.headers).toMatchObject({
    authorization: `Bearer ${ACCESS_TOKEN}`,
    'content-type': 'application/json',
    'accept-language': 'de',
    'api-flavour': 'sweet',
    'client-id': 'our-client',
  });
  expect(page.text).toContain('<span class="tag good">201</span>');
  expect(page.text).toMatch(/in \d+ ms/);
  expect(page.text).toContain('<dt><code>x-rate-limit-remaining</code></dt><dd><code>41</code></dd>');
  // Indented, and the number is the one that was sent.
  expect(page.text).toContain('  &quot;id&quot;: 12345678901234567890,\n  &quot;text&quot;: &quot;&lt;script&gt;');
  expect(page.text).toContain('authorization: Bearer [redacted]');
  expect(page.text).not.toContain('CANARY');
});

test('an OAuth 1 call is signed, and the page explains exactly the signature that was sent', async () => {
  const page = await site.send(one, { method: 'GET', path: '/me?a=1%2B1' });
  const [call] = site.calls;
  if (!call) throw new Error('The API was not called.');
  const verified = await verifyRequest(
    {
      method: call.method,
      url: `${site.apiUrl}${call.target}`,
      headers: { authorization: call.headers.authorization },
    },
    { clientSecret: () => CLIENT_SECRET, tokenSecret: () => TOKEN_SECRET },
    { methods: ['HMAC-SHA1'], nonceStore: new MemoryNonceStore(), token: 'required' },
  );
  expect(verified).toMatchObject({ verified: true, token: TOKEN });
  const signature = decodeURIComponent(/oauth_signature="([^"]+)"/.exec(call.headers.authorization ?? '')?.[1] ?? '');
  expect(page.text).toContain('How this was signed');
  expect(page.text).toContain(`<dd><code>${signature.replaceAll('&', '&amp;')}</code></dd>`);
  expect(page.text).toContain('[client secret]&amp;[token secret]');
  expect(page.text).toContain('oauth_token=[redacted]');
  expect(page.text).toContain('<code>GET&amp;http%3A%2F%2F127.0.0.1');
  expect(page.text).not.toContain('CANARY');
});

test('opening the console calls nobody, and a link to it fills in the form', async () => {
  const page = await site.person.browser.get(`/connections/${two}/console?method=POST&path=/a%22b&body=%7B%7D`);
  expect(page.status).toBe(200);
  expect(page.text).toContain('<option selected>POST</option>');
  expect(page.text).toContain('value="/a&quot;b"');
  expect(page.text).toContain('path=%2Fme');
  expect(site.calls).toEqual([]);
  expect(page.headers.get('cache-control')).toBe('no-store');
});

describe('J1: the host comes from the definition alone', () => {
  test.each([
    'http://E/',
    '//E/x',
    '/\\E',
    '@E/',
    '%2f%2fE',
    ';@E/',
    'http:%5c%5cE',
    ':80/',
    '.E/',
    '/\t/E',
    '',
    'posts',
  ])('path %j', async (path) => {
    const page = await site.send(two, { path });
    expect([page.status, site.calls]).toEqual([400, []]);
  });

  test.each(['2', '-1', '0.5', 'http://127.0.0.1:1/', ''])('base %j', async (base) => {
    const page = await site.send(two, { path: '/me', base });
    expect([page.status, site.calls]).toEqual([400, []]);
  });

  test('a further host of the definition can be chosen', async () => {
    await site.send(two, { path: '/me', base: '1' });
    expect(site.calls.map(({ headers, target }) => [headers.host?.split(':')[0], target])).toEqual([
      ['localhost', '/me'],
    ]);
  });

  test('a header that names another base is refused', async () => {
    const page = await site.send(two, { path: '/me', headers: 'base-url-override: http://127.0.0.1:1/' });
    expect([page.status, site.calls]).toEqual([400, []]);
    expect(page.text).toContain('base-url-override');
  });
});

describe('J2: what is checked is byte for byte what is sent', () => {
  test.each([
    '/..%2fadmin',
    '/%2e%2e/admin',
    '/..%252fadmin',
    '/%252e%252e%252fadmin',
    '/a/./../admin',
    '/a/..;/admin',
    '/a/%2e%2e;x=1/admin',
    '/a%00',
    '/a%0d%0aX: y',
    '/a%5c..%5cb',
    '/%c0%ae%c0%ae/admin',
    '/a b',
    '/a#b',
    '/ä',
  ])('%j is refused', async (path) => {
    const page = await site.send(two, { path });
    expect([page.status, site.calls]).toEqual([400, []]);
  });

  test.each([
    '/a;b=c',
    '/projects/group%2Fname',
    '/a%20b',
    '/a//b',
    "/it's",
    '/a?x=%2e%2e%2f&y=a%20b&z=1,2',
    '/100%25',
    '/..a/b..',
  ])('%j arrives as it is, below the base', async (path) => {
    await site.send(two, { path });
    await site.send(one, { path });
    expect(site.calls.map(({ target }) => target)).toEqual([`/v2${path}`, `/v2${path}`]);
  });
});

test.each(['https://evil.example/x', 'http://169.254.169.254/', '/v2/again', '//evil.example/'])(
  'J3: a redirect to %s is shown, never followed, and its address is not',
  async (location) => {
    site.answerWith((_req, res) => res.writeHead(302, { location }).end());
    for (const id of [two, one]) {
      const page = await site.send(id, { path: '/me' });
      expect(page.status).toBe(200);
      expect(page.location).toBeUndefined();
      expect(page.text).toContain('>302</span>');
      expect(page.text).toContain(location === '/v2/again' ? 'another address of the same service' : 'to another site');
      expect(page.text).not.toMatch(/evil\.example|169\.254|v2\/again/);
    }
    expect(site.calls).toHaveLength(2);
  },
);

test.each(['127.0.0.1', 'localhost', '169.254.169.254', '10.0.0.1', '2130706433', '0177.1'])(
  'J4: a host that the person named and that is no public one, %s, is not called',
  async (instance) => {
    const id = await site.connect(site.person.id, 'api-named', { instance });
    const page = await site.send(id, { path: '/me' });
    expect(page.status).toBe(502);
    expect(page.text).toContain('There is no answer');
    expect((await events()).at(-1)?.detail).toMatchObject({ trouble: expect.stringMatching(/^(?:http|oauth2)_/) });
    await site.app.database.prisma.connection.delete({ where: { id } });
  },
);

describe('J5: header fields', () => {
  test.each([
    'Authorization: Bearer other',
    'Cookie: a=b',
    'Host: evil.example',
    'Origin: https://evil.example',
    'X-Forwarded-For: 127.0.0.1',
    'X-Forwarded-Host: evil.example',
    'Forwarded: for=127.0.0.1',
    'X-CSRF-Token: x',
    'Connection: close, X-Api-Key',
    'Transfer-Encoding: chunked',
    'Content-Length: 5',
    'Upgrade: websocket',
    'TE: trailers',
    'Proxy-Authorization: Basic eA==',
    // The definition fills it in with our own client.
    'Client-Id: other',
    'Accept',
    'Accept: a\u0001b',
    `Accept: ${'x'.repeat(1_001)}`,
    'Äccept: x',
    ...[Array.from({ length: 21 }, () => 'Accept: x').join('\n')],
  ])('%j is refused', async (headers) => {
    const page = await site.send(two, { path: '/me', headers });
    expect([page.status, site.calls]).toEqual([400, []]);
  });

  test('nothing of the browser’s own request goes along, and there is one Authorization, ours', async () => {
    const body = new URLSearchParams({
      _csrf: await site.person.browser.csrf(),
      path: '/me',
      headers: 'accept: text/csv',
    });
    await site.person.browser.request(`/connections/${two}/console`, {
      method: 'POST',
      body,
      headers: {
        'x-forwarded-for': '9.9.9.9',
        'x-custom': 'mine',
        'accept-language': 'xx',
        authorization: 'Bearer mine',
      },
    });
    const [call] = site.calls;
    const names = call?.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    expect(names?.toSorted()).toEqual(
      [
        'accept',
        'accept-encoding',
        'api-flavour',
        'authorization',
        'client-id',
        'connection',
        'host',
        'user-agent',
      ].toSorted(),
    );
    expect(call?.headers).toMatchObject({ accept: 'text/csv', authorization: `Bearer ${ACCESS_TOKEN}` });
  });
});

test('J6: header fields of the answer that could set anything are not passed on, and are not shown either', async () => {
  const dropped = {
    'set-cookie': 'latchkey-session=evil',
    'access-control-allow-origin': '*',
    'content-security-policy': "script-src 'unsafe-inline'",
    'strict-transport-security': 'max-age=1',
    'clear-site-data': '"*"',
    'www-authenticate': 'Basic realm="evil-realm"',
    refresh: '0; url=https://evil.example',
    link: '<https://evil.example>; rel=preload',
    'service-worker-allowed': '/',
  };
  site.answerWith((_req, res) => res.writeHead(401, { ...dropped, 'x-request-id': 'theirs-1' }).end('{}'));
  const page = await site.send(one, { path: '/me' });
  for (const name of [
    'clear-site-data',
    'refresh',
    'link',
    'service-worker-allowed',
    'access-control-allow-origin',
    'www-authenticate',
  ]) {
    expect(page.headers.has(name)).toBe(false);
  }
  expect(page.headers.get('content-security-policy')).not.toContain('unsafe-inline');
  expect(page.headers.getSetCookie().join()).not.toContain('evil');
  expect(page.text).not.toContain('evil');
  expect(page.text).toContain('theirs-1');
});

test.each([
  ['text/html', '<script>alert("evil")</script>', '&lt;script&gt;'],
  ['image/svg+xml', '<svg onload="alert(1)">', '&lt;svg onload=&quot;'],
  ['text/plain', 'a\u202eb\u0007c\u0000'.replace('\u0000', ''), 'a\ufffdb\ufffdc'],
  ['application/json', '{"a":"</pre><script>"}', '&quot;&lt;/pre&gt;&lt;script&gt;&quot;'],
])('J7: %s is shown as text and nothing else', async (type, body, shown) => {
  site.answerWith((_req, res) => res.writeHead(200, { 'content-type': type }).end(body));
  const page = await site.send(two, { path: '/me.css' });
  expect(page.text).toContain(shown);
  expect(page.text).not.toContain('<script>');
  expect(page.text).not.toContain('<svg onload');
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.headers.get('x-content-type-options')).toBe('nosniff');
  expect(page.headers.get('cache-control')).toBe('no-store');
});

test('J7: what is no text is not shown', async () => {
  site.answerWith((_req, res) =>
    res.writeHead(200, { 'content-type': 'application/pdf' }).end(Buffer.from([37, 80, 68, 70, 0, 255])),
  );
  const page = await site.send(two, { path: '/me' });
  expect(page.text).toContain('6 bytes of application/pdf, not shown.');
});

describe('J8: only the person, only from our page, only these methods', () => {
  test.each(['TRACE', 'CONNECT', 'TRACK', 'get', 'PROPFIND', ''])('method %j', async (method) => {
    const page = await site.send(two, { method, path: '/me' });
    expect([page.status, site.calls]).toEqual([400, []]);
  });

  test('without the proof of the form, from another site, in another form', async () => {
    const { browser } = site.person;
    const path = `/connections/${two}/console`;
    const answers = [
      await browser.post(path, { _csrf: 'wrong', path: '/me' }),
      await browser.post(path, { path: '/me' }, { origin: 'https://evil.example' }),
      await browser.post(path, { path: '/me' }, { 'sec-fetch-site': 'cross-site' }),
      await browser.request(path, {
        method: 'POST',
        body: '{"path":"/me"}',
        headers: { 'content-type': 'text/plain' },
      }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    expect((await browser.request(path, { method: 'PUT' })).status).toBe(405);
    expect(site.calls).toEqual([]);
  });

  test('not on somebody else’s connection, not without signing in, not on what does not exist', async () => {
    const other = await site.newPerson();
    const answers = [
      await site.send(two, { path: '/me' }, other.browser),
      await other.browser.get(`/connections/${two}/console`),
      await site.send('00000000-0000-4000-8000-000000000000', { path: '/me' }),
      await site.send('x', { path: '/me' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    const anonymous = await site.send(two, { path: '/me' }, site.app.browser());
    expect([anonymous.status, anonymous.location]).toEqual([303, `${site.app.url}/`]);
    expect(site.calls).toEqual([]);
  });

  test('in production it is there for operators only', async () => {
    const { browser, id } = site.person;
    const production = await site.app.secondInstance({ production: true });
    const at = () => browser.clone(production.url).get(`/connections/${two}/console`);
    expect((await at()).status).toBe(404);
    expect((await site.send(two, { path: '/me' }, browser.clone(production.url))).status).toBe(404);
    expect((await browser.clone(production.url).get(`/connections/${two}`)).text).not.toContain('/console');
    await site.app.database.prisma.user.update({ where: { id }, data: { operator: true } });
    expect((await at()).status).toBe(200);
    await site.app.database.prisma.user.update({ where: { id }, data: { operator: false } });
    await production.close();
  });
});

describe('J9: credentials', () => {
  test.each([
    { path: '/me?access_token=x' },
    { path: '/me?a=1&oauth_token=y' },
    { path: '/me?OAuth_Signature=y' },
    { path: '/me?%61ccess_token=y' },
    { path: '/me?client_secret=y' },
    { method: 'POST', path: '/me', body: 'oauth_nonce=1&a=b' },
  ])('cannot be given: %j', async (fields) => {
    const page = await site.send(two, fields);
    expect([page.status, site.calls]).toEqual([400, []]);
  });

  test.each([200, 401, 500])('an API that echoes everything with status %i does not reveal them', async (status) => {
    site.answerWith((req, res, body) => {
      const { authorization = '' } = req.headers;
      const secrets = [ACCESS_TOKEN, REFRESH_TOKEN, TOKEN, TOKEN_SECRET, CLIENT_SECRET];
      const echo = {
        authorization,
        body,
        plain: secrets,
        encoded: secrets.map(encodeURIComponent),
        lower: secrets.map((text) => encodeURIComponent(text).toLowerCase().replaceAll('canary', 'CANARY')),
        twice: secrets.map((text) => encodeURIComponent(encodeURIComponent(text))),
        base64: secrets.map((text) => Buffer.from(text).toString('base64')),
        basic: Buffer.from(`our-client:${CLIENT_SECRET}`).toString('base64'),
      };
      res.writeHead(status, { 'content-type': 'application/json', 'x-request-id': ACCESS_TOKEN });
      res.end(JSON.stringify(echo));
    });
    const oauth2 = await site.send(two, { path: '/me' });
    const oauth1 = await site.send(one, { path: '/me' });
    const [of2, of1] = [
      [ACCESS_TOKEN, REFRESH_TOKEN, CLIENT_SECRET],
      [TOKEN, TOKEN_SECRET, CLIENT_SECRET],
    ];
    for (const [page, secrets] of [
      [oauth2, of2],
      [oauth1, of1],
    ] as const) {
      expect(page.text).toContain('[redacted]');
      for (const secret of secrets) {
        for (const spelling of [secret, encodeURIComponent(secret), encodeURIComponent(encodeURIComponent(secret))]) {
          expect(page.text).not.toContain(spelling);
        }
        expect(page.text).not.toContain(Buffer.from(secret).toString('base64').slice(0, -4));
        expect(page.text).not.toContain(encodeURIComponent(secret).toLowerCase().replaceAll('canary', 'CANARY'));
      }
      expect(page.text).not.toContain(Buffer.from(`our-client:${CLIENT_SECRET}`).toString('base64').slice(0, -4));
    }
  });

  test('an event for each call, with no more than what was called and how it ended', async () => {
    await site.app.database.prisma.event.deleteMany();
    await site.send(two, { method: 'DELETE', path: `/posts/7?reason=${encodeURIComponent(ACCESS_TOKEN)}` });
    await site.send(two, { path: `/posts/${encodeURIComponent(ACCESS_TOKEN)}` });
    const written = await events();
    expect(written).toMatchObject([
      {
        userId: site.person.id,
        connectionId: two,
        provider: 'api-two',
        detail: { method: 'DELETE', url: `${site.apiUrl}/v2/posts/7`, status: 200 },
      },
      { detail: { method: 'GET', url: `${site.apiUrl}/v2/posts/[redacted]`, status: 200 } },
    ]);
    expect(written[0]?.requestId).toMatch(/^[\da-f-]{36}$/);
    expect(JSON.stringify(written)).not.toContain('CANARY');
  });
});

describe('J10: limits', () => {
  test.each<[number, Record<string, string>]>([
    [400, { path: `/${'a'.repeat(2_000)}` }],
    [400, { method: 'POST', path: '/me', body: 'x'.repeat(16_001) }],
    [400, { method: 'GET', path: '/me', body: 'x' }],
    [413, { method: 'POST', path: '/me', body: 'x'.repeat(30_000) }],
  ])('%i for a request that is too much', async (status, fields) => {
    const page = await site.send(two, fields);
    expect([page.status, site.calls]).toEqual([status, []]);
  });

  test('a body without end, and a bomb of 200 MB in 200 kB, are read no further than they are shown', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, 'a'));
    site.answerWith((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' }).end(bomb);
    });
    const before = process.memoryUsage().rss;
    const page = await site.send(two, { path: '/me' });
    expect(page.text).toContain('Only the beginning is shown.');
    expect(page.text.length).toBeLessThan(200_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * 1024 * 1024);
  });

  test('half a secret at the cut is not shown', async () => {
    const secret = encodeURIComponent(ACCESS_TOKEN);
    site.answerWith((_req, res) => res.writeHead(200, { 'content-type': 'text/plain' }).end(secret.repeat(40_000)));
    const { text } = await site.send(two, { path: '/me' });
    const [, shown = ''] = /<pre tabindex="0" class="body">([^<]*)/.exec(text) ?? [];
    expect(shown.length).toBeGreaterThan(1_000);
    expect(shown.replaceAll('[redacted]', '')).toMatch(/^(?:\[[a-z]{0,8})?$/);
  });

  test('ten thousand header fields, and nonsense', async () => {
    site.answerWith((req) => req.socket.end(`HTTP/1.1 200 OK\r\n${'X-A: b\r\n'.repeat(10_000)}\r\n{}`));
    expect((await site.send(two, { path: '/me' })).status).toBe(502);
    site.answerWith((req) => req.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'));
    expect((await site.send(two, { path: '/me' })).status).toBe(502);
  });

  test('an API that hangs, or drips, is given up', async () => {
    const call = { method: 'GET', address: '/me', headers: {}, body: undefined };
    const options = { signal: new AbortController().signal, patienceMs: 300 };
    site.answerWith(() => undefined);
    const hung = await sendCall(site.app.latchkey.clients, await row(two), call, options);
    site.answerWith((_req, res) => {
      res.writeHead(200);
      const drip = setInterval(() => res.write('x'), 50);
      res.on('close', () => clearInterval(drip));
    });
    const dripped = await sendCall(site.app.latchkey.clients, await row(two), call, options);
    expect([hung.trouble, dripped.trouble]).toEqual(['http_timeout', 'http_timeout']);
  });

  test('whoever leaves ends the call; a third one at once is refused', async () => {
    let open = 0;
    site.answerWith((_req, res) => {
      open += 1;
      res.on('close', () => {
        open -= 1;
      });
    });
    const leaving = new AbortController();
    const _csrf = await site.person.browser.csrf();
    const start = () => {
      const body = new URLSearchParams({ _csrf, path: '/me' });
      return site.person.browser
        .request(`/connections/${two}/console`, { method: 'POST', body, signal: leaving.signal })
        .catch(() => undefined);
    };
    const both = [start(), start()];
    await until(() => open === 2);
    const third = await site.send(two, { path: '/me' });
    expect([third.status, third.headers.get('retry-after')]).toEqual([429, '1']);
    leaving.abort();
    await Promise.all(both);
    await until(() => open === 0, 1_000);
    site.answerWith((_req, res) => res.end('{}'));
    await until(async () => (await site.send(two, { path: '/me' })).status === 200);
  });

  test('thirty calls a minute are a person’s', async () => {
    const now = Date.now();
    const limited = await site.app.secondInstance({ rateLimit: true, now: () => now });
    const browser = site.person.browser.clone(limited.url);
    const _csrf = await browser.csrf();
    const statuses: number[] = [];
    for (let at = 0; at < 31; at++) {
      const body = new URLSearchParams({ _csrf, path: 'nowhere' });
      statuses.push((await browser.request(`/connections/${two}/console`, { method: 'POST', body })).status);
    }
    expect(statuses.slice(0, 30).every((status) => status !== 429)).toBe(true);
    expect(statuses[30]).toBe(429);
    await limited.close();
  });
});
