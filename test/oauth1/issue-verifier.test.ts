import { buildCallbackUrl, generateVerifier, OAuth1Session, TemporaryCredentials } from '../../src/oauth1/index.js';

test('verifiers can be typed and do not repeat', () => {
  const verifiers = Array.from({ length: 500 }, () => generateVerifier());
  expect(new Set(verifiers).size).toBe(500);
  expect(verifiers.every((verifier) => /^[a-z2-8]{26}$/.test(verifier))).toBe(true);
  expect(generateVerifier((size) => new Uint8Array(size))).toBe('a'.repeat(26));
});

test('the callback keeps its query and is understood by a client', () => {
  const url = buildCallbackUrl('https://app.example/cb?next=%2Fa%20b', 'to+ken', 'v&1');
  expect(url).toBe('https://app.example/cb?next=%2Fa%20b&oauth_token=to%2Bken&oauth_verifier=v%261');
  const session = new OAuth1Session({ clientId: 'ck', fetch });
  const temporary = TemporaryCredentials.from({ token: 'to+ken', tokenSecret: 's' });
  expect(session.checkCallback(url, temporary).verifier).toBe('v&1');
  expect(() => buildCallbackUrl('oob', 't', 'v')).toThrow(expect.objectContaining({ code: 'oauth1_invalid_url' }));
  expect(() => buildCallbackUrl('javascript:alert(1)', 't', 'v')).toThrow(
    expect.objectContaining({ code: 'oauth1_unsupported_scheme' }),
  );
});
