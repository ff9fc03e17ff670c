/**
 * Holds a session's token and renews it (RFC 6749 section 6), once for any number of calls that find it expired at the same time: a rotating
 * refresh token that is sent twice looks like theft to the provider.
 */
import { classifyTokenError } from './classify-token-error.js';
import { OAuth2Error, TokenExpired } from './errors.js';
import type { RefreshPolicy } from './options.js';
import type { OAuth2Token } from './token.js';

/** `refreshable` has expired and can be renewed, `expired` cannot. A token whose end is unknown counts as valid. */
export type AuthorizationState = 'none' | 'valid' | 'expired' | 'refreshable';

const DEFAULT_MARGIN_MS = 10_000;

export interface TokenKeeperOptions {
  readonly policy: RefreshPolicy | undefined;
  readonly now: () => number;
  /** Sends the refresh request and returns the answer's token. */
  readonly request: (token: OAuth2Token, scopes: readonly string[]) => Promise<OAuth2Token>;
}

export class TokenKeeper {
  readonly #options: TokenKeeperOptions;
  #token: OAuth2Token | undefined;
  #renewing: Promise<OAuth2Token> | undefined;
  /** A new token that the updater has not been able to take yet. */
  #undelivered: { token: OAuth2Token; previous: OAuth2Token } | undefined;

  constructor(token: OAuth2Token | undefined, options: TokenKeeperOptions) {
    this.#token = token;
    this.#options = options;
  }

  get token(): OAuth2Token | undefined {
    return this.#token;
  }

  adopt(token: OAuth2Token | undefined): void {
    this.#token = token;
    this.#undelivered = undefined;
  }

  get state(): AuthorizationState {
    if (!this.#token) return 'none';
    if (!this.#token.hasExpired(this.#options.now())) return 'valid';
    return this.#token.refreshToken === undefined ? 'expired' : 'refreshable';
  }

  /** @throws OAuth2Error `oauth2_token_missing` */
  required(): OAuth2Token {
    if (!this.#token) throw new OAuth2Error('oauth2_token_missing', 'The session has no token yet.');
    return this.#token;
  }

  get isAutomatic(): boolean {
    return this.#options.policy?.mode === 'automatic';
  }

  /** A token to call the API with, renewed first if the policy says so. @throws TokenExpired, or what the refresh failed with */
  async usable(signal: AbortSignal | undefined): Promise<OAuth2Token> {
    await this.#deliver();
    const token = this.required();
    const now = this.#options.now();
    const expired = token.hasExpired(now);
    const due = token.hasExpired(now, this.#options.policy?.marginMs ?? DEFAULT_MARGIN_MS);
    if (!this.isAutomatic || token.refreshToken === undefined) {
      if (expired) throw new TokenExpired(token.expiresAt);
      return token;
    }
    if (!due) return token;
    try {
      return await this.renew(token, signal);
    } catch (error) {
      signal?.throwIfAborted();
      // Due, but still good: an outage of the token endpoint need not become one of the API. A token that could not be saved must not be used.
      const unsaved = error instanceof OAuth2Error && error.code === 'oauth2_token_update_failed';
      if (expired || unsaved || classifyTokenError(error).kind === 'invalid_grant') throw error;
      return token;
    }
  }

  /**
   * Renews the token unless somebody has done so since `used` was current.
   * @param signal ends the waiting, not the refresh: the provider may already have replaced the refresh token, so its answer must be kept
   */
  async renew(used: OAuth2Token, signal?: AbortSignal, scopes: readonly string[] = []): Promise<OAuth2Token> {
    signal?.throwIfAborted();
    if (scopes.length > 0 && this.#renewing) await this.#renewing.catch(() => undefined);
    else if (!this.#renewing && this.#token !== used && this.#token) return this.#token;
    this.#renewing ??= this.#renew(scopes).finally(() => {
      this.#renewing = undefined;
    });
    return await untilAborted(this.#renewing, signal);
  }

  async #renew(scopes: readonly string[]): Promise<OAuth2Token> {
    await this.#deliver();
    const previous = this.required();
    if (previous.refreshToken === undefined) {
      throw new OAuth2Error(
        'oauth2_not_refreshable',
        'The token came without a refresh token; the person has to authorize again.',
      );
    }
    const token = previous.renewedBy(await this.#options.request(previous, scopes));
    // A new grant that came meanwhile is newer than anything made of the old one.
    if (this.#token !== previous) return this.#token ?? token;
    this.#token = token;
    this.#undelivered = { token, previous };
    await this.#deliver();
    return token;
  }

  /** Hands a new token to the updater; until it has taken it, no request goes out with it. */
  async #deliver(): Promise<void> {
    const waiting = this.#undelivered;
    if (!waiting) return;
    try {
      await this.#options.policy?.updater?.(waiting.token, waiting.previous);
    } catch (error) {
      // The error may quote what it failed to store, so only its kind is kept.
      throw new OAuth2Error(
        'oauth2_token_update_failed',
        'The new token could not be handed over; the next call tries again.',
        {
          reason: error instanceof Error ? error.name : typeof error,
        },
      );
    }
    if (this.#undelivered === waiting) this.#undelivered = undefined;
  }
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return await work;
  // The work goes on without its waiter; its failure is then nobody's.
  work.catch(() => undefined);
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
}
