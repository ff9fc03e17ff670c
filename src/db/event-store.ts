/** Keeps the audit trail in the database. Structural: the events room declares the interface. */
import { isForeignKeyViolation } from './failures.js';
import type { PrismaClient } from './generated/client.js';

interface StoredEvent {
  readonly kind: string;
  readonly userId?: string | undefined;
  readonly connectionId?: string | undefined;
  readonly provider?: string | undefined;
  readonly requestId?: string | undefined;
  readonly address?: string | undefined;
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}

export function eventStore(prisma: PrismaClient) {
  /** What happens to a connection behind its person's back, such as a refresh, still belongs in their trail. */
  const ownerOf = async (connectionId: string | undefined): Promise<string | undefined> => {
    if (connectionId === undefined) return undefined;
    const row = await prisma.connection.findUnique({ where: { id: connectionId }, select: { userId: true } });
    return row?.userId;
  };
  return {
    async append({ kind, userId, connectionId, provider, requestId, address, detail }: StoredEvent): Promise<void> {
      const facts = { kind, provider: provider ?? null, requestId: requestId ?? null, detail: { ...detail } };
      const whose = userId ?? (await ownerOf(connectionId)) ?? null;
      const personal = { userId: whose, connectionId: connectionId ?? null, address: address ?? null };
      try {
        await prisma.event.create({ data: { ...facts, ...personal }, select: { id: true } });
      } catch (error) {
        // Their account was deleted meanwhile, and what happened to them is nobody's any more.
        if (!isForeignKeyViolation(error)) throw error;
        await prisma.event.create({ data: facts, select: { id: true } });
      }
    },
  };
}
