import { createPrivateKey, createSecretKey, generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { decodeProtectedHeader, exportJWK, exportPKCS8, generateKeyPair, jwtVerify } from 'jose';
import { formEncode } from '../../src/oauth2/client-authentication.js';
import { clientCredentials, type OAuth2SessionOptions, type SigningKey } from '../../src/oauth2/index.js';
import { json, scriptedFetch } from './support/scripted-fetch.js';
import { failureOf, makeSession, NOW } from './support/session.js';

async function requestWith(options: Partial<OAuth2SessionOptions>) {
  const { fetch, calls } = scriptedFetch(json({ access_token: 'a', token_type: 'Bearer' }));
  await makeSession(fetch, options).grant(clientCredentials());
  return calls[0];
}

describe('client authentication', () => {
  it('basic: form-encoded before it is joined (RFC 6749 section 2.3.1)', async () => {
    const call = await requestWith({ clientId: 'id:with colon/ü', clientSecret: 'p %&é+~-_.*' });
    const [id = '', secret = ''] = Buffer.from(call?.headers.authorization?.slice(6) ?? '', 'base64')
      .toString()
      .split(':');
    expect([id, secret]).toEqual(['id%3Awith+colon%2F%C3%BC', 'p+%25%26%C3%A9%2B%7E-_.*']);
    // What a server does with it.
    const decoded = new URLSearchParams(`id=${id}&secret=${secret}`);
    expect([decoded.get('id'), decoded.get('secret')]).toEqual(['id:with colon/ü', 'p %&é+~-_.*']);
    expect(call?.form).toEqual({ grant_type: 'client_credentials' });
  });

  it('basic: leaves what forms leave, for providers that compare without decoding', () => {
    expect(formEncode('sandbox-github_2.0*')).toBe('sandbox-github_2.0*');
  });

  it('post: id and secret in the body, nothing in the header', async () => {
    const call = await requestWith({ clientAuth: 'post', clientSecret: 's&=é' });
    expect(call?.form).toEqual({ grant_type: 'client_credentials', client_id: 'client-1', client_secret: 's&=é' });
    expect(call?.headers.authorization).toBeUndefined();
  });

  it.each(['none', 'tls_client_auth'] as const)('%s: only the id', async (clientAuth) => {
    const call = await requestWith({ clientAuth });
    expect(call?.form).toEqual({ grant_type: 'client_credentials', client_id: 'client-1' });
    expect(call?.headers.authorization).toBeUndefined();
  });

  it('an unknown method is refused', async () => {
    const clientAuth = 'client_secret_jwt' as unknown as 'basic';
    expect((await failureOf(() => requestWith({ clientAuth }))).code).toBe('oauth2_invalid_option');
  });
});

describe('private_key_jwt', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  it.each([
    [
      'RSA as PEM',
      'RS256',
      async () => ({ key: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }),
      rsa.publicKey,
    ],
    [
      'RSA as PKCS #1 PEM',
      'RS256',
      async () => ({ key: rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString() }),
      rsa.publicKey,
    ],
    ['RSA for PS256', 'PS256', async () => ({ key: rsa.privateKey, algorithm: 'PS256' }), rsa.publicKey],
    ['EC as KeyObject', 'ES256', async () => ({ key: ec.privateKey }), ec.publicKey],
    ['EC as JWK', 'ES256', async () => ({ key: await exportJWK(ec.privateKey) }), ec.publicKey],
  ] as const)('%s', async (_name, algorithm, make, publicKey) => {
    const privateKey: SigningKey = { ...(await make()), keyId: 'key-7' };
    const call = await requestWith({ clientAuth: 'private_key_jwt', privateKey });
    expect(call?.form.client_assertion_type).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    const assertion = call?.form.client_assertion ?? '';
    expect(decodeProtectedHeader(assertion)).toEqual({ alg: algorithm, kid: 'key-7' });
    const { payload } = await jwtVerify(assertion, publicKey, {
      currentDate: new Date(NOW),
      audience: 'https://provider.test/token',
    });
    expect(payload).toMatchObject({ iss: 'client-1', sub: 'client-1', iat: NOW / 1000, exp: NOW / 1000 + 60 });
    expect(payload.jti).toMatch(/^[\w-]{22,}$/);
  });

  it.each(['ES384', 'ES512', 'EdDSA', 'RS384'])('a CryptoKey for %s', async (algorithm) => {
    const pair = await generateKeyPair(algorithm, { extractable: true });
    const call = await requestWith({ clientAuth: 'private_key_jwt', privateKey: { key: pair.privateKey } });
    const { protectedHeader } = await jwtVerify(call?.form.client_assertion ?? '', pair.publicKey, {
      currentDate: new Date(NOW),
    });
    expect(protectedHeader.alg).toBe(algorithm);
    const pem = await exportPKCS8(pair.privateKey);
    const again = await requestWith({
      clientAuth: 'private_key_jwt',
      privateKey: { key: createPrivateKey(pem), algorithm },
    });
    await expect(
      jwtVerify(again?.form.client_assertion ?? '', pair.publicKey, { currentDate: new Date(NOW) }),
    ).resolves.toBeDefined();
  });

  it('is meant for the issuer where one is known, or for whom the definition says', async () => {
    const audienceOf = async (options: Partial<OAuth2SessionOptions>) => {
      const call = await requestWith({ clientAuth: 'private_key_jwt', privateKey: { key: ec.privateKey }, ...options });
      return (await jwtVerify(call?.form.client_assertion ?? '', ec.publicKey, { currentDate: new Date(NOW) })).payload
        .aud;
    };
    expect(await audienceOf({ issuer: 'https://issuer.test' })).toBe('https://issuer.test');
    expect(await audienceOf({ issuer: 'https://issuer.test', assertionAudience: 'urn:x' })).toBe('urn:x');
  });

  it('makes a new assertion for each request', async () => {
    const { fetch, calls } = scriptedFetch(json({ access_token: 'a', token_type: 'Bearer' }));
    const session = makeSession(fetch, { clientAuth: 'private_key_jwt', privateKey: { key: ec.privateKey } });
    await session.grant(clientCredentials());
    await session.grant(clientCredentials());
    expect(calls[0]?.form.client_assertion).not.toBe(calls[1]?.form.client_assertion);
  });

  it.each([
    ['no key', 'CANARY no key'],
    ['a damaged PEM', '-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----'],
    ['a public key', ec.publicKey],
    ['an X25519 key', generateKeyPairSync('x25519').privateKey],
    ['a public JWK', { kty: 'EC', crv: 'P-256', x: 'CANARY', y: 'CANARY' }],
    ['a secret', createSecretKey(Buffer.from('CANARY secret key'))],
  ])('refuses %s without printing it', async (_name, key) => {
    const error = await failureOf(() =>
      requestWith({ clientAuth: 'private_key_jwt', privateKey: { key: key as SigningKey['key'] } }),
    );
    expect(error.code).toBe('oauth2_unusable_key');
    expect(inspect(error, { depth: 9 })).not.toMatch(/CANARY/);
  });
});
