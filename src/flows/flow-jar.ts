/** The browser's pending flows, as the flows room needs them; the web room keeps them in cookies, the command line in memory. */
import type { SealedFlow } from './pending-flow.js';

export interface FlowJar {
  /** Names and sealed values of the flows this browser has pending. */
  all(): ReadonlyMap<string, string>;
  put(flow: SealedFlow): void;
  drop(name: string): void;
}
