/**
 * The end of a flow of somebody who is known on the command line only. Whose an account is, is a question among people of the web; here it
 * becomes a connection of whoever sits at the terminal.
 */
import { holdState } from '../accounts/index.js';
import { type Grant, lockAccount, type SavedConnection, saveConnection } from '../connections/index.js';
import type { ConcludeOptions } from './conclude.js';
import { persistently } from './persistently.js';

/**
 * @param userId a local person
 * @returns undefined when that person has been switched off or deleted
 * @throws DatabaseAway
 */
export async function keepLocally(
  { prisma, vault, events, revoker }: Omit<ConcludeOptions, 'signUp'>,
  grant: Grant,
  userId: string,
): Promise<SavedConnection | undefined> {
  const saved = await persistently(revoker, grant, () =>
    prisma.$transaction(async (tx) => {
      await lockAccount(tx, grant.provider.namespace, grant.account.subject);
      if ((await holdState(tx, userId)) !== 'active') return undefined;
      return await saveConnection(tx, vault, userId, grant);
    }),
  );
  if (saved) {
    const kind = saved.created ? 'connected' : 'reconnected';
    await events.record({ kind, userId, connectionId: saved.id, provider: grant.provider.id });
  }
  return saved;
}
