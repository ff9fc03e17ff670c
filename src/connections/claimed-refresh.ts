/** Carries out a refresh that was claimed: the call under its hard deadline, the repetition of a lost answer, the outcome. */
import { isDatabaseUnavailable } from '../db/index.js';
import {
  classifyTokenError,
  OAuth2ResponseError,
  type OAuth2Session,
  type OAuth2Token,
  RENEWAL_KEYS_PATIENCE_MS,
} from '../oauth2/index.js';
import { bindProvider, type Provider } from '../providers/index.js';
import { VaultError } from '../vault/index.js';
import { type Credentials, openCredentials } from './credentials.js';
import { isRefreshOutcome, ReconnectRequired, RefreshPostponed } from './failures.js';
import type { ConnectionsChanged } from './recently-read.js';
import { type Claim, LEASE_SECONDS, release } from './refresh-attempt.js';
import { type RefreshFailure, RefreshOutcome, type RefreshOutcomeOptions } from './refresh-outcome.js';
import { type Sessions, TOKEN_DEADLINE_MS } from './sessions.js';
import type { Pass, PassResult, TokenGate } from './token-gate.js';

export interface ClaimedRefreshOptions extends RefreshOutcomeOptions {
  readonly sessions: Sessions;
  /** Shared by all that send token requests from this process. */
  readonly gate: TokenGate;
  /** Told when an attempt is over, before whoever waits for it. */
  readonly changed: ConnectionsChanged;
}

/** `claim` counts the repetition, if there was one. */
type Answer =
  | { readonly claim: Claim; readonly token: OAuth2Token; readonly receivedAt: number }
  | { readonly claim: Claim; readonly failure: RefreshFailure };

/** A call must end this long before its lease does, so that what it brought is looked at and stored in time. */
const TO_STORE_MS = RENEWAL_KEYS_PATIENCE_MS + 1_000;

export class ClaimedRefresh {
  readonly #options: ClaimedRefreshOptions;
  readonly #outcome: RefreshOutcome;
  readonly #now: () => number;

  constructor(options: ClaimedRefreshOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#outcome = new RefreshOutcome(options);
  }

  /**
   * @param held the place for its token request, when the caller has one already
   * @throws what the outcome says: NotConnected, ReconnectRequired, RefreshPostponed, ProviderMisconfigured; VaultError
   */
  async run(claim: Claim, provider: Provider, held?: Pass): Promise<void> {
    try {
      await this.#carryOut(claim, provider, held);
    } finally {
      this.#options.changed({ connectionId: claim.connectionId });
    }
  }

  async #carryOut(claim: Claim, provider: Provider, held?: Pass): Promise<void> {
    let pass = held;
    let answer: Answer;
    try {
      pass ??= await this.#options.gate.enter(provider);
      const { token, details } = this.#open(claim);
      answer = await this.#ask(claim, bindProvider(provider, details), token);
    } catch (error) {
      pass?.leave({ kind: 'unused' });
      return await this.#notAsked(claim, provider, error);
    }
    if (pass.leave(resultOf(answer))) await this.#outcome.tellAway(provider);
    if ('failure' in answer) await this.#outcome.fail(answer.claim, provider, answer.failure);
    else await this.#outcome.store(answer.claim, provider, answer.token, answer.receivedAt);
  }

  #open(claim: Claim): Extract<Credentials, { protocol: 'oauth2' }> {
    const opened = openCredentials(this.#options.vault, claim.connectionId, claim.credentials);
    if (opened.protocol !== 'oauth2') throw new TypeError('Only OAuth 2 credentials are refreshed.');
    return opened;
  }

  async #ask(claim: Claim, provider: Provider, token: OAuth2Token): Promise<Answer> {
    let current = claim;
    for (;;) {
      const answer = await this.#call(current, provider, token);
      if ('token' in answer || answer.failure.kind !== 'ambiguous') return answer;
      // After a lost answer the old token is sent once more at once, while a provider's grace window is surely open.
      if (current !== claim || !this.#inTime(claim)) return answer;
      current = { ...claim, replays: claim.replays + 1 };
    }
  }

  async #call(claim: Claim, provider: Provider, token: OAuth2Token): Promise<Answer> {
    let session: OAuth2Session;
    try {
      session = await this.#options.sessions.oauth2Flow(provider, token, { freshConnection: true });
    } catch (error) {
      // The issuer's discovery document could not be had; nothing went to the token endpoint.
      return { claim, failure: { kind: 'not_sent', retryAfterMs: classifyTokenError(error).retryAfterMs, error } };
    }
    // A process that was frozen since the claim must not send what somebody else may be sending by now.
    if (!this.#inTime(claim)) throw new RefreshPostponed(undefined);
    try {
      return { claim, token: await session.refresh(), receivedAt: this.#now() };
    } catch (error) {
      const { kind, retryAfterMs } = classifyTokenError(error);
      return { claim, failure: { kind, retryAfterMs, error } };
    }
  }

  #inTime(claim: Claim): boolean {
    const leaseLeftMs = LEASE_SECONDS * 1000 - (performance.now() - claim.claimedAt);
    return leaseLeftMs >= TOKEN_DEADLINE_MS + TO_STORE_MS;
  }

  /** No token request was made. The row must not stay claimed, nor be the first in line again and again. */
  async #notAsked(claim: Claim, provider: Provider, error: unknown): Promise<never> {
    try {
      const unreadable = error instanceof VaultError;
      if (unreadable && error.code !== 'vault_key_unknown') {
        await this.#outcome.markEnded({ ...claim, id: claim.connectionId, provider: provider.id }, 'unreadable');
        throw new ReconnectRequired('unreadable', { cause: error });
      }
      // Others may have that key: putting it off would hold them up as well.
      if (unreadable || isRefreshOutcome(error)) await release(this.#options.prisma, claim, new Date(this.#now()));
      else await this.#outcome.putOff(claim);
    } catch (problem) {
      // The lease runs out by itself then.
      if (!isDatabaseUnavailable(problem)) throw problem;
    }
    throw error;
  }
}

function resultOf(answer: Answer): PassResult {
  if ('token' in answer || answer.failure.kind === 'invalid_grant') return { kind: 'answered' };
  const { kind, retryAfterMs, error } = answer.failure;
  return {
    kind: 'failed',
    trouble: kind === 'client' ? 'refuses_client' : 'away',
    connectionId: answer.claim.connectionId,
    retryAfterMs,
    rateLimited: error instanceof OAuth2ResponseError && error.status === 429,
  };
}
