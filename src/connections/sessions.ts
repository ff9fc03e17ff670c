/**
 * Builds session clients for a provider: the protocols' own classes on the one outbound HTTP client. What discovery told about an OpenID
 * provider, and its keys, are kept here and shared by all of its sessions.
 */
import type { HttpClient, HttpLimits } from '../http/index.js';
import { OAuth1Session, type TokenCredentials } from '../oauth1/index.js';
import {
  JwksCache,
  type OAuth2Endpoints,
  OAuth2Session,
  type OAuth2SessionOptions,
  OAuth2Token,
  ProviderDiscovery,
  type TokenResponseRules,
} from '../oauth2/index.js';
import type { Provider } from '../providers/index.js';

/** Hard deadline of one call during a flow or a refresh; the lease of a refresh is longer. */
export const TOKEN_DEADLINE_MS = 10_000;

const flowLimits: HttpLimits = { deadlineMs: TOKEN_DEADLINE_MS, maxBodyBytes: 1024 * 1024 };
const apiLimits: HttpLimits = { deadlineMs: 30_000, maxBodyBytes: 32 * 1024 * 1024 };

type Metadata = Pick<OAuth2SessionOptions, 'endpoints' | 'issuer' | 'authorizationResponseIssRequired' | 'openid'>;

export class Sessions {
  readonly #http: HttpClient;
  readonly #now: () => number;
  readonly #discoveries = new Map<string, { discovery: ProviderDiscovery; keys: JwksCache }>();
  /** Userinfo endpoints of the issuers that were asked so far, by issuer. */
  readonly #userinfo = new Map<string, string>();

  constructor(options: { http: HttpClient; now?: () => number }) {
    this.#http = options.http;
    this.#now = options.now ?? Date.now;
  }

  /** For a flow or a revocation, and the profile call that ends a flow. */
  oauth1Flow(provider: Provider, credentials?: TokenCredentials): OAuth1Session {
    return this.#oauth1(provider, flowLimits, credentials);
  }

  oauth1Api(provider: Provider, credentials: TokenCredentials): OAuth1Session {
    return this.#oauth1(provider, apiLimits, credentials);
  }

  /**
   * For a flow, a refresh or a revocation.
   * @param options.freshConnection for refreshes: on a reused connection that the peer has just closed, nobody knows what was processed
   * @throws OAuth2Error when an OpenID provider's discovery document cannot be had
   */
  async oauth2Flow(
    provider: Provider,
    token?: OAuth2Token,
    options: { freshConnection?: boolean } = {},
  ): Promise<OAuth2Session> {
    const metadata = await this.#metadata(provider);
    return this.#oauth2(provider, metadata, { ...flowLimits, ...options }, token);
  }

  /** For calls on a person's behalf, with a token whose freshness was looked after already. */
  async oauth2Api(provider: Provider, token: OAuth2Token): Promise<OAuth2Session> {
    // Without its expiry: a token that was just renewed is used even if its provider gave it no life at all.
    const { accessToken, tokenType } = token;
    const { endpoints, ...rest } = staticMetadata(provider);
    const userinfo = this.#userinfo.get(provider.definition.issuer ?? '');
    const metadata = { ...rest, endpoints: { ...endpoints, ...(userinfo ? { userinfo } : {}) } };
    return this.#oauth2(provider, metadata, apiLimits, new OAuth2Token({ accessToken, tokenType }));
  }

  /**
   * Where the provider tells whose a token is: the definition's own profile call, else the issuer's userinfo endpoint, to which clients
   * made afterwards may go. Undefined when it has neither.
   * @throws OAuth2Error when an OpenID provider's discovery document cannot be had
   */
  async profileUrl(provider: Provider): Promise<string | undefined> {
    const { profile } = provider.definition;
    return profile.url ?? (await this.#metadata(provider)).endpoints.userinfo;
  }

  #oauth1(provider: Provider, limits: HttpLimits, credentials?: TokenCredentials): OAuth1Session {
    const { oauth1 } = provider.definition;
    if (!oauth1) throw new TypeError(`The definition of ${provider.id} has no OAuth 1 endpoints.`);
    const { requestToken, authorize, accessToken, signatureMethod, placement } = oauth1;
    const { clientId, clientSecret } = provider.client;
    // With RSA there is no shared secret: what the environment calls the client secret is then our private key in PEM.
    const keyName = signatureMethod.startsWith('RSA-') ? 'privateKey' : 'clientSecret';
    return new OAuth1Session({
      clientId,
      ...(clientSecret === undefined ? {} : { [keyName]: clientSecret }),
      signatureMethod,
      endpoints: { requestToken, authorize, accessToken },
      allowedOrigins: allowedOrigins(provider),
      fetch: this.#http.fetch(limits),
      now: this.#now,
      ...(placement ? { placement } : {}),
      ...(credentials ? { credentials } : {}),
    });
  }

  #oauth2(
    provider: Provider,
    metadata: Metadata,
    limits: HttpLimits & { freshConnection?: boolean },
    token?: OAuth2Token,
  ): OAuth2Session {
    const { definition } = provider;
    return new OAuth2Session({
      ...provider.client,
      ...metadata,
      clientAuth: definition.token?.clientAuth ?? (provider.client.clientSecret ? 'basic' : 'none'),
      pkce: definition.pkce,
      scopeSeparator: definition.scopes.separator ?? ' ',
      allowedOrigins: allowedOrigins(provider, metadata.endpoints.userinfo),
      fetch: this.#http.fetch(limits),
      now: this.#now,
      // The schema's type allows explicit `undefined` where the session's does not; the checked data never has any.
      ...(definition.token?.rules ? { tokenRules: definition.token.rules as TokenResponseRules } : {}),
      ...(definition.revoke?.style === 'token-only' ? { revocation: 'token-only' as const } : {}),
      ...(token ? { token } : {}),
    });
  }

  async #metadata(provider: Provider): Promise<Metadata> {
    const { issuer, protocol, revoke } = provider.definition;
    if (protocol !== 'oidc' || !issuer) return staticMetadata(provider);
    const { discovery, keys } = this.#discoveryOf(issuer);
    const { endpoints, openid, authorizationResponseIssRequired } = await discovery.metadata();
    if (endpoints.userinfo) this.#userinfo.set(issuer, endpoints.userinfo);
    return {
      endpoints: revoke ? { ...endpoints, revoke: revoke.url } : endpoints,
      issuer,
      authorizationResponseIssRequired,
      ...(openid ? { openid: { ...openid, keys } } : {}),
    };
  }

  #discoveryOf(issuer: string) {
    const known = this.#discoveries.get(issuer);
    if (known) return known;
    const fetch = this.#http.fetch(flowLimits);
    const made = {
      discovery: new ProviderDiscovery({ issuer, fetch, now: this.#now }),
      keys: new JwksCache({ fetch, now: this.#now }),
    };
    this.#discoveries.set(issuer, made);
    return made;
  }
}

function staticMetadata({ definition }: Provider): Metadata {
  const { authorize, token, revoke } = definition;
  const endpoints: OAuth2Endpoints = {
    token: token?.url ?? definition.issuer ?? '',
    ...(authorize?.url ? { authorize: authorize.url } : {}),
    ...(revoke ? { revoke: revoke.url } : {}),
  };
  return { endpoints, ...(authorize?.issuer ? { issuer: authorize.issuer } : {}) };
}

/** Signed revocations go to the revocation endpoint's host as well, and an issuer may keep its userinfo on a host of its own. */
function allowedOrigins({ definition, apiOrigins }: Provider, userinfo?: string): readonly string[] {
  const further = [definition.revoke?.url, userinfo].filter((url) => url !== undefined);
  return [...new Set([...apiOrigins, ...further.map((url) => new URL(url).origin)])];
}
