/** The resource owner password grant (RFC 6749 section 4.3), for old services only: see risks.ts. */
import { acceptThatTheClientSeesThePassword, assertRiskAccepted } from '../risks.js';
import type { TokenGrant } from '../token-request.js';

export interface ResourceOwnerPasswordOptions {
  readonly username: string;
  readonly password: string;
  readonly scopes?: readonly string[];
  readonly parameters?: Readonly<Record<string, string>>;
}

/** @param risk `acceptThatTheClientSeesThePassword`; drop the password as soon as the token is there */
export function resourceOwnerPassword(
  risk: typeof acceptThatTheClientSeesThePassword,
  options: ResourceOwnerPasswordOptions,
): TokenGrant {
  assertRiskAccepted(risk, acceptThatTheClientSeesThePassword);
  const { scopes = [], parameters = {} } = options;
  return {
    grantType: 'password',
    parameters: ({ joinScopes }) => [
      ...Object.entries(parameters),
      ['username', options.username],
      ['password', options.password],
      ...(scopes.length === 0 ? [] : [['scope', joinScopes(scopes)] as const]),
    ],
  };
}
