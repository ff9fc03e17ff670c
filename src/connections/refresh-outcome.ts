/**
 * What becomes of the answer to a refresh: new tokens are stored before anybody uses them, a dead grant is marked with its reason, and
 * everything else is tried again later. Each transition is one event.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, type ConnectionStatus, isDatabaseUnavailable, type PrismaClient } from '../db/index.js';
import type { Events } from '../events/index.js';
import { OAuth2Error, OAuth2ResponseError, type OAuth2Token, type TokenErrorClass } from '../oauth2/index.js';
import type { Provider } from '../providers/index.js';
import type { Vault } from '../vault/index.js';
import { type Credentials, openCredentials, sealCredentials } from './credentials.js';
import { backoffMs, renewalOf } from './due.js';
import { NotConnected, ProviderMisconfigured, ReconnectRequired, RefreshPostponed } from './failures.js';
import type { ProviderApps } from './provider-apps.js';
import {
  type Claim,
  markReconnectRequired,
  markRetrying,
  postpone,
  type RefreshedColumns,
  storeRefreshed,
} from './refresh-attempt.js';
import type { Revoker } from './revoker.js';
import { saysItIsShut } from './successors.js';

/** `late`: the answer came when newer credentials were stored already, or the connection was gone. */
export type RefreshResult =
  | 'refreshed'
  | 'late'
  | 'retrying'
  | 'reconnect_required'
  | 'client_refused'
  /** This row's value cannot be opened; no request was made. */
  | 'unreadable';

/** Told how each refresh ended, for metrics; must not throw. @param provider provider id */
export type RefreshObserver = (provider: string, result: RefreshResult) => void;

export interface RefreshOutcomeOptions {
  readonly prisma: PrismaClient;
  readonly vault: Vault;
  readonly events: Events;
  readonly providerApps: ProviderApps;
  readonly revoker: Revoker;
  /** Told when what an answer says about the provider itself could not be noted; the connection's own outcome stands. */
  readonly onAppFailure: (error: unknown) => void;
  readonly onOutcome?: RefreshObserver | undefined;
  readonly now?: () => number;
  readonly random?: () => number;
}

export interface RefreshFailure {
  readonly kind: TokenErrorClass;
  readonly retryAfterMs: number | undefined;
  readonly error: unknown;
}

const STORE_RETRY_MS = 200;
const QUICK_REPLAYS = 3;
const LATE_RETRY_MS = 250;
/** Longer than a few leases; an attempt that is abandoned for good is taken over by a sweeper before that. */
const LATE_PATIENCE_MS = 60_000;

/**
 * - `expired`: the token is over, and came without one to renew it with
 * - `refused`: the API says that the token is over
 * - `unreadable`: the stored value was damaged or moved
 * - `provider_shut`: the service answers nobody any more
 */
export type EndReason = 'expired' | 'refused' | 'unreadable' | 'provider_shut';

type EndedRow = Pick<Connection, 'id' | 'generation' | 'provider'>;

export class RefreshOutcome {
  readonly #options: RefreshOutcomeOptions;
  readonly #now: () => number;
  readonly #random: () => number;

  constructor(options: RefreshOutcomeOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#random = options.random ?? Math.random;
  }

  /** @throws NotConnected when the connection was ended meanwhile */
  async store(claim: Claim, provider: Provider, token: OAuth2Token, receivedAt: number): Promise<void> {
    const { prisma, vault, events, providerApps } = this.#options;
    const columns = {
      ...sealCredentials(vault, claim.connectionId, renewed(vault, claim, token)),
      ...renewalOf(token, provider, receivedAt, this.#random()),
      scopes: token.scopes,
    };
    const inTime = await untilDatabaseAnswers(() => storeRefreshed(prisma, claim, columns));
    const before = inTime ? claim.status : await this.#storeLate(claim, provider, token, columns);
    this.#tell(provider.id, before ? 'refreshed' : 'late');
    if (!before) return;
    if (before !== 'active') {
      await events.record({ kind: 'connection_recovered', connectionId: claim.connectionId, provider: provider.id });
    }
    await this.#noteApp(() => providerApps.accepted(provider));
  }

  /**
   * The lease ended before the answer was stored (this process was frozen, or the database away), or somebody changed the row. Disconnected:
   * nobody may keep the new tokens. Replaced: the row's own are right. Taken over: whoever has it may bring something newer; if they end
   * with empty hands, because their replay came after this answer, it is still the best there is.
   * @returns the status that the row had, if the answer was stored after all
   */
  async #storeLate(
    claim: Claim,
    provider: Provider,
    token: OAuth2Token,
    columns: RefreshedColumns,
  ): Promise<ConnectionStatus | undefined> {
    const { prisma, vault, revoker } = this.#options;
    const deadline = performance.now() + LATE_PATIENCE_MS;
    while (performance.now() < deadline) {
      const row = await untilDatabaseAnswers(() =>
        prisma.connection.findUnique({
          where: { id: claim.connectionId },
          select: { generation: true, attemptId: true, status: true },
        }),
      );
      if (!row) {
        await revoker.revoke(provider, renewed(vault, claim, token));
        this.#tell(provider.id, 'late');
        throw new NotConnected('this account any more');
      }
      if (row.generation !== claim.generation) return undefined;
      if (row.attemptId === null && (await untilDatabaseAnswers(() => storeRefreshed(prisma, claim, columns, null)))) {
        return row.status;
      }
      await sleep(LATE_RETRY_MS);
    }
    return undefined;
  }

  /** Without a refresh: said on the row, which is kept, and once in the trail, so that its person sees what to do. */
  async markEnded(row: EndedRow, reason: EndReason): Promise<void> {
    const { prisma, events } = this.#options;
    const { count } = await prisma.connection.updateMany({
      where: { id: row.id, generation: row.generation, status: { not: 'reconnect_required' } },
      data: {
        status: 'reconnect_required',
        reason,
        statusSince: new Date(),
        refreshAt: null,
        attemptId: null,
        leaseUntil: null,
      },
    });
    if (count === 0) return;
    this.#tell(row.provider, reason === 'unreadable' ? 'unreadable' : 'reconnect_required');
    const detail = { reason };
    await events.record({
      kind: 'connection_reconnect_required',
      connectionId: row.id,
      provider: row.provider,
      detail,
    });
  }

  /** @throws ReconnectRequired, RefreshPostponed or ProviderMisconfigured, unless somebody else has mended it meanwhile */
  async fail(claim: Claim, provider: Provider, failure: RefreshFailure): Promise<void> {
    const { prisma, events, providerApps } = this.#options;
    const about = { connectionId: claim.connectionId, provider: provider.id };
    const cause = { cause: failure.error };
    const shut = failure.error instanceof OAuth2ResponseError && saysItIsShut(provider, failure.error.status);
    if (shut || failure.kind === 'invalid_grant') {
      const reason = shut ? 'provider_shut' : reasonOf(claim, failure.error);
      const since = new Date();
      const changed = await untilDatabaseAnswers(() => markReconnectRequired(prisma, claim, reason, since));
      // Nothing changed: a sibling or a new grant won, and its credentials are as good as ours would have been.
      if (!changed) return;
      this.#tell(provider.id, 'reconnect_required');
      await events.record({ kind: 'connection_reconnect_required', ...about, detail: { reason } });
      await this.#noteApp(() => providerApps.answered(provider));
      throw new ReconnectRequired(reason, cause);
    }
    const maybeProcessed = failure.kind === 'ambiguous' || claim.replays > 0;
    const retryAt = this.#retryAt(claim, failure, maybeProcessed);
    if (failure.kind === 'client') {
      this.#tell(provider.id, 'client_refused');
      await untilDatabaseAnswers(() => postpone(prisma, claim, retryAt));
      await this.#noteApp(() => providerApps.refused(provider, codeOf(failure.error)));
      throw new ProviderMisconfigured(provider.name, cause);
    }
    this.#tell(provider.id, 'retrying');
    const reason = failure.kind === 'ambiguous' ? 'no_answer' : codeOf(failure.error);
    const changed = await untilDatabaseAnswers(() => markRetrying(prisma, claim, { reason, retryAt, maybeProcessed }));
    if (changed) await events.record({ kind: 'connection_retrying', ...about, detail: { reason } });
    throw new RefreshPostponed(retryAt, cause);
  }

  /** Providers that honour a spent token do so for about a minute: while an answer may be lost, the first tries follow quickly. */
  #retryAt(claim: Claim, { kind, retryAfterMs }: RefreshFailure, maybeProcessed: boolean): Date {
    const quick = maybeProcessed && kind !== 'client';
    const failures = quick ? Math.max(1, claim.replays + 1 - QUICK_REPLAYS) : claim.failureCount + 1;
    return new Date(this.#now() + backoffMs(failures, retryAfterMs, this.#random()));
  }

  /** So many requests failed that the provider's token endpoint counts as away. */
  async tellAway(provider: Provider): Promise<void> {
    await this.#noteApp(() => untilDatabaseAnswers(() => this.#options.providerApps.away(provider)));
  }

  /** The connection's row says already what became of it: whoever waits for it hears that, and the next answer brings the note anew. */
  async #noteApp(note: () => Promise<void>): Promise<void> {
    try {
      await note();
    } catch (error) {
      this.#options.onAppFailure(error);
    }
  }

  /** Something of ours kept the request from being made; the row is tried again, but not at once. */
  async putOff(claim: Claim): Promise<void> {
    const wait = backoffMs(claim.failureCount + 1, undefined, this.#random());
    await postpone(this.#options.prisma, claim, new Date(this.#now() + wait));
  }

  #tell(provider: string, result: RefreshResult): void {
    this.#options.onOutcome?.(provider, result);
  }
}

function reasonOf(claim: Claim, error: unknown): string {
  if (error instanceof OAuth2Error && error.code === 'oidc_subject_changed') return 'other_account';
  return claim.replays > 0 ? 'interrupted' : 'invalid_grant';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}

/** What is in memory must reach the database, so this goes on while the process lives. */
async function untilDatabaseAnswers<T>(write: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
      await sleep(STORE_RETRY_MS);
    }
  }
}

/** A refresh renews the tokens; where they are good stays as it was. */
function renewed(vault: Vault, claim: Claim, token: OAuth2Token): Credentials {
  const { details } = openCredentials(vault, claim.connectionId, claim.credentials);
  return { protocol: 'oauth2', token, ...(details ? { details } : {}) };
}
