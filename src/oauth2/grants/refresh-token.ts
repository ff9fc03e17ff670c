/** The refresh grant (RFC 6749 section 6). The request is made of the refresh token alone, never of the API call that needed it. */
import type { TokenGrant } from '../token-request.js';

/** @param scopes to narrow the access token to; none keeps what was granted */
export function refreshToken(token: string, scopes: readonly string[] = []): TokenGrant {
  return {
    grantType: 'refresh_token',
    parameters: ({ joinScopes }) => [
      ['refresh_token', token],
      ...(scopes.length === 0 ? [] : [['scope', joinScopes(scopes)] as const]),
    ],
  };
}
