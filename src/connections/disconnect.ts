/** Ends a connection: the row goes first, in one statement, so that nothing can use it any more; then the grant is revoked. */
import type { PrismaClient } from '../db/index.js';
import type { Events } from '../events/index.js';
import type { Catalogue } from '../providers/index.js';
import type { Vault } from '../vault/index.js';
import { openCredentials } from './credentials.js';
import type { ConnectionsChanged } from './recently-read.js';
import type { Revocation, Revoker } from './revoker.js';

export interface DisconnectOptions {
  readonly prisma: PrismaClient;
  readonly vault: Vault;
  readonly catalogue: Catalogue;
  readonly revoker: Revoker;
  readonly events: Events;
  readonly changed: ConnectionsChanged;
}

/**
 * @param why goes into the trail, when it was not the person's own step
 * @returns what the provider said, or undefined when there was no such connection of this person
 */
export async function disconnect(
  options: DisconnectOptions,
  userId: string,
  connectionId: string,
  why: Readonly<Record<string, string>> = {},
): Promise<{ provider: string; revocation: Revocation } | undefined> {
  const { events } = options;
  const row = await deleteRow(options, userId, connectionId);
  if (!row) return undefined;
  const revocation = await revokeGrant(options, connectionId, row);
  const detail = { ...why, revocation };
  await events.record({ kind: 'disconnected', userId, connectionId, provider: row.provider, detail });
  return { provider: row.provider, revocation };
}

async function deleteRow({ prisma, changed }: DisconnectOptions, userId: string, connectionId: string) {
  try {
    const deleted = await prisma.$queryRaw<{ provider: string; sandbox: boolean; credentials: string }[]>`
      DELETE FROM "Connection" WHERE "id" = ${connectionId}::uuid AND "userId" = ${userId}::uuid
      RETURNING "provider", "sandbox", "credentials"`;
    return deleted[0];
  } finally {
    // Also after a failure: an answer that is lost on its way back may have been a commit.
    changed({ userId });
  }
}

async function revokeGrant(
  { catalogue, vault, revoker }: DisconnectOptions,
  connectionId: string,
  row: { provider: string; sandbox: boolean; credentials: string },
): Promise<Revocation> {
  const provider = catalogue.find(row.provider, row.sandbox);
  if (!provider) return 'failed';
  try {
    return await revoker.revoke(provider, openCredentials(vault, connectionId, row.credentials));
  } catch {
    // Unreadable credentials cannot be revoked by us, only by the person on the provider's page.
    return 'failed';
  }
}
