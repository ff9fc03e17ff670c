import { generateKeyPairSync } from 'node:crypto';
import { exportJWK, jwtVerify } from 'jose';
import { mintClientSecret } from '../../src/oauth2/index.js';

const NOW = Date.parse('2026-11-21T12:00:00.700Z');
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const options = {
  key: { key: pem, keyId: 'K3Y', algorithm: 'ES256' },
  issuer: 'T34M',
  clientId: 'com.example.web',
  audience: 'https://id.example.com',
  lifetimeSeconds: 300,
  nowMs: NOW,
};

it('is a token that the public key verifies, with the claims the provider wants', async () => {
  const minted = await mintClientSecret(options);
  const { payload, protectedHeader } = await jwtVerify(minted, await exportJWK(publicKey), {
    currentDate: new Date(NOW),
  });
  const issuedAt = Math.floor(NOW / 1000);
  expect(protectedHeader).toEqual({ alg: 'ES256', kid: 'K3Y' });
  expect(payload).toEqual({
    iss: 'T34M',
    sub: 'com.example.web',
    aud: 'https://id.example.com',
    iat: issuedAt,
    exp: issuedAt + 300,
  });
});

it('says nothing of a key that cannot be used', async () => {
  const key = { ...options.key, key: 'CANARY-KEY' };
  const error: unknown = await mintClientSecret({ ...options, key }).catch((problem: unknown) => problem);
  expect(error).toMatchObject({ code: 'oauth2_unusable_key' });
  expect(JSON.stringify(error) + String(error)).not.toContain('CANARY');
});
