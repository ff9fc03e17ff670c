/** What our client proves itself with: the configured secret, or one that the definition wants minted from the key that is configured instead. */
import { mintClientSecret, OAuth2Error } from '../oauth2/index.js';
import type { Provider } from '../providers/index.js';

/**
 * @param nowMs ms since the epoch
 * @throws OAuth2Error `oauth2_unusable_key` when the configured value does not hold what minting needs; an operator's to mend
 */
export async function clientSecretOf(provider: Provider, nowMs: number): Promise<string | undefined> {
  const { mintedSecret } = provider.definition.token ?? {};
  const { clientId, clientSecret } = provider.client;
  if (!mintedSecret) return clientSecret;
  const { issuer, keyId, privateKey } = readKey(provider, clientSecret);
  const { algorithm, audience, lifetimeSeconds } = mintedSecret;
  const key = { key: privateKey, keyId, algorithm };
  return await mintClientSecret({ key, issuer, clientId, audience, lifetimeSeconds, nowMs });
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
  throw new OAuth2Error(
    'oauth2_unusable_key',
    `The client secret of ${provider.name} must be JSON with issuer, keyId and privateKey.`,
  );
}
