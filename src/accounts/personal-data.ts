/** Everything that is stored about a person, for them to take along. Left out is only what would be a danger in a file: credentials. */
import type { PrismaClient } from '../db/index.js';

/** @returns plain data for JSON; undefined when there is no such person */
export async function personalData(prisma: PrismaClient, userId: string): Promise<object | undefined> {
  const user = await prisma.user.findUnique({ where: { id: userId } });
  if (!user) return undefined;
  const [waysToSignIn, connections, sessions, events] = await Promise.all([
    prisma.identity.findMany({ where: { userId }, omit: { userId: true }, orderBy: { createdAt: 'asc' } }),
    prisma.connection.findMany({
      where: { userId },
      // The seal and the bookkeeping of refreshes say nothing about the person.
      omit: { userId: true, credentials: true, keyId: true, attemptId: true, leaseUntil: true, replays: true },
      orderBy: { createdAt: 'asc' },
    }),
    prisma.webSession.findMany({
      where: { userId },
      select: { id: true, userAgent: true, address: true, createdAt: true, lastSeenAt: true, expiresAt: true },
      orderBy: { createdAt: 'asc' },
    }),
    prisma.event.findMany({ where: { userId }, omit: { userId: true }, orderBy: { at: 'asc' } }),
  ]);
  return {
    about:
      'Everything stored about this account. The credentials of the connections are kept encrypted and are left out: whoever reads this file must not be able to use them.',
    account: user,
    waysToSignIn,
    connections,
    sessions,
    events,
  };
}
