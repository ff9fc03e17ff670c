/** What an `OAuth2Session` is made from. Everything that describes the provider is plain data; what acts (fetch, clock, random) is handed in. */
import type { KeyObject } from 'node:crypto';
import type { CryptoKey, JWK } from 'jose';
import type { ComplianceHooks } from './hooks.js';
import type { JwksCache } from './jwks.js';
import type { OAuth2Token } from './token.js';
import type { TokenPlacement } from './token-placement.js';
import type { TokenResponseRules } from './token-rules.js';

/**
 * How the client proves itself (RFC 6749 section 2.3, RFC 7523, RFC 8705): `basic` and `post` send the secret, `none` only the id,
 * `private_key_jwt` a signed assertion; with `tls_client_auth` the injected fetch presents a certificate.
 */
export type ClientAuthentication = 'basic' | 'post' | 'none' | 'private_key_jwt' | 'tls_client_auth';

export interface OAuth2Endpoints {
  readonly authorize?: string;
  readonly token: string;
  /** RFC 7009. */
  readonly revoke?: string;
  /** RFC 7662. */
  readonly introspect?: string;
  readonly userinfo?: string;
  /** RFC 9126; when set, authorization requests are pushed. */
  readonly pushedAuthorization?: string;
  /** RFC 8628. */
  readonly deviceAuthorization?: string;
}

/** A private key for assertions. PEM is PKCS #8. */
export interface SigningKey {
  readonly key: string | KeyObject | CryptoKey | JWK;
  /** JWS algorithm; default by the key: RS256, ES256/384/512 or Ed25519. */
  readonly algorithm?: string;
  readonly keyId?: string;
}

/** What is special about this provider's token requests; plain data. */
export interface TokenRequestRules {
  /** Sent with every token request, refreshes included. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** `json` for the few providers that want no form. */
  readonly format?: 'form' | 'json';
  /** `GET` for the few that want the parameters in the query, the client secret among them. Default POST (RFC 6749 section 3.2). */
  readonly method?: 'GET' | 'POST';
}

export interface OpenIdOptions {
  /** The issuer, exactly as ID tokens name it. `{tenantid}` in it stands for the token's `tid` claim, where one issuer serves many tenants. */
  readonly issuer: string;
  /** Further spellings that the provider's ID tokens use. */
  readonly alsoIssuers?: readonly string[];
  readonly jwksUri: string;
  /** Accepted signature algorithms; default: the asymmetric ones that are considered sound. */
  readonly algorithms?: readonly string[];
  /** False for a provider whose ID tokens do not repeat the nonce; default true. */
  readonly nonce?: boolean;
  /** Keys shared among the sessions of one provider; without it each session fetches its own. */
  readonly keys?: JwksCache;
}

/** How expired tokens are renewed: see docs/oauth2.md "Three ways to refresh". */
export interface RefreshPolicy {
  /** `ask` (the default) makes `fetch` throw `TokenExpired`; `automatic` refreshes first. */
  readonly mode: 'ask' | 'automatic';
  /** Told about every new token; the request that caused the refresh goes out only after this has finished. */
  readonly updater?: (token: OAuth2Token, previous: OAuth2Token) => void | Promise<void>;
  /** Refreshes this long before expiry; default 10 s. */
  readonly marginMs?: number;
}

/** `fetch` as this engine calls it: always with `redirect: 'manual'`. It bounds time and size. */
export type Fetch = (input: Request | URL | string, init?: RequestInit) => Promise<Response>;

export interface OAuth2SessionOptions {
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly clientAuth: ClientAuthentication;
  /** For `private_key_jwt`. */
  readonly privateKey?: SigningKey;
  /** `aud` of the client assertion; default the issuer, or the token endpoint where no issuer is known (RFC 7523 section 3). */
  readonly assertionAudience?: string;
  readonly endpoints: OAuth2Endpoints;
  /** Expected `iss` of callbacks (RFC 9207). */
  readonly issuer?: string;
  /** The provider's metadata says that its callbacks always carry `iss`. */
  readonly authorizationResponseIssRequired?: boolean;
  /** S256 is used unless this is `forbidden`. */
  readonly pkce?: 'required' | 'supported' | 'forbidden';
  /** Separates the scopes of a request; default a space. */
  readonly scopeSeparator?: string;
  /** Name of the parameter that carries the scopes of an authorization request; default `scope`. */
  readonly scopeParameter?: string;
  /** Further words by which the callback's `error` says that the person did not allow the access. */
  readonly denials?: readonly string[];
  readonly tokenRules?: TokenResponseRules;
  readonly tokenRequest?: TokenRequestRules;
  readonly tokenPlacement?: TokenPlacement;
  /** `token-only`: the revocation endpoint wants the token without client authentication. */
  readonly revocation?: 'rfc7009' | 'token-only';
  readonly hooks?: ComplianceHooks;
  /** Origins the token may be sent to; default those of the endpoints. */
  readonly allowedOrigins?: readonly string[];
  readonly openid?: OpenIdOptions;
  readonly refreshing?: RefreshPolicy;
  readonly token?: OAuth2Token;
  readonly fetch: Fetch;
  /** ms since the epoch; default `Date.now`. */
  readonly now?: () => number;
  /** Default: the system's secure random source. */
  readonly randomBytes?: (length: number) => Uint8Array;
}
