/**
 * One client's relation to one provider account: gets a token by any grant, keeps it fresh, and calls the API with it. The façade over the
 * modules of this folder; a session can be thrown away and made again from its options, a kept token and, between redirect and callback, the
 * pending authorization.
 */
import { inspect } from 'node:util';
import {
  type AuthorizationRequest,
  type AuthorizationRequestOptions,
  createAuthorizationRequest,
} from './authorization-request.js';
import { type AuthorizationResponse, checkAuthorizationResponse, partsOf } from './authorization-response.js';
import { type ClientContext, createClientContext, endpointOf } from './client-context.js';
import { authorizationCode } from './grants/authorization-code.js';
import {
  type DeviceAuthorization,
  type DeviceAuthorizationOptions,
  startDeviceAuthorization,
} from './grants/device.js';
import { tokenFromFragment } from './grants/implicit.js';
import { refreshToken } from './grants/refresh-token.js';
import { type Introspection, introspectTokenValue } from './introspection.js';
import type { OAuth2SessionOptions } from './options.js';
import { type AuthorizedRequestInit, outgoingRequest } from './outgoing-request.js';
import type { PendingAuthorization } from './pending-authorization.js';
import { sendProtected } from './protected-request.js';
import { discardBody } from './response-body.js';
import { revokeToken, revokeTokenValue, type TokenTypeHint } from './revocation.js';
import { acceptThatTheTokenTravelsInTheUrl, assertRiskAccepted } from './risks.js';
import type { OAuth2Token } from './token.js';
import { type AuthorizationState, TokenKeeper } from './token-keeper.js';
import { requestToken, type TokenGrant } from './token-request.js';
import { assertUserinfoSubject, type ProfileFields, readProfile } from './userinfo.js';
import { isInvalidTokenChallenge } from './www-authenticate.js';

export interface Abortable {
  readonly signal?: AbortSignal;
}

export class OAuth2Session {
  readonly #context: ClientContext;
  readonly #keeper: TokenKeeper;

  /** @throws OAuth2Error for options that are unsafe or do not fit together */
  constructor(options: OAuth2SessionOptions) {
    this.#context = createClientContext(options);
    this.#keeper = new TokenKeeper(options.token, {
      policy: options.refreshing,
      now: this.#context.now,
      request: (token, scopes) =>
        requestToken(this.#context, refreshToken(token.refreshToken ?? '', scopes), { renews: token }),
    });
  }

  /** The current token; undefined before the first grant. */
  get token(): OAuth2Token | undefined {
    return this.#keeper.token;
  }

  set token(token: OAuth2Token | undefined) {
    this.#keeper.adopt(token);
  }

  /** What the token is good for now. */
  get authorized(): AuthorizationState {
    return this.#keeper.state;
  }

  /** RFC 6749 section 4.1.1. Keep `pending` secret and bound to the browser until the callback. */
  async authorizationRequest(request: AuthorizationRequestOptions): Promise<AuthorizationRequest> {
    return await createAuthorizationRequest(this.#context, request);
  }

  /**
   * Checks a callback (RFC 6749 section 4.1.2, RFC 9207).
   * @param callback its URL, query or form
   * @param pending what `authorizationRequest()` gave in this browser
   * @throws OAuth2Error `oauth2_state_mismatch`, `oauth2_issuer_mismatch`, `oauth2_issuer_missing`, `oauth2_denied`,
   *   `oauth2_authorization_error`, `oauth2_error_with_code`, `oauth2_code_missing`, `oauth2_repeated_parameter`, `oauth2_callback_malformed`,
   *   `oauth2_unexpected_token_in_callback`
   */
  checkCallback(
    callback: URLSearchParams | URL | string,
    pending: PendingAuthorization | undefined,
  ): AuthorizationResponse {
    return checkAuthorizationResponse(this.#context, callback, pending);
  }

  /**
   * Exchanges the code of a checked callback (RFC 6749 section 4.1.3) and validates the ID token where one is expected. The session keeps the
   * token.
   */
  async exchangeCode(response: AuthorizationResponse, options: Abortable = {}): Promise<OAuth2Token> {
    const { pending } = partsOf(response);
    return await this.#grant(authorizationCode(response), { ...options, nonce: pending.nonce });
  }

  /**
   * Gets a token by one of the other grants (`clientCredentials()`, `jwtBearer()` …).
   * @param options.adopt false leaves the session with the token it has, for an exchanged token that is meant for another service
   */
  async grant(grant: TokenGrant, options: Abortable & { readonly adopt?: boolean } = {}): Promise<OAuth2Token> {
    return await this.#grant(grant, options);
  }

  /** RFC 8628: gives the code to show to the person, and the wait for their decision. The session keeps the token. */
  async startDeviceAuthorization(options: DeviceAuthorizationOptions = {}): Promise<DeviceAuthorization> {
    return await startDeviceAuthorization(this.#context, options, (token) => this.#keeper.adopt(token));
  }

  /** The implicit grant's request (RFC 6749 section 4.2.1), for services that have no other. @param risk `acceptThatTheTokenTravelsInTheUrl` */
  async implicitRequest(
    risk: typeof acceptThatTheTokenTravelsInTheUrl,
    request: AuthorizationRequestOptions,
  ): Promise<AuthorizationRequest> {
    assertRiskAccepted(risk, acceptThatTheTokenTravelsInTheUrl);
    return await createAuthorizationRequest(this.#context, { ...request, openid: false }, 'token');
  }

  /**
   * The implicit grant's answer: checks the fragment of the callback and keeps its token.
   * @param risk `acceptThatTheTokenTravelsInTheUrl`
   * @param callback the URL with its fragment, or the fragment
   */
  async tokenFromFragment(
    risk: typeof acceptThatTheTokenTravelsInTheUrl,
    callback: string,
    pending: PendingAuthorization | undefined,
  ): Promise<OAuth2Token> {
    assertRiskAccepted(risk, acceptThatTheTokenTravelsInTheUrl);
    const token = await tokenFromFragment(this.#context, callback, pending);
    this.#keeper.adopt(token);
    return token;
  }

  /**
   * Renews the access token (RFC 6749 section 6); calls at the same time share one request. The answer replaces all that was known of the
   * expiry; a refresh token, scopes or ID token it leaves out stay as they were. The session keeps the new token.
   * @param options.scopes narrows the access token
   * @param options.signal ends the waiting, not the refresh
   */
  async refresh(options: Abortable & { readonly scopes?: readonly string[] } = {}): Promise<OAuth2Token> {
    return await this.#keeper.renew(this.#keeper.required(), options.signal, options.scopes);
  }

  /** Revokes the grant (RFC 7009): refresh token, then access token. An unknown token counts as revoked. */
  async revoke(options: Abortable & { readonly token?: string; readonly hint?: TokenTypeHint } = {}): Promise<void> {
    const { token, hint = 'access_token', signal } = options;
    if (token === undefined) await revokeToken(this.#context, this.#keeper.required(), signal);
    else await revokeTokenValue(this.#context, token, hint, signal);
  }

  /** Asks the provider about a token (RFC 7662); default the access token. */
  async introspect(
    options: Abortable & { readonly token?: string; readonly hint?: TokenTypeHint } = {},
  ): Promise<Introspection> {
    const { token = this.#keeper.required().accessToken, hint = 'access_token', signal } = options;
    return await introspectTokenValue(this.#context, token, hint, signal);
  }

  /**
   * The provider's profile of the person. With OpenID Connect its `sub` has to be the ID token's (Core 5.3.2).
   * @param options.subject expected when the ID token is not at hand any more
   */
  async userinfo(options: Abortable & { readonly subject?: string } = {}): Promise<ProfileFields> {
    const profile = await this.tokenInfo({ url: endpointOf(this.#context, 'userinfo'), signal: options.signal });
    if (this.#context.options.openid) assertUserinfoSubject(profile, options.subject ?? this.token?.claims?.sub);
    return profile;
  }

  /**
   * A provider's own call that tells about the token. The token travels in the header, or in a form field, never in the URL.
   * @param options.field sends the token as this field of a POSTed form instead
   */
  async tokenInfo(options: { url: string; field?: string; signal?: AbortSignal | undefined }): Promise<ProfileFields> {
    const { url, field, signal } = options;
    const { accessToken } = this.#keeper.required();
    const shared = signal === undefined ? {} : { signal };
    const response =
      field === undefined
        ? await this.fetch(url, { ...shared, headers: { accept: 'application/json' } })
        : await this.fetch(url, {
            ...shared,
            method: 'POST',
            headers: { accept: 'application/json' },
            body: new URLSearchParams({ [field]: accessToken }),
            withholdToken: true,
          });
    return await readProfile(this.#context, response, 'profile endpoint', [accessToken, this.token?.accessToken]);
  }

  /**
   * `fetch` with the access token, to allowed origins only. Redirects are followed within the origin. Under the `automatic` policy an expired
   * token is renewed first, and a 401 that names the token as its reason leads to one refresh and one more try, if the body can be sent again.
   * @throws OAuth2Error `oauth2_token_missing`, `oauth2_origin_not_allowed`, `oauth2_insecure_transport`, `oauth2_redirect_refused`;
   *   `TokenExpired` under the `ask` policy; failures of the injected fetch unchanged
   */
  async fetch(input: Request | URL | string, init: AuthorizedRequestInit = {}): Promise<Response> {
    const outgoing = outgoingRequest(input, init);
    if (init.withholdToken) return await sendProtected(this.#context, outgoing, undefined);
    const token = await this.#keeper.usable(outgoing.signal);
    const response = await sendProtected(this.#context, outgoing, token);
    const renewable = this.#keeper.isAutomatic && token.refreshToken !== undefined && outgoing.replayable;
    if (!renewable || !isInvalidTokenChallenge(response)) return response;
    discardBody(response);
    return await sendProtected(this.#context, outgoing, await this.#keeper.renew(token, outgoing.signal));
  }

  async #grant(
    grant: TokenGrant,
    options: Abortable & { readonly nonce?: string | undefined; readonly adopt?: boolean },
  ): Promise<OAuth2Token> {
    const token = await requestToken(this.#context, grant, options);
    if (options.adopt !== false) this.#keeper.adopt(token);
    return token;
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return `OAuth2Session { clientId: ${JSON.stringify(this.#context.options.clientId)}, authorized: '${this.authorized}' }`;
  }
}
