/** How long short-lived rows are kept, and their removal. */
import type { PrismaClient } from './generated/client.js';

/** `retentionMs` counts from the time in `column`. */
export const retention = [
  /** A flow lives for 10 minutes; until long after that its claim must be remembered. */
  { table: 'SpentFlow', column: 'spentAt', retentionMs: 3_600_000 },
  /** The person has 10 minutes for a decision on /welcome. */
  { table: 'PendingIdentity', column: 'createdAt', retentionMs: 600_000 },
  { table: 'Nonce', column: 'expiresAt', retentionMs: 0 },
  { table: 'RateCount', column: 'expiresAt', retentionMs: 0 },
  { table: 'WebSession', column: 'expiresAt', retentionMs: 0 },
] as const;

/** Keeps every statement short, whatever has piled up. */
const batch = 5_000;

/**
 * Deletes what is over. Any number of processes may do so at once.
 * @param now milliseconds since the epoch
 * @returns the number of rows deleted
 */
export async function purge(prisma: PrismaClient, now: number): Promise<number> {
  let total = 0;
  for (const { table, column, retentionMs } of retention) {
    const over = new Date(now - retentionMs);
    let deleted: number;
    do {
      deleted = await prisma.$executeRawUnsafe(
        `DELETE FROM "${table}" WHERE "id" IN
           (SELECT "id" FROM "${table}" WHERE "${column}" < $1::timestamptz LIMIT ${batch} FOR UPDATE SKIP LOCKED)`,
        over,
      );
      total += deleted;
    } while (deleted === batch);
  }
  return total;
}
