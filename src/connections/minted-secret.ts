/**
 * Client secrets that are JSON Web Tokens which we sign ourselves, as a provider's definition asks for: the client proves itself by a key that never
 * leaves us. The claims are those of RFC 7523 section 3, but the token stands where a secret would (RFC 6749 section 2.3.1).
 */
import { importPKCS8, SignJWT } from 'jose';
import type { Provider } from '../providers/index.js';

/** The configured client secret does not hold what minting needs; an operator's to mend. */
export class MintingKeyUnusable extends Error {
  readonly code = 'minting_key_unusable';

  constructor(provider: Provider) {
    super(`The client secret of ${provider.name} must be JSON with issuer, keyId and privateKey.`);
    this.name = 'MintingKeyUnusable';
  }
}

/**
 * @param nowMs ms since the epoch
 * @returns the secret to send, or the configured one where the definition mints none
 * @throws MintingKeyUnusable
 */
export async function clientSecretOf(provider: Provider, nowMs: number): Promise<string | undefined> {
  const { mintedSecret } = provider.definition.token ?? {};
  const { clientId, clientSecret } = provider.client;
  if (!mintedSecret) return clientSecret;
  const { issuer, keyId, privateKey } = readKey(provider, clientSecret);
  const issuedAt = Math.floor(nowMs / 1000);
  try {
    return await new SignJWT({})
      .setProtectedHeader({ alg: mintedSecret.algorithm, kid: keyId })
      .setIssuer(issuer)
      .setSubject(clientId)
      .setAudience(mintedSecret.audience)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + mintedSecret.lifetimeSeconds)
      .sign(await importPKCS8(privateKey, mintedSecret.algorithm));
  } catch {
    // The cause may quote the key.
    throw new MintingKeyUnusable(provider);
  }
}

interface MintingKey {
  readonly issuer: string;
  readonly keyId: string;
  readonly privateKey: string;
}

function readKey(provider: Provider, secret: string | undefined): MintingKey {
  try {
    const { issuer, keyId, privateKey } = JSON.parse(secret ?? '');
    const parts = [issuer, keyId, privateKey];
    if (parts.every((part) => typeof part === 'string' && part !== '')) return { issuer, keyId, privateKey };
  } catch {
    // Not JSON: the parser's message would quote the secret.
  }
  throw new MintingKeyUnusable(provider);
}
