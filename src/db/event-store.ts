/** Keeps the audit trail in the database. Structural: the events room declares the interface. */
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
  return {
    async append({ kind, userId, connectionId, provider, requestId, address, detail }: StoredEvent): Promise<void> {
      await prisma.event.create({
        data: {
          kind,
          userId: userId ?? null,
          connectionId: connectionId ?? null,
          provider: provider ?? null,
          requestId: requestId ?? null,
          address: address ?? null,
          detail: { ...detail },
        },
      });
    },
  };
}
