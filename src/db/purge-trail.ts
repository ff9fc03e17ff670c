/** How long the audit trail and people's network addresses are kept: RETENTION_DAYS. */
import type { PrismaClient } from './generated/client.js';

const dayMs = 24 * 3_600_000;
/** Keeps every statement short, whatever has piled up. */
const batch = 5_000;

/**
 * Deletes events that are over, and forgets from where and with which browser older sessions began.
 * @param now milliseconds since the epoch
 * @returns the number of rows deleted or changed
 */
export async function purgeTrail(prisma: PrismaClient, now: number, retentionDays: number): Promise<number> {
  const over = new Date(now - retentionDays * dayMs);
  let total = await prisma.webSession
    .updateMany({
      where: { createdAt: { lt: over }, address: { not: null } },
      data: { address: null, userAgent: null },
    })
    .then(({ count }) => count);
  let deleted: number;
  do {
    deleted = await prisma.$executeRaw`
      DELETE FROM "Event" WHERE "id" IN
        (SELECT "id" FROM "Event" WHERE "at" < ${over}::timestamptz LIMIT ${batch} FOR UPDATE SKIP LOCKED)`;
    total += deleted;
  } while (deleted === batch);
  return total;
}
