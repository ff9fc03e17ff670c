/**
 * The verifying side (RFC 5849 section 3.2). A refusal carries its reason for the log and a generic 401 for the wire; an
 * unknown client or token costs the same work as a wrong signature.
 */
import type { KeyObject } from 'node:crypto';
import { hashBody } from './body-hash.js';
import type { SignatureMethodName } from './built-in-methods.js';
import { type UnauthorizedResponse, unauthorizedResponse } from './challenge.js';
import { checkSignature, type VerificationSecrets } from './check-signature.js';
import { constantTimeEqual, digestOf } from './constant-time.js';
import {
  type IncomingRequest,
  type ReadRequest,
  readIncomingRequest,
  type UnreadableReason,
} from './incoming-request.js';
import type { NonceStore } from './nonce-store.js';
import { decodeParameter, type Parameter } from './parameters.js';
import { isSecure } from './request-target.js';
import { findSignatureMethod, type SignatureMethod, type SignatureMethodRegistry } from './signature-method.js';
import type { Placement } from './signing-types.js';

/** Why a request was refused. For logs and metrics; never send it to the client. */
export type RefusalReason =
  | UnreadableReason
  | 'missing_parameter'
  | 'unsupported_version'
  | 'method_not_allowed'
  | 'insecure_transport'
  | 'malformed_timestamp'
  | 'malformed_nonce'
  | 'timestamp_out_of_window'
  | 'token_missing'
  | 'token_not_expected'
  | 'unknown_client'
  | 'unknown_token'
  | 'invalid_signature'
  | 'invalid_body_hash'
  | 'nonce_used';

type MaybePromise<Value> = Value | Promise<Value>;

/**
 * Finds the secrets. Every function may be asynchronous and answers undefined for what it does not know; a failure (the
 * database is away) is thrown and reaches the caller of {@link verifyRequest}.
 */
export interface SecretLookups {
  clientSecret?(clientId: string): MaybePromise<string | undefined>;
  /** PEM or KeyObject, for RSA methods. */
  publicKey?(clientId: string): MaybePromise<string | KeyObject | undefined>;
  /** Called only when the request carries a token. With RSA methods the answer only says that the token is known. */
  tokenSecret?(clientId: string, token: string): MaybePromise<string | undefined>;
}

/** What this service accepts. */
export interface VerificationOptions<Further extends string = never> {
  /** The methods that are accepted. There is no default, so that none slips in. */
  methods: readonly (SignatureMethodName | NoInfer<Further>)[];
  /** Definitions of further methods, see {@link defineSignatureMethods}. */
  registry?: SignatureMethodRegistry<Further>;
  nonceStore: NonceStore;
  /** The clock, in milliseconds since 1970. */
  now?: () => number;
  /** How far a timestamp may lie in the past or future; default 300 seconds. */
  windowSeconds?: number;
  /** Whether the request must carry a token; default `optional`. A temporary-credential request has none: `forbidden`. */
  token?: 'required' | 'optional' | 'forbidden';
  /** Refuses non-form bodies that are not covered by `oauth_body_hash`; default false. A hash that is there is always checked. */
  requireBodyHash?: boolean;
  /** Refuses plain http (loopback excepted) with every method, as PLAINTEXT always is; default false. */
  requireSecureTransport?: boolean;
  /** For the `WWW-Authenticate` header. */
  realm?: string;
}

/** A request whose signature, time and nonce are right. */
export interface VerifiedRequest {
  readonly verified: true;
  readonly clientId: string;
  readonly token: string | undefined;
  readonly signatureMethod: string;
  readonly placement: Placement;
  readonly realm: string | undefined;
  /** Seconds since 1970; undefined only with PLAINTEXT. */
  readonly timestamp: number | undefined;
  readonly nonce: string | undefined;
  /** Every `oauth_…` parameter but the signature: `oauth_callback`, `oauth_verifier`, … */
  readonly protocolParameters: Readonly<Record<string, string>>;
  /** The other signed parameters from query and form body, in order, with duplicates. */
  readonly parameters: readonly Parameter[];
}

/** A refusal: `response` for the wire, `reason` for the log. */
export interface RefusedRequest {
  readonly verified: false;
  readonly reason: RefusalReason;
  readonly response: UnauthorizedResponse;
}

/**
 * Verifies a request.
 *
 * @param request as received: raw body, public URL
 * @throws whatever the lookups or the nonce store throw, and OAuth1Error `oauth1_unknown_signature_method` or
 *   `oauth1_unusable_key` for a mistake in the configuration
 */
export async function verifyRequest<Further extends string = never>(
  request: IncomingRequest,
  lookups: SecretLookups,
  options: VerificationOptions<Further>,
): Promise<VerifiedRequest | RefusedRequest> {
  const outcome = await verify(request, lookups, options);
  if (typeof outcome !== 'string') return outcome;
  return { verified: false, reason: outcome, response: unauthorizedResponse(options.realm) };
}

async function verify<Further extends string>(
  request: IncomingRequest,
  lookups: SecretLookups,
  options: VerificationOptions<Further>,
): Promise<VerifiedRequest | RefusalReason> {
  const read = readIncomingRequest(request);
  if (typeof read === 'string') return read;
  const said = (name: string) => read.protocolParameters.get(name);
  const [clientId, methodName, signature] = [
    said('oauth_consumer_key'),
    said('oauth_signature_method'),
    said('oauth_signature'),
  ];
  if (!clientId || !methodName || signature === undefined) return 'missing_parameter';
  if (said('oauth_version') !== undefined && said('oauth_version') !== '1.0') return 'unsupported_version';
  const allowed: readonly string[] = options.methods;
  if (!allowed.includes(methodName)) return 'method_not_allowed';
  const method = findSignatureMethod(methodName, options.registry);
  const needsTls = method.needsSecureTransport === true || options.requireSecureTransport === true;
  if (needsTls && !isSecure(new URL(read.target.href))) return 'insecure_transport';
  const freshness = readFreshness(read, method, options);
  if (typeof freshness === 'string') return freshness;
  // An empty token is how some clients say "no token".
  const token = said('oauth_token') || undefined;
  if (options.token === 'required' && token === undefined) return 'token_missing';
  if (options.token === 'forbidden' && token !== undefined) return 'token_not_expected';

  const secrets = await lookUp(lookups, method, clientId, token);
  const isRight = checkSignature(request.method, read, method, secrets, signature);
  if (!secrets.clientIsKnown) return 'unknown_client';
  if (!secrets.tokenIsKnown) return 'unknown_token';
  if (!isRight) return 'invalid_signature';
  if (!hasRightBodyHash(request, read, method, options.requireBodyHash ?? false)) return 'invalid_body_hash';

  const { timestamp, nonce } = freshness;
  // Only now: a forged request must not use up the nonce of a real one, nor fill the store.
  if (timestamp !== undefined && nonce !== undefined) {
    const expiresAt = new Date((timestamp + windowOf(options) + 1) * 1000);
    const key = digestOf(JSON.stringify([clientId, token ?? '', timestamp, nonce])).toString('base64url');
    if (!(await options.nonceStore.claim(key, expiresAt))) return 'nonce_used';
  }
  return {
    verified: true,
    clientId,
    token,
    signatureMethod: methodName,
    placement: read.placement,
    realm: read.realm,
    timestamp,
    nonce,
    protocolParameters: Object.fromEntries(read.fields.map(decodeParameter)),
    parameters: read.parameters.map(decodeParameter),
  };
}

interface Freshness {
  readonly timestamp: number | undefined;
  readonly nonce: string | undefined;
}

/** Section 3.3; section 3.1 lets PLAINTEXT leave both out. */
function readFreshness(
  read: ReadRequest,
  method: SignatureMethod,
  options: { now?: () => number; windowSeconds?: number },
): Freshness | RefusalReason {
  const timestamp = read.protocolParameters.get('oauth_timestamp');
  const nonce = read.protocolParameters.get('oauth_nonce');
  if (timestamp === undefined && nonce === undefined && method.needsSecureTransport === true)
    return { timestamp, nonce };
  if (timestamp === undefined || nonce === undefined) return 'missing_parameter';
  if (!/^[1-9]\d{0,11}$/.test(timestamp)) return 'malformed_timestamp';
  if (nonce === '' || nonce.length > 255) return 'malformed_nonce';
  const seconds = Number(timestamp);
  const { now = Date.now } = options;
  if (Math.abs(now() / 1000 - seconds) > windowOf(options)) return 'timestamp_out_of_window';
  return { timestamp: seconds, nonce };
}

function windowOf(options: { windowSeconds?: number }): number {
  return options.windowSeconds ?? 300;
}

/** Looks everything up even when the first answer is "unknown", so that the time taken does not tell. */
async function lookUp(
  lookups: SecretLookups,
  method: SignatureMethod,
  clientId: string,
  token: string | undefined,
): Promise<VerificationSecrets> {
  const clientKey =
    method.kind === 'shared-secret' ? await lookups.clientSecret?.(clientId) : await lookups.publicKey?.(clientId);
  const tokenSecret = token === undefined ? '' : await lookups.tokenSecret?.(clientId, token);
  return {
    clientKey,
    tokenSecret,
    clientIsKnown: clientKey !== undefined,
    tokenIsKnown: tokenSecret !== undefined,
  };
}

function hasRightBodyHash(
  request: IncomingRequest,
  read: ReadRequest,
  method: SignatureMethod,
  required: boolean,
): boolean {
  const claimed = read.protocolParameters.get('oauth_body_hash');
  if (read.isForm) return claimed === undefined;
  if (claimed === undefined) return !required || (request.body ?? '').length === 0;
  return constantTimeEqual(claimed, hashBody(request.body, method.bodyHash));
}
