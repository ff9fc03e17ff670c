/** What a definition takes for a client secret besides a word: a private key, or the parts of a token that we sign. Looked at when the process starts. */
import { createPrivateKey } from 'node:crypto';
import type { ProviderDefinition } from './definition.js';

/** @returns what is wrong with a configured value, as the end of a sentence that begins with its name; never a part of the value */
export function secretProblem({ oauth1, token }: ProviderDefinition, secret: string): string | undefined {
  if (oauth1?.signatureMethod.startsWith('RSA-')) {
    return isPrivateKey(secret, 'rsa') ? undefined : 'must be an RSA private key in PEM.';
  }
  if (!token?.mintedSecret) return undefined;
  const kind = token.mintedSecret.algorithm === 'RS256' ? 'rsa' : 'ec';
  const { issuer, keyId, privateKey } = fieldsOf(secret);
  const complete = [issuer, keyId].every((part) => typeof part === 'string' && part !== '');
  if (complete && typeof privateKey === 'string' && isPrivateKey(privateKey, kind)) return undefined;
  return `must be JSON with issuer, keyId and privateKey (${kind === 'ec' ? 'EC' : 'RSA'}, PEM).`;
}

function fieldsOf(secret: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(secret);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // Not JSON; the parser's message would quote the secret.
    return {};
  }
}

function isPrivateKey(pem: string, kind: 'rsa' | 'ec'): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === kind;
  } catch {
    return false;
  }
}
