/**
 * A client of one OAuth 1.0a service: the three-legged flow (RFC 5849 section 2) and a signed `fetch`. It keeps no flow
 * state: temporary credentials are handed out and taken back.
 */
import { checkCallback as check, authorizeWithPin as takePin } from './callback.js';
import type { OAuth1ClientOptions, OAuth1Endpoints } from './client-options.js';
import { CorrectedClock } from './clock.js';
import { OAuth1Error } from './errors.js';
import { loadPrivateKey } from './keys.js';
import { readOutgoingCall } from './outgoing-call.js';
import { parseHttpUrl } from './request-target.js';
import { assertSecure, sendSigned } from './signed-fetch.js';
import { createSigner, type Signer } from './signer.js';
import { type AuthorizedTemporaryCredentials, assertProven, TemporaryCredentials } from './temporary-credentials.js';
import type { TokenCredentials } from './token-credentials.js';
import {
  requestToken,
  type TokenAndSecret,
  type TokenAnswer,
  type TokenRequest,
  toTokenCredentials,
} from './token-request.js';

/** See `docs/oauth1.md` for whole programs. Prints as `OAuth1Session {}`. */
export class OAuth1Session<Further extends string = never> {
  readonly #options: OAuth1ClientOptions<Further>;
  readonly #clock: CorrectedClock;
  readonly #signer: Signer;
  readonly #origins: ReadonlySet<string> | undefined;

  /**
   * @throws OAuth1Error `oauth1_invalid_credentials`, `oauth1_unusable_key`, `oauth1_unknown_signature_method`
   */
  constructor(options: OAuth1ClientOptions<Further>) {
    const { privateKey } = options;
    // Parsing an RSA key costs several signatures: once per session, whatever it signs with it.
    this.#options = privateKey === undefined ? { ...options } : { ...options, privateKey: loadPrivateKey(privateKey) };
    this.#clock = new CorrectedClock(options.now ?? Date.now);
    this.#signer = this.#signerFor(options.credentials);
    this.#origins = options.allowedOrigins && originsOf(options.allowedOrigins);
  }

  /**
   * First leg (section 2.1).
   *
   * @param o.callback the URL to come back to, or `oob` when the provider shows a number instead
   * @param o.parameters further parameters of the request; `oauth_…` names are placed beside the signature
   * @param o.realm for this request only
   * @throws TokenRequestRefused
   * @throws OAuth1Error `oauth1_callback_unconfirmed` when the provider runs the protocol of before 2009, whose flows can
   *   be hijacked; `oauth1_malformed_token_response`, `oauth1_token_response_too_large`
   */
  async requestTemporaryCredentials(o: {
    callback: string;
    parameters?: Record<string, string>;
    realm?: string;
    signal?: AbortSignal;
  }): Promise<TemporaryCredentials> {
    const { callback, parameters = {}, ...rest } = o;
    if (callback !== 'oob' && !URL.canParse(callback)) {
      throw new OAuth1Error('oauth1_invalid_option', 'The callback must be an absolute URL or "oob".');
    }
    const isProtocol = ([name]: [string, string]) => /^x?oauth_/.test(name);
    const all = Object.entries(parameters);
    const endpoints = this.#endpoints();
    const { fields, response } = await this.#requestToken({
      ...rest,
      url: endpoints.requestToken,
      method: endpoints.requestTokenMethod,
      protocolParameters: { ...Object.fromEntries(all.filter(isProtocol)), oauth_callback: callback },
      parameters: Object.fromEntries(all.filter((entry) => !isProtocol(entry))),
      secrets: [],
    });
    if (fields.oauth_callback_confirmed?.toLowerCase() !== 'true') {
      throw new OAuth1Error('oauth1_callback_unconfirmed', 'The provider did not confirm the callback (OAuth 1.0a).');
    }
    const { oauth_token: token = '', oauth_token_secret: tokenSecret = '', ...others } = fields;
    return TemporaryCredentials.from({ token, tokenSecret }, { parameters: others, response });
  }

  /**
   * Second leg (section 2.2): where to send the person.
   *
   * @param parameters added to the query, whatever the endpoint's own query holds
   * @param endpoint instead of the configured one, such as a provider's sign-in page
   * @throws OAuth1Error `oauth1_insecure_transport`, `oauth1_reserved_parameter`
   */
  authorizationUrl(
    temporary: TemporaryCredentials,
    parameters: Record<string, string> = {},
    endpoint?: string,
  ): string {
    const url = parseHttpUrl(endpoint ?? this.#endpoints().authorize);
    assertSecure(url);
    if (Object.hasOwn(parameters, 'oauth_token')) {
      throw new OAuth1Error('oauth1_reserved_parameter', 'oauth_token comes from the temporary credentials.');
    }
    const added = new URLSearchParams({ ...parameters, oauth_token: temporary.token }).toString();
    // Appended as text: setting one parameter would re-spell the others.
    url.search = url.search === '' ? added : `${url.search}&${added}`;
    return url.href;
  }

  /**
   * Judges the person's return. See {@link OAuth1ErrorCode}: `oauth1_denied`, `oauth1_callback_problem`,
   * `oauth1_token_mismatch`, `oauth1_verifier_missing`, `oauth1_repeated_parameter`.
   *
   * @param callback the URL of the callback, its query, or what the person pasted
   * @throws OAuth1Error
   */
  checkCallback(
    callback: URLSearchParams | URL | string,
    temporary: TemporaryCredentials,
  ): AuthorizedTemporaryCredentials {
    return check(callback, temporary);
  }

  /**
   * For `oob`: takes the number the provider showed.
   *
   * @throws OAuth1Error `oauth1_verifier_missing`
   */
  authorizeWithPin(temporary: TemporaryCredentials, pin: string): AuthorizedTemporaryCredentials {
    return takePin(temporary, pin);
  }

  /**
   * Third leg (section 2.3).
   *
   * @param authorized from {@link checkCallback} or {@link authorizeWithPin}, nothing else
   * @throws TokenRequestRefused
   * @throws OAuth1Error `oauth1_unproven_credentials`, `oauth1_malformed_token_response`,
   *   `oauth1_token_response_too_large`
   */
  async requestTokenCredentials(
    authorized: AuthorizedTemporaryCredentials,
    o: { realm?: string; signal?: AbortSignal } = {},
  ): Promise<TokenCredentials> {
    assertProven(authorized);
    const endpoints = this.#endpoints();
    const { fields, response } = await this.#requestToken({
      ...o,
      url: endpoints.accessToken,
      method: endpoints.accessTokenMethod,
      credentials: authorized.temporary,
      protocolParameters: { oauth_verifier: authorized.verifier },
      secrets: [authorized.verifier],
    });
    return toTokenCredentials(fields, response, this.#clock.now());
  }

  /**
   * Renews token credentials at providers with the OAuth Session extension.
   *
   * @param credentials default those of the session; must have a session handle
   * @returns new credentials; what the answer leaves out is kept from the old ones
   * @throws OAuth1Error `oauth1_no_session_handle` and those of {@link requestTokenCredentials}
   */
  async renewTokenCredentials(
    credentials: TokenCredentials | undefined = this.#options.credentials,
    o: { signal?: AbortSignal } = {},
  ): Promise<TokenCredentials> {
    const sessionHandle = credentials?.sessionHandle;
    if (credentials === undefined || sessionHandle === undefined) {
      throw new OAuth1Error('oauth1_no_session_handle', 'These credentials cannot be renewed.');
    }
    const endpoints = this.#endpoints();
    const { fields, response } = await this.#requestToken({
      ...o,
      url: endpoints.accessToken,
      method: endpoints.accessTokenMethod,
      credentials,
      protocolParameters: { oauth_session_handle: sessionHandle },
      secrets: [sessionHandle],
    });
    const kept = { ...credentials.parameters, oauth_session_handle: sessionHandle };
    return toTokenCredentials({ ...kept, ...fields }, response, this.#clock.now());
  }

  /**
   * `fetch`, signed. Takes and returns what the standard function does. Redirects are followed on the same origin only.
   *
   * @throws OAuth1Error before anything is sent for a URL that is not https (loopback excepted) or not allowed, and for
   *   requests that cannot be signed; whatever the injected `fetch` throws passes through
   */
  async fetch(input: Request | URL | string, init?: RequestInit): Promise<Response> {
    const { baseUrl, bodyHash = false, timeoutMs } = this.#options;
    const address = typeof input === 'string' ? resolveAddress(input, baseUrl) : input;
    const needs = { needsBytes: bodyHash, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
    const call = await readOutgoingCall(address, init, needs);
    const context = { options: this.#options, clock: this.#clock, origins: this.#origins };
    return sendSigned(context, this.#signer, call);
  }

  /** The same client with a person's credentials: what is left to do once the flow has ended. */
  withCredentials(credentials: TokenCredentials): OAuth1Session<Further> {
    return new OAuth1Session({ ...this.#options, credentials, now: this.#clock.now });
  }

  #endpoints(): OAuth1Endpoints {
    const { endpoints } = this.#options;
    if (endpoints === undefined) {
      throw new OAuth1Error('oauth1_endpoints_missing', 'This session was made without the endpoints of a flow.');
    }
    return endpoints;
  }

  #signerFor(credentials: TokenAndSecret | undefined): Signer {
    const { clientId, clientSecret, privateKey, signatureMethod, methods, realm, version, randomBytes } = this.#options;
    return createSigner<Further>(
      {
        clientId,
        ...(clientSecret === undefined ? {} : { clientSecret }),
        ...(privateKey === undefined ? {} : { privateKey }),
        ...(credentials === undefined ? {} : { token: credentials.token, tokenSecret: credentials.tokenSecret }),
      },
      {
        ...(signatureMethod === undefined ? {} : { signatureMethod }),
        ...(methods === undefined ? {} : { methods }),
        ...(realm === undefined ? {} : { realm }),
        ...(version === undefined ? {} : { version }),
        ...(randomBytes === undefined ? {} : { randomBytes }),
        now: this.#clock.now,
      },
    );
  }

  #requestToken(request: Omit<TokenRequest, 'signer'>): Promise<TokenAnswer> {
    const context = { options: this.#options, clock: this.#clock };
    return requestToken(context, { ...request, signer: this.#signerFor(request.credentials) });
  }
}

/** @throws OAuth1Error `oauth1_origin_not_allowed` for a relative address that leaves the base, such as `//evil.example` */
function resolveAddress(address: string, baseUrl: string | undefined): string {
  if (baseUrl === undefined || URL.canParse(address) || !URL.canParse(address, baseUrl)) return address;
  const resolved = new URL(address, baseUrl);
  if (resolved.origin !== new URL(baseUrl).origin) {
    throw new OAuth1Error('oauth1_origin_not_allowed', 'A relative address cannot lead to another origin.');
  }
  return resolved.href;
}

function originsOf(urls: readonly string[]): ReadonlySet<string> {
  return new Set(urls.filter((url) => URL.canParse(url)).map((url) => new URL(url).origin));
}
