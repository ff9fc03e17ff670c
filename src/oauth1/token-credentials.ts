/** Token credentials (RFC 5849 section 2.3): what signs calls on a person's behalf. */
import { inspect } from 'node:util';
import type { RawTokenResponse } from './errors.js';
import { redactedView } from './redacted.js';
import { assertTokenAndSecret } from './temporary-credentials.js';

/** For sealing; plain JSON. */
export interface PlainTokenCredentials {
  readonly token: string;
  readonly tokenSecret: string;
  /** Further fields of the provider's answer: `user_id`, `screen_name`, … */
  readonly parameters?: Readonly<Record<string, string>>;
  /** `oauth_session_handle`: what renews these credentials at providers that have the session extension. */
  readonly sessionHandle?: string;
  /** ISO 8601; only providers with the session extension tell it. */
  readonly expiresAt?: string;
}

/** Prints as `[redacted]`; of the further fields only the names show. */
export class TokenCredentials {
  readonly #plain: PlainTokenCredentials;
  readonly #response: RawTokenResponse | undefined;

  private constructor(plain: PlainTokenCredentials, response: RawTokenResponse | undefined) {
    this.#plain = plain;
    this.#response = response;
  }

  /**
   * @param plain what {@link toPlain} gave, or a token and secret from anywhere else
   * @throws OAuth1Error `oauth1_invalid_credentials` when the token or the secret is missing
   */
  static from(plain: PlainTokenCredentials, response?: RawTokenResponse): TokenCredentials {
    assertTokenAndSecret(plain);
    const { token, tokenSecret, parameters = {}, sessionHandle, expiresAt } = plain;
    return new TokenCredentials(
      Object.freeze({
        token,
        tokenSecret,
        parameters: Object.freeze({ ...parameters }),
        ...(sessionHandle === undefined ? {} : { sessionHandle }),
        ...(expiresAt === undefined ? {} : { expiresAt }),
      }),
      response,
    );
  }

  get token(): string {
    return this.#plain.token;
  }

  get tokenSecret(): string {
    return this.#plain.tokenSecret;
  }

  get parameters(): Readonly<Record<string, string>> {
    return this.#plain.parameters ?? {};
  }

  get sessionHandle(): string | undefined {
    return this.#plain.sessionHandle;
  }

  /** When the token ends, where the provider tells; most OAuth 1 tokens last until they are revoked. */
  get expiresAt(): Date | undefined {
    return this.#plain.expiresAt === undefined ? undefined : new Date(this.#plain.expiresAt);
  }

  /** The provider's whole answer, unless these credentials were brought back from storage. Holds the secrets. */
  get response(): RawTokenResponse | undefined {
    return this.#response;
  }

  /** The secrets, to be sealed. */
  toPlain(): PlainTokenCredentials {
    return this.#plain;
  }

  toJSON(): Record<string, unknown> {
    return this.#view();
  }

  [inspect.custom](): string {
    return `TokenCredentials ${inspect(this.#view())}`;
  }

  #view(): Record<string, unknown> {
    return redactedView({ parameters: Object.keys(this.parameters) });
  }
}
