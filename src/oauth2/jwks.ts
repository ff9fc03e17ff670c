/** A provider's public keys (RFC 7517), cached, and fetched anew when a token names a key that is not among them (OpenID Connect Core 10.1.1). */
import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose';
import { CachedDocument, maxAgeMs } from './cached-document.js';
import { DocumentTrouble, fetchDocument } from './document-request.js';
import { OAuth2Error } from './errors.js';
import type { Fetch } from './options.js';

/** Key sets of more issuers than this are not kept at once. */
const KEY_SETS = 100;

export interface JwksCacheOptions {
  readonly fetch: Fetch;
  /** ms since the epoch; default `Date.now`. */
  readonly now?: () => number;
}

/** Holds key sets by address. Make one per process and hand it to every session, so that logins share the fetched keys. */
export class JwksCache {
  readonly #options: JwksCacheOptions;
  readonly #sets = new Map<string, CachedDocument<JSONWebKeySet>>();

  constructor(options: JwksCacheOptions) {
    this.#options = options;
  }

  /**
   * The key that a token's header names, from the set at `uri` and nowhere else: `jku`, `jwk` and `x5u` in the header are not looked at.
   * @throws OAuth2Error `oidc_keys_unavailable`, `oidc_id_token_key_unknown`
   */
  async keyFor(uri: string, header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    const set = this.#set(uri);
    try {
      return await select(await set.get(), header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw unknownKey(error, header);
    }
    const renewed = await set.reload();
    try {
      if (renewed) return await select(renewed, header, token);
    } catch (error) {
      throw unknownKey(error, header);
    }
    throw unknownKey(undefined, header);
  }

  #set(uri: string): CachedDocument<JSONWebKeySet> {
    const known = this.#sets.get(uri);
    if (known) return known;
    const oldest = this.#sets.keys().next().value;
    if (this.#sets.size >= KEY_SETS && oldest !== undefined) this.#sets.delete(oldest);
    const made = new CachedDocument(() => this.#load(uri), this.#options.now ?? Date.now);
    this.#sets.set(uri, made);
    return made;
  }

  async #load(uri: string) {
    try {
      const { raw, fields } = await fetchDocument(this.#options.fetch, uri, 'key set');
      const { keys } = fields;
      if (!Array.isArray(keys)) throw new DocumentTrouble('The key set has no list of keys.', { url: uri });
      const objects = keys.filter((key) => typeof key === 'object' && key !== null);
      return { value: { keys: objects }, maxAgeMs: maxAgeMs(raw.headers) };
    } catch (error) {
      const evidence = error instanceof DocumentTrouble ? { reason: error.message, ...error.evidence } : undefined;
      throw new OAuth2Error(
        'oidc_keys_unavailable',
        "The provider's signing keys cannot be had at the moment.",
        evidence,
      );
    }
  }
}

async function select(set: JSONWebKeySet, header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
  return await createLocalJWKSet(set)(header, token);
}

function unknownKey(error: unknown, header: JWSHeaderParameters): OAuth2Error {
  if (error instanceof OAuth2Error) return error;
  return new OAuth2Error(
    'oidc_id_token_key_unknown',
    'The ID token is signed with a key that the provider does not publish.',
    {
      algorithm: header.alg,
      keyId: typeof header.kid === 'string' ? header.kid.slice(0, 100) : undefined,
      reason: error instanceof errors.JOSEError ? error.code : undefined,
    },
  );
}
