/**
 * What a failed token request means for the grant behind it. Whether a refresh token is dead, may have been used up, or is untouched decides
 * whether a person has to come back, and must not be mixed up with an operator's mistake or an outage.
 */
import { OAuth2Error, OAuth2RequestError, OAuth2ResponseError } from './errors.js';
import { requestWasSent } from './request-was-sent.js';

/**
 * - `invalid_grant`: the provider says that the grant is over; the person has to authorize again
 * - `client`: the provider refuses us (secret, configuration); no person can mend it and no grant is lost
 * - `transient`: a complete answer that says "not now"; the refresh token was not used
 * - `not_sent`: nothing reached the provider
 * - `ambiguous`: the request may have been carried out, and the answer is lost
 */
export type TokenErrorClass = 'invalid_grant' | 'client' | 'transient' | 'not_sent' | 'ambiguous';

export interface ClassifiedTokenError {
  readonly kind: TokenErrorClass;
  /** How long the provider asked to wait. */
  readonly retryAfterMs: number | undefined;
}

/** OpenID providers use the last three (Core 3.1.2.6) on refreshing when a policy wants the person to act. */
const GRANT_IS_OVER = new Set(['invalid_grant', 'interaction_required', 'login_required', 'consent_required']);
const CLIENT_IS_REFUSED = new Set([
  ...[
    'invalid_client',
    'unauthorized_client',
    'unsupported_grant_type',
    'invalid_scope',
    'invalid_request',
    'invalid_target',
  ],
  ...['unsupported_token_type', 'invalid_client_metadata'],
]);
const NOT_NOW = new Set(['temporarily_unavailable', 'slow_down', 'authorization_pending']);
/** Statuses of an endpoint that is not there (any more) or does not understand us at all. */
const WRONG_ENDPOINT = new Set([401, 404, 405, 406, 410, 411, 413, 414, 415, 421]);

/** Pure. @param error whatever a token request threw */
export function classifyTokenError(error: unknown): ClassifiedTokenError {
  if (error instanceof OAuth2ResponseError) return { kind: kindOfResponse(error), retryAfterMs: error.retryAfterMs };
  if (error instanceof OAuth2RequestError)
    return { kind: error.sent ? 'ambiguous' : 'not_sent', retryAfterMs: undefined };
  if (error instanceof OAuth2Error) return { kind: kindOfOwn(error), retryAfterMs: undefined };
  return { kind: requestWasSent(error) ? 'ambiguous' : 'not_sent', retryAfterMs: undefined };
}

function kindOfResponse(error: OAuth2ResponseError): TokenErrorClass {
  const { status, error: word = '' } = error;
  if (GRANT_IS_OVER.has(word)) return 'invalid_grant';
  if (CLIENT_IS_REFUSED.has(word)) return 'client';
  // 429 and 503 are answers by which a server declines before it works; other 5xx may come from a proxy in front of work that was done.
  if (status === 429 || status === 503 || status === 408 || NOT_NOW.has(word)) return 'transient';
  if (status >= 500) return 'ambiguous';
  if (status >= 200 && status < 300) return word === '' ? 'ambiguous' : 'transient';
  if (word === '' && WRONG_ENDPOINT.has(status)) return 'client';
  // A redirect points at a wrong address; nothing was processed there.
  if (status >= 300 && status < 400) return 'client';
  return 'transient';
}

/** Errors without an answer of their own: about the session's options, or about an ID token in an answer that had been complete. */
function kindOfOwn(error: OAuth2Error): TokenErrorClass {
  if (error.code === 'oidc_subject_changed') return 'invalid_grant';
  // The answer had come, so the refresh token may be spent.
  if (error.code.startsWith('oidc_')) return 'ambiguous';
  if (error.code === 'oauth2_not_refreshable' || error.code === 'oauth2_token_missing') return 'invalid_grant';
  if (error.code === 'oauth2_unusable_key' || error.code === 'oauth2_endpoint_missing') return 'client';
  return error.code === 'oauth2_invalid_option' || error.code === 'oauth2_insecure_transport' ? 'client' : 'ambiguous';
}
