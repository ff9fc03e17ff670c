/**
 * Which vault key sealed how many rows, so that an operator knows when an old key may leave the ring (sec-S15). The row's key id column is
 * counted; the envelope names the same key.
 */
import { fingerprintStore, type PrismaClient } from '../db/index.js';
import type { SealPurpose, Vault } from '../vault/index.js';

/** Every table with sealed values, and what they were sealed for. Flows are sealed too, but live ten minutes in cookies only. */
export const SEALED_TABLES = [
  { table: 'Connection', purpose: 'credentials' },
  { table: 'PendingIdentity', purpose: 'pending-identity' },
] as const satisfies readonly { table: string; purpose: SealPurpose }[];

export type SealedTable = (typeof SEALED_TABLES)[number]['table'];

/** No key opens these any more: they wait for a new grant, which brings a value of its own. */
const GIVEN_UP = `("status" = 'reconnect_required' AND "reason" = 'unreadable')`;

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
  readonly prisma: PrismaClient;
  readonly vault: Vault;
}

/** Counts every sealed row once, which takes a moment with a million of them. @throws database errors */
export async function vaultStatus({ prisma, vault }: VaultStatusOptions): Promise<VaultStatus> {
  const [recorded, counted] = await Promise.all([fingerprintStore(prisma).list(), countRows(prisma)]);
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
 * @returns whether it was forgotten
 */
export async function forgetKey(prisma: PrismaClient, keyId: string): Promise<boolean> {
  const count = await prisma.$executeRawUnsafe(
    `DELETE FROM "VaultKey" WHERE "id" = $1
       AND NOT EXISTS (SELECT 1 FROM "Connection" WHERE "keyId" = $1 AND ${GIVEN_UP} IS NOT TRUE)
       AND NOT EXISTS (SELECT 1 FROM "PendingIdentity" WHERE "keyId" = $1)`,
    keyId,
  );
  return count === 1;
}

function stateOf(vault: Vault, id: string, rows: number, recorded: string | undefined): VaultKeyState {
  const own = vault.fingerprint(id);
  if (own === undefined) return 'missing';
  if (recorded !== undefined && recorded !== own) return 'different';
  if (id === vault.activeKeyId) return 'active';
  return rows > 0 ? 'needed' : 'unneeded';
}

async function countRows(prisma: PrismaClient): Promise<Map<string, { rows: number; givenUp: number }>> {
  const found = await prisma.$queryRawUnsafe<{ keyId: string; rows: number; givenUp: number }[]>(
    `SELECT "keyId", sum("rows")::int AS "rows", sum("givenUp")::int AS "givenUp" FROM (
       SELECT "keyId", count(*) FILTER (WHERE ${GIVEN_UP} IS NOT TRUE) AS "rows",
              count(*) FILTER (WHERE ${GIVEN_UP}) AS "givenUp" FROM "Connection" GROUP BY "keyId"
       UNION ALL
       SELECT "keyId", count(*), 0 FROM "PendingIdentity" GROUP BY "keyId"
     ) AS "counted" GROUP BY "keyId"`,
  );
  return new Map(found.map(({ keyId, ...counts }) => [keyId, counts]));
}
