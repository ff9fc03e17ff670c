/**
 * The statements of a rotation: what a key sealed page by page, its replacement, and giving up what no key opens (sec-S15). Rows that somebody
 * holds are skipped instead of waited for, so that two rotations or a deletion can never deadlock with this.
 */
import type { SqlConnection } from '../db/index.js';
import type { VaultErrorCode } from '../vault/index.js';
import { GIVEN_UP, type SealedTable } from './vault-status.js';

export interface SealedRow {
  readonly id: string;
  readonly keyId: string;
  readonly credentials: string;
  /** 1 for a damaged connection whose person was asked to connect again. */
  readonly givenUp: number;
}

/** A row that could not be opened; its value was left as it is. */
export interface UnreadableRow {
  readonly table: SealedTable;
  readonly id: string;
  readonly keyId: string;
  readonly code: VaultErrorCode;
}

export interface GivenUpRow {
  readonly id: string;
  readonly provider: string;
  /** The status before. */
  readonly before: string;
}

const LOWEST_ID = '00000000-0000-0000-0000-000000000000';

/**
 * Compares key and id as one, because then nothing but the index on both gives the order. With an equal key the planner may follow the primary
 * key instead, past every row that is done already, while its statistics are from before the rotation.
 * @param after the last id of the page before
 */
export async function sealedPage(
  connection: SqlConnection,
  table: SealedTable,
  keyId: string,
  after: string | undefined,
  limit: number,
): Promise<SealedRow[]> {
  const givenUp = table === 'Connection' ? `(${GIVEN_UP} IS TRUE)::int` : '0';
  return await connection.query<SealedRow>(
    `SELECT "id", "keyId", "credentials", ${givenUp} AS "givenUp" FROM "${table}"
      WHERE ("keyId", "id") > ($1::text, $2::uuid) AND "keyId" <= $1::text ORDER BY "keyId", "id" LIMIT ${limit}`,
    [keyId, after ?? LOWEST_ID],
  );
}

/** @returns how many still had the value that was read, and have the fresh one now */
export async function replaceSealed(
  connection: SqlConnection,
  table: SealedTable,
  rows: readonly (SealedRow & { readonly fresh: string })[],
  keyId: string,
): Promise<number> {
  if (rows.length === 0) return 0;
  const replaced = await connection.query<{ id: string }>(
    `WITH "free" AS (SELECT "id" FROM "${table}" WHERE "id" = ANY($1::uuid[]) ORDER BY "id" FOR UPDATE SKIP LOCKED)
     UPDATE "${table}" AS "row" SET "credentials" = "sealed"."fresh", "keyId" = $4
       FROM "free" JOIN unnest($1::uuid[], $2::text[], $3::text[]) AS "sealed"("id", "old", "fresh") USING ("id")
      WHERE "row"."id" = "sealed"."id" AND "row"."credentials" = "sealed"."old"
     RETURNING "row"."id"`,
    [rows.map((row) => row.id), rows.map((row) => row.credentials), rows.map((row) => row.fresh), keyId],
  );
  return replaced.length;
}

/**
 * Marks connections that nothing but a new grant can mend, unless the damaged value was replaced meanwhile or is about to be: a refresh under
 * way holds what it needs.
 */
export async function giveUpDamaged(connection: SqlConnection, rows: readonly SealedRow[]): Promise<GivenUpRow[]> {
  if (rows.length === 0) return [];
  return await connection.query<GivenUpRow>(
    `WITH "free" AS (
       SELECT "id", "status" FROM "Connection" JOIN unnest($1::uuid[], $2::text[]) AS "damaged"("id", "value") USING ("id")
        WHERE "credentials" = "value" AND ${GIVEN_UP} IS NOT TRUE AND ("leaseUntil" IS NULL OR "leaseUntil" < now())
        ORDER BY "id" FOR UPDATE OF "Connection" SKIP LOCKED
     )
     UPDATE "Connection" AS "row"
        SET "status" = 'reconnect_required', "reason" = 'unreadable', "refreshAt" = NULL, "attemptId" = NULL, "leaseUntil" = NULL,
            "statusSince" = CASE WHEN "free"."status" = 'reconnect_required' THEN "row"."statusSince" ELSE now() END
       FROM "free" WHERE "row"."id" = "free"."id"
     RETURNING "row"."id", "row"."provider", "free"."status"::text AS "before"`,
    [rows.map((row) => row.id), rows.map((row) => row.credentials)],
  );
}
