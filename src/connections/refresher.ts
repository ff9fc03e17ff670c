/**
 * Keeps access tokens fresh, one refresh at a time for each connection across all app instances: claim by one conditional UPDATE, call
 * the provider outside any transaction under a hard deadline, store by compare-and-set before anybody uses the answer. Whoever loses
 * the claim waits for the winner's generation. Nothing is called that could not be stored: without a database there is no claim.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, isDatabaseUnavailable } from '../db/index.js';
import { bindProvider, type Catalogue, type Provider } from '../providers/index.js';
import { VaultError } from '../vault/index.js';
import { ClaimedRefresh, type ClaimedRefreshOptions } from './claimed-refresh.js';
import { type Credentials, openCredentials } from './credentials.js';
import {
  DatabaseAway,
  isRefreshOutcome,
  NotConnected,
  ProviderMisconfigured,
  ProviderNotConfigured,
  ReconnectRequired,
  RefreshPostponed,
} from './failures.js';
import { type Claim, claimRefresh } from './refresh-attempt.js';
import { RefreshOutcome } from './refresh-outcome.js';
import { TOKEN_DEADLINE_MS } from './sessions.js';

export interface RefresherOptions extends ClaimedRefreshOptions {
  readonly catalogue: Catalogue;
  /** Told of faults of ours in refreshes that nobody waits for. */
  readonly onFailure?: (error: unknown) => void;
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

const SOON_MS = 5_000;
const WAIT_FOR_WINNER_MS = TOKEN_DEADLINE_MS + 2_000;
/** A call under its hard deadline, and time to store the answer. */
const DRAIN_MS = TOKEN_DEADLINE_MS + 5_000;

export class Refresher {
  readonly #options: RefresherOptions;
  readonly #claimed: ClaimedRefresh;
  readonly #outcome: RefreshOutcome;
  readonly #running = new Map<string, Promise<void>>();
  readonly #now: () => number;
  readonly #random: () => number;

  constructor(options: RefresherOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#random = options.random ?? Math.random;
    this.#claimed = new ClaimedRefresh(options);
    this.#outcome = new RefreshOutcome(options);
  }

  /**
   * Reads a connection, refreshing its token first when that is due.
   * @throws NotConnected, ReconnectRequired, RefreshPostponed, ProviderMisconfigured, ProviderNotConfigured, VaultError, DatabaseAway
   */
  async usable(connectionId: string, options: FreshnessOptions = {}): Promise<UsableConnection> {
    const before = await this.#read(connectionId);
    if (this.#hasRunOut(before)) {
      await this.#outcome.markEnded(before.row, 'expired');
      throw new ReconnectRequired('expired');
    }
    if (this.#backingOff(before.row) && !options.insist) {
      if (!this.#expired(before.row) && options.replace === undefined) return before;
      throw new RefreshPostponed(before.row.refreshAt ?? undefined);
    }
    if (!this.#wantsRefresh(before, options)) return before;
    if (options.replace === undefined && !options.insist && !this.#expiresSoon(before.row)) {
      if (!this.#leased(before.row)) this.#renewMeanwhile(before);
      return before;
    }
    try {
      await this.#once(before, options.insist ?? false);
    } catch (error) {
      // A token that is due but not yet expired still serves; the next call tries again.
      if (!isPassing(error) || options.replace !== undefined || this.#expired(before.row)) throw error;
      // Read again: it may have been disconnected or replaced while we waited.
      return error instanceof DatabaseAway ? before : await this.#read(connectionId);
    }
    return await this.#read(connectionId);
  }

  /** Carries out a refresh that was claimed for nobody in particular. Resolves however it ends, which is on the row. */
  async carryOut(claim: Claim, provider: Provider): Promise<void> {
    await this.#share(claim.connectionId, this.#claimed.run(claim, provider)).catch((error) => this.#notice(error));
  }

  /** What a call has shown, and no refresh can mend: the connection waits for its person, and is not called any more. */
  async isOver(row: Connection, reason: 'refused' | 'provider_shut'): Promise<void> {
    await this.#outcome.markEnded(row, reason);
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
    const credentials = await this.#open(row);
    return { row, provider: bindProvider(provider, credentials.details), credentials };
  }

  async #open(row: Connection): Promise<Credentials> {
    try {
      return openCredentials(this.#options.vault, row.id, row.credentials);
    } catch (error) {
      // A missing key is an operator's to add; a damaged value will not mend, only a new grant will.
      if (!(error instanceof VaultError) || error.code === 'vault_key_unknown') throw error;
      await this.#outcome.markEnded(row, 'unreadable');
      throw new ReconnectRequired('unreadable', { cause: error });
    }
  }

  #wantsRefresh({ row, credentials }: UsableConnection, { replace }: FreshnessOptions): boolean {
    if (credentials.protocol === 'oauth1') return false;
    if (replace !== undefined && row.generation > replace) return false;
    if (!credentials.token.refreshToken) return false;
    return replace !== undefined || (row.refreshAt !== null && row.refreshAt.getTime() <= this.#now());
  }

  #hasRunOut({ row, credentials }: UsableConnection): boolean {
    return credentials.protocol === 'oauth2' && !credentials.token.refreshToken && this.#expired(row);
  }

  #expired(row: Connection): boolean {
    return row.expiresAt !== null && row.expiresAt.getTime() <= this.#now();
  }

  /** Too soon for a call that begins now to be sure of it. */
  #expiresSoon(row: Connection): boolean {
    return row.expiresAt !== null && row.expiresAt.getTime() - SOON_MS <= this.#now();
  }

  #leased(row: Connection): boolean {
    return row.leaseUntil !== null && row.leaseUntil.getTime() > this.#now();
  }

  /** The last try failed and the next one is not due: hammering would help nobody. */
  #backingOff(row: Connection): boolean {
    return row.failureCount > 0 && row.refreshAt !== null && row.refreshAt.getTime() > this.#now();
  }

  /** In this process, everybody who wants the same connection refreshed shares one attempt. */
  async #once(connection: UsableConnection, insist: boolean): Promise<void> {
    const { id } = connection.row;
    await (this.#running.get(id) ?? this.#share(id, this.#attempt(connection, insist)));
  }

  #share(id: string, work: Promise<void>): Promise<void> {
    const shared = work.finally(() => {
      if (this.#running.get(id) === shared) this.#running.delete(id);
    });
    // Whoever waits for it hears of its failure; if nobody does, it must not end the process.
    shared.catch(() => undefined);
    this.#running.set(id, shared);
    return shared;
  }

  /** The old token serves meanwhile, so nobody waits for the new one. */
  #renewMeanwhile(connection: UsableConnection): void {
    this.#once(connection, false).catch((error) => this.#notice(error));
  }

  async #attempt({ row, provider }: UsableConnection, insist: boolean): Promise<void> {
    const pass = await this.#options.gate.enter(provider, { insist });
    let claim: Claim | undefined;
    try {
      claim = await claimRefresh(this.#options.prisma, row, randomUUID());
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw new DatabaseAway({ cause: error });
      throw error;
    } finally {
      if (!claim) pass.leave({ kind: 'unused' });
    }
    if (claim) await this.#claimed.run(claim, provider, pass);
    else await this.#waitForWinner(row);
  }

  #notice(error: unknown): void {
    if (!isRefreshOutcome(error)) this.#options.onFailure?.(error);
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
    throw new RefreshPostponed(undefined, { because: 'being_renewed' });
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof RefreshPostponed || error instanceof ProviderMisconfigured || error instanceof DatabaseAway;
}
