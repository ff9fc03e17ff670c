/** The audit trail. */
export type { AuditEvent, EventKind, EventStore, Events } from './events.js';
export { createEvents } from './events.js';
