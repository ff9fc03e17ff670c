import { createHash, createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import { exportSPKI } from 'jose';
import {
  assertSameSubject,
  type IdTokenExpectations,
  unverifiedSubject,
  validateIdToken,
} from '../../src/oauth2/id-token.js';
import { JwksCache, OAuth2Error } from '../../src/oauth2/index.js';
import {
  goodClaims,
  handmadeToken,
  ISSUER,
  idToken,
  JWKS_URI,
  keyServer,
  makeKey,
  NOW_SECONDS,
  type TestKey,
} from './support/issuer.js';
import { failureOf, NOW } from './support/session.js';

const AT = 'CANARY-AT-7f3a';
const TENANT = '11111111-2222-3333-4444-555555555555';
const TEMPLATE = 'https://login.issuer.test/{tenantid}/v2.0';

let key: TestKey;
let other: TestKey;
let expected: IdTokenExpectations;

beforeAll(async () => {
  key = await makeKey('ES256', 'k1');
  other = await makeKey('ES256', 'k1');
  const keys = new JwksCache({ fetch: keyServer([key]).fetch, now: () => NOW });
  expected = {
    openid: { issuer: ISSUER, jwksUri: JWKS_URI },
    clientId: 'client-1',
    keys,
    nowMs: NOW,
    nonce: 'nonce-1',
    accessToken: AT,
  };
});

function atHash(bits: string): string {
  const digest = createHash(`sha${bits}`).update(AT).digest();
  return digest.subarray(0, digest.length / 2).toString('base64url');
}

describe('a good ID token', () => {
  it.each([
    ['RS256', '256'],
    ['PS256', '256'],
    ['ES256', '256'],
    ['ES384', '384'],
    ['ES512', '512'],
    ['EdDSA', '512'],
    ['Ed25519', '512'],
  ])('%s, with at_hash', async (algorithm, bits) => {
    const own = await makeKey(algorithm, 'own');
    const keys = new JwksCache({ fetch: keyServer([own]).fetch, now: () => NOW });
    const claims = await validateIdToken(await idToken(own, { at_hash: atHash(bits) }), { ...expected, keys });
    expect(claims).toMatchObject({ iss: ISSUER, sub: 'subject-1' });
  });

  it.each([
    ['several audiences with azp', { aud: ['client-1', 'other'], azp: 'client-1' }],
    ['one audience in a list', { aud: ['client-1'] }],
    ['an expiry within the tolerance', { exp: NOW_SECONDS - 59 }],
    ['an issue time within the tolerance', { iat: NOW_SECONDS + 59, nbf: NOW_SECONDS + 59 }],
    ['fractional times', { iat: NOW_SECONDS + 0.5, exp: NOW_SECONDS + 10.5 }],
    ['a subject of 255 characters', { sub: 's'.repeat(255) }],
  ])('%s', async (_name, changes) => {
    await expect(validateIdToken(await idToken(key, changes), expected)).resolves.toMatchObject({ iss: ISSUER });
  });

  it('keeps 64-bit numbers in claims exact', async () => {
    const payload = JSON.stringify(goodClaims).replace(/}$/, ',"account":9007199254740993}');
    const input = handmadeToken({ alg: 'ES256', kid: 'k1' }, payload).slice(0, -1);
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key.privateKey, Buffer.from(input));
    const claims = await validateIdToken(`${input}.${Buffer.from(signature).toString('base64url')}`, expected);
    expect(claims.account).toBe('9007199254740993');
  });

  it('of another spelling of the issuer, where the definition knows it', async () => {
    const openid = { ...expected.openid, alsoIssuers: ['issuer.test'] };
    await expect(
      validateIdToken(await idToken(key, { iss: 'issuer.test' }), { ...expected, openid }),
    ).resolves.toBeDefined();
  });

  it('of a tenant, where the issuer is a template', async () => {
    const openid = { issuer: TEMPLATE, jwksUri: JWKS_URI };
    const iss = TEMPLATE.replace('{tenantid}', TENANT);
    await expect(
      validateIdToken(await idToken(key, { iss, tid: TENANT }), { ...expected, openid }),
    ).resolves.toBeDefined();
  });

  it('without a nonce, where the definition says that the provider repeats none', async () => {
    const openid = { ...expected.openid, nonce: false };
    await expect(
      validateIdToken(await idToken(key, { nonce: undefined }), { ...expected, openid }),
    ).resolves.toBeDefined();
  });
});

describe('a bad ID token', () => {
  const table: [name: string, make: () => Promise<string> | string, code: string, evidence?: object][] = [
    ['no JWT', () => 'CANARY', 'oidc_id_token_malformed', { parts: 1 }],
    ['empty', () => '', 'oidc_id_token_malformed', { parts: 1 }],
    [
      'encrypted',
      () => `${handmadeToken({ alg: 'RSA-OAEP', enc: 'A256GCM' }, 'x')}.a.b`,
      'oidc_id_token_malformed',
      { parts: 5 },
    ],
    ['payload no JSON', () => handmadeToken({ alg: 'ES256' }, 'nonsense', 'AAAA'), 'oidc_id_token_malformed'],
    ['an access token (at+jwt)', () => idToken(key, {}, { typ: 'at+jwt' }), 'oidc_id_token_malformed'],
    ['a logout token', () => idToken(key, {}, { typ: 'logout+jwt' }), 'oidc_id_token_malformed'],
    ['alg none', () => handmadeToken({ alg: 'none' }, goodClaims), 'oidc_id_token_algorithm', { algorithm: 'none' }],
    ['alg NONE', () => handmadeToken({ alg: 'NONE' }, goodClaims), 'oidc_id_token_algorithm'],
    ['no alg', () => handmadeToken({ kid: 'k1' }, goodClaims), 'oidc_id_token_algorithm'],
    [
      'HS256 with the client secret',
      () => hmacToken('CANARY-SECRET-9d1'),
      'oidc_id_token_algorithm',
      { algorithm: 'HS256' },
    ],
    ['HS256 with the public key', async () => hmacToken(await exportSPKI(key.publicKey)), 'oidc_id_token_algorithm'],
    ['another key with the same kid', () => idToken(other), 'oidc_id_token_signature'],
    ['a changed payload', async () => tamper(await idToken(key)), 'oidc_id_token_signature'],
    ['no signature', () => handmadeToken({ alg: 'ES256', kid: 'k1' }, goodClaims), 'oidc_id_token_signature'],
    ['its own key in the header', () => idToken(other, {}, { jwk: other.jwk }), 'oidc_id_token_signature'],
    [
      'a key address in the header',
      () => idToken(other, {}, { jku: 'https://evil.test/jwks', x5u: 'https://evil.test/x' }),
      'oidc_id_token_signature',
    ],
    ['an unknown kid', () => idToken({ ...other, keyId: 'k9' }), 'oidc_id_token_key_unknown', { keyId: 'k9' }],
    [
      'a critical extension',
      () =>
        idToken(key, {}, { crit: ['x'], x: 1 }).catch(() =>
          handmadeToken({ alg: 'ES256', kid: 'k1', crit: ['x'], x: 1 }, goodClaims, 'AAAA'),
        ),
      'oidc_id_token_malformed',
    ],
    ['issuer other', () => idToken(key, { iss: 'https://evil.test' }), 'oidc_id_token_issuer', { expected: ISSUER }],
    ['issuer with a trailing slash', () => idToken(key, { iss: `${ISSUER}/` }), 'oidc_id_token_issuer'],
    ['issuer missing', () => idToken(key, { iss: undefined }), 'oidc_id_token_claim', { claim: 'iss' }],
    ['audience other', () => idToken(key, { aud: 'client-2' }), 'oidc_id_token_audience'],
    ['audience list without us', () => idToken(key, { aud: ['a', 'b'] }), 'oidc_id_token_audience'],
    ['audience missing', () => idToken(key, { aud: undefined }), 'oidc_id_token_claim', { claim: 'aud' }],
    [
      'several audiences without azp',
      () => idToken(key, { aud: ['client-1', 'other'] }),
      'oidc_id_token_authorized_party',
      { azp: 'missing' },
    ],
    ['azp other', () => idToken(key, { azp: 'client-2' }), 'oidc_id_token_authorized_party', { azp: 'different' }],
    ['expired two minutes ago', () => idToken(key, { exp: NOW_SECONDS - 120 }), 'oidc_id_token_expired'],
    ['expired at the edge', () => idToken(key, { exp: NOW_SECONDS - 60 }), 'oidc_id_token_expired'],
    ['expiry missing', () => idToken(key, { exp: undefined }), 'oidc_id_token_claim', { claim: 'exp' }],
    ['expiry as text', () => idToken(key, { exp: 'tomorrow' }), 'oidc_id_token_claim', { claim: 'exp' }],
    [
      'issued in an hour',
      () => idToken(key, { iat: NOW_SECONDS + 3600, exp: NOW_SECONDS + 7200 }),
      'oidc_id_token_not_yet_valid',
      { claim: 'iat' },
    ],
    [
      'valid in an hour',
      () => idToken(key, { nbf: NOW_SECONDS + 3600 }),
      'oidc_id_token_not_yet_valid',
      { claim: 'nbf' },
    ],
    ['issue time missing', () => idToken(key, { iat: undefined }), 'oidc_id_token_claim', { claim: 'iat' }],
    ['subject missing', () => idToken(key, { sub: undefined }), 'oidc_id_token_claim', { claim: 'sub' }],
    ['subject empty', () => idToken(key, { sub: '' }), 'oidc_id_token_claim', { claim: 'sub' }],
    ['subject a number', () => idToken(key, { sub: 42 }), 'oidc_id_token_claim', { claim: 'sub' }],
    ['subject too long', () => idToken(key, { sub: 's'.repeat(256) }), 'oidc_id_token_claim', { claim: 'sub' }],
    ['nonce missing', () => idToken(key, { nonce: undefined }), 'oidc_id_token_nonce', { nonce: 'missing' }],
    ['nonce of another tab', () => idToken(key, { nonce: 'nonce-2' }), 'oidc_id_token_nonce', { nonce: 'different' }],
    [
      'at_hash of another access token',
      () => idToken(key, { at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }),
      'oidc_id_token_hash',
    ],
    ['at_hash of the wrong type', () => idToken(key, { at_hash: 7 }), 'oidc_id_token_hash'],
  ];

  it.each(table)('%s', async (...row) => {
    const [, make, code, evidence] = row;
    const token = await make();
    const error = await failureOf(() => validateIdToken(token, expected));
    expect(error).toBeInstanceOf(OAuth2Error);
    expect(error.code).toBe(code);
    if (evidence) expect(error.cause).toMatchObject(evidence);
    expect(inspect(error, { depth: 9 })).not.toMatch(/CANARY|nonce-1/);
    if (token.length > 20) expect(inspect(error, { depth: 9 })).not.toContain(token.slice(-20));
  });

  it.each([
    ['tid missing', {}],
    ['tid of another tenant', { tid: '99999999-2222-3333-4444-555555555555' }],
    ['tid that is no tenant id', { tid: 'x/../y', iss: 'https://login.issuer.test/x/../y/v2.0' }],
    ['the template itself', { iss: TEMPLATE, tid: '{tenantid}' }],
  ])('of a templated issuer: %s', async (_name, changes) => {
    const openid = { issuer: TEMPLATE, jwksUri: JWKS_URI };
    const token = await idToken(key, { iss: TEMPLATE.replace('{tenantid}', TENANT), ...changes });
    expect((await failureOf(() => validateIdToken(token, { ...expected, openid }))).code).toBe('oidc_id_token_issuer');
  });

  it('outside the algorithms that the provider announces', async () => {
    const openid = { ...expected.openid, algorithms: ['RS256', 'HS256'] };
    const error = await failureOf(async () => validateIdToken(await idToken(key), { ...expected, openid }));
    expect(error.cause).toEqual({ algorithm: 'ES256', accepted: ['RS256'] });
  });

  it('about somebody else after a refresh', async () => {
    const claims = await validateIdToken(await idToken(key), expected);
    expect(() => assertSameSubject({ iss: ISSUER, sub: 'subject-1' }, claims)).not.toThrow();
    expect((await failureOf(() => assertSameSubject({ iss: ISSUER, sub: 'subject-2' }, claims))).code).toBe(
      'oidc_subject_changed',
    );
    expect(
      (await failureOf(() => assertSameSubject({ iss: 'https://b.test', sub: 'subject-1' }, claims))).cause,
    ).toEqual({ claim: 'iss' });
    expect(unverifiedSubject(await idToken(key))).toEqual({ iss: ISSUER, sub: 'subject-1' });
    expect(unverifiedSubject('nonsense')).toBeUndefined();
  });
});

describe('the key set', () => {
  it('is fetched once for many tokens, and again when a key was rolled over', async () => {
    const published = [key];
    const { fetch, state } = keyServer(published);
    const keys = new JwksCache({ fetch, now: () => NOW });
    const validate = async (signer: TestKey) => validateIdToken(await idToken(signer), { ...expected, keys });
    await Promise.all(Array.from({ length: 20 }, () => validate(key)));
    expect(state.fetches).toBe(1);
    const next = await makeKey('ES256', 'k2');
    published.push(next);
    await Promise.all([validate(next), validate(next), validate(key)]);
    expect(state.fetches).toBe(2);
  });

  it('is not fetched for every unknown key', async () => {
    const { fetch, state } = keyServer([key]);
    const keys = new JwksCache({ fetch, now: () => NOW });
    for (let count = 0; count < 100; count += 1) {
      const token = await idToken({ ...other, keyId: `unknown-${count}` });
      expect((await failureOf(() => validateIdToken(token, { ...expected, keys }))).code).toBe(
        'oidc_id_token_key_unknown',
      );
    }
    expect(state.fetches).toBe(4);
  });

  it('serves stale while the provider is away, and is renewed afterwards', async () => {
    let now = NOW;
    const { fetch, state } = keyServer([key]);
    const keys = new JwksCache({ fetch, now: () => now });
    const validate = async () => validateIdToken(await idToken(key), { ...expected, keys });
    await validate();
    state.broken = true;
    now += 6 * 60_000;
    await validate();
    await validate();
    expect(state.fetches).toBe(2);
    state.broken = false;
    now += 31_000;
    await validate();
    expect(state.fetches).toBe(3);
  });

  it.each([
    ['an outage', () => new Response('', { status: 500 })],
    ['a redirect', () => new Response(null, { status: 302, headers: { location: 'https://evil.test' } })],
    ['no JSON', () => new Response('<html>')],
    ['no keys', () => new Response('{"keys":"none"}')],
  ])('tells about %s', async (_name, answer) => {
    const keys = new JwksCache({ fetch: async () => answer(), now: () => NOW });
    const error = await failureOf(async () => validateIdToken(await idToken(key), { ...expected, keys }));
    expect(error.code).toBe('oidc_keys_unavailable');
    expect(error.cause).toMatchObject({ url: JWKS_URI });
  });

  it('with broken and foreign entries still gives the good key', async () => {
    const odd = [null, 7, { kty: 'XX' }, { kty: 'RSA', kid: 'k1' }, key.jwk];
    const keys = new JwksCache({ fetch: async () => Response.json({ keys: odd }), now: () => NOW });
    await expect(validateIdToken(await idToken(key), { ...expected, keys })).resolves.toBeDefined();
  });
});

function hmacToken(secret: string): string {
  const unsigned = handmadeToken({ alg: 'HS256', kid: 'k1' }, goodClaims).slice(0, -1);
  return `${unsigned}.${createHmac('sha256', secret).update(unsigned).digest('base64url')}`;
}

function tamper(token: string): string {
  const [header, , signature] = token.split('.');
  const payload = Buffer.from(JSON.stringify({ ...goodClaims, sub: 'admin' })).toString('base64url');
  return `${header}.${payload}.${signature}`;
}
