/**
 * Accounts that were proven at a provider and wait for their person's decision on /welcome: for ten minutes, with sealed credentials,
 * for the one browser that brought them.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type AccountFacts, type Credentials, openCredentials, sealCredentials } from '../connections/index.js';
import type { PendingIdentity, PrismaClient, PrismaTransaction } from '../db/index.js';
import type { Provider } from '../providers/index.js';
import type { Vault } from '../vault/index.js';

export const PENDING_IDENTITY_MS = 10 * 60_000;

export interface NewPendingIdentity {
  readonly provider: Provider;
  readonly account: AccountFacts;
  readonly credentials: Credentials;
  readonly flowHash: string;
  readonly returnTo: string | undefined;
}

/** @returns the browser's secret, to be kept in its cookie; only a hash of it is stored */
export async function stashIdentity(tx: PrismaTransaction, vault: Vault, pending: NewPendingIdentity): Promise<string> {
  const secret = randomBytes(32).toString('base64url');
  const id = randomUUID();
  const { provider, account, credentials } = pending;
  await tx.pendingIdentity.create({
    data: {
      id,
      browserHash: hashOf(secret),
      provider: provider.id,
      sandbox: provider.sandbox,
      namespace: provider.namespace,
      subject: account.subject,
      label: account.label,
      profile: { ...account.profile },
      scopes: [...((credentials.protocol === 'oauth2' && credentials.token.scopes) || [])],
      ...sealCredentials(vault, id, credentials, 'pending-identity'),
      expiresAt: (credentials.protocol === 'oauth2' && credentials.token.expiresAt) || null,
      flowHash: pending.flowHash,
      returnTo: pending.returnTo ?? null,
    },
  });
  return secret;
}

/** @returns the identity that waits in this browser, unless its ten minutes are over */
export async function pendingIdentityOf(
  prisma: PrismaClient | PrismaTransaction,
  secret: string | undefined,
  now: number,
): Promise<PendingIdentity | undefined> {
  if (!secret || secret.length > 100) return undefined;
  const row = await prisma.pendingIdentity.findUnique({ where: { browserHash: hashOf(secret) } });
  return row && now - row.createdAt.getTime() < PENDING_IDENTITY_MS ? row : undefined;
}

/** Takes it out, so that exactly one decision is carried out. @returns whether it was still there */
export async function takePendingIdentity(tx: PrismaTransaction, id: string): Promise<boolean> {
  const { count } = await tx.pendingIdentity.deleteMany({ where: { id } });
  return count === 1;
}

/** The person says that they have an account already and goes to sign in to it. */
export async function markHaveAccount(prisma: PrismaClient, id: string): Promise<void> {
  await prisma.pendingIdentity.updateMany({ where: { id }, data: { haveAccount: true } });
}

/** @throws VaultError when the row cannot be opened */
export function credentialsOf(vault: Vault, pending: PendingIdentity): Credentials {
  return openCredentials(vault, pending.id, pending.credentials, 'pending-identity');
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
