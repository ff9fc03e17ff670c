/** The authorization code grant's second half (RFC 6749 section 4.1.3) with the PKCE verifier (RFC 7636 section 4.5). */
import { type AuthorizationResponse, partsOf } from '../authorization-response.js';
import type { TokenGrant } from '../token-request.js';

/** @param response what `checkCallback()` gave */
export function authorizationCode(response: AuthorizationResponse): TokenGrant {
  const { code, pending } = partsOf(response);
  return {
    grantType: 'authorization_code',
    parameters: () => [
      ['code', code],
      ...pair('redirect_uri', pending.redirectUri),
      ...pair('code_verifier', pending.codeVerifier),
    ],
  };
}

function pair(name: string, value: string | undefined): [string, string][] {
  return value === undefined ? [] : [[name, value]];
}
