/** The vector files, typed. Each entry names its source; "computed" ones come from an independent implementation. */
import { readFileSync } from 'node:fs';

export interface SigningVector {
  name: string;
  /** `base-string`: only the last step, from base string to signature. */
  level?: 'base-string';
  method: string;
  url: string;
  contentType?: string | null;
  body?: string | null;
  placement?: 'header' | 'query' | 'body';
  realm?: string | null;
  oauth: Record<string, string>;
  consumerSecret: string;
  tokenSecret: string;
  signatureMethod: 'HMAC-SHA1' | 'HMAC-SHA256' | 'HMAC-SHA512' | 'RSA-SHA1' | 'RSA-SHA256' | 'RSA-SHA512' | 'PLAINTEXT';
  expectedBaseString: string;
  expectedNormalizedParams?: string;
  expectedSignature: string;
  rsaPrivateKeyPem?: string;
  rsaPublicKeyPem?: string;
}

export interface AuxVectors {
  percentEncoding: { input: string; expected: string }[];
  normalizeParameters: { params: [string, string][]; expected: string }[];
  baseStringUri: { url: string; expected: string }[];
  baseStringUriErrors: { url: string }[];
  authorizationHeaders: (
    | { kind: 'build'; realm?: string; fields: [string, string][]; expected: string }
    | { kind: 'parse'; header: string; realm?: string; fields: [string, string][] }
  )[];
  bodyHash: { body: string; sha1: string; sha256: string }[];
  temporaryCredentialResponses: {
    contentType: string;
    body: string;
    expect: 'error' | { token: string; secret: string; callbackConfirmed: boolean };
  }[];
  authorizationCallbacks: { url: string; expect: 'denied' | { token: string; verifier: string } }[];
}

export const signingVectors: SigningVector[] = load('oauth1-vectors.json');
export const auxVectors: AuxVectors = load('oauth1-aux-vectors.json');

function load<Content>(file: string): Content {
  return JSON.parse(readFileSync(new URL(`../vectors/${file}`, import.meta.url), 'utf8'));
}
