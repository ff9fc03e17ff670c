/**
 * Provider metadata (OpenID Connect Discovery 4, RFC 8414): fetched from the issuer, believed only when it names that same issuer, and turned into
 * what a session needs.
 */
import { CachedDocument, maxAgeMs } from './cached-document.js';
import { DocumentTrouble, fetchDocument } from './document-request.js';
import { OAuth2Error } from './errors.js';
import type { Fetch, OAuth2Endpoints, OpenIdOptions } from './options.js';
import { assertSecureUrl } from './transport-security.js';

export interface DiscoveryOptions {
  /** The issuer, exactly as its metadata spells it; may hold `{tenantid}`. */
  readonly issuer: string;
  /** Address of the document; default the issuer's well-known one. */
  readonly url?: string;
  /** `oauth2` reads RFC 8414's document, for servers without OpenID Connect. */
  readonly style?: 'oidc' | 'oauth2';
  readonly fetch: Fetch;
}

export interface ProviderMetadata {
  readonly issuer: string;
  readonly endpoints: OAuth2Endpoints & { readonly authorize: string };
  /** Missing when the server publishes no keys, as plain OAuth 2 servers may. */
  readonly openid?: OpenIdOptions;
  /** RFC 9207 section 3. */
  readonly authorizationResponseIssRequired: boolean;
  readonly pkce: 'required' | 'supported';
  /** The whole document, for fields that are not used here. */
  readonly document: Readonly<Record<string, unknown>>;
}

/**
 * @returns metadata whose parts fit `OAuth2SessionOptions` (`endpoints`, `issuer`, `openid`, `authorizationResponseIssRequired`, `pkce`)
 * @throws OAuth2Error `oidc_discovery_failed` when the document cannot be had, `oidc_discovery_issuer_mismatch`, `oidc_discovery_malformed`
 */
export async function discover(options: DiscoveryOptions): Promise<ProviderMetadata> {
  return (await load(options)).value;
}

/** Metadata of one issuer that many flows share: kept as long as the provider allows, stale while the provider is away. */
export class ProviderDiscovery {
  readonly #document: CachedDocument<ProviderMetadata>;

  /** @param options.now ms since the epoch; default `Date.now` */
  constructor(options: DiscoveryOptions & { readonly now?: () => number }) {
    this.#document = new CachedDocument(() => load(options), options.now ?? Date.now);
  }

  /** @throws like {@link discover}, when there is no earlier answer to fall back to */
  async metadata(): Promise<ProviderMetadata> {
    return await this.#document.get();
  }
}

async function load(options: DiscoveryOptions): Promise<{ value: ProviderMetadata; maxAgeMs: number | undefined }> {
  const url = options.url ?? wellKnown(options.issuer, options.style ?? 'oidc');
  let document: Awaited<ReturnType<typeof fetchDocument>>;
  try {
    document = await fetchDocument(options.fetch, url, 'discovery document');
  } catch (error) {
    if (!(error instanceof DocumentTrouble)) throw error;
    throw new OAuth2Error('oidc_discovery_failed', error.message, error.evidence);
  }
  return { value: metadataFrom(document.fields, options), maxAgeMs: maxAgeMs(document.raw.headers) };
}

/** OpenID Connect appends to the issuer's path, RFC 8414 section 3.1 puts the well-known part before it. */
function wellKnown(issuer: string, style: 'oidc' | 'oauth2'): string {
  const url = assertSecureUrl(issuer, 'issuer');
  const path = url.pathname.replace(/\/$/, '');
  url.pathname =
    style === 'oidc' ? `${path}/.well-known/openid-configuration` : `/.well-known/oauth-authorization-server${path}`;
  return url.href;
}

function metadataFrom(document: Readonly<Record<string, unknown>>, options: DiscoveryOptions): ProviderMetadata {
  // Exactly: "https://issuer" and "https://issuer/" are two issuers (Discovery 4.3).
  if (document.issuer !== options.issuer) {
    throw new OAuth2Error('oidc_discovery_issuer_mismatch', 'The discovery document belongs to another issuer.', {
      expected: options.issuer,
      found: typeof document.issuer === 'string' ? document.issuer.slice(0, 200) : 'missing',
    });
  }
  const jwksUri = address(document, 'jwks_uri');
  const authorize = address(document, 'authorization_endpoint');
  const token = address(document, 'token_endpoint');
  const needsKeys = (options.style ?? 'oidc') === 'oidc';
  if (authorize === undefined || token === undefined || (needsKeys && jwksUri === undefined)) {
    throw new OAuth2Error('oidc_discovery_malformed', 'The discovery document leaves out an endpoint that is needed.', {
      authorization_endpoint: authorize !== undefined,
      token_endpoint: token !== undefined,
      jwks_uri: jwksUri !== undefined,
    });
  }
  const algorithms = stringsIn(document.id_token_signing_alg_values_supported);
  return {
    issuer: options.issuer,
    endpoints: {
      authorize,
      token,
      ...optional('revoke', address(document, 'revocation_endpoint')),
      ...optional('introspect', address(document, 'introspection_endpoint')),
      ...optional('userinfo', address(document, 'userinfo_endpoint')),
      ...optional('pushedAuthorization', address(document, 'pushed_authorization_request_endpoint')),
      ...optional('deviceAuthorization', address(document, 'device_authorization_endpoint')),
    },
    ...optional(
      'openid',
      jwksUri === undefined ? undefined : { issuer: options.issuer, jwksUri, ...optional('algorithms', algorithms) },
    ),
    authorizationResponseIssRequired: document.authorization_response_iss_parameter_supported === true,
    // Servers are not obliged to advertise PKCE, and those without it ignore the parameters (RFC 6749 section 3.1).
    pkce: stringsIn(document.code_challenge_methods_supported)?.includes('S256') ? 'required' : 'supported',
    document,
  };
}

function address(document: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = document[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' || !URL.canParse(value)) {
    throw new OAuth2Error('oidc_discovery_malformed', `The discovery document's ${name} is no URL.`, { field: name });
  }
  assertSecureUrl(value, name);
  return value;
}

function stringsIn(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? value : undefined;
}

function optional<Name extends string, T>(name: Name, value: T | undefined): { readonly [K in Name]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [K in Name]: T });
}
