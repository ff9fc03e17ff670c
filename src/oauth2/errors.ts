/**
 * The errors of the OAuth 2 and OpenID Connect engine: one class with a stable `code`, and three subclasses that carry more evidence.
 * No message, cause, JSON or inspect output of theirs contains a secret.
 */

/** What went wrong, as a string that stays the same between releases. docs/oauth2.md explains each. */
export type OAuth2ErrorCode =
  // what the caller handed over
  | 'oauth2_invalid_option'
  | 'oauth2_insecure_transport'
  | 'oauth2_origin_not_allowed'
  | 'oauth2_endpoint_missing'
  | 'oauth2_unusable_key'
  | 'oauth2_risk_not_accepted'
  // the callback (RFC 6749 section 4.1.2, RFC 9207)
  | 'oauth2_callback_malformed'
  | 'oauth2_repeated_parameter'
  | 'oauth2_state_mismatch'
  | 'oauth2_issuer_missing'
  | 'oauth2_issuer_mismatch'
  | 'oauth2_error_with_code'
  | 'oauth2_denied'
  | 'oauth2_authorization_error'
  | 'oauth2_code_missing'
  | 'oauth2_unexpected_token_in_callback'
  | 'oauth2_unchecked_callback'
  // an answer that is no answer
  | 'oauth2_request_failed'
  | 'oauth2_redirect_refused'
  | 'oauth2_response_too_large'
  | 'oauth2_response_unreadable'
  | 'oauth2_response_malformed'
  | 'oauth2_rate_limited'
  | 'oauth2_server_error'
  | 'oauth2_unexpected_status'
  // the provider's own word (RFC 6749 section 5.2, RFC 8628 section 3.5)
  | 'oauth2_invalid_request'
  | 'oauth2_invalid_client'
  | 'oauth2_invalid_grant'
  | 'oauth2_unauthorized_client'
  | 'oauth2_unsupported_grant_type'
  | 'oauth2_invalid_scope'
  | 'oauth2_authorization_pending'
  | 'oauth2_slow_down'
  | 'oauth2_device_code_expired'
  | 'oauth2_provider_error'
  // the token response (RFC 6749 section 5.1)
  | 'oauth2_access_token_missing'
  | 'oauth2_token_response_malformed'
  | 'oauth2_token_type_unsupported'
  // the life of a token
  | 'oauth2_token_missing'
  | 'oauth2_token_expired'
  | 'oauth2_not_refreshable'
  | 'oauth2_token_update_failed'
  // OpenID Connect
  | 'oidc_discovery_failed'
  | 'oidc_discovery_malformed'
  | 'oidc_discovery_issuer_mismatch'
  | 'oidc_keys_unavailable'
  | 'oidc_id_token_missing'
  | 'oidc_id_token_malformed'
  | 'oidc_id_token_algorithm'
  | 'oidc_id_token_key_unknown'
  | 'oidc_id_token_signature'
  | 'oidc_id_token_issuer'
  | 'oidc_id_token_audience'
  | 'oidc_id_token_authorized_party'
  | 'oidc_id_token_expired'
  | 'oidc_id_token_not_yet_valid'
  | 'oidc_id_token_claim'
  | 'oidc_id_token_nonce'
  | 'oidc_id_token_hash'
  | 'oidc_subject_changed'
  | 'oidc_userinfo_subject'
  | 'oidc_userinfo_malformed';

/** Any failure of this engine. `cause` holds the evidence, already free of secrets. */
export class OAuth2Error extends Error {
  readonly code: OAuth2ErrorCode;

  constructor(code: OAuth2ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'OAuth2Error';
    this.code = code;
  }

  /** The parts that are safe and useful in a log line. */
  toJSON(): Record<string, unknown> {
    return { name: this.name, code: this.code, message: this.message };
  }
}

/** What is kept of an answer that could not be used. */
export interface ResponseEvidence {
  /** HTTP status of the answer. */
  readonly status: number;
  /** Media type of the answer without its parameters; empty when it named none. */
  readonly contentType: string;
  /** The first 200 safe characters of the body; values are masked. */
  readonly excerpt: string;
  /** The provider's `error`, at most 64 safe characters. */
  readonly error?: string | undefined;
  /** The provider's `error_description`, at most 200 safe characters. */
  readonly description?: string | undefined;
  /** How long the provider asked to wait, from `Retry-After` in seconds or as a date. */
  readonly retryAfterMs?: number | undefined;
  /** Which field is wrong and how, where that is the trouble. */
  readonly field?: string | undefined;
}

/** An endpoint answered, but with an error or with something that must not be used. */
export class OAuth2ResponseError extends OAuth2Error {
  readonly status: number;
  readonly contentType: string;
  readonly excerpt: string;
  /** The provider's own error code, as far as it is safe to show. */
  readonly error: string | undefined;
  /** The provider's own words, as far as they are safe to show. */
  readonly description: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: OAuth2ErrorCode, message: string, evidence: ResponseEvidence) {
    super(code, message, evidence);
    this.name = 'OAuth2ResponseError';
    this.status = evidence.status;
    this.contentType = evidence.contentType;
    this.excerpt = evidence.excerpt;
    this.error = evidence.error;
    this.description = evidence.description;
    this.retryAfterMs = evidence.retryAfterMs;
  }

  override toJSON(): Record<string, unknown> {
    const { status, contentType, error, description, retryAfterMs, excerpt } = this;
    return { ...super.toJSON(), status, contentType, error, description, retryAfterMs, excerpt };
  }
}

/** The request got no answer: no connection, a timeout, a reset, an abort (code `oauth2_request_failed`). */
export class OAuth2RequestError extends OAuth2Error {
  /** False when it is certain that nothing of the request reached the server; true when the outcome is unknown. */
  readonly sent: boolean;

  constructor(message: string, sent: boolean, cause: unknown) {
    super('oauth2_request_failed', message, cause);
    this.name = 'OAuth2RequestError';
    this.sent = sent;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), sent: this.sent };
  }
}

/** The session was told to ask before it refreshes, and the access token has expired (code `oauth2_token_expired`). */
export class TokenExpired extends OAuth2Error {
  readonly expiredAt: Date | undefined;

  constructor(expiredAt: Date | undefined) {
    super(
      'oauth2_token_expired',
      'The access token has expired. Call refresh(), or let the session refresh by itself.',
      {
        expiredAt: expiredAt?.toISOString(),
      },
    );
    this.name = 'TokenExpired';
    this.expiredAt = expiredAt;
  }
}
