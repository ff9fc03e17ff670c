/** What an OAuth 1 client is told once. */
import type { KeyObject } from 'node:crypto';
import type { SignatureMethodName } from './built-in-methods.js';
import type { SignatureMethodRegistry } from './signature-method.js';
import type { Placement, UnsignedRequest } from './signing-types.js';
import type { TokenCredentials } from './token-credentials.js';
import type { TokenResponseDecoder } from './token-response.js';

/** The part of the standard `fetch` that a session uses. It calls with a URL as string and `redirect: 'manual'`. */
export type FetchFunction = (input: Request | URL | string, init?: RequestInit) => Promise<Response>;

/** The three addresses of a flow (RFC 5849 section 2). Token requests are POSTs unless said otherwise. */
export interface OAuth1Endpoints {
  requestToken: string;
  authorize: string;
  accessToken: string;
  /** For the services that want GET. */
  requestTokenMethod?: 'GET' | 'POST';
  accessTokenMethod?: 'GET' | 'POST';
}

/** Our client at one service, and how it is to behave. Only the client id and `fetch` are always needed. */
export interface OAuth1ClientOptions<Further extends string = never> {
  clientId: string;
  clientSecret?: string;
  /** For RSA methods: PEM or KeyObject, read once. */
  privateKey?: string | KeyObject;
  /** Default `HMAC-SHA1`. */
  signatureMethod?: SignatureMethodName | NoInfer<Further>;
  /** Further methods of this client, see {@link defineSignatureMethods}. */
  methods?: SignatureMethodRegistry<Further>;
  /** Default `header`. */
  placement?: Placement;
  realm?: string;
  /** `oauth_version`; default `1.0`, `false` leaves it out. */
  version?: '1.0' | false;
  /** Adds `oauth_body_hash` to calls with a body that is no form; such bodies are then read into memory. */
  bodyHash?: boolean;
  /** Needed for the flow only. */
  endpoints?: OAuth1Endpoints;
  /** What `fetch` signs with; without them calls are signed by the client alone (two-legged). */
  credentials?: TokenCredentials;
  /** When given, `fetch` refuses any other origin before anything is sent. Origins as `https://api.example.com`. */
  allowedOrigins?: readonly string[];
  /** What relative addresses given to `fetch` are resolved against; they cannot lead to another origin. */
  baseUrl?: string;
  /** Ends a call or token request, its retries and its body included, with a `TimeoutError`; in milliseconds, default never. */
  timeoutMs?: number;
  /** Sends everything. Its errors pass through the session unchanged. */
  fetch: FetchFunction;
  /** The clock, in milliseconds since 1970. */
  now?: () => number;
  randomBytes?: (size: number) => Uint8Array;
  /** Reads the token responses of a service that has a format of its own. */
  decodeTokenResponse?: TokenResponseDecoder;
  /**
   * Called with every request right before it is signed, retries included, for services that want a header or parameter of
   * their own under the signature. Form bodies are shown as text, other bodies not at all and cannot be replaced.
   */
  beforeSigning?: (request: UnsignedRequest) => UnsignedRequest;
}
