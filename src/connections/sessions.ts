/**
 * Builds session clients for a provider: the protocols' own classes on the one outbound HTTP client. What discovery told about an OpenID
 * provider, and its keys, are kept here and shared by all of its sessions.
 */
import type { Fetch, HttpClient, HttpLimits } from '../http/index.js';
import { OAuth1Session, type TokenCredentials } from '../oauth1/index.js';
import {
  formEncode,
  JwksCache,
  OAuth2Session,
  type OAuth2SessionOptions,
  OAuth2Token,
  ProviderDiscovery,
} from '../oauth2/index.js';
import type { Provider } from '../providers/index.js';
import type { ApiSession } from './api-call.js';
import type { Credentials } from './credentials.js';
import { clientSecretOf } from './minted-secret.js';
import { sandboxedSession } from './sandboxed-session.js';
import { type CallWitness, witnessed } from './sent-call.js';
import {
  allowedAddresses,
  allowedOrigins,
  endpointsOf,
  oauth1Options,
  oauth2Habits,
  openIdHabits,
  tokenPlacementOf,
} from './session-options.js';

/** Hard deadline of one call during a flow or a refresh; the lease of a refresh is longer. */
export const TOKEN_DEADLINE_MS = 10_000;

const flowLimits: HttpLimits = { deadlineMs: TOKEN_DEADLINE_MS, maxBodyBytes: 1024 * 1024 };
const apiLimits: HttpLimits = { deadlineMs: 30_000, maxBodyBytes: 32 * 1024 * 1024 };

/** More issuers than this are not remembered: where people name the host, everybody can name one more. */
const KNOWN_ISSUERS = 100;

/** How requests of a session travel; `via` stands between it and the network. */
type Carrier = HttpLimits & { readonly freshConnection?: boolean; readonly via?: (fetch: Fetch) => Fetch };

interface KnownIssuer {
  readonly discovery: ProviderDiscovery;
  readonly keys: JwksCache;
  /** As its metadata named it when they were last asked for. */
  userinfo?: string | undefined;
}

type Metadata = Pick<OAuth2SessionOptions, 'endpoints' | 'issuer' | 'authorizationResponseIssRequired' | 'openid'>;

export class Sessions {
  readonly #http: HttpClient;
  readonly #now: () => number;
  /** By issuer, the one used last at the end. */
  readonly #issuers = new Map<string, KnownIssuer>();
  readonly #api = new WeakMap<Credentials, { session: ApiSession; userinfo: string | undefined }>();

  constructor(options: { http: HttpClient; now?: () => number }) {
    this.#http = options.http;
    this.#now = options.now ?? Date.now;
  }

  /** For a flow or a revocation, and the profile call that ends a flow. */
  oauth1Flow(provider: Provider, credentials?: TokenCredentials): OAuth1Session {
    return this.#oauth1(provider, flowLimits, credentials);
  }

  /**
   * For calls on a person's behalf, with credentials whose freshness was looked after already. The same credentials get the same session, so
   * that keys are prepared once and what it learns of the provider's clock is kept; it goes when they go.
   * @param witness told what is sent, for which a session of its own is made
   */
  api(provider: Provider, credentials: Credentials, witness?: CallWitness): ApiSession {
    const userinfo = this.#issuers.get(provider.definition.issuer ?? '')?.userinfo;
    if (witness) return this.#apiSession(provider, credentials, userinfo, witness);
    const known = this.#api.get(credentials);
    if (known && known.userinfo === userinfo) return known.session;
    const session = this.#apiSession(provider, credentials, userinfo);
    this.#api.set(credentials, { session, userinfo });
    return session;
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
    const clientSecret = await clientSecretOf(provider, this.#now());
    return this.#oauth2(provider, { ...metadata, clientSecret }, { ...flowLimits, ...options }, token);
  }

  /** A call as our client itself, with Basic authentication (RFC 6749 section 2.3.1), to an address of the definition. */
  async asClient(provider: Provider, url: string, init: RequestInit): Promise<Response> {
    const { clientId, clientSecret = '' } = provider.client;
    const headers = new Headers(init.headers);
    const pair = `${formEncode(clientId)}:${formEncode(clientSecret)}`;
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
    return await this.#fetch(provider, flowLimits)(url, { ...init, headers });
  }

  /**
   * Where the provider tells whose a token is: the definition's own profile call, else the issuer's userinfo endpoint, to which calls
   * made afterwards may go. Undefined when it has neither.
   * @throws OAuth2Error when an OpenID provider's discovery document cannot be had
   */
  async profileUrl(provider: Provider): Promise<string | undefined> {
    const { profile } = provider.definition;
    return profile.url ?? (await this.#metadata(provider)).endpoints.userinfo;
  }

  #apiSession(
    provider: Provider,
    credentials: Credentials,
    userinfo: string | undefined,
    witness?: CallWitness,
  ): ApiSession {
    const via = witness ? (fetch: Fetch) => witnessed(fetch, provider, credentials, witness) : undefined;
    const limits = via ? { ...apiLimits, via } : apiLimits;
    const session =
      credentials.protocol === 'oauth1'
        ? this.#oauth1Api(provider, credentials.token, limits)
        : this.#oauth2Api(provider, credentials.token, userinfo, limits);
    return provider.sandbox ? sandboxedSession(session, allowedAddresses(provider, userinfo)) : session;
  }

  #oauth1(provider: Provider, limits: Carrier, credentials?: TokenCredentials): OAuth1Session {
    return new OAuth1Session({
      ...oauth1Options(provider),
      allowedOrigins: allowedOrigins(provider),
      fetch: this.#fetch(provider, limits),
      now: this.#now,
      ...(credentials ? { credentials } : {}),
    });
  }

  #oauth2(
    provider: Provider,
    { clientSecret = provider.client.clientSecret, ...metadata }: Metadata & { clientSecret?: string | undefined },
    limits: Carrier,
    token?: OAuth2Token,
  ): OAuth2Session {
    return new OAuth2Session({
      ...oauth2Habits(provider),
      ...(clientSecret === undefined ? {} : { clientSecret }),
      ...metadata,
      allowedOrigins: allowedOrigins(provider, metadata.endpoints.userinfo),
      fetch: this.#fetch(provider, limits),
      now: this.#now,
      ...(token ? { token } : {}),
    });
  }

  #oauth2Api(provider: Provider, token: OAuth2Token, userinfo: string | undefined, limits: Carrier): OAuth2Session {
    // Without its expiry: a token that was just renewed is used even if its provider gave it no life at all.
    const { accessToken, tokenType } = token;
    const { endpoints, ...rest } = this.#staticMetadata(provider);
    const metadata = { ...rest, endpoints: { ...endpoints, ...(userinfo ? { userinfo } : {}) } };
    return this.#oauth2(provider, metadata, limits, new OAuth2Token({ accessToken, tokenType }));
  }

  /** Where the service's token secret is an API key, it is sent as one, and nothing is signed. */
  #oauth1Api(provider: Provider, credentials: TokenCredentials, limits: Carrier): ApiSession {
    if (!provider.definition.api.token) return this.#oauth1(provider, limits, credentials);
    return new OAuth2Session({
      clientId: provider.client.clientId,
      clientAuth: 'none',
      endpoints: { token: provider.definition.oauth1?.accessToken ?? '' },
      ...tokenPlacementOf(provider),
      allowedOrigins: allowedOrigins(provider),
      fetch: this.#fetch(provider, limits),
      now: this.#now,
      token: new OAuth2Token({ accessToken: credentials.tokenSecret }),
    });
  }

  /** Where people name the host, requests go to public addresses only (sec-J4). */
  #fetch(provider: Provider, { via, ...limits }: Carrier): Fetch {
    const fetch = this.#http.fetch({ ...limits, publicHostsOnly: provider.hostsAreNamed });
    return via ? via(fetch) : fetch;
  }

  async #metadata(provider: Provider): Promise<Metadata> {
    const { issuer, protocol, revoke, openid: stated } = provider.definition;
    if (protocol !== 'oidc' || !issuer || stated?.jwksUrl) return this.#staticMetadata(provider);
    const known = this.#issuerOf(provider, issuer);
    const { endpoints, openid, authorizationResponseIssRequired } = await known.discovery.metadata();
    known.userinfo = endpoints.userinfo;
    // Others may have pushed it out while it was slow to answer, and calls to what it just told are to be let through.
    this.#remember(issuer, known);
    return {
      endpoints: revoke ? { ...endpoints, revoke: revoke.url } : endpoints,
      issuer,
      authorizationResponseIssRequired,
      ...(openid ? { openid: { ...openid, ...openIdHabits(provider), keys: known.keys } } : {}),
    };
  }

  #staticMetadata(provider: Provider): Metadata {
    const { authorize, issuer: own, openid, protocol } = provider.definition;
    const issuer = own ?? authorize?.issuer;
    const jwksUri = protocol === 'oidc' ? openid?.jwksUrl : undefined;
    return {
      endpoints: endpointsOf(provider),
      ...(issuer ? { issuer } : {}),
      ...(issuer && jwksUri
        ? { openid: { issuer, jwksUri, ...openIdHabits(provider), keys: this.#issuerOf(provider, issuer).keys } }
        : {}),
    };
  }

  #issuerOf(provider: Provider, issuer: string): KnownIssuer {
    const known = this.#issuers.get(issuer) ?? this.#newIssuer(provider, issuer);
    this.#remember(issuer, known);
    return known;
  }

  #remember(issuer: string, known: KnownIssuer): void {
    this.#issuers.delete(issuer);
    const [longestUnused] = this.#issuers.keys();
    if (this.#issuers.size >= KNOWN_ISSUERS && longestUnused !== undefined) this.#issuers.delete(longestUnused);
    this.#issuers.set(issuer, known);
  }

  #newIssuer(provider: Provider, issuer: string): KnownIssuer {
    const fetch = this.#fetch(provider, flowLimits);
    const url = provider.definition.openid?.discoveryUrl;
    return {
      discovery: new ProviderDiscovery({ issuer, ...(url === undefined ? {} : { url }), fetch, now: this.#now }),
      keys: new JwksCache({ fetch, now: this.#now }),
    };
  }
}
