/**
 * What a token endpoint grants (RFC 6749 section 5.1): an access token, perhaps a refresh token, and what was said about them. The values live
 * in private fields, so that printing, inspecting or serialising a token shows nothing; `toPlain()` is the one door, meant for sealing.
 */
import { inspect } from 'node:util';
import { OAuth2Error } from './errors.js';
import type { IdTokenClaims } from './id-token.js';
import { asRecord } from './parse-json.js';

/** JSON-safe form of a token, for sealing. It holds secrets. */
export interface PlainOAuth2Token {
  readonly accessToken: string;
  readonly tokenType: string;
  readonly refreshToken?: string;
  readonly idToken?: string;
  readonly scopes?: readonly string[];
  /** ISO 8601. */
  readonly expiresAt?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

export interface OAuth2TokenFields {
  readonly accessToken: string;
  /** Default: `Bearer`. */
  readonly tokenType?: string | undefined;
  readonly refreshToken?: string | undefined;
  readonly idToken?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly expiresAt?: Date | undefined;
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
  /** Claims of an ID token that has been validated. */
  readonly claims?: IdTokenClaims | undefined;
}

/** Immutable. A refresh gives a new object. */
export class OAuth2Token {
  readonly #fields: OAuth2TokenFields;

  constructor(fields: OAuth2TokenFields) {
    if (typeof fields.accessToken !== 'string' || fields.accessToken === '') {
      throw new OAuth2Error('oauth2_invalid_option', 'A token needs a non-empty access token.');
    }
    this.#fields = fields;
  }

  get accessToken(): string {
    return this.#fields.accessToken;
  }

  get refreshToken(): string | undefined {
    return this.#fields.refreshToken;
  }

  /** As the Authorization header wants it; `Bearer` for every spelling of it. */
  get tokenType(): string {
    return this.#fields.tokenType ?? 'Bearer';
  }

  /** What was granted, which may be less or otherwise spelled than what was asked; undefined when the provider did not say. */
  get scopes(): readonly string[] | undefined {
    return this.#fields.scopes;
  }

  /** End of the access token's life; undefined when the provider did not say, or said that there is none. */
  get expiresAt(): Date | undefined {
    return this.#fields.expiresAt && new Date(this.#fields.expiresAt);
  }

  get idToken(): string | undefined {
    return this.#fields.idToken;
  }

  /** The validated ID token's claims, on a token that came from the token endpoint in this process. */
  get claims(): IdTokenClaims | undefined {
    return this.#fields.claims;
  }

  /** What else the provider said beside the token (`user_id`, `team` …), without anything that looks like a secret. */
  get parameters(): Readonly<Record<string, unknown>> {
    return this.#fields.parameters ?? {};
  }

  /** @param nowMs ms since the epoch @param marginMs counts a token as expired this much earlier */
  hasExpired(nowMs: number, marginMs = 0): boolean {
    const { expiresAt } = this.#fields;
    return expiresAt !== undefined && expiresAt.getTime() - marginMs <= nowMs;
  }

  /** The same grant with another refresh token, for a new grant that came without one. */
  withRefreshToken(refreshToken: string): OAuth2Token {
    return new OAuth2Token({ ...this.#fields, refreshToken });
  }

  /** The same token with the scopes that another place tells, for providers that tell them in the callback. */
  withScopes(scopes: readonly string[]): OAuth2Token {
    return new OAuth2Token({ ...this.#fields, scopes });
  }

  /** The same token with its ID token's validated claims. */
  withClaims(claims: IdTokenClaims): OAuth2Token {
    return new OAuth2Token({ ...this.#fields, claims });
  }

  /** The same token without the ID token and its claims, which need not be kept once they have been used. */
  withoutIdToken(): OAuth2Token {
    return new OAuth2Token({ ...this.#fields, idToken: undefined, claims: undefined });
  }

  /**
   * The token after a refresh (RFC 6749 section 6): what the answer left out of refresh token, scopes and ID token stays as it was. The expiry
   * is never kept, because it was the old access token's.
   */
  renewedBy(answer: OAuth2Token): OAuth2Token {
    const fresh = answer.#fields;
    return new OAuth2Token({
      ...fresh,
      refreshToken: fresh.refreshToken ?? this.#fields.refreshToken,
      scopes: fresh.scopes ?? this.#fields.scopes,
      idToken: fresh.idToken ?? this.#fields.idToken,
      claims: fresh.claims ?? this.#fields.claims,
      parameters: { ...this.#fields.parameters, ...fresh.parameters },
    });
  }

  /** JSON-safe and complete: seal it before it is stored. */
  toPlain(): PlainOAuth2Token {
    const { accessToken, refreshToken, idToken, scopes, expiresAt, parameters } = this.#fields;
    return {
      accessToken,
      tokenType: this.tokenType,
      ...(refreshToken === undefined ? {} : { refreshToken }),
      ...(idToken === undefined ? {} : { idToken }),
      ...(scopes === undefined ? {} : { scopes }),
      ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
      ...(parameters === undefined ? {} : { parameters }),
    };
  }

  /**
   * The inverse of `toPlain()`.
   * @throws OAuth2Error `oauth2_invalid_option` when the value is not such a form
   */
  static from(plain: unknown): OAuth2Token {
    const value = asRecord(plain);
    const expiresAt = value?.expiresAt;
    const expiry = typeof expiresAt === 'string' ? new Date(expiresAt) : undefined;
    const scopes = value?.scopes;
    if (
      value === undefined ||
      typeof value.accessToken !== 'string' ||
      (expiresAt !== undefined && (expiry === undefined || Number.isNaN(expiry.getTime()))) ||
      (scopes !== undefined && !(Array.isArray(scopes) && scopes.every((scope) => typeof scope === 'string')))
    ) {
      throw new OAuth2Error('oauth2_invalid_option', 'This is not the plain form of an OAuth 2 token.');
    }
    return new OAuth2Token({
      accessToken: value.accessToken,
      tokenType: stringOrNothing(value.tokenType),
      refreshToken: stringOrNothing(value.refreshToken),
      idToken: stringOrNothing(value.idToken),
      scopes,
      expiresAt: expiry,
      parameters: asRecord(value.parameters),
    });
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return 'OAuth2Token [redacted]';
  }
}

function stringOrNothing(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
