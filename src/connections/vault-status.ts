/**
 * Which vault key sealed how many rows, so that an operator knows when an old key may leave the ring (sec-S15). The row's key id column is
 * counted; the envelope names the same key.
 */
import { type Database, fingerprintStore, type PrismaClient, type SqlConnection } from '../db/index.js';
import type { SealPurpose, Vault } from '../vault/index.js';

/** Every table with sealed values, and what they were sealed for. Flows are sealed too, but live ten minutes in cookies only. */
export const SEALED_TABLES = {
  Connection: 'credentials',
  PendingIdentity: 'pending-identity',
} as const satisfies Readonly<Record<string, SealPurpose>>;

export type SealedTable = keyof typeof SEALED_TABLES;

export const sealedTables: readonly SealedTable[] = ['Connection', 'PendingIdentity'];

/** No key opens these any more: they wait for a new grant, which brings a value of its own. */
export const GIVEN_UP = `("status" = 'reconnect_required' AND "reason" = 'unreadable')`;

/**
 * - `active`: the first of the ring; it seals
 * - `needed`: in the ring, and rows wait to be sealed anew
 * - `unneeded`: in the ring, and no row needs it; it may be taken out once {@link VaultKeyUse.recorded} is false
 * - `missing`: rows need it, or it is recorded as in use, and the ring lacks it
 * - `different`: the ring has another key under this id than the one that sealed this database
 */
export type VaultKeyState = 'active' | 'needed' | 'unneeded' | 'missing' | 'different';

export interface VaultKeyUse {
  readonly id: string;
  readonly state: VaultKeyState;
  /** Rows whose value it sealed and somebody may still want to read. */
  readonly rows: number;
  /** Rows besides, already marked as damaged, whose people were asked to connect again. */
  readonly givenUp: number;
  /** Whether instances without this key refuse to start. A finished rotation takes the record away. */
  readonly recorded: boolean;
}

export interface VaultStatus {
  readonly activeKeyId: string;
  /** The ring in its order, then keys that only the database knows. */
  readonly keys: readonly VaultKeyUse[];
  /** Rows that another key than the active one sealed. */
  readonly waiting: number;
}

export interface VaultStatusOptions {
  readonly database: Database;
  readonly vault: Vault;
}

/** Counts every sealed row once, which takes a moment with a million of them. @throws database errors */
export async function vaultStatus({ database, vault }: VaultStatusOptions): Promise<VaultStatus> {
  return await database.withConnection((connection) => vaultStatusOver(connection, database.prisma, vault));
}

/** @param connection one without a limit on how long a statement may take */
export async function vaultStatusOver(
  connection: SqlConnection,
  prisma: PrismaClient,
  vault: Vault,
): Promise<VaultStatus> {
  const [recorded, counted] = await Promise.all([fingerprintStore(prisma).list(), countRows(connection)]);
  const fingerprints = new Map(recorded.map(({ id, fingerprint }) => [id, fingerprint]));
  const ids = new Set([...vault.keyIds, ...[...fingerprints.keys(), ...counted.keys()].sort()]);
  const keys = [...ids].map((id): VaultKeyUse => {
    const { rows = 0, givenUp = 0 } = counted.get(id) ?? {};
    return { id, state: stateOf(vault, id, rows, fingerprints.get(id)), rows, givenUp, recorded: fingerprints.has(id) };
  });
  const waiting = keys.reduce((sum, key) => (key.id === vault.activeKeyId ? sum : sum + key.rows), 0);
  return { activeKeyId: vault.activeKeyId, keys, waiting };
}

/**
 * Forgets that a key is in use, unless a row still needs it: from then on an instance may start without it.
 * @param connection one without a limit on how long a statement may take: what was sealed anew leaves a million dead entries to walk over
 * @returns whether it was forgotten
 */
export async function forgetKey(connection: SqlConnection, keyId: string): Promise<boolean> {
  const forgotten = await connection.query<{ id: string }>(
    `DELETE FROM "VaultKey" WHERE "id" = $1
       AND NOT EXISTS (SELECT 1 FROM "Connection" WHERE "keyId" = $1 AND ${GIVEN_UP} IS NOT TRUE)
       AND NOT EXISTS (SELECT 1 FROM "PendingIdentity" WHERE "keyId" = $1)
     RETURNING "id"`,
    [keyId],
  );
  return forgotten.length === 1;
}

/**
 * Looks between the keys of a ring instead of at every row, so that each start can afford it. What waits for a new grant needs no key.
 * `reconnect_required` is the last of its type, and a comparison is told by the index alone, where `<>` would visit each row.
 * @param connection one without a limit on how long a statement may take: soon after a million rows were given up it takes seconds once
 * @returns a key that sealed something in use and is not among `keyIds`
 */
export async function keyOutside(connection: SqlConnection, keyIds: readonly string[]): Promise<string | undefined> {
  const first = (bounds: string) =>
    `(SELECT "keyId" FROM "Connection" WHERE ${bounds} AND "status" < 'reconnect_required' ORDER BY "keyId", "id" LIMIT 1)`;
  const found = await connection.query<{ keyId: string }>(
    `WITH "ring" AS (SELECT '' AS "id" UNION SELECT unnest($1::text[])),
          "gap" AS (SELECT "id" AS "after", lead("id") OVER (ORDER BY "id") AS "before" FROM "ring")
     SELECT "keyId" FROM "gap" CROSS JOIN LATERAL ${first(`"keyId" > "gap"."after" AND "keyId" < "gap"."before"`)} AS "between"
     UNION ALL ${first(`"keyId" > (SELECT max("id") FROM "ring")`)}
     UNION ALL (SELECT "keyId" FROM "PendingIdentity" WHERE "keyId" <> ALL($1::text[]) LIMIT 1)
     LIMIT 1`,
    [keyIds],
  );
  return found[0]?.keyId;
}

function stateOf(vault: Vault, id: string, rows: number, recorded: string | undefined): VaultKeyState {
  const own = vault.fingerprint(id);
  if (own === undefined) return 'missing';
  if (recorded !== undefined && recorded !== own) return 'different';
  if (id === vault.activeKeyId) return 'active';
  return rows > 0 ? 'needed' : 'unneeded';
}

async function countRows(connection: SqlConnection): Promise<Map<string, { rows: number; givenUp: number }>> {
  const found = await connection.query<{ keyId: string; rows: number; givenUp: number }>(
    `SELECT "keyId", sum("rows")::int AS "rows", sum("givenUp")::int AS "givenUp" FROM (
       SELECT "keyId", count(*) FILTER (WHERE ${GIVEN_UP} IS NOT TRUE) AS "rows",
              count(*) FILTER (WHERE ${GIVEN_UP}) AS "givenUp" FROM "Connection" GROUP BY "keyId"
       UNION ALL
       SELECT "keyId", count(*), 0 FROM "PendingIdentity" GROUP BY "keyId"
     ) AS "counted" GROUP BY "keyId"`,
  );
  return new Map(found.map(({ keyId, ...counts }) => [keyId, counts]));
}
