/** The OAuth 2 and OpenID Connect engine: sessions, grants, and the pure functions they are made of. docs/oauth2.md is its guide. */
export type { AuthorizationRequest, AuthorizationRequestOptions } from './authorization-request.js';
export { AuthorizationResponse } from './authorization-response.js';
export type { ClassifiedTokenError, TokenErrorClass } from './classify-token-error.js';
export { classifyTokenError } from './classify-token-error.js';
export { formEncode } from './client-authentication.js';
export type { DiscoveryOptions, ProviderMetadata } from './discovery.js';
export { discover, ProviderDiscovery } from './discovery.js';
export type { OAuth2ErrorCode, ResponseEvidence } from './errors.js';
export { OAuth2Error, OAuth2RequestError, OAuth2ResponseError, TokenExpired } from './errors.js';
export type { ClientCredentialsOptions } from './grants/client-credentials.js';
export { clientCredentials } from './grants/client-credentials.js';
export type { DeviceAuthorization, DeviceAuthorizationOptions, DeviceTokenOptions } from './grants/device.js';
export type { JwtBearerOptions } from './grants/jwt-bearer.js';
export { jwtBearer } from './grants/jwt-bearer.js';
export type { ResourceOwnerPasswordOptions } from './grants/resource-owner-password.js';
export { resourceOwnerPassword } from './grants/resource-owner-password.js';
export type { ExchangedTokenType, TokenExchangeOptions } from './grants/token-exchange.js';
export { tokenExchange } from './grants/token-exchange.js';
export type { ComplianceHooks, ProtectedRequest, TokenEndpointRequest, TokenEndpointResponse } from './hooks.js';
export { camelToSnakeCase, mapJsonBody } from './hooks.js';
export type { IdTokenClaims } from './id-token.js';
export type { Introspection } from './introspection.js';
export { isExpectedIssuer } from './issuer.js';
export type { JwksCacheOptions } from './jwks.js';
export { JwksCache } from './jwks.js';
export type { MintedSecretOptions } from './minted-secret.js';
export { mintClientSecret } from './minted-secret.js';
export type {
  ClientAuthentication,
  Fetch,
  OAuth2Endpoints,
  OAuth2SessionOptions,
  OpenIdOptions,
  RefreshPolicy,
  SigningKey,
  TokenRequestRules,
} from './options.js';
export type { AuthorizedRequestInit } from './outgoing-request.js';
export { parseJson, stepsOf, valueAt } from './parse-json.js';
export type { PendingAuthorization } from './pending-authorization.js';
export { createRedactor, type Redactor } from './redaction.js';
export { retryAfterMs } from './retry-after.js';
export type { TokenTypeHint } from './revocation.js';
export { acceptThatTheClientSeesThePassword, acceptThatTheTokenTravelsInTheUrl } from './risks.js';
export type { Abortable } from './session.js';
export { OAuth2Session } from './session.js';
export type { OAuth2TokenFields, PlainOAuth2Token } from './token.js';
export { OAuth2Token } from './token.js';
export type { AuthorizationState } from './token-keeper.js';
export type { TokenPlacement } from './token-placement.js';
export type { TokenGrant } from './token-request.js';
export { RENEWAL_KEYS_PATIENCE_MS } from './token-request.js';
export type { TokenErrorRule, TokenResponseRules } from './token-rules.js';
export { isLoopback } from './transport-security.js';
export type { ProfileFields } from './userinfo.js';
export { isInvalidTokenChallenge } from './www-authenticate.js';
