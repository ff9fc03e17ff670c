/**
 * The sandbox's own keys, made once and kept in files of mode 0600: one signs ID tokens, from the other OAuth 1 secrets are
 * derived, so that no secret has to be stored to be checked later.
 */
import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type JsonWebKey,
  type KeyObject,
  sign,
} from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface SandboxKeys {
  /** The secret that belongs to an OAuth 1 token; the same one each time it is asked for. */
  tokenSecret(token: string): string;
  /** A compact RS256 JWS (RFC 7515 section 3.1) of these claims. */
  signJwt(claims: Readonly<Record<string, unknown>>): string;
  /** Public half for the JWK Set (RFC 7517). */
  readonly publicJwk: Readonly<Record<string, unknown>>;
}

export async function loadKeys(folder: string, randomBytes: (size: number) => Buffer): Promise<SandboxKeys> {
  const secretKey = Buffer.from(
    keep(join(folder, 'oauth1-secrets.key'), () => randomBytes(32).toString('base64')),
    'base64',
  );
  const file = join(folder, 'id-token.pem');
  const signingKey = createPrivateKey(existsSync(file) ? readFileSync(file, 'utf8') : keep(file, await newRsaKey()));
  const jwk = createPublicKey(signingKey).export({ format: 'jwk' });
  const kid = thumbprint(jwk);
  return {
    tokenSecret: (token) => `sbx_secret_${createHmac('sha256', secretKey).update(token).digest('base64url')}`,
    signJwt: (claims) => compactJws({ alg: 'RS256', kid, typ: 'JWT' }, claims, signingKey),
    publicJwk: { ...jwk, kid, use: 'sig', alg: 'RS256' },
  };
}

async function newRsaKey(): Promise<() => string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return () => privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** What the file says; where there is none, it is written whole or not at all. */
function keep(file: string, make: () => string): string {
  if (!existsSync(file)) {
    const fresh = `${file}.new`;
    writeFileSync(fresh, make(), { mode: 0o600 });
    renameSync(fresh, file);
  }
  return readFileSync(file, 'utf8');
}

/** RFC 7638: a name for the key that changes with it. */
function thumbprint(jwk: JsonWebKey): string {
  return createHash('sha256')
    .update(JSON.stringify({ e: jwk.e, kty: jwk.kty, n: jwk.n }))
    .digest('base64url');
}

function compactJws(header: object, claims: object, key: KeyObject): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${sign('RSA-SHA256', Buffer.from(input), key).toString('base64url')}`;
}
