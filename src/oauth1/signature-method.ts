/**
 * What a signature method is, and the registry a client may hand over to add its own (RFC 5849 section 3.4 leaves the set
 * open). A registry belongs to one client: nothing here is global or changes after it was made.
 */
import type { KeyObject } from 'node:crypto';
import type { HashName } from './body-hash.js';
import { builtInMethods, type SignatureMethodName } from './built-in-methods.js';
import { OAuth1Error } from './errors.js';

/** A method whose key is the client secret and the token secret. Verifying is signing again and comparing. */
export interface SharedSecretMethod {
  readonly kind: 'shared-secret';
  /** The hash for `oauth_body_hash`. */
  readonly bodyHash: HashName;
  /** True when the signature itself would give the secrets away to a listener. */
  readonly needsSecureTransport?: boolean;
  /** @param key both secrets, percent-encoded and joined by "&" (section 3.4.2) */
  prepare(key: string): (baseString: string) => string;
}

/** A method that signs with the client's private key and verifies with its public key; the secrets play no part. */
export interface KeyPairMethod {
  readonly kind: 'key-pair';
  readonly bodyHash: HashName;
  readonly needsSecureTransport?: boolean;
  /** Called once per signer. Throws when the key does not suit the method. @returns a function giving base64 */
  prepareSigner(privateKey: KeyObject): (baseString: string) => string;
  /** Called once per verification. Throws when the key does not suit the method. */
  prepareVerifier(publicKey: KeyObject): (baseString: string, signature: Uint8Array) => boolean;
}

/** How signatures of one name are made and checked. */
export type SignatureMethod = SharedSecretMethod | KeyPairMethod;

/** Further methods of one client, by the name that goes into `oauth_signature_method`. */
export type SignatureMethodRegistry<Name extends string = string> = Readonly<Record<Name, SignatureMethod>>;

/**
 * Checks and freezes a registry, keeping its names in the type, so that `signatureMethod: 'RSA-PSS'` compiles only where
 * that method was registered.
 *
 * @throws OAuth1Error `oauth1_signature_method_taken` for the name of a built-in method
 */
export function defineSignatureMethods<const Name extends string>(
  methods: SignatureMethodRegistry<Name>,
): SignatureMethodRegistry<Name> {
  for (const name of Object.keys(methods)) {
    if (Object.hasOwn(builtInMethods, name)) {
      throw new OAuth1Error('oauth1_signature_method_taken', `${name} is built in and cannot be replaced.`);
    }
  }
  return Object.freeze({ ...methods });
}

/**
 * @param further the client's own methods; they cannot shadow a built-in one
 * @throws OAuth1Error `oauth1_unknown_signature_method`
 */
export function findSignatureMethod(name: string, further: SignatureMethodRegistry = {}): SignatureMethod {
  const method = Object.hasOwn(builtInMethods, name)
    ? builtInMethods[name as SignatureMethodName]
    : Object.hasOwn(further, name)
      ? further[name]
      : undefined;
  if (method === undefined) {
    throw new OAuth1Error(
      'oauth1_unknown_signature_method',
      'The signature method is neither built in nor registered.',
    );
  }
  return method;
}
