/** Recomputes or verifies one signature (RFC 5849 section 3.2), at the same cost whether or not the client is known. */
import type { KeyObject } from 'node:crypto';
import { buildBaseString } from './base-string.js';
import { constantTimeEqual } from './constant-time.js';
import { OAuth1Error } from './errors.js';
import type { ReadRequest } from './incoming-request.js';
import { loadPublicKey, sharedSecretKey } from './keys.js';
import { toProtocolField } from './parameters.js';
import type { KeyPairMethod, SignatureMethod } from './signature-method.js';

/** What the lookups answered. */
export interface VerificationSecrets {
  /** Client secret or public key, by the kind of the method. */
  readonly clientKey: string | KeyObject | undefined;
  readonly tokenSecret: string | undefined;
  readonly clientIsKnown: boolean;
  readonly tokenIsKnown: boolean;
}

/** Stands in for the key of an unknown client. Its private half was thrown away. */
const NOBODYS_KEY = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAmjPd5firqepLF8ZH/zR8
V75LEnlcE/VB6+HbtZc5OGNHQgLK6PT/OF2v3vgFPNF9QhBuLkprZoPPW2jVv8Ln
qbpN6Fp3IdlM7Zhp/zx2FywgsxlgXOHbHMmKK6FWGfbyUv2Ia8/Zgp5AAyY69TvM
cgy5gU24Ujs+lkhs+44XJN072og0Lh8n1UC83DXpa0B2xcUtXrNur4YAkUSGzqXg
VSqKx9MygU3Bx2On+MLbjxMkMrKmTkgCIdFT2VfoiH2vO88sRBnMUoMEkNLznFiq
hGronaSXdaz3L6f7vpdX4QnfcxJEi0uDnYpJhue5nhx1BYwphY5TYgymyrrCFD2q
NQIDAQAB
-----END PUBLIC KEY-----
`;

/** @throws OAuth1Error `oauth1_unusable_key` when the stored public key cannot be used */
export function checkSignature(
  httpMethod: string,
  read: ReadRequest,
  method: SignatureMethod,
  secrets: VerificationSecrets,
  signature: string,
): boolean {
  const baseString = buildBaseString({
    method: httpMethod,
    baseUri: read.target.baseUri,
    parameters: [...read.parameters],
    fields: read.fields.map(toProtocolField),
  });
  if (method.kind === 'key-pair') {
    return secrets.clientKey === undefined
      ? pretendToCheck(() => checkWithPublicKey(method, NOBODYS_KEY, baseString, signature))
      : checkWithPublicKey(method, secrets.clientKey, baseString, signature);
  }
  const clientSecret = typeof secrets.clientKey === 'string' ? secrets.clientKey : 'nobody';
  const expected = method.prepare(sharedSecretKey(clientSecret, secrets.tokenSecret ?? 'nobody'))(baseString);
  return constantTimeEqual(expected, signature);
}

function checkWithPublicKey(
  method: KeyPairMethod,
  key: string | KeyObject,
  baseString: string,
  signature: string,
): boolean {
  const publicKey = loadPublicKey(key);
  const bytes = Buffer.from(signature, 'base64');
  // The decoder skips what it does not know; only the one spelling of these bytes is their signature.
  const isCanonical = bytes.toString('base64') === signature;
  try {
    return method.prepareVerifier(publicKey)(baseString, bytes) && isCanonical;
  } catch (error) {
    if (error instanceof OAuth1Error) throw error;
    throw new OAuth1Error('oauth1_unusable_key', 'The public key cannot be used with this signature method.');
  }
}

/** For the time it takes. A registered method may want another kind of key than nobody's. */
function pretendToCheck(check: () => boolean): false {
  try {
    check();
  } catch {
    return false;
  }
  return false;
}
