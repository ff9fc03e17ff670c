/** An OpenID issuer in memory: real keys, real signatures, a key set that can change, and counted fetches of it. */
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { Fetch } from '../../../src/oauth2/index.js';
import { json } from './scripted-fetch.js';
import { NOW } from './session.js';

export const ISSUER = 'https://issuer.test';
export const JWKS_URI = 'https://issuer.test/jwks';

export interface TestKey {
  readonly algorithm: string;
  readonly keyId: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

export async function makeKey(algorithm: string, keyId: string): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return {
    algorithm,
    keyId,
    privateKey,
    publicKey,
    jwk: { ...(await exportJWK(publicKey)), kid: keyId, alg: algorithm, use: 'sig' },
  };
}

/** Serves `keys` under {@link JWKS_URI}; replace the array's content to roll keys over. */
export function keyServer(keys: TestKey[]): { fetch: Fetch; state: { fetches: number; broken: boolean } } {
  const state = { fetches: 0, broken: false };
  const fetch: Fetch = async (input) => {
    if (String(input) !== JWKS_URI) throw new Error(`unexpected request to ${String(input)}`);
    state.fetches += 1;
    return state.broken ? new Response('down', { status: 500 }) : json({ keys: keys.map((key) => key.jwk) });
  };
  return { fetch, state };
}

export const NOW_SECONDS = NOW / 1000;

export const goodClaims: JWTPayload = {
  iss: ISSUER,
  sub: 'subject-1',
  aud: 'client-1',
  iat: NOW_SECONDS,
  exp: NOW_SECONDS + 300,
  nonce: 'nonce-1',
};

/** @param changes claims to set; undefined removes one */
export async function idToken(
  key: TestKey,
  changes: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  const claims = Object.fromEntries(
    Object.entries({ ...goodClaims, ...changes }).filter(([, value]) => value !== undefined),
  );
  return await new SignJWT(claims)
    .setProtectedHeader({ alg: key.algorithm, kid: key.keyId, ...header })
    .sign(key.privateKey);
}

/** A token whose parts are written by hand. */
export function handmadeToken(header: unknown, claims: unknown, signature = ''): string {
  const part = (value: unknown) =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(claims)}.${signature}`;
}
