/**
 * The callback (RFC 6749 section 4.1.2, RFC 9207). What passes every check becomes an `AuthorizationResponse`; the code exchange accepts nothing
 * else, so that no caller can forget a check.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { inspect } from 'node:util';
import * as oauth from 'oauth4webapi';
import type { ClientContext } from './client-context.js';
import { OAuth2Error } from './errors.js';
import { isExpectedIssuer } from './issuer.js';
import { assertPending, type PendingAuthorization } from './pending-authorization.js';
import { createRedactor, safeIdentifier, safeText } from './redaction.js';

/** Longer values are no codes and no states; the longest codes seen are about 2,000 characters. */
const LONGEST_VALUE = 8_192;

interface CheckedParts {
  readonly code: string;
  readonly pending: PendingAuthorization;
}

const checked = new WeakMap<AuthorizationResponse, CheckedParts>();

/** A callback that has been checked. It holds the code, prints as `[redacted]`, and works once: the provider spends the code. */
export class AuthorizationResponse {
  /** What the callback carried besides the protocol's own parameters (`realmId`, `shop`, `scope` …). Unverified: never an identity. */
  readonly parameters: Readonly<Record<string, string>>;

  private constructor(parameters: Readonly<Record<string, string>>) {
    this.parameters = parameters;
  }

  /** @internal The one way to make one. */
  static checked(parts: CheckedParts, parameters: Readonly<Record<string, string>>): AuthorizationResponse {
    const response = new AuthorizationResponse(parameters);
    checked.set(response, parts);
    return response;
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return 'AuthorizationResponse [redacted]';
  }
}

/** @throws OAuth2Error `oauth2_unchecked_callback` for anything that `checkAuthorizationResponse` did not make */
export function partsOf(response: AuthorizationResponse): CheckedParts {
  const parts = checked.get(response);
  if (!parts)
    throw new OAuth2Error(
      'oauth2_unchecked_callback',
      'Only the result of checkCallback() can be exchanged for a token.',
    );
  return parts;
}

/**
 * Checks a callback against the authorization it claims to belong to.
 * @param callback its URL, its query, or its form (for `response_mode=form_post`)
 * @param pending what `authorizationRequest()` gave
 * @throws OAuth2Error with the code of the first check that fails; a denial by the person is `oauth2_denied`
 */
export function checkAuthorizationResponse(
  context: ClientContext,
  callback: URLSearchParams | URL | string,
  pending: PendingAuthorization | undefined,
): AuthorizationResponse {
  assertPending(pending);
  const parameters = callbackParameters(callback);
  const value = (name: string) => parameters.get(name) ?? undefined;
  checkState(value('state'), pending.state);
  const issuer = checkIssuer(context, value('iss'), pending.issuer);
  if (parameters.has('access_token') || parameters.has('id_token')) {
    throw new OAuth2Error(
      'oauth2_unexpected_token_in_callback',
      'The callback carries a token although a code was asked for.',
    );
  }
  const code = value('code');
  const error = value('error');
  if (error !== undefined && code !== undefined) {
    throw new OAuth2Error('oauth2_error_with_code', 'The callback carries both an error and a code.');
  }
  if (error !== undefined) throw authorizationError(parameters, pending, context.options.denials);
  if (code === undefined || code === '') throw new OAuth2Error('oauth2_code_missing', 'The callback carries no code.');
  lastGate(context, parameters, pending, issuer);
  return AuthorizationResponse.checked({ code, pending }, extrasOf(parameters));
}

/** The parameters of a callback in whatever form it was handed over; each name once (RFC 6749 section 3.1), each value of sane length. */
export function callbackParameters(callback: URLSearchParams | URL | string): URLSearchParams {
  const parameters = new URLSearchParams(parametersIn(callback));
  const names = [...parameters.keys()];
  if (new Set(names).size !== names.length) {
    throw new OAuth2Error('oauth2_repeated_parameter', 'The callback repeats a parameter.');
  }
  for (const value of parameters.values()) {
    if (value.length > LONGEST_VALUE || /\p{Cc}/u.test(value)) {
      throw new OAuth2Error(
        'oauth2_callback_malformed',
        'The callback holds a parameter that is too long or no plain text.',
      );
    }
  }
  return parameters;
}

function parametersIn(callback: URLSearchParams | URL | string): URLSearchParams | string {
  if (typeof callback !== 'string') return callback instanceof URL ? callback.searchParams : callback;
  if (URL.canParse(callback)) return new URL(callback).searchParams;
  // A path with a query, as servers see it, or a bare query.
  const query = callback.includes('?') ? callback.slice(callback.indexOf('?') + 1) : callback;
  return query.split('#', 1)[0] ?? '';
}

/** Compared in constant time, over digests because the lengths may differ. */
export function checkState(received: string | undefined, expected: string): void {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  if (received === undefined || !timingSafeEqual(digest(received), digest(expected))) {
    throw new OAuth2Error(
      'oauth2_state_mismatch',
      'The callback does not belong to the authorization that is pending here.',
      {
        state: received === undefined ? 'missing' : 'different',
      },
    );
  }
}

/** RFC 9207 section 2.4. @returns the issuer that oauth4webapi has to expect */
export function checkIssuer(
  context: ClientContext,
  received: string | undefined,
  remembered: string | undefined,
): string | undefined {
  const { options } = context;
  const expected = [remembered, options.issuer, ...(options.openid?.alsoIssuers ?? [])].filter(
    (issuer) => issuer !== undefined,
  );
  if (received === undefined) {
    if (options.authorizationResponseIssRequired) {
      throw new OAuth2Error(
        'oauth2_issuer_missing',
        'The callback does not say which issuer it comes from, although this one always does.',
      );
    }
    return undefined;
  }
  // Without a known issuer there is nothing to compare with; such providers are kept apart by their redirect URIs.
  if (expected.length > 0 && !expected.some((issuer) => isExpectedIssuer(issuer, received))) {
    throw new OAuth2Error(
      'oauth2_issuer_mismatch',
      'The callback comes from another issuer than the one the person was sent to.',
      {
        expected,
      },
    );
  }
  return received;
}

/** RFC 6749 section 4.1.2.1. The words are the provider's, or somebody's who made a link: shown only after cleaning, never interpreted. */
export function authorizationError(
  parameters: URLSearchParams,
  pending: PendingAuthorization,
  denials: readonly string[] = [],
): OAuth2Error {
  const redact = createRedactor([pending.state, pending.codeVerifier, pending.nonce]);
  const error = safeIdentifier(parameters.get('error') ?? '', redact);
  const description = parameters.get('error_description');
  const evidence = { error, ...(description === null ? {} : { description: safeText(description, redact) }) };
  if (error === 'access_denied' || denials.includes(error))
    return new OAuth2Error('oauth2_denied', 'The person did not allow the access.', evidence);
  return new OAuth2Error(
    'oauth2_authorization_error',
    `The provider answered the authorization request with the error "${error}".`,
    evidence,
  );
}

/** oauth4webapi repeats the checks; what it refuses is refused, whatever the checks above thought. */
function lastGate(
  context: ClientContext,
  parameters: URLSearchParams,
  pending: PendingAuthorization,
  issuer: string | undefined,
): void {
  try {
    oauth.validateAuthResponse({ issuer: issuer ?? context.server.issuer }, context.client, parameters, pending.state);
  } catch {
    throw new OAuth2Error('oauth2_callback_malformed', 'The callback is not a valid authorization response.');
  }
}

const PROTOCOL_PARAMETERS = new Set(['code', 'state', 'iss', 'session_state']);

function extrasOf(parameters: URLSearchParams): Readonly<Record<string, string>> {
  return Object.fromEntries([...parameters].filter(([name]) => !PROTOCOL_PARAMETERS.has(name)));
}
