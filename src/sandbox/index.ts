/** The sandbox: one server on this machine that stands in for every provider, as strict as the real ones and scriptable. */
export type { Sandbox, SandboxLog, SandboxOptions } from './sandbox.js';
export { createSandbox } from './sandbox.js';
export { DamagedJournal } from './store/journal.js';
export { SandboxInUse } from './store/lock.js';
