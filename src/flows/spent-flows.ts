/** Claims a flow for exactly one callback: the primary key of the row decides, before anything is sent to the provider. */
import type { PrismaClient } from '../db/index.js';
import { FlowRefused } from './flow-refused.js';

/** @throws FlowRefused `flow_spent` */
export async function spendFlow(prisma: PrismaClient, hash: string): Promise<void> {
  // A conflict is skipped instead of raised, because an error would cost the pool its connection.
  const { count } = await prisma.spentFlow.createMany({ data: [{ id: hash }], skipDuplicates: true });
  if (count === 0) throw new FlowRefused('flow_spent');
}
