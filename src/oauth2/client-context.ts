/** One client at one provider: the options of a session, checked once, in the form the other modules work with. */
import { randomBytes as secureRandomBytes } from 'node:crypto';
import type * as oauth from 'oauth4webapi';
import { clientAuthentication } from './client-authentication.js';
import { OAuth2Error } from './errors.js';
import { JwksCache } from './jwks.js';
import type { OAuth2Endpoints, OAuth2SessionOptions } from './options.js';
import { assertSecureUrl } from './transport-security.js';

export interface ClientContext {
  readonly options: OAuth2SessionOptions;
  readonly server: oauth.AuthorizationServer;
  readonly client: oauth.Client;
  readonly authenticate: oauth.ClientAuth;
  readonly now: () => number;
  /** URL-safe text of at least 128 random bits. */
  readonly randomText: () => string;
  readonly keys: JwksCache;
  readonly allowedOrigins: ReadonlySet<string>;
}

/** Bytes behind states, nonces and PKCE verifiers; 32 give the 43 characters that RFC 7636 section 4.1 recommends. */
const RANDOM_BYTES = 32;

/** @throws OAuth2Error for options that do not fit together or are not safe */
export function createClientContext(options: OAuth2SessionOptions): ClientContext {
  if (options.clientId === '') throw new OAuth2Error('oauth2_invalid_option', 'The client id is empty.');
  for (const [name, url] of Object.entries(options.endpoints)) {
    if (url !== undefined) assertSecureUrl(url, `${name} endpoint`);
  }
  if (options.openid) assertSecureUrl(options.openid.jwksUri, 'JWKS URI');
  const now = options.now ?? Date.now;
  const random = options.randomBytes ?? secureRandomBytes;
  const { endpoints } = options;
  return {
    options,
    server: {
      // oauth4webapi needs some issuer; where none is known, nothing is compared with it.
      issuer: options.issuer ?? options.openid?.issuer ?? new URL(endpoints.token).origin,
      token_endpoint: endpoints.token,
      ...(endpoints.revoke === undefined ? {} : { revocation_endpoint: endpoints.revoke }),
      ...(endpoints.introspect === undefined ? {} : { introspection_endpoint: endpoints.introspect }),
      ...(endpoints.pushedAuthorization === undefined
        ? {}
        : { pushed_authorization_request_endpoint: endpoints.pushedAuthorization }),
      ...(endpoints.deviceAuthorization === undefined
        ? {}
        : { device_authorization_endpoint: endpoints.deviceAuthorization }),
    },
    client: { client_id: options.clientId },
    authenticate: clientAuthentication(options, { now, random }),
    now,
    randomText: () => Buffer.from(random(RANDOM_BYTES)).toString('base64url'),
    keys: options.openid?.keys ?? new JwksCache({ fetch: options.fetch, now }),
    allowedOrigins: originsOf(options.allowedOrigins ?? Object.values(endpoints).filter((url) => url !== undefined)),
  };
}

/** @throws OAuth2Error `oauth2_endpoint_missing` */
export function endpointOf(context: ClientContext, name: keyof OAuth2Endpoints): string {
  const url = context.options.endpoints[name];
  if (url === undefined)
    throw new OAuth2Error('oauth2_endpoint_missing', `This provider has no "${name}" endpoint.`, { endpoint: name });
  return url;
}

function originsOf(urls: readonly string[]): ReadonlySet<string> {
  return new Set(urls.map((url) => assertSecureUrl(url, 'allowed origin').origin));
}
