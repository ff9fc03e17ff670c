/** The authorization request (RFC 6749 section 4.1.1) with state, PKCE (RFC 7636) and nonce, pushed beforehand where the provider wants it (RFC 9126). */
import * as oauth from 'oauth4webapi';
import { type ClientContext, endpointOf } from './client-context.js';
import { OAuth2Error } from './errors.js';
import type { PendingAuthorization } from './pending-authorization.js';
import { pushAuthorizationRequest } from './pushed-authorization.js';
import { assertRedirectUri } from './transport-security.js';

export interface AuthorizationRequestOptions {
  /** May be left out at providers that take it from the registration. */
  readonly redirectUri?: string;
  readonly scopes: readonly string[];
  /** The provider's own parameters (`access_type`, `prompt` …). The ones that keep the flow safe cannot be set. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** A state of the caller's own, at least 16 characters; default 256 random bits. */
  readonly state?: string;
  /** Asks for an ID token, which takes the session's option `openid`; default: when it is there and `openid` is among the scopes. */
  readonly openid?: boolean;
  readonly signal?: AbortSignal;
}

export interface AuthorizationRequest {
  /** Where to send the browser. */
  readonly url: string;
  /** To be kept, secret and bound to this browser, until the callback. */
  readonly pending: PendingAuthorization;
}

const RESERVED = [
  ...[
    'response_type',
    'client_id',
    'redirect_uri',
    'scope',
    'state',
    'nonce',
    'code_challenge',
    'code_challenge_method',
  ],
  ...['request', 'request_uri', 'client_secret'],
];
const SHORTEST_STATE = 16;

/**
 * @throws OAuth2Error for reserved parameters, a weak state, an unsafe redirect URI, an ID token that could not be checked, or when pushing the
 *   request fails
 */
export async function createAuthorizationRequest(
  context: ClientContext,
  request: AuthorizationRequestOptions,
  responseType: 'code' | 'token' = 'code',
): Promise<AuthorizationRequest> {
  const { options } = context;
  const { redirectUri, scopes, state = context.randomText() } = request;
  if (redirectUri !== undefined) assertRedirectUri(redirectUri);
  if (state.length < SHORTEST_STATE) {
    throw new OAuth2Error(
      'oauth2_invalid_option',
      `A state needs at least ${SHORTEST_STATE} characters that nobody can guess.`,
    );
  }
  const openid = request.openid ?? (options.openid !== undefined && scopes.includes('openid'));
  if (openid && options.openid === undefined) {
    // A nonce that nobody compares would look like proof and be none (OpenID Connect Core section 3.1.3.7).
    throw new OAuth2Error(
      'oauth2_invalid_option',
      'An ID token can only be asked for with the option openid, which says how to check it.',
    );
  }
  const usePkce = responseType === 'code' && options.pkce !== 'forbidden';
  const codeVerifier = usePkce ? context.randomText() : undefined;
  const nonce = openid ? context.randomText() : undefined;

  const parameters = new URLSearchParams();
  const set = (name: string, value: string | undefined) => {
    // An empty value is an error at some providers where a missing one is not.
    if (value !== undefined && value !== '') parameters.set(name, value);
  };
  for (const [name, value] of Object.entries(request.parameters ?? {})) {
    if (RESERVED.includes(name)) {
      throw new OAuth2Error(
        'oauth2_invalid_option',
        `The parameter "${name}" is set by the session and cannot be given.`,
      );
    }
    set(name, value);
  }
  set('response_type', responseType);
  set('client_id', options.clientId);
  set('redirect_uri', redirectUri);
  set(options.scopeParameter ?? 'scope', scopes.join(options.scopeSeparator ?? ' '));
  set('state', state);
  set('nonce', nonce);
  if (codeVerifier !== undefined) {
    set('code_challenge', await oauth.calculatePKCECodeChallenge(codeVerifier));
    set('code_challenge_method', 'S256');
  }
  const issuer = options.issuer ?? options.openid?.issuer;
  return {
    url: await authorizationUrl(context, parameters, request.signal),
    pending: {
      state,
      ...(codeVerifier === undefined ? {} : { codeVerifier }),
      ...(nonce === undefined ? {} : { nonce }),
      ...(redirectUri === undefined ? {} : { redirectUri }),
      ...(issuer === undefined ? {} : { issuer }),
    },
  };
}

async function authorizationUrl(
  context: ClientContext,
  parameters: URLSearchParams,
  signal: AbortSignal | undefined,
): Promise<string> {
  const url = new URL(endpointOf(context, 'authorize'));
  if (url.hash !== '')
    throw new OAuth2Error('oauth2_invalid_option', 'The authorize endpoint must not contain a fragment.');
  const pushed =
    context.options.endpoints.pushedAuthorization === undefined
      ? parameters
      : await pushAuthorizationRequest(context, parameters, signal);
  // The endpoint's own query stays (RFC 6749 section 3.1). Scopes are separated by %20: not every provider reads a plus sign as a space.
  const own = pushed.toString().replaceAll('+', '%20');
  url.search = url.search === '' ? own : `${url.search}&${own}`;
  return url.href;
}
