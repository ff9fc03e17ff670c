/** The JWT bearer grant (RFC 7523 section 2.1), which service accounts use: the application vouches for itself or for a person with its own key. */
import { SignJWT } from 'jose';
import { OAuth2Error } from '../errors.js';
import type { SigningKey } from '../options.js';
import { importSigningKey } from '../signing-key.js';
import type { GrantContext, TokenGrant } from '../token-request.js';

export interface JwtBearerOptions {
  readonly key: SigningKey;
  /** `iss`; default the client id. */
  readonly issuer?: string;
  /** `sub`: the account that is acted for; default the issuer. */
  readonly subject?: string;
  /** `aud`; default the token endpoint. */
  readonly audience?: string;
  readonly scopes?: readonly string[];
  /** Some providers read the scopes from a claim of the assertion; default `request`. */
  readonly scopesIn?: 'request' | 'assertion';
  /** Life of the assertion; default 300, at most 3600. */
  readonly lifetimeSeconds?: number;
  /** Further claims the provider wants. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

const DEFAULT_LIFETIME_SECONDS = 300;
const LONGEST_LIFETIME_SECONDS = 3_600;

/** @throws OAuth2Error `oauth2_invalid_option` for a lifetime out of range; `oauth2_unusable_key` when the grant is used */
export function jwtBearer(options: JwtBearerOptions): TokenGrant {
  const { lifetimeSeconds = DEFAULT_LIFETIME_SECONDS, scopes = [], scopesIn = 'request' } = options;
  if (!(lifetimeSeconds > 0 && lifetimeSeconds <= LONGEST_LIFETIME_SECONDS)) {
    throw new OAuth2Error(
      'oauth2_invalid_option',
      `An assertion lives between 1 and ${LONGEST_LIFETIME_SECONDS} seconds.`,
    );
  }
  return {
    grantType: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    // The assertion says who asks; a client id beside it means something only with real client authentication.
    omitsPublicClientId: true,
    parameters: async (about) => [
      ['assertion', await assertion(options, lifetimeSeconds, about)],
      ...(scopes.length > 0 && scopesIn === 'request' ? [['scope', about.joinScopes(scopes)] as const] : []),
    ],
  };
}

async function assertion(options: JwtBearerOptions, lifetimeSeconds: number, about: GrantContext): Promise<string> {
  const { key, algorithm, keyId } = await importSigningKey(options.key);
  const issuer = options.issuer ?? about.clientId;
  const nowSeconds = Math.floor(about.nowMs / 1000);
  const inAssertion = options.scopesIn === 'assertion' && options.scopes !== undefined && options.scopes.length > 0;
  const claims = { ...options.claims, ...(inAssertion ? { scope: about.joinScopes(options.scopes) } : {}) };
  return await new SignJWT(claims)
    .setProtectedHeader({ alg: algorithm, typ: 'JWT', ...(keyId === undefined ? {} : { kid: keyId }) })
    .setIssuer(issuer)
    .setSubject(options.subject ?? issuer)
    .setAudience(options.audience ?? about.tokenEndpoint)
    .setIssuedAt(nowSeconds)
    .setNotBefore(nowSeconds)
    .setExpirationTime(nowSeconds + lifetimeSeconds)
    .setJti(about.randomText())
    .sign(key);
}
