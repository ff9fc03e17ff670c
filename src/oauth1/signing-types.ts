/** What goes into signing and what comes out: plain data, so that every signature is a repeatable function call. */
import type { KeyObject } from 'node:crypto';
import type { SignatureMethodName } from './built-in-methods.js';
import type { SignatureMethodRegistry } from './signature-method.js';

/** A request that is complete but for its signature. */
export interface UnsignedRequest {
  /** HTTP method, any case. */
  method: string;
  /** Absolute http or https URL with its whole query. */
  url: string;
  /** Looked at for `Content-Type` and `Host`, otherwise passed through; names in any case. */
  headers?: Record<string, string>;
  /** The body as text, or parameters, which become a form body. Signed only when its declared type is a form. */
  body?: string | URLSearchParams;
}

/** A request ready to be sent as it is. */
export interface SignedRequest {
  url: string;
  headers: Record<string, string>;
  body?: string;
  /** The signature, not percent-encoded. */
  signature: string;
  /** What was signed. It holds the request's parameters, so treat it like the request itself. */
  baseString: string;
}

/** Who signs: the client, and for calls on somebody's behalf the token. */
export interface SigningCredentials {
  clientId: string;
  clientSecret?: string;
  token?: string;
  tokenSecret?: string;
  /** For RSA methods: PEM (PKCS#1 or PKCS#8, unencrypted) or a KeyObject. */
  privateKey?: string | KeyObject;
}

/** Where the protocol parameters travel (RFC 5849 section 3.5). */
export type Placement = 'header' | 'query' | 'body';

/** What may differ from request to request. */
export interface RequestSigningOptions {
  /** Where the protocol parameters travel (section 3.5); default `header`. */
  placement?: Placement;
  /** Written into the header, never signed. */
  realm?: string;
  /** Seconds since 1970; default the clock. `false` leaves it out, which only PLAINTEXT permits. */
  timestamp?: number | string | false;
  /** Default 130 random bits. `false` leaves it out, which only PLAINTEXT permits. */
  nonce?: string | false;
  /** `oauth_version`; default `1.0`, `false` leaves it out. */
  version?: '1.0' | false;
  /** Adds `oauth_body_hash` for requests whose body is no form; default false. */
  bodyHash?: boolean;
  /** `oauth_callback`, `oauth_verifier` and the like, placed beside the signature. */
  protocolParameters?: Record<string, string>;
}

/** How a signer signs. */
export interface SigningOptions<Further extends string = never> extends RequestSigningOptions {
  /** Default `HMAC-SHA1`; with a private key the method has to be named. */
  signatureMethod?: SignatureMethodName | NoInfer<Further>;
  /** Further methods of this client, see {@link defineSignatureMethods}. */
  methods?: SignatureMethodRegistry<Further>;
  /** The clock, in milliseconds since 1970. */
  now?: () => number;
  /** The source of nonces. */
  randomBytes?: (size: number) => Uint8Array;
}
