/** Token exchange (RFC 8693): a token that was given to us becomes one for another service, or one in somebody's name. */
import type { TokenGrant } from '../token-request.js';

const TYPE = 'urn:ietf:params:oauth:token-type:';

/** A name from RFC 8693 section 3, or any other token type URI. */
export type ExchangedTokenType =
  | 'access_token'
  | 'refresh_token'
  | 'id_token'
  | 'saml1'
  | 'saml2'
  | 'jwt'
  | (string & {});

export interface TokenExchangeOptions {
  readonly subjectToken: string;
  /** Default: `access_token`. */
  readonly subjectTokenType?: ExchangedTokenType;
  /** The party that acts, when that is not the subject itself. */
  readonly actorToken?: string;
  readonly actorTokenType?: ExchangedTokenType;
  readonly requestedTokenType?: ExchangedTokenType;
  /** Logical names of the services the token is for. */
  readonly audiences?: readonly string[];
  /** Their addresses. */
  readonly resources?: readonly string[];
  readonly scopes?: readonly string[];
  readonly parameters?: Readonly<Record<string, string>>;
}

/** The answer's `issued_token_type` is among the token's `parameters`; its `tokenType` is `N_A` for what is no access token. */
export function tokenExchange(options: TokenExchangeOptions): TokenGrant {
  const { scopes = [], audiences = [], resources = [] } = options;
  return {
    grantType: 'urn:ietf:params:oauth:grant-type:token-exchange',
    response: { acceptNotApplicable: true },
    parameters: ({ joinScopes }) => [
      ...Object.entries(options.parameters ?? {}),
      ['subject_token', options.subjectToken],
      ['subject_token_type', typeUri(options.subjectTokenType ?? 'access_token')],
      ...(options.actorToken === undefined
        ? []
        : ([
            ['actor_token', options.actorToken],
            ['actor_token_type', typeUri(options.actorTokenType ?? 'access_token')],
          ] as const)),
      ...(options.requestedTokenType === undefined
        ? []
        : [['requested_token_type', typeUri(options.requestedTokenType)] as const]),
      ...audiences.map((audience) => ['audience', audience] as const),
      ...resources.map((resource) => ['resource', resource] as const),
      ...(scopes.length === 0 ? [] : [['scope', joinScopes(scopes)] as const]),
    ],
  };
}

function typeUri(type: ExchangedTokenType): string {
  return type.includes(':') ? type : `${TYPE}${type}`;
}
