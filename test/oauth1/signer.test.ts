import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import {
  createSigner,
  type OAuth1ErrorCode,
  type SigningOptions,
  signRequest,
  type UnsignedRequest,
} from '../../src/oauth1/index.js';

const credentials = { clientId: 'ck', clientSecret: 'cs', token: 'tk', tokenSecret: 'ts' };
const fixed = { timestamp: 1_700_000_000, nonce: 'abc' };
const get = { method: 'GET', url: 'https://api.example.com/r?x=1' };
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };

function code(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'nothing thrown';
}

const refusal = (request: UnsignedRequest, options: SigningOptions = {}): string =>
  code(() => signRequest(request, credentials, options));

describe('what the signer sends', () => {
  test('header: protocol parameters sorted, realm first, the request otherwise untouched', () => {
    const signed = signRequest({ ...get, headers: { Accept: 'text/plain' } }, credentials, {
      ...fixed,
      realm: 'a "b" \\',
    });
    expect(signed.url).toBe(get.url);
    expect(signed.headers.Accept).toBe('text/plain');
    expect(signed.headers.Authorization).toBe(
      `OAuth realm="a \\"b\\" \\\\", oauth_consumer_key="ck", oauth_nonce="abc", oauth_signature="${encodeURIComponent(
        signed.signature,
      )}", oauth_signature_method="HMAC-SHA1", oauth_timestamp="1700000000", oauth_token="tk", oauth_version="1.0"`,
    );
    expect('body' in signed).toBe(false);
  });

  test('an empty realm is sent as such and never signed', () => {
    const signed = signRequest(get, credentials, { ...fixed, realm: '' });
    expect(signed.headers.Authorization).toMatch(/^OAuth realm="", /);
    expect(signed.signature).toBe(signRequest(get, credentials, fixed).signature);
  });

  test.each([
    ['https://h.example/r', 'https://h.example/r?oauth_consumer_key=ck'],
    ['https://h.example/r?', 'https://h.example/r?oauth_consumer_key=ck'],
    ['https://h.example/r?a=%20+b', 'https://h.example/r?a=%20+b&oauth_consumer_key=ck'],
    ['https://h.example/r?q=what?', 'https://h.example/r?q=what?&oauth_consumer_key=ck'],
    ['https://h.example/r??', 'https://h.example/r??&oauth_consumer_key=ck'],
    ['https://h.example/r?a=1&#top', 'https://h.example/r?a=1&oauth_consumer_key=ck'],
  ])('query: appended after the own parameters of %s', (url, start) => {
    const signed = signRequest({ method: 'GET', url }, credentials, { ...fixed, placement: 'query' });
    expect(signed.url.startsWith(start)).toBe(true);
    expect(signed.headers).toEqual({});
  });

  test('body: appended, and a length counted before is dropped', () => {
    const request = { method: 'POST', url: get.url, headers: { ...form, 'content-length': '3' }, body: 'a=1' };
    const signed = signRequest(request, credentials, { ...fixed, placement: 'body' });
    expect(signed.body?.startsWith('a=1&oauth_consumer_key=ck&')).toBe(true);
    expect(signed.headers).toEqual(form);
    expect(signRequest({ ...request, body: '' }, credentials, { ...fixed, placement: 'body' }).body).toMatch(/^oauth_/);
  });

  test('parameters given as such become a form body', () => {
    const parameters = new URLSearchParams([
      ['a', '1 +'],
      ['a', 'é'],
    ]);
    const signed = signRequest({ method: 'POST', url: get.url, body: parameters }, credentials, fixed);
    expect(signed.body).toBe('a=1+%2B&a=%C3%A9');
    expect(signed.headers['Content-Type']).toBe(form['Content-Type']);
    const asText = { method: 'POST', url: get.url, headers: form, body: 'a=1+%2B&a=%C3%A9' };
    expect(signed.signature).toBe(signRequest(asText, credentials, fixed).signature);
  });

  test('a charset does not keep a form from being signed, and the header stays as it was', () => {
    const headers = { 'content-type': 'Application/X-WWW-Form-Urlencoded; charset=UTF-8' };
    const signed = signRequest({ method: 'POST', url: get.url, headers, body: 'a=1' }, credentials, fixed);
    expect(signed.baseString).toContain('a%3D1');
    expect(signed.headers['content-type']).toBe(headers['content-type']);
  });

  test.each([
    ['application/json', '{"a":"b=c&d"}'],
    ['multipart/form-data; boundary="x y"', '--x y\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x y--'],
    ['text/plain', 'a=1&b=2'],
    ['application/octet-stream', 'a=1'],
  ])('%s bodies are never signed nor changed', (type, body) => {
    const request = { method: 'POST', url: get.url, headers: { 'Content-Type': type } };
    const signed = signRequest({ ...request, body }, credentials, fixed);
    expect(signed.signature).toBe(signRequest(request, credentials, fixed).signature);
    expect(signed.body).toBe(body);
  });

  test('bytes that are no UTF-8 are signed as they are sent', () => {
    const signed = signRequest({ method: 'GET', url: 'https://h.example/r?q=%ff%C3' }, credentials, fixed);
    expect(signed.baseString).toContain('%26q%3D%25FF%25C3');
  });

  test('a Host header names the authority that is signed, for requests through a proxy', () => {
    const direct = signRequest({ method: 'GET', url: 'https://api.example.com/r' }, credentials, fixed);
    const proxied = { method: 'GET', url: 'https://10.0.0.7:8443/r', headers: { host: 'API.example.com:443' } };
    expect(signRequest(proxied, credentials, fixed).baseString).toBe(direct.baseString);
    expect(refusal({ ...proxied, headers: { host: 'a.example/path' } })).toBe('oauth1_invalid_url');
    expect(refusal({ ...proxied, headers: { host: 'a.example:99999' } })).toBe('oauth1_invalid_url');
  });

  test('two-legged: no token, and the key ends with "&"', () => {
    const twoLegged = { clientId: 'ck', clientSecret: 'cs' };
    const signed = signRequest(get, twoLegged, fixed);
    expect(signed.headers.Authorization).not.toContain('oauth_token');
    expect(signed.signature).toBe(signRequest(get, { ...twoLegged, tokenSecret: '' }, fixed).signature);
  });

  test('oauth_version can be left out', () => {
    expect(signRequest(get, credentials, { ...fixed, version: false }).baseString).not.toContain('oauth_version');
  });

  test('the body hash follows the method, covers the empty body, and never goes with a form', () => {
    const hashed = (request: UnsignedRequest, signatureMethod: 'HMAC-SHA1' | 'HMAC-SHA256') =>
      /oauth_body_hash%3D(.*?)%26/.exec(
        signRequest(request, credentials, { ...fixed, signatureMethod, bodyHash: true }).baseString,
      )?.[1];
    const json = { method: 'POST', url: get.url, headers: { 'content-type': 'text/plain' }, body: 'Hello World!' };
    expect(hashed(json, 'HMAC-SHA1')).toBe('Lve95gjOVATpfV8EL5X4nxwjKHE%253D');
    expect(hashed(json, 'HMAC-SHA256')).toBe('f4OxZX%252Fx%252FFO5LcGBSKHWXfwtSx%252Bj1ncoSt3SABJtkGk%253D');
    expect(hashed(get, 'HMAC-SHA1')).toBe('2jmj7l5rSw0yVb%252FvlWAYkK%252FYBwk%253D');
    expect(hashed({ ...json, headers: form, body: 'a=1' }, 'HMAC-SHA1')).toBeUndefined();
    expect(hashed({ method: 'POST', url: get.url, headers: form }, 'HMAC-SHA1')).toBeUndefined();
  });
});

describe('createSigner', () => {
  test('gives the same results as signRequest', () => {
    const signer = createSigner(credentials, { signatureMethod: 'HMAC-SHA512', realm: 'r' });
    const options = { signatureMethod: 'HMAC-SHA512', realm: 'r', ...fixed } as const;
    expect(signer.sign(get, fixed)).toEqual(signRequest(get, credentials, options));
  });

  test('options of a request win over those of the signer', () => {
    const signer = createSigner(credentials, { placement: 'query', version: false, bodyHash: true });
    const signed = signer.sign(get, { placement: 'header', version: '1.0', bodyHash: false, ...fixed });
    expect(signed).toEqual(signRequest(get, credentials, fixed));
  });

  test('clock and random are arguments', () => {
    const options = { now: () => 1_700_000_000_999, randomBytes: (size: number) => new Uint8Array(size).fill(1) };
    const header = createSigner(credentials, options).sign(get).headers.Authorization;
    expect(header).toContain('oauth_timestamp="1700000000"');
    expect(header).toContain(`oauth_nonce="${'b'.repeat(26)}"`);
  });

  test('nonces are alphanumeric, long enough and never repeat', () => {
    const signer = createSigner(credentials);
    const nonces = Array.from(
      { length: 2_000 },
      () => /oauth_nonce="(.*?)"/.exec(signer.sign(get).headers.Authorization ?? '')?.[1],
    );
    expect(new Set(nonces).size).toBe(2_000);
    expect(nonces.every((nonce) => /^[a-z0-9]{26}$/.test(nonce ?? ''))).toBe(true);
    expect(new Set(nonces.join('')).size).toBe(32);
  });

  test('nothing handed over is changed', () => {
    const request = Object.freeze({ method: 'post', url: get.url, headers: Object.freeze({ ...form }), body: 'a=1' });
    const options = Object.freeze({
      placement: 'body' as const,
      protocolParameters: Object.freeze({ oauth_callback: 'oob' }),
    });
    const signer = createSigner(Object.freeze({ ...credentials }), options);
    expect(signer.sign(request).body).not.toBe(signer.sign(request).body);
    expect(request.body).toBe('a=1');
  });

  test('prints no secret', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const signer = createSigner({ ...credentials, privateKey }, { signatureMethod: 'RSA-SHA1' });
    const text = `${inspect(signer, { depth: 9, showHidden: true })}${JSON.stringify(signer)}`;
    expect(text).not.toMatch(/\bcs\b|\bts\b|PRIVATE/);
  });
});

describe('protocol parameters', () => {
  test('are placed and signed with the others', () => {
    const signed = signRequest({ ...get, method: 'POST' }, credentials, {
      ...fixed,
      protocolParameters: { oauth_callback: 'https://app.example/cb?a=%20', xoauth_lang: 'de' },
    });
    expect(signed.headers.Authorization).toContain('oauth_callback="https%3A%2F%2Fapp.example%2Fcb%3Fa%3D%2520"');
    expect(signed.baseString).toContain(
      '&oauth_callback%3Dhttps%253A%252F%252Fapp.example%252Fcb%253Fa%253D%252520%26',
    );
    expect(signed.baseString).toMatch(/x%3D1%26xoauth_lang%3Dde$/);
  });

  test.each([
    'oauth_nonce',
    'oauth_signature',
    'oauth_token',
    'oauth_version',
    'realm',
    'scope',
    'oauth_a b',
    '__proto__',
  ])('%s cannot be given', (name) => {
    const protocolParameters = Object.fromEntries([[name, 'x']]);
    expect(refusal(get, { protocolParameters })).toBe('oauth1_reserved_parameter');
  });
});

describe('refusals', () => {
  const body = { method: 'POST', url: get.url };
  test.each<[string, UnsignedRequest, SigningOptions, OAuth1ErrorCode]>([
    ['GET with a form', { ...get, headers: form, body: 'a=1' }, {}, 'oauth1_form_body_on_get'],
    [
      'head with parameters',
      { ...get, method: 'head', body: new URLSearchParams('a=1') },
      {},
      'oauth1_form_body_on_get',
    ],
    [
      'multipart with parameters',
      { ...body, headers: { 'Content-Type': 'multipart/form-data' }, body: new URLSearchParams('a=1') },
      {},
      'oauth1_multipart_with_parameters',
    ],
    [
      'multipart without parts',
      { ...body, headers: { 'Content-Type': 'multipart/form-data; boundary=b' }, body: 'a=1&b=2' },
      {},
      'oauth1_multipart_with_parameters',
    ],
    ['JSON labelled as a form', { ...body, headers: form, body: '{"a":1}' }, {}, 'oauth1_form_body_undecodable'],
    ['a stray percent', { ...body, headers: form, body: 'a=100%' }, {}, 'oauth1_form_body_undecodable'],
    [
      'prose labelled as a form',
      { ...body, headers: form, body: 'no params here' },
      {},
      'oauth1_form_body_undecodable',
    ],
    ['a lone surrogate in a form', { ...body, headers: form, body: 'a=\ud800' }, {}, 'oauth1_form_body_undecodable'],
    ['parameters without a type', { ...body, body: 'a=1&b=2' }, {}, 'oauth1_parameters_without_form_type'],
    [
      'parameters labelled as JSON',
      { ...body, headers: { 'Content-Type': 'application/json' }, body: 'a=1' },
      {},
      'oauth1_parameters_without_form_type',
    ],
    [
      'parameters labelled as text',
      { ...body, headers: { 'Content-Type': 'text/plain' }, body: new URLSearchParams('a=1') },
      {},
      'oauth1_parameters_without_form_type',
    ],
    ['body placement without a type', body, { placement: 'body' }, 'oauth1_body_placement_needs_form'],
    [
      'body placement with JSON',
      { ...body, headers: { 'Content-Type': 'application/json' }, body: '{}' },
      { placement: 'body' },
      'oauth1_body_placement_needs_form',
    ],
    ['body placement with GET', { ...get, headers: form }, { placement: 'body' }, 'oauth1_body_placement_needs_form'],
    ['an Authorization header', { ...get, headers: { authorization: 'Basic eA==' } }, {}, 'oauth1_already_signed'],
    [
      'a signed request, whatever the placement',
      { ...get, headers: { authorization: 'OAuth a="b"' } },
      { placement: 'query' },
      'oauth1_already_signed',
    ],
    ['a signed query', { ...get, url: `${get.url}&oauth_nonce=x` }, {}, 'oauth1_already_signed'],
    [
      'a signature in the query',
      { ...get, url: `${get.url}&oauth_signature=x` },
      { placement: 'query' },
      'oauth1_already_signed',
    ],
    [
      'a protocol parameter of a provider’s own that is in the query already',
      { ...get, url: `${get.url}&xoauth_n=z` },
      { protocolParameters: { xoauth_n: 'a' } },
      'oauth1_already_signed',
    ],
    [
      'the same in a form',
      { ...body, headers: form, body: 'xoauth_n=a' },
      { placement: 'query', protocolParameters: { xoauth_n: 'z' } },
      'oauth1_already_signed',
    ],
    ['an empty nonce', get, { nonce: '' }, 'oauth1_invalid_option'],
    ['HMAC without a nonce', get, { nonce: false }, 'oauth1_invalid_option'],
    ['HMAC without a timestamp', get, { timestamp: false }, 'oauth1_invalid_option'],
    ['timestamp 0', get, { timestamp: 0 }, 'oauth1_invalid_option'],
    ['a timestamp of half a second', get, { timestamp: 0.5 }, 'oauth1_invalid_option'],
    ['a realm with a line break', get, { realm: 'a\r\nX: y' }, 'oauth1_invalid_option'],
    ['a method with a space', { ...get, method: 'GE T' }, {}, 'oauth1_invalid_method'],
    [
      'PLAINTEXT over http',
      { ...get, url: 'http://h.example/' },
      { signatureMethod: 'PLAINTEXT' },
      'oauth1_insecure_transport',
    ],
  ])('%s', (_name, request, options, expected) => expect(refusal(request, options)).toBe(expected));

  test('a signed request cannot be signed again by accident', () => {
    for (const placement of ['header', 'query', 'body'] as const) {
      const request = { ...body, headers: form, body: 'a=1' };
      const signed = signRequest(request, credentials, { placement });
      expect(refusal({ ...signed, method: 'POST' }, { placement })).toBe('oauth1_already_signed');
    }
  });

  test.each([
    'http://localhost/r',
    'http://127.0.0.1:8080/r',
    'http://127.9.9.9/r',
    'http://[::1]/r',
    'https://h.example/r',
  ])('PLAINTEXT is fine for %s', (url) => {
    const signed = signRequest({ method: 'GET', url }, credentials, { signatureMethod: 'PLAINTEXT' });
    expect(signed.signature).toBe('cs&ts');
  });

  test.each(['http://localhost.example/', 'http://127.0.0.1.example/', 'http://128.0.0.1/'])(
    'but not for %s',
    (url) => {
      expect(refusal({ method: 'GET', url }, { signatureMethod: 'PLAINTEXT' })).toBe('oauth1_insecure_transport');
    },
  );

  test('PLAINTEXT may leave out timestamp and nonce', () => {
    const options = { signatureMethod: 'PLAINTEXT', timestamp: false, nonce: false } as const;
    expect(signRequest(get, credentials, options).headers.Authorization).not.toMatch(/timestamp|nonce/);
  });

  test('a private key alone asks for the method, because HMAC would sign with nothing', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    expect(code(() => createSigner({ clientId: 'ck', privateKey }))).toBe('oauth1_unknown_signature_method');
  });

  test.each([
    ['no client id', { clientId: '' }, 'oauth1_invalid_credentials'],
    ['null instead of a secret', { clientId: 'a', clientSecret: null }, 'oauth1_invalid_credentials'],
    ['a lone surrogate in a secret', { clientId: 'a', clientSecret: '\udc00' }, 'oauth1_malformed_text'],
  ])('credentials with %s', (_name, bad, expected) => {
    expect(code(() => createSigner(bad as { clientId: string }))).toBe(expected);
  });

  test('an unknown method', () => {
    const signatureMethod = 'HMAC-MD5' as 'HMAC-SHA1';
    expect(refusal(get, { signatureMethod })).toBe('oauth1_unknown_signature_method');
    expect(refusal(get, { signatureMethod: 'toString' as 'HMAC-SHA1' })).toBe('oauth1_unknown_signature_method');
  });
});

describe('keys', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const signatureMethod = 'RSA-SHA256';

  test('PKCS#8, PKCS#1 and KeyObject give the same signature', () => {
    const keys = [pem, privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(), createPrivateKey(pem)];
    const signatures = keys.map(
      (key) => signRequest(get, { clientId: 'ck', privateKey: key }, { signatureMethod, ...fixed }).signature,
    );
    expect(new Set(signatures).size).toBe(1);
  });

  const encrypted = privateKey
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
    .toString();
  const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  test.each([
    ['none', undefined],
    ['no PEM', 'secret-looking nonsense'],
    ['empty', ''],
    ['truncated', pem.slice(0, 200)],
    ['encrypted', encrypted],
    ['a public key', publicKey],
    ['the PEM of a public key', publicKey.export({ type: 'spki', format: 'pem' }).toString()],
    ['of another algorithm', elliptic],
  ])('unusable: %s', (_name, key) => {
    const work = () =>
      createSigner({ clientId: 'ck', ...(key === undefined ? {} : { privateKey: key }) }, { signatureMethod });
    expect(code(work)).toBe('oauth1_unusable_key');
    expect(() => work()).not.toThrow(/nonsense|BEGIN/);
  });

  test('unusable: too short for the hash, noticed when signing', () => {
    const short = generateKeyPairSync('rsa', { modulusLength: 512 }).privateKey;
    const signer = createSigner({ clientId: 'ck', privateKey: short }, { signatureMethod: 'RSA-SHA512' });
    expect(code(() => signer.sign(get))).toBe('oauth1_unusable_key');
  });
});
