/** Nonces of verified OAuth 1 requests, for all processes that share the database. Structural: the oauth1 room declares the interface. */
import type { PrismaClient } from './generated/client.js';

export function nonceStore(prisma: PrismaClient) {
  return {
    /**
     * @param expiresAt from then on the purge forgets the key
     * @returns false when the key was claimed before, by whichever process
     */
    async claim(key: string, expiresAt: Date): Promise<boolean> {
      // ON CONFLICT DO NOTHING: a replay is an expected answer, and an error would cost the pool its connection.
      const { count } = await prisma.nonce.createMany({ data: [{ id: key, expiresAt }], skipDuplicates: true });
      return count === 1;
    },
  };
}
