/** The record of a failed attempt as its event tells it: how far it came and why it ended, without the times and messages that were in memory. */
import type { PrismaClient } from '../../db/index.js';
import { type FlowRecord, STEPS } from './flow-record.js';

const LOOKED_THROUGH = 100;

/** The latest ones, newest first. */
export async function storedFailures(prisma: PrismaClient): Promise<readonly FlowRecord[]> {
  const events = await prisma.event.findMany({
    where: { kind: { in: ['flow_failed', 'consent_denied'] } },
    orderBy: { at: 'desc' },
    take: LOOKED_THROUGH,
    select: { at: true, provider: true, requestId: true, detail: true },
  });
  return events.flatMap(({ at, provider, requestId, detail }) => {
    const told = (name: string) => {
      const value: unknown = typeof detail === 'object' && detail !== null ? Reflect.get(detail, name) : undefined;
      return typeof value === 'string' ? value : undefined;
    };
    const id = told('flow');
    const step = STEPS.find((name) => name === told('step'));
    if (id === undefined || step === undefined || provider === null) return [];
    const intent = told('intent');
    const facts = (['cause', 'status'] as const).flatMap((name) => {
      const value = told(name);
      return value === undefined ? [] : [{ name: name === 'cause' ? 'code' : name, value }];
    });
    return [
      {
        id,
        provider,
        intent: intent === 'connect' || intent === 'sign-in' ? intent : undefined,
        requestId: requestId ?? undefined,
        at: at.getTime(),
        steps: [{ name: step, state: 'failed' as const, at: at.getTime(), facts }],
        outcome: told('code') ?? 'failed',
        failed: true,
      },
    ];
  });
}
