/** Keeps the fingerprints of the vault keys in use. Structural: the vault room declares the interface. */
import type { PrismaClient } from './generated/client.js';

export function fingerprintStore(prisma: PrismaClient) {
  return {
    list: () => prisma.vaultKey.findMany({ select: { id: true, fingerprint: true }, orderBy: { id: 'asc' } }),
    /** The first instance to write an id decides; the caller compares afterwards. */
    async remember(key: { readonly id: string; readonly fingerprint: string }): Promise<void> {
      await prisma.vaultKey.createMany({ data: [{ ...key }], skipDuplicates: true });
    },
  };
}
