/** Input nobody should send gets a typed error, soon, and never a wrong signature. */
import { signRequest } from '../../src/oauth1/index.js';

const credentials = { clientId: 'ck', clientSecret: 'cs' };
const sign = (url: string, extra: object = {}) =>
  signRequest({ method: 'GET', url, ...extra }, credentials, { timestamp: 1, nonce: 'n' });

test.each([
  ['a lone high surrogate in the query', 'https://h.example/?q=\ud800', 'oauth1_malformed_text'],
  ['a lone low surrogate in the path', 'https://h.example/\udc00', 'oauth1_malformed_text'],
  ['a lone surrogate in the host', 'https://\ud800.example/', 'oauth1_invalid_url'],
  ['no URL', 'nonsense', 'oauth1_invalid_url'],
  ['a relative URL', '/r?x=1', 'oauth1_invalid_url'],
  ['ftp', 'ftp://h.example/', 'oauth1_unsupported_scheme'],
  ['javascript', 'javascript:alert(1)', 'oauth1_unsupported_scheme'],
  ['data', 'data:text/plain,x', 'oauth1_unsupported_scheme'],
  ['a user name', 'https://user@h.example/', 'oauth1_credentials_in_url'],
  ['a password', 'https://:hunter2@h.example/', 'oauth1_credentials_in_url'],
  ['port 0', 'https://h.example:0/', 'oauth1_invalid_url'],
])('%s', (_name, url, code) => {
  expect(() => sign(url)).toThrow(expect.objectContaining({ code }));
  expect(() => sign(url)).not.toThrow(/hunter2|user@/);
});

test('a replacement character that was really asked for is signed', () => {
  expect(sign('https://h.example/?q=\ufffd').baseString).toContain('q%3D%25EF%25BF%25BD');
});

test('what is no string is refused', () => {
  expect(() => sign(undefined as unknown as string)).toThrow(expect.objectContaining({ code: 'oauth1_invalid_url' }));
  expect(() => sign('https://h.example/', { method: undefined })).toThrow(
    expect.objectContaining({ code: 'oauth1_invalid_method' }),
  );
});

test('10,000 parameters, many alike and all wanting to be encoded, are signed in good time', () => {
  const query = Array.from({ length: 10_000 }, (_, index) => `k${index % 100}%C3%A9=${10_000 - index}+%2B`).join('&');
  const started = performance.now();
  const { baseString } = sign(`https://h.example/?${query}`);
  expect(performance.now() - started).toBeLessThan(1_000);
  expect(baseString.match(/%26/g)).toHaveLength(10_000 + 4);
});

test('a header or body of a megabyte of one character neither hangs nor passes', () => {
  const long = 'a='.repeat(500_000);
  const started = performance.now();
  for (const body of [long, `${long}"`, '%'.repeat(1_000_000), `${'a=1&'.repeat(250_000)}{`]) {
    for (const type of ['application/x-www-form-urlencoded', 'application/json', 'multipart/form-data; boundary=x']) {
      try {
        sign('https://h.example/', { method: 'POST', headers: { 'content-type': type }, body });
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^oauth1_/) });
      }
    }
  }
  expect(performance.now() - started).toBeLessThan(5_000);
});
