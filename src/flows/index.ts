/** One authorization attempt: begin, check and claim the callback, conclude. */
export { type AcceptedFlow, type AcceptOptions, acceptCallback } from './accept.js';
export { type BeginOptions, beginFlow, type FlowStart } from './begin.js';
export { type ConcludeOptions, conclude, type LinkRefusal, type Outcome } from './conclude.js';
export { beginDeviceFlow, type DeviceFlow } from './device.js';
export type { FlowJar } from './flow-jar.js';
export { type FlowRefusalCode, FlowRefused } from './flow-refused.js';
export { type InstanceProblem, namedInstance } from './instance.js';
export { keepLocally } from './keep-locally.js';
export { decideLinking, type LinkingDecision, type LinkingFacts } from './linking.js';
export {
  FLOW_LIFE_SECONDS,
  flowHash,
  type Intent,
  MAX_PENDING_FLOWS,
  type PendingFlow,
  type SealedFlow,
} from './pending-flow.js';
export { safeReturnTo } from './return-to.js';
export {
  offerFor,
  settleWelcome,
  type WelcomeDecision,
  type WelcomeOffer,
  type WelcomeOutcome,
} from './welcome.js';
