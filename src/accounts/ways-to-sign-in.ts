/** The ways to sign in that a person has, gets and gives up. One of them that can really be used always remains. */
import { lockAccount } from '../connections/index.js';
import type { PrismaClient } from '../db/index.js';
import type { Catalogue } from '../providers/index.js';
import { addIdentity, holdState, identityOwner } from './people.js';

export interface WayToSignIn {
  readonly id: string;
  readonly namespace: string;
  readonly subject: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  /** What people call the account, while it is connected too. */
  readonly label: string | undefined;
  /** Id of the provider that it is connected at: definitions of one service share its namespace, and the person knows the one they chose. */
  readonly provider: string | undefined;
}

/** A connected account that could become a way to sign in. */
export interface PossibleWay {
  readonly connectionId: string;
  readonly provider: string;
  readonly sandbox: boolean;
  readonly label: string;
}

/** Namespaces whose accounts can sign in at the moment: there is a provider for them, and it may be a way to sign in. */
export function usableNamespaces(catalogue: Catalogue): ReadonlySet<string> {
  return new Set(catalogue.all.filter((provider) => provider.canSignIn).map((provider) => provider.namespace));
}

export async function waysOf(
  prisma: PrismaClient,
  catalogue: Catalogue,
  userId: string,
): Promise<{ ways: WayToSignIn[]; possible: PossibleWay[] }> {
  const [identities, connections] = await Promise.all([
    prisma.identity.findMany({ where: { userId }, orderBy: { createdAt: 'asc' } }),
    prisma.connection.findMany({
      where: { userId },
      select: { id: true, provider: true, sandbox: true, namespace: true, subject: true, label: true },
      orderBy: { createdAt: 'asc' },
    }),
  ]);
  const keyOf = (account: { namespace: string; subject: string }) => `${account.namespace}\n${account.subject}`;
  // The first one is the one that the person began with.
  const connected = new Map(connections.toReversed().map((connection) => [keyOf(connection), connection]));
  // Two definitions of one service may share an account: it is named once.
  const named = new Set(identities.map(keyOf));
  const possible: PossibleWay[] = [];
  for (const connection of connections) {
    if (named.has(keyOf(connection))) continue;
    if (!catalogue.find(connection.provider, connection.sandbox)?.canSignIn) continue;
    named.add(keyOf(connection));
    const { id, provider, sandbox, label } = connection;
    possible.push({ connectionId: id, provider, sandbox, label });
  }
  return {
    ways: identities.map(({ id, namespace, subject, createdAt, lastUsedAt }) => {
      const { label, provider } = connected.get(keyOf({ namespace, subject })) ?? {};
      return { id, namespace, subject, createdAt, lastUsedAt, label, provider };
    }),
    possible,
  };
}

/** `yours`: it was one already. `taken`: it is somebody else's. `gone`: the person is not active any more. */
export type Allowed = 'added' | 'yours' | 'taken' | 'gone';

/** Makes a connected account a way to sign in. */
export async function allowSignIn(
  prisma: PrismaClient,
  userId: string,
  account: { namespace: string; subject: string },
): Promise<Allowed> {
  return await prisma.$transaction(async (tx) => {
    await lockAccount(tx, account.namespace, account.subject);
    if ((await holdState(tx, userId)) !== 'active') return 'gone';
    const owner = await identityOwner(tx, account.namespace, account.subject);
    if (owner) return owner.userId === userId ? 'yours' : 'taken';
    await addIdentity(tx, userId, account);
    return 'added';
  });
}

export type Removed =
  | { readonly done: true; readonly namespace: string }
  | { readonly done: false; readonly because: 'unknown' | 'last' };

/**
 * Removes a way to sign in. The row of the person is locked meanwhile, so that of two removals at once the second sees what the first left.
 * @param usable see {@link usableNamespaces}: a way at a provider that is switched off keeps nobody from being locked out
 */
export async function removeWay(
  prisma: PrismaClient,
  userId: string,
  identityId: string,
  usable: ReadonlySet<string>,
): Promise<Removed> {
  return await prisma.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT 1 AS "held" FROM "User" WHERE "id" = ${userId}::uuid FOR UPDATE`;
    const identities = await tx.identity.findMany({ where: { userId }, select: { id: true, namespace: true } });
    const chosen = identities.find(({ id }) => id === identityId);
    if (!chosen) return { done: false, because: 'unknown' };
    const remaining = identities.filter(({ id, namespace }) => id !== identityId && usable.has(namespace));
    if (remaining.length === 0) return { done: false, because: 'last' };
    await tx.identity.delete({ where: { id: identityId }, select: { id: true } });
    return { done: true, namespace: chosen.namespace };
  });
}
