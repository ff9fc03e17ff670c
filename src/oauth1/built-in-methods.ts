/**
 * The signature methods of RFC 5849 sections 3.4.2 to 3.4.4 and their SHA-2 siblings, which providers have added under
 * the obvious names.
 */
import { constants, createHmac, createSecretKey, type KeyObject, sign, verify } from 'node:crypto';
import type { HashName } from './body-hash.js';
import { OAuth1Error } from './errors.js';
import type { KeyPairMethod, SharedSecretMethod, SignatureMethod } from './signature-method.js';

/** The built-in methods, as `oauth_signature_method` names them. */
export type SignatureMethodName =
  | 'HMAC-SHA1'
  | 'HMAC-SHA256'
  | 'HMAC-SHA512'
  | 'RSA-SHA1'
  | 'RSA-SHA256'
  | 'RSA-SHA512'
  | 'PLAINTEXT';

/** Every method this engine knows by itself. */
export const builtInMethods: Readonly<Record<SignatureMethodName, SignatureMethod>> = Object.freeze({
  'HMAC-SHA1': hmac('sha1'),
  'HMAC-SHA256': hmac('sha256'),
  'HMAC-SHA512': hmac('sha512'),
  'RSA-SHA1': rsa('sha1'),
  'RSA-SHA256': rsa('sha256'),
  'RSA-SHA512': rsa('sha512'),
  PLAINTEXT: plaintext(),
});

function hmac(hash: HashName): SharedSecretMethod {
  return {
    kind: 'shared-secret',
    bodyHash: hash,
    prepare(key) {
      const prepared = createSecretKey(Buffer.from(key));
      return (baseString) => createHmac(hash, prepared).update(baseString).digest('base64');
    },
  };
}

/** RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2). */
function rsa(hash: HashName): KeyPairMethod {
  const padding = constants.RSA_PKCS1_PADDING;
  return {
    kind: 'key-pair',
    bodyHash: hash,
    prepareSigner(privateKey) {
      assertRsa(privateKey);
      const key = { key: privateKey, padding };
      return (baseString) => sign(hash, Buffer.from(baseString), key).toString('base64');
    },
    prepareVerifier(publicKey) {
      assertRsa(publicKey);
      const key = { key: publicKey, padding };
      return (baseString, signature) => verify(hash, Buffer.from(baseString), key, signature);
    },
  };
}

/** The "signature" is the key itself; that is why the signer and the verifier insist on a secure transport. */
function plaintext(): SharedSecretMethod {
  return { kind: 'shared-secret', bodyHash: 'sha1', needsSecureTransport: true, prepare: (key) => () => key };
}

function assertRsa(key: KeyObject): void {
  if (key.asymmetricKeyType !== 'rsa') throw new OAuth1Error('oauth1_unusable_key', 'This method needs an RSA key.');
}
