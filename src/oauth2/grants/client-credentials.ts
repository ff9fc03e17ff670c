/** The client credentials grant (RFC 6749 section 4.4): a token for the application itself, not for a person. */
import type { TokenGrant } from '../token-request.js';

export interface ClientCredentialsOptions {
  readonly scopes?: readonly string[];
  /** Audience, resource (RFC 8707) and the like. */
  readonly parameters?: Readonly<Record<string, string>>;
}

export function clientCredentials(options: ClientCredentialsOptions = {}): TokenGrant {
  const { scopes = [], parameters = {} } = options;
  return {
    grantType: 'client_credentials',
    parameters: ({ joinScopes }) => [
      ...Object.entries(parameters),
      ...(scopes.length === 0 ? [] : [['scope', joinScopes(scopes)] as const]),
    ],
  };
}
