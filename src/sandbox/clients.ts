/**
 * The client of each definition, as the sandbox knows it and as an app uses it there. Nothing here is worth protecting, so the secrets are the same
 * everywhere and the keys are printed in the source (providers/sandbox-client.ts).
 */
import { type KeyObject, verify } from 'node:crypto';
import { type ProviderDefinition, sandboxClient, sandboxPublicKey } from '../providers/index.js';

export function clientIdOf(definition: ProviderDefinition): string {
  return sandboxClient(definition).clientId;
}

/** What HMAC and PLAINTEXT signatures are checked with. */
export const clientSecret = 'sandbox-secret';

/** What RSA signatures are checked with. */
export function publicKeyOf(definition: ProviderDefinition): KeyObject | undefined {
  return definition.oauth1?.signatureMethod.startsWith('RSA-') ? sandboxPublicKey('RS256') : undefined;
}

/** Whether this is the definition's secret: the one everybody has, or a JSON Web Token minted as the definition says. */
export function isSecretOf(definition: ProviderDefinition, secret: string | undefined, nowMs: number): boolean {
  const { mintedSecret } = definition.token ?? {};
  if (!mintedSecret) return secret === clientSecret;
  const [header = '', payload = '', signature = ''] = (secret ?? '').split('.');
  const signed = verify(
    'sha256',
    Buffer.from(`${header}.${payload}`),
    { key: sandboxPublicKey(mintedSecret.algorithm), dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  if (!signed) return false;
  const claims = parse(payload);
  const { algorithm, audience, lifetimeSeconds } = mintedSecret;
  const now = nowMs / 1000;
  return (
    parse(header)?.alg === algorithm &&
    claims?.sub === clientIdOf(definition) &&
    claims.iss === 'sandbox' &&
    claims.aud === audience &&
    typeof claims.iat === 'number' &&
    typeof claims.exp === 'number' &&
    claims.exp > now &&
    claims.exp - claims.iat <= lifetimeSeconds
  );
}

function parse(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

/** The definition whose client this is, among those that use an endpoint. */
export function definitionOfClient(
  clientId: string | undefined,
  definitions: readonly ProviderDefinition[],
): ProviderDefinition | undefined {
  return clientId === undefined ? undefined : definitions.find((definition) => clientIdOf(definition) === clientId);
}
