/** Stores a fresh grant: a new connection, or new credentials for the one this account already has. */
import { randomUUID } from 'node:crypto';
import type { Connection, PrismaTransaction } from '../db/index.js';
import type { Provider } from '../providers/index.js';
import type { Vault } from '../vault/index.js';
import type { AccountFacts } from './account-facts.js';
import { type Credentials, openCredentials, sealCredentials } from './credentials.js';
import { renewalOf } from './due.js';
import { linkPredecessors } from './successors.js';

export interface Grant {
  readonly provider: Provider;
  readonly account: AccountFacts;
  readonly credentials: Credentials;
  readonly intent: 'sign-in' | 'connect';
  /** When the tokens were received, ms since the epoch. */
  readonly receivedAt: number;
  /** What was asked for, where that was not what the definition says. */
  readonly asked?: readonly string[];
}

export interface SavedConnection {
  readonly id: string;
  readonly created: boolean;
}

/**
 * Must run inside a transaction that holds {@link lockAccount} for the same account.
 *
 * A sign-in never replaces working credentials by ones with fewer scopes; it then only updates what people see. A connect always
 * replaces them. An answer without a refresh token keeps the stored one. Connections to earlier generations of the service are linked to it.
 */
export async function saveConnection(
  tx: PrismaTransaction,
  vault: Vault,
  userId: string,
  grant: Grant,
): Promise<SavedConnection> {
  const saved = await storeGrant(tx, vault, userId, grant);
  await linkPredecessors(tx, userId, grant, saved.id);
  return saved;
}

async function storeGrant(tx: PrismaTransaction, vault: Vault, userId: string, grant: Grant): Promise<SavedConnection> {
  const { provider, account } = grant;
  const key = { userId, provider: provider.id, sandbox: provider.sandbox, subject: account.subject };
  const existing = await tx.connection.findUnique({ where: { userId_provider_sandbox_subject: key } });
  const shown = { label: account.label, profile: { ...account.profile } };
  if (!existing) {
    const id = randomUUID();
    const columns = credentialColumns(vault, id, grant, grant.credentials);
    await tx.connection.create({ data: { id, ...key, namespace: provider.namespace, ...shown, ...columns } });
    return { id, created: true };
  }
  if (grant.intent === 'sign-in' && existing.status !== 'reconnect_required' && losesScopes(existing, grant)) {
    await tx.connection.update({ where: { id: existing.id }, data: shown });
    return { id: existing.id, created: false };
  }
  const credentials = keepRefreshToken(vault, existing, grant.credentials);
  // Somebody is renewing the very refresh token that is kept: only their answer tells what takes its place, so they must be able to store it.
  const isRenewed = credentials !== grant.credentials && existing.attemptId !== null;
  await tx.connection.update({
    where: { id: existing.id },
    data: {
      ...shown,
      ...credentialColumns(vault, existing.id, grant, credentials),
      ...(isRenewed ? {} : takenOver),
      status: 'active',
      reason: null,
      ...(existing.status === 'active' ? {} : { statusSince: new Date() }),
    },
  });
  return { id: existing.id, created: false };
}

/** A refresh that is under way loses its compare-and-set by this, and cannot overwrite the new grant. */
const takenOver = {
  generation: { increment: 1 },
  attemptId: null,
  leaseUntil: null,
  replays: 0,
  failureCount: 0,
} as const;

/**
 * Serialises everything that decides about one provider account (who it belongs to, which row it has) across all app instances, until
 * the transaction ends.
 */
export async function lockAccount(tx: PrismaTransaction, namespace: string, subject: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`${namespace}\n${subject}`}, 0))`;
}

/** The same for many accounts in one statement, in one order for everybody, so that two who lock several cannot wait for each other. */
export async function lockAccounts(
  tx: PrismaTransaction,
  accounts: readonly { readonly namespace: string; readonly subject: string }[],
): Promise<void> {
  const keys = [...new Set(accounts.map(({ namespace, subject }) => `${namespace}\n${subject}`))].sort();
  await tx.$executeRaw`
    SELECT pg_advisory_xact_lock(hashtextextended("key", 0)) FROM unnest(${keys}::text[]) AS "account"("key")`;
}

function credentialColumns(vault: Vault, id: string, grant: Grant, credentials: Credentials) {
  const token = credentials.protocol === 'oauth2' ? credentials.token : undefined;
  return {
    ...sealCredentials(vault, id, credentials),
    scopes: [...grantedScopes(grant)],
    ...renewalOf(token, grant.provider, grant.receivedAt),
  };
}

/** RFC 6749 section 5.1: a response without `scope` grants what was asked. */
function grantedScopes({ credentials, provider, intent, asked }: Grant): readonly string[] {
  const usual = intent === 'connect' ? provider.definition.scopes.connect : provider.definition.scopes.signIn;
  return (credentials.protocol === 'oauth2' ? credentials.token.scopes : undefined) ?? asked ?? usual;
}

function losesScopes(existing: Connection, grant: Grant): boolean {
  const granted = new Set(grantedScopes(grant));
  return existing.scopes.some((scope) => !granted.has(scope));
}

function keepRefreshToken(vault: Vault, existing: Connection, fresh: Credentials): Credentials {
  if (fresh.protocol === 'oauth1' || fresh.token.refreshToken || existing.status === 'reconnect_required') return fresh;
  try {
    const old = openCredentials(vault, existing.id, existing.credentials);
    if (old.protocol !== 'oauth2' || !old.token.refreshToken) return fresh;
    return { ...fresh, token: fresh.token.withRefreshToken(old.token.refreshToken) };
  } catch {
    // The old value cannot be read any more; the new grant is what mends this row.
    return fresh;
  }
}
