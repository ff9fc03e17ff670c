/**
 * Keeps access tokens fresh, one refresh at a time for each connection across all app instances: claim by one conditional UPDATE, call
 * the provider outside any transaction under a hard deadline, store by compare-and-set before anybody uses the answer. Whoever loses
 * the claim waits for the winner's generation. Nothing is called that could not be stored: without a database there is no claim.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, isDatabaseUnavailable } from '../db/index.js';
import { classifyTokenError, type OAuth2Token } from '../oauth2/index.js';
import type { Catalogue, Provider } from '../providers/index.js';
import { VaultError } from '../vault/index.js';
import { type Credentials, openCredentials } from './credentials.js';
import {
  DatabaseAway,
  NotConnected,
  ProviderMisconfigured,
  ProviderNotConfigured,
  ReconnectRequired,
  RefreshPostponed,
} from './failures.js';
import { type Claim, claimRefresh, LEASE_SECONDS } from './refresh-attempt.js';
import { type RefreshFailure, RefreshOutcome, type RefreshOutcomeOptions } from './refresh-outcome.js';
import { type Sessions, TOKEN_DEADLINE_MS } from './sessions.js';

export interface RefresherOptions extends RefreshOutcomeOptions {
  readonly catalogue: Catalogue;
  readonly sessions: Sessions;
}

/** A connection whose credentials can sign a call now. */
export interface UsableConnection {
  readonly row: Connection;
  readonly provider: Provider;
  readonly credentials: Credentials;
}

export interface FreshnessOptions {
  /** Refresh although it is not due, unless the row is already newer than this generation (the one a 401 answered). */
  readonly replace?: number;
  /** Try now even though the last failure says to wait: somebody clicked. */
  readonly insist?: boolean;
}

const WAIT_FOR_WINNER_MS = TOKEN_DEADLINE_MS + 2_000;
/** A call under its hard deadline, and time to store the answer. */
const DRAIN_MS = TOKEN_DEADLINE_MS + 5_000;

export class Refresher {
  readonly #options: RefresherOptions;
  readonly #outcome: RefreshOutcome;
  readonly #running = new Map<string, Promise<void>>();
  readonly #now: () => number;
  readonly #random: () => number;

  constructor(options: RefresherOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#random = options.random ?? Math.random;
    this.#outcome = new RefreshOutcome(options);
  }

  /**
   * Reads a connection, refreshing its token first when that is due.
   * @throws NotConnected, ReconnectRequired, RefreshPostponed, ProviderMisconfigured, ProviderNotConfigured, VaultError, DatabaseAway
   */
  async usable(connectionId: string, options: FreshnessOptions = {}): Promise<UsableConnection> {
    const before = await this.#read(connectionId);
    if (this.#backingOff(before.row) && !options.insist) {
      if (!this.#expired(before.row) && options.replace === undefined) return before;
      throw new RefreshPostponed(before.row.refreshAt ?? undefined);
    }
    if (!this.#wantsRefresh(before, options)) return before;
    // Somebody is at it, and the old token still serves: nobody needs to wait.
    if (options.replace === undefined && this.#leased(before.row) && !this.#expired(before.row)) return before;
    try {
      await this.#once(before);
    } catch (error) {
      // A token that is due but not yet expired still serves; the next call tries again.
      if (isPassing(error) && options.replace === undefined && !this.#expired(before.row)) return before;
      throw error;
    }
    return await this.#read(connectionId);
  }

  /** Takes an interrupted attempt over, once its lease has run out. */
  async replay(connectionId: string): Promise<void> {
    await this.#once(await this.#read(connectionId));
  }

  /**
   * Resolves when no refresh of this process is under way any more, or when waiting longer makes no sense: with the database away, an
   * answer that cannot be stored is lost with the process either way.
   */
  async drain(): Promise<void> {
    const patience = new AbortController();
    const tooLong = sleep(DRAIN_MS, undefined, { signal: patience.signal }).catch(() => undefined);
    await Promise.race([Promise.allSettled(this.#running.values()), tooLong]);
    patience.abort();
  }

  async #read(connectionId: string): Promise<UsableConnection> {
    const row = await this.#options.prisma.connection.findUnique({ where: { id: connectionId } });
    if (!row) throw new NotConnected('this account any more');
    const provider = this.#options.catalogue.find(row.provider, row.sandbox);
    if (!provider) throw new ProviderNotConfigured(row.provider);
    if (row.status === 'reconnect_required') throw new ReconnectRequired(row.reason ?? 'unknown');
    return { row, provider, credentials: await this.#open(row) };
  }

  async #open(row: Connection): Promise<Credentials> {
    try {
      return openCredentials(this.#options.vault, row.id, row.credentials);
    } catch (error) {
      // A missing key is an operator's to add; a damaged value will not mend, only a new grant will.
      if (!(error instanceof VaultError) || error.code === 'vault_key_unknown') throw error;
      await this.#outcome.markUnreadable(row);
      throw new ReconnectRequired('unreadable', { cause: error });
    }
  }

  #wantsRefresh({ row, credentials }: UsableConnection, { replace }: FreshnessOptions): boolean {
    if (credentials.protocol === 'oauth1') return false;
    if (replace !== undefined && row.generation > replace) return false;
    const due = replace !== undefined || (row.refreshAt !== null && row.refreshAt.getTime() <= this.#now());
    if (due && !credentials.token.refreshToken) {
      if (replace === undefined && !this.#expired(row)) return false;
      throw new ReconnectRequired('expired');
    }
    return due;
  }

  #expired(row: Connection): boolean {
    return row.expiresAt !== null && row.expiresAt.getTime() <= this.#now();
  }

  #leased(row: Connection): boolean {
    return row.leaseUntil !== null && row.leaseUntil.getTime() > this.#now();
  }

  /** The last try failed and the next one is not due: hammering would help nobody. */
  #backingOff(row: Connection): boolean {
    return row.failureCount > 0 && row.refreshAt !== null && row.refreshAt.getTime() > this.#now();
  }

  /** In this process, everybody who wants the same connection refreshed shares one attempt. */
  async #once(connection: UsableConnection): Promise<void> {
    const { id } = connection.row;
    const running = this.#running.get(id);
    if (running) return await running;
    const attempt = this.#attempt(connection).finally(() => this.#running.delete(id));
    this.#running.set(id, attempt);
    await attempt;
  }

  async #attempt({ row, provider }: UsableConnection): Promise<void> {
    const startedAt = performance.now();
    const claim = await this.#claim(row);
    if (!claim) return await this.#waitForWinner(row);
    let current = claim;
    for (;;) {
      const answer = await this.#call(current, provider);
      if ('token' in answer) return await this.#outcome.store(current, provider, answer.token, answer.receivedAt);
      const leaseLeftMs = LEASE_SECONDS * 1000 - (performance.now() - startedAt);
      // After a lost answer the old token is sent once more at once, while a provider's grace window is surely open.
      const canReplay = answer.failure.kind === 'ambiguous' && current.replays === claim.replays;
      if (!canReplay || leaseLeftMs < TOKEN_DEADLINE_MS + 1000)
        return await this.#outcome.fail(current, provider, answer.failure);
      current = { ...current, replays: current.replays + 1 };
    }
  }

  async #claim(row: Connection): Promise<Claim | undefined> {
    try {
      return await claimRefresh(this.#options.prisma, row, randomUUID());
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw new DatabaseAway({ cause: error });
      throw error;
    }
  }

  async #call(
    claim: Claim,
    provider: Provider,
  ): Promise<{ token: OAuth2Token; receivedAt: number } | { failure: RefreshFailure }> {
    const opened = openCredentials(this.#options.vault, claim.connectionId, claim.credentials);
    if (opened.protocol !== 'oauth2') throw new TypeError('Only OAuth 2 credentials are refreshed.');
    try {
      const session = await this.#options.sessions.oauth2Flow(provider, opened.token, { freshConnection: true });
      return { token: await session.refresh(), receivedAt: this.#now() };
    } catch (error) {
      const { kind, retryAfterMs } = classifyTokenError(error);
      return { failure: { kind, retryAfterMs, error } };
    }
  }

  /** Somebody else refreshes: wait for the generation to move, with growing, jittered pauses. */
  async #waitForWinner(row: Connection): Promise<void> {
    const deadline = performance.now() + WAIT_FOR_WINNER_MS;
    for (let pause = 50; performance.now() < deadline; pause = Math.min(pause * 1.5, 400)) {
      await sleep(pause * (0.75 + this.#random() / 2));
      const seen = await this.#options.prisma.connection.findUnique({
        where: { id: row.id },
        select: { generation: true, attemptId: true, status: true },
      });
      if (!seen || seen.generation !== row.generation || seen.status === 'reconnect_required') return;
      if (seen.attemptId === null) throw new RefreshPostponed(undefined);
    }
    throw new RefreshPostponed(undefined);
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof RefreshPostponed || error instanceof ProviderMisconfigured || error instanceof DatabaseAway;
}
