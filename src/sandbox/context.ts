/** What the sandbox's endpoints share. */
import type { ProviderDefinition } from '../providers/index.js';
import type { BehaviourKnobs } from './behaviour.js';
import type { Endpoints } from './endpoints.js';
import type { Grants } from './grants.js';
import type { TemporaryCredentialStore } from './oauth1/temporary-credentials.js';
import type { DeviceCodes } from './oauth2/device-codes.js';
import type { People } from './people.js';
import type { SandboxKeys } from './store/keys.js';

export interface SandboxContext {
  /** The original definitions, aimed at the real hosts. */
  readonly definitions: readonly ProviderDefinition[];
  readonly endpoints: Endpoints;
  readonly behaviour: BehaviourKnobs;
  readonly people: People;
  readonly grants: Grants;
  readonly temporaryCredentials: TemporaryCredentialStore;
  readonly deviceCodes: DeviceCodes;
  readonly keys: SandboxKeys;
  randomBytes(size: number): Buffer;
  readonly redirectBasePaths: readonly string[];
  /** Milliseconds since 1970 by the real clock: lifetimes are measured by it. */
  now(): number;
  /** The clock the sandbox shows: the real one, shifted by `clockSkewSeconds`. */
  shownNow(): number;
}
