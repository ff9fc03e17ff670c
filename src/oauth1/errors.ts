/**
 * The errors of the OAuth 1.0a engine: one class with a stable `code`, and one subclass for a provider's refusal.
 * No message, cause, JSON or inspect output of theirs contains a secret.
 */

/** What went wrong, as a string that stays the same between releases. */
export type OAuth1ErrorCode =
  // what the caller handed over
  | 'oauth1_invalid_credentials'
  | 'oauth1_invalid_option'
  | 'oauth1_malformed_text'
  | 'oauth1_invalid_url'
  | 'oauth1_unsupported_scheme'
  | 'oauth1_credentials_in_url'
  | 'oauth1_invalid_method'
  | 'oauth1_insecure_transport'
  | 'oauth1_unknown_signature_method'
  | 'oauth1_signature_method_taken'
  | 'oauth1_unusable_key'
  | 'oauth1_already_signed'
  | 'oauth1_reserved_parameter'
  | 'oauth1_unreadable_request'
  // the five refused combinations of body and request
  | 'oauth1_form_body_on_get'
  | 'oauth1_multipart_with_parameters'
  | 'oauth1_form_body_undecodable'
  | 'oauth1_parameters_without_form_type'
  | 'oauth1_body_placement_needs_form'
  // the flow
  | 'oauth1_endpoints_missing'
  | 'oauth1_callback_unconfirmed'
  | 'oauth1_denied'
  | 'oauth1_callback_problem'
  | 'oauth1_callback_contradictory'
  | 'oauth1_token_mismatch'
  | 'oauth1_verifier_missing'
  | 'oauth1_repeated_parameter'
  | 'oauth1_unproven_credentials'
  | 'oauth1_no_session_handle'
  | 'oauth1_token_request_refused'
  | 'oauth1_malformed_token_response'
  | 'oauth1_token_response_too_large'
  // signed calls
  | 'oauth1_origin_not_allowed'
  | 'oauth1_redirect_refused'
  | 'oauth1_too_many_redirects'
  | 'oauth1_body_not_replayable';

/** Any failure of this engine. `cause` holds the evidence, already free of secrets. */
export class OAuth1Error extends Error {
  readonly code: OAuth1ErrorCode;

  constructor(code: OAuth1ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'OAuth1Error';
    this.code = code;
  }

  /** The parts that are safe and useful in a log line. */
  toJSON(): Record<string, unknown> {
    return { name: this.name, code: this.code, message: this.message };
  }
}

/** A provider's whole answer to a token request. It contains secrets when the request succeeded: do not log it. */
export interface RawTokenResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The provider answered a token request with something else than 2xx (code `oauth1_token_request_refused`). */
export class TokenRequestRefused extends OAuth1Error {
  /** HTTP status of the answer. */
  readonly status: number;
  /** The provider's own word: `oauth_problem` (`timestamp_refused`, `token_rejected` …) or its nearest equivalent. */
  readonly problem: string | undefined;
  /** The first 200 safe characters of the answer, secrets redacted. */
  readonly evidence: string;
  readonly #response: RawTokenResponse;

  constructor(message: string, details: { problem: string | undefined; evidence: string; response: RawTokenResponse }) {
    super('oauth1_token_request_refused', message, { status: details.response.status, evidence: details.evidence });
    this.name = 'TokenRequestRefused';
    this.status = details.response.status;
    this.problem = details.problem;
    this.evidence = details.evidence;
    this.#response = details.response;
  }

  /** The answer as it came, for code that knows the provider. Never printed. */
  get response(): RawTokenResponse {
    return this.#response;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), status: this.status, problem: this.problem, evidence: this.evidence };
  }
}
