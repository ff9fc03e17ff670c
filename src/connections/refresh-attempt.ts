/**
 * The database's half of a refresh: one conditional UPDATE claims it, one compare-and-set stores its answer. Both are fenced by the
 * connection's generation and the attempt's id, so that a late owner can never overwrite newer credentials. The lease runs on the
 * database's clock, because the clocks of several app instances differ.
 */
import type { Connection, ConnectionStatus, PrismaClient } from '../db/index.js';
import type { SealedCredentials } from './credentials.js';
import type { RenewalColumns } from './due.js';

/** Longer than the hard deadline of the call, so that a living owner always finishes inside it. */
export const LEASE_SECONDS = 15;

export interface Claim {
  readonly connectionId: string;
  readonly attemptId: string;
  /** A moment before the lease began, on this process's monotonic clock (`performance.now()`). */
  readonly claimedAt: number;
  readonly generation: number;
  readonly credentials: string;
  readonly status: ConnectionStatus;
  readonly failureCount: number;
  /** Tries since an answer may have been lost, takeovers of interrupted ones included; zero while all answers were certain. */
  readonly replays: number;
}

/** @returns the claim, or undefined when somebody else holds it, the generation moved, or the row is gone */
export async function claimRefresh(
  prisma: PrismaClient,
  connection: { id: string; generation: number },
  attemptId: string,
): Promise<Claim | undefined> {
  const claimedAt = performance.now();
  const rows = await prisma.$queryRaw<Pick<Claim, 'credentials' | 'status' | 'failureCount' | 'replays'>[]>`
    UPDATE "Connection"
       SET "attemptId" = ${attemptId}::uuid,
           "leaseUntil" = now() + make_interval(secs => ${LEASE_SECONDS}),
           "replays" = CASE WHEN "attemptId" IS NULL THEN "replays" ELSE "replays" + 1 END
     WHERE "id" = ${connection.id}::uuid
       AND "generation" = ${connection.generation}
       AND "status" <> 'reconnect_required'
       AND ("leaseUntil" IS NULL OR "leaseUntil" < now())
    RETURNING "credentials", "status"::text AS "status", "failureCount", "replays"`;
  const row = rows[0];
  return row && { ...row, connectionId: connection.id, attemptId, generation: connection.generation, claimedAt };
}

export interface RefreshedColumns extends SealedCredentials, RenewalColumns {
  readonly scopes: readonly string[] | undefined;
}

/**
 * @param attemptId null for an answer that came after its lease: it may be stored while nobody else is at it, but not over newer credentials
 * @returns whether the row holds this answer
 */
export async function storeRefreshed(
  prisma: PrismaClient,
  claim: Claim,
  fresh: RefreshedColumns,
  attemptId: string | null = claim.attemptId,
): Promise<boolean> {
  const { scopes, ...columns } = fresh;
  const { count } = await prisma.connection.updateMany({
    where: { id: claim.connectionId, generation: claim.generation, attemptId },
    data: {
      ...columns,
      generation: claim.generation + 1,
      ...(scopes ? { scopes: [...scopes] } : {}),
      ...noAttempt,
      replays: 0,
      failureCount: 0,
      status: 'active',
      reason: null,
      ...(claim.status === 'active' ? {} : { statusSince: new Date() }),
    },
  });
  // Sealed values are never equal by chance.
  return count === 1 || (await isWritten(prisma, claim, { credentials: fresh.credentials }));
}

/**
 * The grant is dead: keeps the row and its reason, ends the attempt.
 * @param since when that was learnt; tells this transition from another one
 * @returns whether this call made the transition
 */
export async function markReconnectRequired(
  prisma: PrismaClient,
  claim: Claim,
  reason: string,
  since: Date,
): Promise<boolean> {
  const written = { status: 'reconnect_required', reason, statusSince: since, refreshAt: null } as const;
  const { count } = await prisma.connection.updateMany({
    where: { id: claim.connectionId, generation: claim.generation, attemptId: claim.attemptId },
    data: { ...noAttempt, ...written },
  });
  return count === 1 || (await isWritten(prisma, claim, { generation: claim.generation, ...written }));
}

/** A failure that passes: back off until `retryAt`, and end the attempt. @returns whether this call made the transition */
export async function markRetrying(
  prisma: PrismaClient,
  claim: Claim,
  failure: { reason: string; retryAt: Date; maybeProcessed: boolean },
): Promise<boolean> {
  const written = { ...noAttempt, status: 'retrying', reason: failure.reason, refreshAt: failure.retryAt } as const;
  const { count } = await prisma.connection.updateMany({
    where: { id: claim.connectionId, generation: claim.generation, attemptId: claim.attemptId },
    data: {
      ...written,
      failureCount: { increment: 1 },
      // Remembered until a certain answer: an invalid_grant after this means "interrupted", not "withdrawn".
      ...(failure.maybeProcessed ? { replays: { increment: 1 }, ...ahead } : {}),
      ...(claim.status === 'retrying' ? {} : { statusSince: new Date() }),
    },
  });
  if (claim.status === 'retrying') return false;
  return count === 1 || (await isWritten(prisma, claim, { generation: claim.generation, ...written }));
}

/**
 * The provider refuses our client, which is nobody's grant: the status stays, only the next try is put off. That an answer may be lost is
 * remembered, see {@link markRetrying}.
 */
export async function postpone(prisma: PrismaClient, claim: Claim, retryAt: Date): Promise<void> {
  const { replays } = claim;
  await prisma.connection.updateMany({
    where: { id: claim.connectionId, generation: claim.generation, attemptId: claim.attemptId },
    data: {
      ...noAttempt,
      refreshAt: retryAt,
      failureCount: { increment: 1 },
      ...(replays > 0 ? { replays, ...ahead } : {}),
    },
  });
}

/**
 * No request was made after all: gives the claim back as if it had never been. Only an attempt that was taken over is not forgotten with it:
 * whatever the row says about the next time, it is due now.
 */
export async function release(prisma: PrismaClient, claim: Claim, now: Date): Promise<void> {
  await prisma.connection.updateMany({
    where: { id: claim.connectionId, generation: claim.generation, attemptId: claim.attemptId },
    data: { ...noAttempt, ...(claim.replays > 0 ? { refreshAt: now, ...ahead } : {}) },
  });
}

const noAttempt = { attemptId: null, leaseUntil: null } as const;
/** An answer may be lost, and the old token good for a minute only: nobody waits for the person's next call then. */
const ahead = { renewAhead: true } as const;

/** The acknowledgement of an earlier try may have been lost together with the connection to the database. */
async function isWritten(
  prisma: PrismaClient,
  claim: Claim,
  written: Partial<
    Pick<Connection, 'credentials' | 'generation' | 'status' | 'reason' | 'statusSince' | 'refreshAt' | 'attemptId'>
  >,
): Promise<boolean> {
  return (await prisma.connection.count({ where: { ...written, id: claim.connectionId } })) === 1;
}
