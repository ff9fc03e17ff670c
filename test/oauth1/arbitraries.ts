/** Random requests for the property tests. */
import fc from 'fast-check';

/** Text of every kind: ASCII with all its traps, controls, astral characters, combining marks. */
export const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.string({ unit: fc.constantFrom(...'aB0-._~ +%&=?#/;:,!*\'()[]{}"<>\\^`|$@é€😀'), maxLength: 12 }),
);

const host = fc.constantFrom(
  'api.example.com',
  'API.Example.COM',
  'localhost',
  '127.0.0.1',
  '[2001:db8::1]',
  'xn--bcher-kva.example',
);
const port = fc.constantFrom('', ':80', ':443', ':8080');
const path = fc.array(text, { maxLength: 3 }).map((segments) => `/${segments.map(encodeURIComponent).join('/')}`);

export const parameters = fc.array(fc.tuple(text, text), { maxLength: 8 }).map((pairs) =>
  // A name of the protocol belongs to the protocol.
  pairs.filter(([name]) => !name.startsWith('oauth_')),
);

/** Pairs in one of the spellings that are on the wire: as browsers, as RFC 3986, hardly encoded at all. */
export const encodedParameters = fc.tuple(parameters, fc.nat(2)).map(([pairs, spelling]) => {
  if (spelling === 0) return new URLSearchParams(pairs).toString();
  const encode = spelling === 1 ? encodeURIComponent : sparingly;
  return pairs
    .map(([name, value]) => (value === '' && name !== '' ? encode(name) : `${encode(name)}=${encode(value)}`))
    .join('&');
});

/** As much raw as a URL can hold without changing its meaning. */
function sparingly(part: string): string {
  return encodeURIComponent(part).replace(/%(?:2F|3A|2C|40|3B|24|3F)/g, decodeURIComponent);
}

export interface RandomRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
}

export const request: fc.Arbitrary<RandomRequest> = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'post', 'HEAD'),
    scheme: fc.constantFrom('https', 'http', 'HTTPS'),
    host,
    port,
    path,
    query: fc.option(encodedParameters, { nil: undefined }),
    fragment: fc.constantFrom('', '#top'),
    form: encodedParameters,
    charset: fc.constantFrom('', ';charset=UTF-8', '; charset=utf-8'),
    kind: fc.constantFrom('none', 'form', 'json'),
  })
  .map(({ method, scheme, host: name, port: number, path: at, query, fragment, form, charset, kind }) => {
    const url = `${scheme}://${name}${number}${at}${query === undefined ? '' : `?${query}`}${fragment}`;
    const bodyless = method === 'GET' || method === 'HEAD';
    if (kind === 'none' || bodyless) return { method, url, headers: {} };
    if (kind === 'json')
      return { method, url, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ form }) };
    return { method, url, headers: { 'content-type': `application/x-www-form-urlencoded${charset}` }, body: form };
  });

/** Printable enough to be a key, odd enough to need encoding. */
const secret = fc.string({ unit: fc.constantFrom(...'abcXYZ019-._~ +%&=/é😀'), minLength: 1, maxLength: 16 });

export const credentials = fc.record({ clientId: secret, clientSecret: secret, token: secret, tokenSecret: secret });

/** What a form means, by the platform. Its constructor would drop a "?" at the beginning of the first name. */
export function formOf(body = ''): URLSearchParams {
  return new URL(`https://h.example/?${body}`).searchParams;
}
