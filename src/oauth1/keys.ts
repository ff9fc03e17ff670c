/** Keys as callers have them (PEM text or KeyObject) turned into what the signature methods use, once. */
import { createPrivateKey, createPublicKey, KeyObject } from 'node:crypto';
import { OAuth1Error } from './errors.js';
import { percentEncode } from './percent-encoding.js';

/** The key of the shared-secret methods (RFC 5849 section 3.4.2): both secrets, the "&" always present. */
export function sharedSecretKey(clientSecret = '', tokenSecret = ''): string {
  return `${percentEncode(clientSecret)}&${percentEncode(tokenSecret)}`;
}

/** @throws OAuth1Error `oauth1_unusable_key` when there is none, or it cannot be read as a private key */
export function loadPrivateKey(key: string | KeyObject | undefined): KeyObject {
  if (key === undefined) throw new OAuth1Error('oauth1_unusable_key', 'This signature method needs a private key.');
  const loaded = load(key, createPrivateKey);
  if (loaded.type !== 'private') throw new OAuth1Error('oauth1_unusable_key', 'The key is not a private key.');
  return loaded;
}

/** @throws OAuth1Error `oauth1_unusable_key` when it cannot be read as a public key or certificate */
export function loadPublicKey(key: string | KeyObject): KeyObject {
  // A private key would do as well, but whoever stores one on the verifying side has made a mistake worth hearing of.
  if (typeof key === 'string' && key.includes('PRIVATE KEY')) {
    throw new OAuth1Error('oauth1_unusable_key', 'The key is a private key where a public key belongs.');
  }
  const loaded = load(key, createPublicKey);
  if (loaded.type !== 'public') throw new OAuth1Error('oauth1_unusable_key', 'The key is not a public key.');
  return loaded;
}

function load(key: string | KeyObject, parse: (pem: string) => KeyObject): KeyObject {
  if (key instanceof KeyObject) return key;
  try {
    return parse(key);
  } catch {
    // OpenSSL's reasons name no key material, but they may quote the input; "unusable" is all a caller can act on.
    throw new OAuth1Error(
      'oauth1_unusable_key',
      'The key is no PEM that can be read (encrypted keys: decrypt them first).',
    );
  }
}
