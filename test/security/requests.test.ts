/** Requests that no browser of a well-meaning person sends: none of them is our own failure, and none has an effect (sec-A2, K1, K2, K5, R2). */
import { connect } from 'node:net';
import { startApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';

let app: TestApp;
let browser: Browser;
let connection: string;
beforeAll(async () => {
  app = await startApp();
  browser = app.browser();
  await app.signIn(browser, '6101', 'github');
  connection = (await app.database.prisma.connection.findFirstOrThrow()).id;
});
afterAll(() => app.close());

/** One request as bytes, with this browser's cookies; gives its status. */
function wire(head: string, headers: readonly string[] = [], body = ''): Promise<number> {
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const lines = [
    head,
    `Host: ${new URL(app.url).host}`,
    'Connection: close',
    `Cookie: ${cookie}`,
    ...headers,
    '',
    body,
  ];
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1', () =>
      socket.write(lines.join('\r\n'), 'latin1'),
    );
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(Number(answer.slice(9, 12))));
  });
}

const form = (body: string) => ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`];

/** Everything that a request could have changed. */
async function state(): Promise<unknown> {
  const { prisma } = app.database;
  const [users, connections, sessions, spent] = await Promise.all([
    prisma.user.count(),
    prisma.connection.findMany({ select: { id: true, generation: true, status: true } }),
    prisma.webSession.count(),
    prisma.spentFlow.count(),
  ]);
  const { length } = await app.control.calls();
  return { users, connections, sessions, spent, length };
}

const odd = [
  '%',
  '%zz',
  '%00',
  '%c0%af',
  '%E0%A4%A',
  '%ff',
  '%ed%a0%80',
  '%u0000',
  "'",
  '"',
  '--',
  '$1',
  '\\',
  '%5c',
  '..%2f',
  '%2e%2e',
]
  .concat(['%0d%0aX:y', '[]', '{}', '<script>', 'a'.repeat(5_000), '\xff\xfe', '%F0%9F%98%80', '%E2%80%AE'])
  .concat([
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'prototype',
    '__defineGetter__',
    'null',
    'undefined',
    '-1',
    'NaN',
  ]);

/** A quarter of them, another one for each row, so that every one is somewhere and every row gets some. */
function sampled(row: number): readonly string[] {
  return odd.filter((_piece, index) => (index + row) % 4 === 0);
}

test('sec-K1, K2, K5: odd names, encodings and quotes in every part of a path are 4xx', async () => {
  const before = await state();
  const templates: [string, string[]][] = [
    [
      'GET',
      [
        '/X',
        '/connections/X',
        '/auth/X',
        '/auth/X/callback',
        '/auth/github/X',
        '/assets/X',
        '/account/X',
        '/operator/X',
        '/metrics/X',
      ],
    ],
    ['POST', ['/auth/X', '/connect/X', '/connections/X/disconnect', '/connections/X/refresh', '/connections/X/check']],
    ['POST', ['/account/sessions/X/end', '/account/identities/X/remove', '/account/identities/X/allow-sign-in', '/X']],
  ];
  const _csrf = await browser.csrf();
  const body = `_csrf=${_csrf}`;
  const wrong: unknown[] = [];
  for (const [method, paths] of templates) {
    const asked = paths.flatMap((template, row) => sampled(row).map((piece) => template.replace('X', piece)));
    const send = (path: string) =>
      method === 'POST' ? wire(`POST ${path} HTTP/1.1`, form(body), body) : wire(`GET ${path} HTTP/1.1`);
    const statuses = await Promise.all(asked.map(send));
    for (const [index, status] of statuses.entries()) {
      if (status < 400 || status >= 500) wrong.push([method, asked[index], status]);
    }
  }
  expect(wrong).toEqual([]);
  expect(await state()).toEqual(before);
});

/** The same oddity in queries, callbacks, forms, cookies and headers. */
function requestsWith(
  piece: string,
  _csrf: string,
): readonly (readonly [head: string, headers?: string[], body?: string])[] {
  const names = [
    'return_to',
    'code',
    'state',
    'oauth_token',
    'oauth_verifier',
    'denied',
    'error',
    'iss',
    'text',
    'after',
    'q',
  ];
  const query = names.map((name) => `${name}=${piece}`).join('&');
  const pages = ['/', '/operator', '/account', '/account/confirm', '/welcome', '/setup'];
  const shapes = [query, `state=${piece}&code=x`, `state[${piece}]=x&code=x`, `state=x&state=${piece}`].concat([
    `oauth_token=${piece}&oauth_verifier=${piece}`,
  ]);
  const fields = ['decision', 'return_to', 'offer', 'code'].map((name) => `${name}=${piece}`).join('&');
  const body = `_csrf=${_csrf}&${fields}&${piece}=${piece}&__proto__[x]=1`;
  const cookies = ['session', 'pending', 'notice', 'csrf', 'flow-x'].map((name) => `latchkey-${name}=${piece}`);
  return [
    ...pages.map((path) => [`GET ${path}?${query}`] as const),
    ...shapes.flatMap((shape) => ['github', 'twitter'].map((id) => [`GET /auth/${id}/callback?${shape}`] as const)),
    ...['/welcome', '/operator/claim'].map((path) => [`POST ${path}`, form(body), body] as const),
    ['GET /', [`Cookie: ${cookies.join('; ')}; ${piece}=x`]],
    [
      'GET /',
      [`Authorization: Bearer ${piece}`, `Accept: ${piece}`, `User-Agent: ${piece}`, `Accept-Language: ${piece}`],
    ],
  ];
}

test('sec-K1, B7: neither are they a failure of ours in queries, forms, cookies and headers', async () => {
  const before = await state();
  const _csrf = await browser.csrf();
  const wrong: unknown[] = [];
  for (const [row, piece] of odd.entries()) {
    const chosen = requestsWith(piece, _csrf).filter((_request, index) => (index + row) % 3 === 0);
    const answers = chosen.map(async ([head, headers, body]) => {
      const status = await wire(`${head} HTTP/1.1`, headers, body);
      if (!(status >= 200 && status < 500)) wrong.push([head, piece, status]);
    });
    await Promise.all(answers);
  }
  expect(wrong).toEqual([]);
  expect(await state()).toEqual(before);
  expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
});

test('sec-A2: no override makes a request another one', async () => {
  const before = await state();
  const overrides = ['X-HTTP-Method-Override: POST', 'X-HTTP-Method: POST', 'X-Method-Override: DELETE'];
  const path = `/connections/${connection}/disconnect`;
  for (const head of [
    `GET ${path}`,
    `HEAD ${path}`,
    `OPTIONS ${path}`,
    `GET ${path}?_method=POST`,
    'GET /auth/github',
    'GET /logout?_method=POST',
  ]) {
    expect([head, await wire(`${head} HTTP/1.1`, overrides)]).toEqual([head, 405]);
  }
  const body = '_method=GET';
  expect(await wire('POST /auth/github?_method=GET HTTP/1.1', form(body), body)).toBe(403);
  expect(await wire('TRACE / HTTP/1.1')).toBe(405);
  expect(await state()).toEqual(before);
});

test('sec-R2: no header says who somebody is or where they want to go', async () => {
  const claims = [
    'X-Forwarded-Uri: /healthz',
    'X-Original-URL: /healthz',
    'X-Rewrite-URL: /healthz',
    'User-Agent: GoogleHC/1.0',
  ].concat(['X-Forwarded-User: admin', 'X_Forwarded_User: admin', 'Remote-User: admin', 'X-User-Id: 1']);
  const stranger = await app
    .browser()
    .request('/account', { headers: Object.fromEntries(claims.map((line) => line.split(': '))) });
  expect(stranger.status).toBe(303);
  expect(new URL(stranger.location ?? '').pathname).toBe('/');
});

test('sec-R3: the address must name exactly one host, and it must be ours', async () => {
  expect(await wire('GET / HTTP/1.1', ['Host: evil.example'])).toBe(400);
  expect(await wire('GET http://evil.example/ HTTP/1.1')).toBe(400);
  expect(await wire('OPTIONS * HTTP/1.1')).toBe(400);
});
