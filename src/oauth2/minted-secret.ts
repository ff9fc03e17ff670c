/**
 * A client secret that is a JSON Web Token, signed anew by a key that never leaves us. The claims are those of RFC 7523 section 3, but the token
 * stands where a secret would (RFC 6749 section 2.3.1), as a few providers want it.
 */
import { SignJWT } from 'jose';
import type { SigningKey } from './options.js';
import { importSigningKey } from './signing-key.js';

export interface MintedSecretOptions {
  readonly key: SigningKey & { readonly keyId: string; readonly algorithm: string };
  /** `iss`: who signs, such as the team that the client belongs to. */
  readonly issuer: string;
  /** `sub`. */
  readonly clientId: string;
  readonly audience: string;
  readonly lifetimeSeconds: number;
  /** ms since the epoch. */
  readonly nowMs: number;
}

/** @throws OAuth2Error `oauth2_unusable_key` */
export async function mintClientSecret(options: MintedSecretOptions): Promise<string> {
  const { key, issuer, clientId, audience, lifetimeSeconds, nowMs } = options;
  const issuedAt = Math.floor(nowMs / 1000);
  const imported = await importSigningKey(key);
  return await new SignJWT({})
    .setProtectedHeader({ alg: key.algorithm, kid: key.keyId })
    .setIssuer(issuer)
    .setSubject(clientId)
    .setAudience(audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetimeSeconds)
    .sign(imported.key);
}
