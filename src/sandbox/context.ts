/** What the sandbox's endpoints share. */
import type { ProviderDefinition } from '../providers/index.js';
import type { BehaviourKnobs } from './behaviour.js';
import type { Endpoints } from './endpoints.js';
import type { Grants } from './grants.js';
import type { TemporaryCredentialStore } from './oauth1/temporary-credentials.js';
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
  readonly keys: SandboxKeys;
  randomBytes(size: number): Buffer;
  readonly redirectBasePaths: readonly string[];
  /** Milliseconds since 1970 by the real clock: lifetimes are measured by it. */
  now(): number;
  /** The clock the sandbox shows: the real one, shifted by `clockSkewSeconds`. */
  shownNow(): number;
}

export function clientIdOf(definition: ProviderDefinition): string {
  return `sandbox-${definition.id}`;
}

/** The same for every client: nothing here is worth protecting. */
export const clientSecret = 'sandbox-secret';

/** The definition whose client this is, among those that use an endpoint. */
export function definitionOfClient(
  clientId: string | undefined,
  definitions: readonly ProviderDefinition[],
): ProviderDefinition | undefined {
  return clientId === undefined ? undefined : definitions.find((definition) => clientIdOf(definition) === clientId);
}
