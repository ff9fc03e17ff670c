/**
 * What has to be remembered between sending a person to the provider and their return. Plain data, so that it survives a web request in a sealed
 * cookie or a row; it holds secrets, and works once.
 */
import { OAuth2Error } from './errors.js';

export interface PendingAuthorization {
  /** At least 128 random bits; binds the callback to the browser (RFC 6749 section 10.12). */
  readonly state: string;
  /** RFC 7636. */
  readonly codeVerifier?: string;
  /** Set when an ID token is expected (OpenID Connect Core 3.1.2.1). */
  readonly nonce?: string;
  /** As sent, to be repeated at the token endpoint; missing when it was left to the registration. */
  readonly redirectUri?: string;
  /** The issuer the person was sent to (RFC 9207). */
  readonly issuer?: string;
}

/** A state is the only proof that a callback belongs here, so a pending authorization without one proves nothing. */
export function assertPending(pending: PendingAuthorization | undefined): asserts pending is PendingAuthorization {
  if (pending === undefined || typeof pending.state !== 'string' || pending.state.length < 8) {
    throw new OAuth2Error('oauth2_state_mismatch', 'No authorization is pending, so this callback belongs to nobody.');
  }
}
