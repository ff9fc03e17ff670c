/**
 * Temporary credentials (RFC 5849 section 2.1) and the proof that the person authorised them (section 2.2). They are types
 * of their own, so that neither can be mistaken for the credentials that sign calls.
 */
import { inspect } from 'node:util';
import { OAuth1Error, type RawTokenResponse } from './errors.js';
import { REDACTED, redactedView } from './redacted.js';

/** For sealing while the person is away. Both values are secrets. */
export interface PlainTemporaryCredentials {
  readonly token: string;
  readonly tokenSecret: string;
}

/** What the provider issued for one flow, with `oauth_callback_confirmed=true`. Prints as `[redacted]`. */
export class TemporaryCredentials {
  readonly #token: string;
  readonly #tokenSecret: string;
  readonly #parameters: Readonly<Record<string, string>>;
  readonly #response: RawTokenResponse | undefined;

  private constructor(
    plain: PlainTemporaryCredentials,
    parameters: Record<string, string>,
    response?: RawTokenResponse,
  ) {
    this.#token = plain.token;
    this.#tokenSecret = plain.tokenSecret;
    this.#parameters = Object.freeze(parameters);
    this.#response = response;
  }

  /**
   * Brings credentials back that {@link toPlain} gave away.
   *
   * @throws OAuth1Error `oauth1_invalid_credentials` when a part is missing
   */
  static from(
    plain: PlainTemporaryCredentials,
    received: { parameters?: Record<string, string>; response?: RawTokenResponse } = {},
  ): TemporaryCredentials {
    assertTokenAndSecret(plain);
    return new TemporaryCredentials(plain, received.parameters ?? {}, received.response);
  }

  get token(): string {
    return this.#token;
  }

  get tokenSecret(): string {
    return this.#tokenSecret;
  }

  /** Further fields of the provider's answer. */
  get parameters(): Readonly<Record<string, string>> {
    return this.#parameters;
  }

  /** The provider's whole answer, unless these credentials were brought back from storage. Holds the secrets. */
  get response(): RawTokenResponse | undefined {
    return this.#response;
  }

  /** The secrets, to be sealed. */
  toPlain(): PlainTemporaryCredentials {
    return { token: this.#token, tokenSecret: this.#tokenSecret };
  }

  toJSON(): Record<string, unknown> {
    return redactedView();
  }

  [inspect.custom](): string {
    return `TemporaryCredentials ${inspect(redactedView())}`;
  }
}

const proven = new WeakSet<AuthorizedTemporaryCredentials>();

/** @internal Called after the checks, never elsewhere. */
export let proveAuthorized: (temporary: TemporaryCredentials, verifier: string) => AuthorizedTemporaryCredentials;

/**
 * Temporary credentials with the verifier that belongs to them. Only `OAuth1Session.checkCallback` and `authorizeWithPin`
 * make them, and only the session's token step takes them: a flow that skipped the checks has nothing to go on with.
 */
export class AuthorizedTemporaryCredentials {
  readonly #temporary: TemporaryCredentials;
  readonly #verifier: string;

  private constructor(temporary: TemporaryCredentials, verifier: string) {
    this.#temporary = temporary;
    this.#verifier = verifier;
  }

  static {
    proveAuthorized = (temporary, verifier) => {
      const authorized = new AuthorizedTemporaryCredentials(temporary, verifier);
      proven.add(authorized);
      return authorized;
    };
  }

  get temporary(): TemporaryCredentials {
    return this.#temporary;
  }

  get verifier(): string {
    return this.#verifier;
  }

  toJSON(): Record<string, unknown> {
    return redactedView({ verifier: REDACTED });
  }

  [inspect.custom](): string {
    return `AuthorizedTemporaryCredentials ${inspect(redactedView({ verifier: REDACTED }))}`;
  }
}

/** @internal @throws OAuth1Error `oauth1_unproven_credentials` for anything {@link proveAuthorized} did not make */
export function assertProven(authorized: AuthorizedTemporaryCredentials): void {
  if (!proven.has(authorized)) {
    throw new OAuth1Error(
      'oauth1_unproven_credentials',
      'The token step takes only what checkCallback or authorizeWithPin returned.',
    );
  }
}

/** @internal */
export function assertTokenAndSecret(plain: PlainTemporaryCredentials): void {
  if (typeof plain?.token !== 'string' || plain.token === '' || typeof plain.tokenSecret !== 'string') {
    throw new OAuth1Error('oauth1_invalid_credentials', 'Credentials consist of a token and a token secret.');
  }
}
