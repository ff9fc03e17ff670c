/** Claims a flow for exactly one callback: the primary key of the row decides, before anything is sent to the provider. */
import { isUniqueViolation, type PrismaClient } from '../db/index.js';
import { FlowRefused } from './flow-refused.js';

/** @throws FlowRefused `flow_spent` */
export async function spendFlow(prisma: PrismaClient, hash: string): Promise<void> {
  try {
    await prisma.spentFlow.create({ data: { id: hash } });
  } catch (error) {
    if (isUniqueViolation(error)) throw new FlowRefused('flow_spent');
    throw error;
  }
}
