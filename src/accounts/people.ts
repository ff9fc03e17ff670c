/** People and their ways to sign in. Who somebody is = an identity (namespace, subject); never an e-mail address, never a name. */
import type { AccountFacts } from '../connections/index.js';
import type { PrismaTransaction, UserState } from '../db/index.js';
import type { Provider } from '../providers/index.js';

export interface IdentityOwner {
  readonly userId: string;
  /** `missing`: the row of the person is gone, which only a damaged or half-restored database can bring about. */
  readonly state: UserState | 'missing';
}

/** Whose way to sign in an account is. */
export async function identityOwner(
  tx: PrismaTransaction,
  namespace: string,
  subject: string,
): Promise<IdentityOwner | undefined> {
  const identity = await tx.identity.findUnique({
    where: { namespace_subject: { namespace, subject } },
    select: { userId: true },
  });
  if (!identity) return undefined;
  const { userId } = identity;
  const user = await tx.user.findUnique({ where: { id: userId }, select: { state: true } });
  return { userId, state: user?.state ?? 'missing' };
}

/** Which person of the web has an account connected, be it a way to sign in or not. */
export async function connectedBy(
  tx: PrismaTransaction,
  namespace: string,
  subject: string,
): Promise<string | undefined> {
  const connection = await tx.connection.findFirst({
    where: { namespace, subject, user: { localName: null } },
    select: { userId: true },
  });
  return connection?.userId;
}

/**
 * Keeps a person's state from changing until the transaction ends, so that nothing is given to an account that is being switched off or
 * deleted at this moment. Where an account is locked too, that lock is taken first.
 * @returns the state; undefined when there is no such person
 */
export async function holdState(tx: PrismaTransaction, userId: string): Promise<UserState | undefined> {
  const rows = await tx.$queryRaw<{ state: UserState }[]>`
    SELECT "state"::text AS "state" FROM "User" WHERE "id" = ${userId}::uuid FOR SHARE`;
  return rows[0]?.state;
}

/** A new person, with this account as their first way to sign in. Their e-mail is display text with its origin, never a key. */
export async function createPerson(tx: PrismaTransaction, provider: Provider, account: AccountFacts): Promise<string> {
  const { name, username, picture, email, emailVerified } = account.profile;
  const user = await tx.user.create({
    data: {
      name: name ?? username ?? null,
      picture: picture ?? null,
      email: email ?? null,
      emailVerifiedBy: email && emailVerified ? provider.id : null,
      identities: { create: { namespace: provider.namespace, subject: account.subject, lastUsedAt: new Date() } },
    },
    select: { id: true },
  });
  return user.id;
}

/** @throws a unique violation when the account is somebody's way to sign in already */
export async function addIdentity(
  tx: PrismaTransaction,
  userId: string,
  account: { namespace: string; subject: string },
): Promise<void> {
  await tx.identity.create({ data: { userId, namespace: account.namespace, subject: account.subject } });
}

export async function noteSignIn(tx: PrismaTransaction, namespace: string, subject: string): Promise<void> {
  await tx.identity.updateMany({ where: { namespace, subject }, data: { lastUsedAt: new Date() } });
}
