/** The audit trail as a request writes to it: every event says which request it came from, and from where. */
import type { Request } from 'express';
import type { Events } from '../events/index.js';

export function eventsOf(req: Request, events: Events): Events {
  const requestId: unknown = req.res?.locals.requestId;
  const origin = { requestId: typeof requestId === 'string' ? requestId : undefined, address: req.ip?.slice(0, 64) };
  return { record: (event) => events.record({ ...origin, ...event }) };
}
