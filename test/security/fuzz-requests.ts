/** Malformed requests, made from a seed: odd methods, paths, queries, headers, cookies, bodies and framing, alone and together (sec-K1, K3). */

import { chance as seeded } from '../crash/random.js';

export interface Malformed {
  readonly seed: number;
  /** Where they go, for their Host line. */
  readonly url: string;
  /** The cookies of somebody who is signed in; a third of the requests carry them. */
  readonly cookies: ReadonlyMap<string, string>;
  /** A proof that fits the cookies, so that forms get beyond the check for it. */
  readonly csrf: string;
  /** Things that are there: connections, sessions, identities. */
  readonly ids: readonly string[];
}

/** A prefetch is refused with 503 by design (sec-B9); the fuzzer sends none. */
const routes = [
  ...['/', '/account', '/account/confirm', '/welcome', '/setup', '/setup/flows', '/operator', '/healthz', '/metrics'],
  ...['/auth/P', '/connect/P', '/auth/P/callback', '/connections/I', '/connections/I/console', '/connections/I/check'],
  ...[
    '/connections/I/refresh',
    '/connections/I/allow',
    '/account/export',
    '/account/sessions/I/end',
    '/operator/claim',
  ],
  ...['/account/identities/I/allow-sign-in', '/account/identities/I/remove', '/setup/flows/I', '/assets/latchkey.css'],
  ...['/readyz', '/nowhere', '/panels/I', '/connections/I/panels/x', '/assets/X', '/X', '//X', '/../X', '/./X?X'],
];
const methods: readonly string[] = [
  ...Array(10).fill('GET'),
  ...Array(10).fill('POST'),
  'HEAD',
  'OPTIONS',
  'PUT',
  'PATCH',
  'DELETE',
  'TRACE',
].concat(['get', 'FOO', 'QUERY', 'G\u0000T', '']);
const names = [
  'code',
  'state',
  'return_to',
  'error',
  'iss',
  'oauth_token',
  'oauth_verifier',
  'denied',
  'text',
  'after',
].concat([
  'q',
  'decision',
  'instance',
  'scope',
  'method',
  'path',
  'query',
  'body',
  '_csrf',
  'user',
  'range',
  'page',
  'confirm',
]);
const headerNames = [
  'Cookie',
  'Authorization',
  'Accept',
  'Accept-Language',
  'Accept-Encoding',
  'Origin',
  'Referer',
].concat(
  ['User-Agent', 'X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'Forwarded', 'If-None-Match', 'Range'],
  ['If-Modified-Since', 'Sec-Fetch-Site', 'Content-Encoding', 'Upgrade', 'Via', 'X-HTTP-Method-Override', 'TE'],
);
const types = [
  'application/x-www-form-urlencoded',
  'application/json',
  'multipart/form-data; boundary=x',
  'text/plain',
].concat([
  'application/x-www-form-urlencoded; charset=utf-7',
  'text/xml',
  'x',
  '/',
  ';;;',
  'application/x-www-form-urlencoded;charset=x',
]);
const pieces = [
  '',
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
  '..',
].concat(
  ['%2e%2e%2f', '%0d%0aX:y', '[]', '[a]', '{}', '<script>', '\xff\xfe', '%F0%9F%98%80', '%E2%80%AE', '__proto__', '0'],
  [
    'constructor',
    'toString',
    'null',
    'undefined',
    'NaN',
    '-1',
    '1e999',
    '9007199254740993',
    'true',
    '*',
    '//evil.example',
  ],
  [
    'https://evil.example/',
    'javascript:alert(1)',
    '/\\evil.example',
    '%09',
    ' ',
    '+',
    '&&&',
    '==',
    ';',
    '#',
    '@',
    ':',
    '{{7*7}}',
  ],
  [
    '00000000-0000-4000-8000-000000000000',
    'GET',
    'github',
    'fitbit',
    'twitter',
    'google',
    '2026-13-45',
    'day',
    '\u0007',
    '\t',
  ],
);

/** @returns the bytes of one request after the other */
export function malformedRequests(options: Malformed): () => string {
  const { next, between, pick: one } = seeded(options.seed);
  const chance = (share: number) => next() < share;
  const below = (limit: number) => between(0, limit - 1);
  const cookie = [...options.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const cookieNames = [...options.cookies.keys(), 'latchkey-flow-x', 'latchkey-pending', 'latchkey-notice'];
  const host = new URL(options.url).host;
  const noise = () => Array.from({ length: below(40) }, () => String.fromCharCode(below(256))).join('');
  const piece = () => {
    const text = chance(0.85) ? one(pieces) : noise().replaceAll(/[\r\n]/g, '');
    return chance(0.03) ? text.repeat(1 + below(3_000)) : text;
  };
  const inLine = (text: string) => text.replaceAll(/[\0\r\n]/g, '');
  /** What Node’s own parser lets through, most of the time, so that ours has something to do. */
  const passable = (text: string) => (chance(0.03) ? inLine(text) : text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, ''));
  const fields = () =>
    Array.from(
      { length: below(6) },
      () => `${chance(0.9) ? one(names) : piece()}${one(['', '[]', '[x]', '[__proto__]'])}=${piece()}`,
    ).join('&');
  const path = () => {
    const filled = one(routes)
      .replaceAll('P', () => (chance(0.6) ? one(['github', 'fitbit', 'twitter', 'google', 'mastodon']) : piece()))
      .replaceAll('I', () => (chance(0.5) && options.ids.length > 0 ? one(options.ids) : piece()))
      .replaceAll('X', piece);
    const query = chance(0.4) ? `?${fields()}` : '';
    // A space would end the address; what follows it is another kind of broken.
    const whole = passable(filled + query).replaceAll('\t', '%09');
    return chance(0.98) ? whole.replaceAll(' ', '%20') : whole;
  };
  const cookieLine = () => {
    if (chance(0.35)) return cookie ? [`Cookie: ${cookie}`] : [];
    return [`Cookie: ${Array.from({ length: below(4) }, () => `${one(cookieNames)}=${passable(piece())}`).join('; ')}`];
  };
  const body = () => {
    if (chance(0.1)) return noise();
    if (chance(0.1)) return `{"a":${'['.repeat(below(2_000))}`;
    return `${chance(0.7) ? `_csrf=${options.csrf}&` : ''}${fields()}`;
  };

  return () => {
    const method = one(methods);
    const lines = chance(0.97) ? [`Host: ${host}`] : [`Host: ${inLine(piece())}`];
    lines.push('Connection: close', ...cookieLine());
    for (let count = below(3); count > 0; count--) lines.push(`${one(headerNames)}: ${passable(piece())}`);
    if (chance(0.01)) lines.push(inLine(noise()));
    let content = '';
    if (method === 'POST' || chance(0.1)) {
      content = body();
      if (chance(0.9)) lines.push(`Content-Type: ${chance(0.7) ? types[0] : one(types)}`);
      if (chance(0.92)) lines.push(`Content-Length: ${content.length}`);
      else if (chance(0.5)) lines.push('Transfer-Encoding: chunked');
      else lines.push(`Content-Length: ${inLine(piece())}`);
    }
    const version = chance(0.98) ? 'HTTP/1.1' : one(['HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9', '']);
    return `${method} ${path()} ${version}\r\n${lines.join('\r\n')}\r\n\r\n${content}`;
  };
}
