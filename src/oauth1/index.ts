/** OAuth 1.0a (RFC 5849): signing, verifying, explaining, and the client of a whole service. */

export { type BaseStringDifference, compareBaseStrings, type LikelyCause } from './base-string-difference.js';
export { type HashName, hashBody } from './body-hash.js';
export type { SignatureMethodName } from './built-in-methods.js';
export { buildChallenge, type UnauthorizedResponse } from './challenge.js';
export type { FetchFunction, OAuth1ClientOptions, OAuth1Endpoints } from './client-options.js';
export { OAuth1Error, type OAuth1ErrorCode, type RawTokenResponse, TokenRequestRefused } from './errors.js';
export { type ExplainedParameter, explainSignature, type SignatureExplanation } from './explain.js';
export type { IncomingRequest } from './incoming-request.js';
export { buildCallbackUrl, generateVerifier } from './issue-verifier.js';
export { MemoryNonceStore, type NonceStore } from './nonce-store.js';
export type { Parameter } from './parameters.js';
export { percentEncode } from './percent-encoding.js';
export { problemIn } from './problem.js';
export { OAuth1Session } from './session.js';
export {
  defineSignatureMethods,
  type KeyPairMethod,
  type SharedSecretMethod,
  type SignatureMethod,
  type SignatureMethodRegistry,
} from './signature-method.js';
export { createSigner, type Signer, signRequest } from './signer.js';
export type {
  Placement,
  RequestSigningOptions,
  SignedRequest,
  SigningCredentials,
  SigningOptions,
  UnsignedRequest,
} from './signing-types.js';
export {
  type AuthorizedTemporaryCredentials,
  type PlainTemporaryCredentials,
  TemporaryCredentials,
} from './temporary-credentials.js';
export { type PlainTokenCredentials, TokenCredentials } from './token-credentials.js';
export type { TokenResponseDecoder } from './token-response.js';
export {
  type RefusalReason,
  type RefusedRequest,
  type SecretLookups,
  type VerificationOptions,
  type VerifiedRequest,
  verifyRequest,
} from './verify-request.js';
