/** Switching an account off and on again. Everything that its person has open ends in the same moment. */
import type { PrismaClient } from '../db/index.js';

/** @returns whether there was an active account of this id */
export async function disablePerson(prisma: PrismaClient, userId: string): Promise<boolean> {
  return await change(prisma, userId, 'active', 'disabled');
}

/** @returns whether there was a disabled account of this id */
export async function enablePerson(prisma: PrismaClient, userId: string): Promise<boolean> {
  return await change(prisma, userId, 'disabled', 'active');
}

async function change(
  prisma: PrismaClient,
  userId: string,
  from: 'active' | 'disabled',
  to: 'active' | 'disabled',
): Promise<boolean> {
  return await prisma.$transaction(async (tx) => {
    const { count } = await tx.user.updateMany({ where: { id: userId, state: from }, data: { state: to } });
    // In both directions: a sign-in that was finishing while the account was switched off must not come to life with it.
    if (count > 0) await tx.webSession.deleteMany({ where: { userId } });
    return count > 0;
  });
}
