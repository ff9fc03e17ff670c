/** Token revocation (RFC 7009): best effort at the provider's, so that a disconnected account cannot be used by whoever has a copy of a token. */
import * as oauth from 'oauth4webapi';
import { type ClientContext, endpointOf } from './client-context.js';
import { failure, readAnswer } from './endpoint-answer.js';
import { callEndpoint } from './endpoint-request.js';
import { OAuth2ResponseError } from './errors.js';
import type { OAuth2Token } from './token.js';

export type TokenTypeHint = 'access_token' | 'refresh_token';

/**
 * Revokes one token value. An answer that the token is unknown counts as done (section 2.2).
 * @throws OAuth2ResponseError, OAuth2RequestError
 */
export async function revokeTokenValue(
  context: ClientContext,
  value: string,
  hint: TokenTypeHint,
  signal?: AbortSignal,
): Promise<void> {
  endpointOf(context, 'revoke');
  const endpoint = 'revocation endpoint';
  const authenticate = context.options.revocation === 'token-only' ? () => undefined : context.authenticate;
  const { raw, redact, receivedAtMs } = await callEndpoint(context, {
    endpoint,
    signal,
    send: (options) =>
      oauth.revocationRequest(context.server, context.client, authenticate, value, {
        ...options,
        additionalParameters: { token_type_hint: hint },
      }),
  });
  if (raw.status >= 200 && raw.status < 300) return;
  const answer = { endpoint, redact, nowMs: receivedAtMs };
  try {
    readAnswer(raw, answer);
  } catch (error) {
    if (error instanceof OAuth2ResponseError && error.error === 'invalid_token') return;
    throw error;
  }
  throw failure('oauth2_unexpected_status', `The ${endpoint} answered ${raw.status}.`, raw, answer);
}

/** Refresh token first, because revoking it ends the grant at most providers; then the access token, which some keep alive. */
export async function revokeToken(context: ClientContext, token: OAuth2Token, signal?: AbortSignal): Promise<void> {
  if (token.refreshToken === undefined)
    return await revokeTokenValue(context, token.accessToken, 'access_token', signal);
  const refreshTokenRevoked = await revokeTokenValue(context, token.refreshToken, 'refresh_token', signal).then(
    () => true,
    (error: unknown) => {
      // Section 2.2.1: a server need not revoke every kind of token; then the access token is all there is to revoke.
      if (error instanceof OAuth2ResponseError && error.error === 'unsupported_token_type') return false;
      throw error;
    },
  );
  try {
    await revokeTokenValue(context, token.accessToken, 'access_token', signal);
  } catch (error) {
    // The grant is gone with its refresh token. Providers that know only that kind refuse the other in words of their own.
    const refused = error instanceof OAuth2ResponseError && error.status >= 400 && error.status < 500;
    if (!refreshTokenRevoked || !refused) throw error;
  }
}
