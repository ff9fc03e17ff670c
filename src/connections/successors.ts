/**
 * Generations of a service: a person who connects the new one keeps the row of the old one, and the two are linked. Which old account it was is told
 * by an id that both share or that the new one names, never by a name or an address.
 */
import type { PrismaTransaction } from '../db/index.js';
import type { Provider } from '../providers/index.js';
import type { AccountFacts } from './account-facts.js';

/** In the transaction that stores the new connection. */
export async function linkPredecessors(
  tx: PrismaTransaction,
  userId: string,
  { provider, account }: { provider: Provider; account: AccountFacts },
  connectionId: string,
): Promise<void> {
  for (const predecessor of provider.replaces) {
    const where = { userId, provider: predecessor.id, sandbox: provider.sandbox, NOT: { id: connectionId } };
    const told = knownAs(provider, account, predecessor.namespace);
    if (told !== undefined) {
      await tx.connection.updateMany({ where: { ...where, subject: told }, data: { successorId: connectionId } });
      continue;
    }
    // Neither tells the other's ids: with one old connection there is nothing to confuse.
    const [only, ...others] = await tx.connection.findMany({ where, select: { id: true }, take: 2 });
    if (!only || others.length > 0) continue;
    await tx.connection.update({ where: { id: only.id }, data: { successorId: connectionId } });
  }
}

/** This account's id in the predecessor's namespace; undefined where nobody tells it. */
function knownAs(provider: Provider, { subject, earlier }: AccountFacts, namespace: string): string | undefined {
  if (namespace === provider.namespace) return subject;
  const there = earlier && `${provider.sandbox ? 'sandbox:' : ''}${earlier.namespace}`;
  return there === namespace ? earlier?.subject : undefined;
}

/** Status 410 from a service that is known to end means that it has; elsewhere it is about one resource. */
export function saysItIsShut({ definition }: Provider, httpStatus: number): boolean {
  const { status } = definition;
  return httpStatus === 410 && (status?.state === 'shut' || status?.sunset !== undefined);
}
