/**
 * What becomes of the answer to a refresh: new tokens are stored before anybody uses them, a dead grant is marked with its reason, and
 * everything else is tried again later. Each transition is one event.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isDatabaseUnavailable, type PrismaClient } from '../db/index.js';
import type { Events } from '../events/index.js';
import type { OAuth2Token, TokenErrorClass } from '../oauth2/index.js';
import type { Provider } from '../providers/index.js';
import type { Vault } from '../vault/index.js';
import { sealCredentials } from './credentials.js';
import { backoffMs, dueAt } from './due.js';
import { NotConnected, ProviderMisconfigured, ReconnectRequired, RefreshPostponed } from './failures.js';
import type { ProviderApps } from './provider-apps.js';
import { type Claim, markReconnectRequired, markRetrying, postpone, storeRefreshed } from './refresh-attempt.js';
import type { Revoker } from './revoker.js';

export interface RefreshOutcomeOptions {
  readonly prisma: PrismaClient;
  readonly vault: Vault;
  readonly events: Events;
  readonly providerApps: ProviderApps;
  readonly revoker: Revoker;
  readonly now?: () => number;
  readonly random?: () => number;
}

export interface RefreshFailure {
  readonly kind: TokenErrorClass;
  readonly retryAfterMs: number | undefined;
  readonly error: unknown;
}

const STORE_RETRY_MS = 200;

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
    const sealed = sealCredentials(vault, claim.connectionId, { protocol: 'oauth2', token });
    const columns = {
      ...sealed,
      scopes: token.scopes,
      expiresAt: token.expiresAt ?? null,
      refreshAt: token.refreshToken ? dueAt(token.expiresAt, receivedAt) : null,
    };
    const stored = await untilDatabaseAnswers(() => storeRefreshed(prisma, claim, columns));
    if (!stored) return await this.#answerCameLate(claim, provider, token);
    await providerApps.accepted(provider);
    if (claim.status === 'retrying') {
      await events.record({ kind: 'connection_recovered', connectionId: claim.connectionId, provider: provider.id });
    }
  }

  /** Disconnected meanwhile: nobody may keep the new tokens. Replaced meanwhile (a new grant): the row's own are right. */
  async #answerCameLate(claim: Claim, provider: Provider, token: OAuth2Token): Promise<void> {
    const row = await this.#options.prisma.connection.findUnique({
      where: { id: claim.connectionId },
      select: { id: true },
    });
    if (row) return;
    await this.#options.revoker.revoke(provider, { protocol: 'oauth2', token });
    throw new NotConnected('this account any more');
  }

  /** The stored value was damaged or moved: said on the row and once in the trail, so that its person sees what to do. */
  async markUnreadable(row: { id: string; generation: number; provider: string }): Promise<void> {
    const { prisma, events } = this.#options;
    const { count } = await prisma.connection.updateMany({
      where: { id: row.id, generation: row.generation, status: { not: 'reconnect_required' } },
      data: { status: 'reconnect_required', reason: 'unreadable', statusSince: new Date(), refreshAt: null },
    });
    if (count === 0) return;
    const detail = { reason: 'unreadable' };
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
    if (failure.kind === 'invalid_grant') {
      const reason = claim.replays > 0 ? 'interrupted' : 'invalid_grant';
      const changed = await untilDatabaseAnswers(() => markReconnectRequired(prisma, claim, reason));
      // Nothing changed: a sibling or a new grant won, and its credentials are as good as ours would have been.
      if (!changed) return;
      await events.record({ kind: 'connection_reconnect_required', ...about, detail: { reason } });
      throw new ReconnectRequired(reason, cause);
    }
    const wait = backoffMs(claim.failureCount + 1, failure.retryAfterMs, this.#random());
    const retryAt = new Date(this.#now() + wait);
    if (failure.kind === 'client') {
      await untilDatabaseAnswers(() => postpone(prisma, claim, retryAt));
      await providerApps.refused(provider, codeOf(failure.error));
      throw new ProviderMisconfigured(provider.name, cause);
    }
    const maybeProcessed = failure.kind === 'ambiguous';
    const reason = maybeProcessed ? 'no_answer' : codeOf(failure.error);
    const changed = await untilDatabaseAnswers(() => markRetrying(prisma, claim, { reason, retryAt, maybeProcessed }));
    if (changed) await events.record({ kind: 'connection_retrying', ...about, detail: { reason } });
    throw new RefreshPostponed(retryAt, cause);
  }
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
