/** One request to the token endpoint (RFC 6749 section 3.2), whatever the grant: sent, read, and its ID token validated where there is one. */
import * as oauth from 'oauth4webapi';
import type { ClientContext } from './client-context.js';
import { callEndpoint } from './endpoint-request.js';
import { OAuth2Error } from './errors.js';
import { assertSameSubject, unverifiedSubject, validateIdToken } from './id-token.js';
import type { OAuth2Token } from './token.js';
import { parseTokenResponse, type TokenResponseOptions } from './token-response.js';

/** A grant as the token endpoint sees it. The functions in `grants/` make these. */
export interface TokenGrant {
  readonly grantType: string;
  /** Made anew for each request, because assertions carry a time; repeated names are allowed. */
  readonly parameters: (
    about: GrantContext,
  ) => Iterable<readonly [string, string]> | Promise<Iterable<readonly [string, string]>>;
  readonly response?: TokenResponseOptions;
  /** Sends no client id where the client has no other authentication (`none`). */
  readonly omitsPublicClientId?: boolean;
}

export interface GrantContext {
  readonly clientId: string;
  readonly tokenEndpoint: string;
  /** ms since the epoch. */
  readonly nowMs: number;
  readonly randomText: () => string;
  /** Joins scopes as this provider wants them. */
  readonly joinScopes: (scopes: readonly string[]) => string;
}

export interface TokenRequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** The nonce of the authorization request; its presence makes an ID token obligatory. */
  readonly nonce?: string | undefined;
  /** The token being renewed: takes the refresh hooks, and ties a new ID token to the same person. */
  readonly renews?: OAuth2Token | undefined;
}

/**
 * How long a refresh waits for the keys that its ID token is validated with. With the deadline of its request, this bounds how long a new
 * refresh token is in memory only.
 */
export const RENEWAL_KEYS_PATIENCE_MS = 1_000;

/**
 * @throws OAuth2ResponseError, OAuth2RequestError, or OAuth2Error with a code `oidc_…`; of a renewal only `oidc_subject_changed`, because its
 *   answer may hold the only refresh token that still works
 */
export async function requestToken(
  context: ClientContext,
  grant: TokenGrant,
  options: TokenRequestOptions = {},
): Promise<OAuth2Token> {
  const { hooks, tokenRules } = context.options;
  const parameters = new URLSearchParams(
    [...(await grant.parameters(grantContext(context)))].map(([name, value]): [string, string] => [name, value]),
  );
  const endpoint = 'token endpoint';
  const anonymous = grant.omitsPublicClientId === true && context.options.clientAuth === 'none';
  const { raw, redact, receivedAtMs } = await callEndpoint(context, {
    endpoint,
    tokenRules: true,
    signal: options.signal,
    requestHooks: options.renews ? hooks?.refreshRequest : hooks?.tokenRequest,
    responseHooks: options.renews ? hooks?.refreshResponse : hooks?.tokenResponse,
    send: (sending) =>
      oauth.genericTokenEndpointRequest(
        context.server,
        context.client,
        anonymous ? () => undefined : context.authenticate,
        grant.grantType,
        parameters,
        sending,
      ),
  });
  const token = await parseTokenResponse(
    raw,
    { endpoint, redact, nowMs: receivedAtMs, rules: tokenRules },
    grant.response,
  );
  return await withClaims(context, token, options);
}

function grantContext(context: ClientContext): GrantContext {
  const { clientId, endpoints, scopeSeparator = ' ' } = context.options;
  return {
    clientId,
    tokenEndpoint: endpoints.token,
    nowMs: context.now(),
    randomText: context.randomText,
    joinScopes: (scopes) => scopes.join(scopeSeparator),
  };
}

async function withClaims(
  context: ClientContext,
  token: OAuth2Token,
  options: TokenRequestOptions,
): Promise<OAuth2Token> {
  const { openid, clientId } = context.options;
  // A provider that is not used for OpenID Connect may send ID tokens all the same; unvalidated, they are not kept.
  if (openid === undefined) return token.withoutIdToken();
  const { idToken } = token;
  if (idToken === undefined) {
    if (options.nonce === undefined) return token;
    throw new OAuth2Error('oidc_id_token_missing', 'The token response holds no ID token although one was asked for.');
  }
  const renewed = options.renews;
  const before = renewed?.claims ?? (renewed?.idToken === undefined ? undefined : unverifiedSubject(renewed.idToken));
  try {
    const { accessToken } = token;
    const expected = { openid, clientId, keys: context.keys, nowMs: context.now(), nonce: options.nonce, accessToken };
    const validation = validateIdToken(idToken, expected);
    const claims = await (renewed ? withinPatience(validation) : validation);
    if (before) assertSameSubject(before, claims);
    return token.withClaims(claims);
  } catch (error) {
    if (!renewed || (error instanceof OAuth2Error && error.code === 'oidc_subject_changed')) throw error;
    // A refresh proves nobody's identity, and its refresh token may already have replaced the old one: an ID token that cannot be validated
    // (our clock is wrong, a key is not published yet) is left out, not the whole answer. That it speaks of the same person is still required.
    const after = unverifiedSubject(idToken);
    if (before && after) assertSameSubject(before, after);
    return token.withoutIdToken();
  }
}

/** Whoever renews a token holds it back from all others meanwhile. The keys still arrive, for the next time. */
async function withinPatience<Result>(work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    const error = new OAuth2Error('oidc_keys_unavailable', "The provider's signing keys did not come in time.");
    timer = setTimeout(() => reject(error), RENEWAL_KEYS_PATIENCE_MS);
  });
  try {
    return await Promise.race([work, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}
