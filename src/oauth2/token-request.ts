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

/** @throws OAuth2ResponseError, OAuth2RequestError, or OAuth2Error with a code `oidc_…` */
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
    const claims = await validateIdToken(idToken, {
      openid,
      clientId,
      keys: context.keys,
      nowMs: context.now(),
      nonce: options.nonce,
      accessToken: token.accessToken,
    });
    if (before) assertSameSubject(before, claims);
    return token.withClaims(claims);
  } catch (error) {
    const keysAreAway = error instanceof OAuth2Error && error.code === 'oidc_keys_unavailable';
    if (!renewed || !keysAreAway) throw error;
    // A refresh proves nobody's identity, and its refresh token may already have replaced the old one: without keys the ID token is left out,
    // not the whole answer. That it speaks of the same person is still required.
    const after = unverifiedSubject(idToken);
    if (before && after) assertSameSubject(before, after);
    return token.withoutIdToken();
  }
}
