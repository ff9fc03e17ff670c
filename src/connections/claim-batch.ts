/**
 * Claims several connections in one statement, for the work that nobody waits for: what is due, and what was interrupted. The rules of a claim
 * are those of {@link claimRefresh}; rows that somebody else is claiming are skipped, so that instances never wait for each other. What another
 * vault key sealed is left to those who have it: an instance that was forgotten in a rotation must not put off what it cannot open.
 */
import { randomUUID } from 'node:crypto';
import type { PrismaClient } from '../db/index.js';
import { type Claim, LEASE_SECONDS } from './refresh-attempt.js';

/**
 * - `due`: time to renew the token
 * - `interrupted`: an attempt whose lease has run out, because its process died or froze
 */
export type BatchKind = 'due' | 'interrupted';

/** How many more token requests a provider may get. */
export interface Room {
  readonly provider: string;
  readonly sandbox: boolean;
  readonly places: number;
}

export interface BatchWanted {
  readonly kind: BatchKind;
  readonly rooms: readonly Room[];
  /** How many claims at most. */
  readonly overall: number;
  /** The keys that can open what is claimed. */
  readonly keyIds: readonly string[];
  /** By the app's clock, which also wrote `refreshAt`; leases run on the database's. */
  readonly now: Date;
}

export type BatchClaim = Claim & { readonly provider: string; readonly sandbox: boolean };

/** Each finds its rows by an index, whatever the table's size: (provider, sandbox, refreshAt), and leaseUntil. */
const SELECTION: Readonly<Record<BatchKind, string>> = {
  due: `"refreshAt" <= $7::timestamptz AND "renewAhead" AND ("leaseUntil" IS NULL OR "leaseUntil" < now())`,
  interrupted: `"attemptId" IS NOT NULL AND "leaseUntil" < now()`,
};
const ORDER: Readonly<Record<BatchKind, string>> = { due: '"refreshAt"', interrupted: '"leaseUntil"' };

/**
 * The oldest first, and never more than there is room for. The keys are told in a way that no index can answer: while the statistics are from
 * before a rotation, the planner would expect next to nothing under the new key, and look through all of it instead of what is due.
 */
export async function claimBatch(prisma: PrismaClient, wanted: BatchWanted): Promise<BatchClaim[]> {
  const { kind, rooms, overall, keyIds, now } = wanted;
  const claimedAt = performance.now();
  // A number the planner can see: for an unknown limit it expects a tenth of the table, and would rather sort that than follow the index.
  const most = Math.max(1, ...rooms.map((room) => Math.trunc(room.places)));
  const rows = await prisma.$queryRawUnsafe<Omit<BatchClaim, 'claimedAt'>[]>(
    `WITH "room" AS (
       SELECT * FROM unnest($1::text[], $2::boolean[], $3::int[]) AS "room"("provider", "sandbox", "places")
     ), "picked" AS (
       SELECT "id" FROM (
         SELECT "id", "since", "places",
                row_number() OVER (PARTITION BY "room"."provider", "room"."sandbox" ORDER BY "since") AS "place"
           FROM "room" CROSS JOIN LATERAL (
             SELECT "id", ${ORDER[kind]} AS "since" FROM "Connection"
              WHERE "provider" = "room"."provider" AND "sandbox" = "room"."sandbox" AND "status" <> 'reconnect_required'
                AND array_position($6::text[], "keyId") IS NOT NULL
                AND ${SELECTION[kind]}
              ORDER BY ${ORDER[kind]} LIMIT ${most} FOR UPDATE SKIP LOCKED
           ) AS "oldest"
       ) AS "ranked" WHERE "place" <= "places" ORDER BY "since" LIMIT $5
     )
     UPDATE "Connection" AS "row"
        SET "attemptId" = $4::uuid, "leaseUntil" = now() + make_interval(secs => ${LEASE_SECONDS}),
            "replays" = CASE WHEN "attemptId" IS NULL THEN "replays" ELSE "replays" + 1 END
      WHERE "row"."id" = ANY(ARRAY(SELECT "id" FROM "picked"))
     RETURNING "row"."id" AS "connectionId", "attemptId", "generation", "credentials", "status"::text AS "status",
               "failureCount", "replays", "provider", "sandbox"`,
    rooms.map((room) => room.provider),
    rooms.map((room) => room.sandbox),
    rooms.map((room) => room.places),
    // One id for the batch: an attempt is known by connection and id together.
    randomUUID(),
    overall,
    keyIds,
    ...(kind === 'due' ? [now] : []),
  );
  return rows.map((row) => ({ ...row, claimedAt }));
}
