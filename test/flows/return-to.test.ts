import fc from 'fast-check';
import { safeReturnTo } from '../../src/flows/return-to.js';
import { HOSTS, PAYLOADS, STARTS } from './open-redirect-payloads.js';

const ORIGINS = [
  'https://app.example.com',
  'http://localhost:3000',
  'https://app.example.com:8443',
  'http://[::1]:3000',
];
const ORIGIN = 'https://app.example.com';
const BASE_PATHS = ['', '/app', '/a/b'];

/** Where a browser that is sent to `location` from our callback ends up. */
const landing = (location: string, origin: string) => new URL(location, `${origin}/auth/x/callback?code=1`);

/** What is wrong with how a payload is treated: whatever is accepted must stay on the origin, under the path of the app. */
function faults(payload: unknown): readonly string[] {
  return ORIGINS.flatMap((origin) => {
    const accepted = safeReturnTo(payload, origin);
    if (accepted === undefined) return [];
    const strayed = BASE_PATHS.filter((basePath) => {
      const url = landing(basePath + accepted, origin);
      return (
        url.origin !== origin || !url.pathname.startsWith(`${basePath}/`) || url.username !== '' || url.password !== ''
      );
    });
    // It goes into a header, comes back in a form and is checked once more there.
    const sound = /^\/[\x21-\x7e]{0,199}$/.test(accepted) && safeReturnTo(accepted, origin) === accepted;
    return strayed.length > 0 || !sound ? [`${JSON.stringify(payload)} at ${origin}: ${accepted}`] : [];
  });
}

describe('open-redirect payloads (sec-A9)', () => {
  it('are several thousand different ones', () => {
    expect(PAYLOADS.length).toBeGreaterThan(5000);
  });

  it('whatever is accepted stays on our origin, below our path, and is one safe header value', () => {
    expect(PAYLOADS.flatMap(faults)).toEqual([]);
  });

  it('do test something: a good part of them would leave the origin', () => {
    const leaving = PAYLOADS.filter(
      (payload) => URL.canParse(payload, ORIGIN) && landing(payload, ORIGIN).origin !== ORIGIN,
    );
    expect(leaving.length).toBeGreaterThan(2000);
    expect(leaving.filter((payload) => safeReturnTo(payload, ORIGIN) !== undefined)).toEqual([]);
  });

  it('so do they behind an ordinary path', () => {
    const behind = STARTS.flatMap((start) => HOSTS.map((host) => `/connections${start}${host}`));
    expect(behind.flatMap(faults)).toEqual([]);
  });

  it.each([
    '//evil.test',
    '/\\evil.test',
    '\\\\evil.test',
    '/\t/evil.test',
    '/\n/evil.test',
    '/.//evil.test',
    '/..//evil.test',
    '/x/..//evil.test',
    '/%2e%2e//evil.test',
    '/%2f/evil.test',
    '/%2f%2fevil.test',
    '/%5cevil.test',
    '/%5C%5Cevil.test',
    'https://evil.test',
    'https:evil.test',
    'javascript:alert(1)',
    '',
    'connections',
    './connections',
    '?next',
    '#top',
    '/\u0000',
    '/é',
    '/a b',
    '/a\\b',
    '/%00',
    '/%0d%0aSet-Cookie:a=b',
    '/a//',
    '/%7f',
  ])('%j is refused', (payload) => {
    for (const origin of ORIGINS) expect(safeReturnTo(payload, origin)).toBeUndefined();
  });

  it.each([
    [undefined],
    [null],
    [0],
    [1],
    [true],
    [{}],
    [['/x']],
    [{ toString: () => '/x' }],
    [new URL('https://app.example.com/x')],
  ])('what is no text is refused: %p', (value) => {
    expect(safeReturnTo(value, ORIGIN)).toBeUndefined();
  });
});

describe('ordinary paths are accepted as they are', () => {
  it.each([
    '/',
    '/account',
    '/connections/0190d5c7-8c55-7a1b-9e0f-1f2e3d4c5b6a',
    '/connections/1?check=1&again=yes',
    '/?return_to=%2Faccount',
    '/search?q=a%20b%2Fc',
    '/search?next=//evil.test',
    '/search?next=https://evil.test/&x=%0d%0a',
    '/a//b',
    '/a/b/',
    '/a.b/c..d/...',
    '/%E2%82%AC',
    '/~user/@handle/:id;v=1,2/(x)/!$&*+=',
    "/it's",
    '/a%25b',
    `/${'a'.repeat(199)}`,
  ])('%s', (path) => {
    for (const origin of ORIGINS) expect(safeReturnTo(path, origin)).toBe(path);
    expect(faults(path)).toEqual([]);
  });

  it.each([
    ['/a/../b', '/b'],
    ['/a/./b', '/a/b'],
    ['/../../etc/passwd', '/etc/passwd'],
    ['/a#part', '/a'],
    ['/a?b#c', '/a?b'],
    ['/a?b=<"x">', '/a?b=%3C%22x%22%3E'],
    ['/{a}', '/%7Ba%7D'],
  ])('%s is written as browsers write it: %s', (path, written) => {
    expect(safeReturnTo(path, ORIGIN)).toBe(written);
  });

  it('up to 200 characters, before and after writing them so', () => {
    expect(safeReturnTo(`/${'a'.repeat(199)}`, ORIGIN)).toHaveLength(200);
    expect(safeReturnTo(`/${'a'.repeat(200)}`, ORIGIN)).toBeUndefined();
    expect(safeReturnTo(`/?${'"'.repeat(66)}`, ORIGIN)).toHaveLength(200);
    expect(safeReturnTo(`/?${'"'.repeat(67)}`, ORIGIN)).toBeUndefined();
  });
});

it('no combination of the characters that matter gets out', () => {
  const bricks = fc.constantFrom(
    '/',
    '\\',
    '.',
    '..',
    ':',
    '@',
    '?',
    '#',
    '%2f',
    '%5c',
    '%2e',
    '%',
    '\t',
    '\n',
    ' ',
    '\u0000',
    'evil.test',
    'https:',
    'a',
    ';',
    '[',
    ']',
    '&',
    'é',
    '／',
  );
  fc.assert(
    fc.property(fc.array(bricks, { maxLength: 10 }), (parts) => {
      expect([...faults(parts.join('')), ...faults(`/${parts.join('')}`)]).toEqual([]);
    }),
    { seed: 11, numRuns: 3000 },
  );
});
