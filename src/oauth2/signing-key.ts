/** Brings a private key, in whatever form the caller has it, to the one form that signs: a CryptoKey with its JWS algorithm (RFC 7518). */
import { createPrivateKey, KeyObject } from 'node:crypto';
import { types } from 'node:util';
import { type CryptoKey, importJWK, importPKCS8 } from 'jose';
import { OAuth2Error } from './errors.js';
import type { SigningKey } from './options.js';

export interface ImportedKey {
  readonly key: CryptoKey;
  readonly algorithm: string;
  readonly keyId: string | undefined;
}

const CURVE_ALGORITHMS: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};

/** @throws OAuth2Error `oauth2_unusable_key`; the message and cause say nothing about the key itself */
export async function importSigningKey(source: SigningKey): Promise<ImportedKey> {
  const { key, keyId } = source;
  try {
    if (types.isCryptoKey(key)) return { key, algorithm: source.algorithm ?? algorithmOfCryptoKey(key), keyId };
    if (typeof key === 'object' && !(key instanceof KeyObject)) {
      const algorithm = source.algorithm ?? key.alg ?? algorithmOfKeyObject(createPrivateKey({ key, format: 'jwk' }));
      const imported = await importJWK(key, algorithm);
      if (imported instanceof Uint8Array || imported.type !== 'private') throw new TypeError('not a private key');
      return { key: imported, algorithm, keyId: keyId ?? key.kid };
    }
    const keyObject = typeof key === 'string' ? createPrivateKey(key) : key;
    const algorithm = source.algorithm ?? algorithmOfKeyObject(keyObject);
    const pem = keyObject.export({ format: 'pem', type: 'pkcs8' }).toString();
    return { key: await importPKCS8(pem, algorithm), algorithm, keyId };
  } catch (error) {
    if (error instanceof OAuth2Error) throw error;
    throw new OAuth2Error(
      'oauth2_unusable_key',
      'The private key cannot be used for signing; a PKCS #8 PEM, KeyObject, CryptoKey or JWK is needed.',
      {
        reason: error instanceof Error ? error.name : 'unknown',
      },
    );
  }
}

function algorithmOfKeyObject(key: KeyObject): string {
  const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  if (key.asymmetricKeyType === 'ec' && Object.hasOwn(CURVE_ALGORITHMS, curve))
    return CURVE_ALGORITHMS[curve] ?? 'ES256';
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA';
  throw new OAuth2Error('oauth2_unusable_key', 'Keys of this type sign nothing that token endpoints accept.', {
    type: key.asymmetricKeyType,
  });
}

function algorithmOfCryptoKey(key: CryptoKey): string {
  const { name } = key.algorithm;
  const hash = 'hash' in key.algorithm ? (key.algorithm.hash as { name: string }).name.slice(-3) : '256';
  if (name === 'RSASSA-PKCS1-v1_5') return `RS${hash}`;
  if (name === 'RSA-PSS') return `PS${hash}`;
  if (name === 'Ed25519') return 'EdDSA';
  if (name === 'ECDSA' && 'namedCurve' in key.algorithm) {
    return { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' }[String(key.algorithm.namedCurve)] ?? 'ES256';
  }
  throw new OAuth2Error('oauth2_unusable_key', 'Keys of this type sign nothing that token endpoints accept.', {
    type: name,
  });
}
