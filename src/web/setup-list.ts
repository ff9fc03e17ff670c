/** What there is to set up, provider by provider: what is configured, what is missing and why, what to register and which variables to set. */
import {
  type Catalogue,
  lifecycleWarning,
  type Provider,
  type ProviderDefinition,
  variablePrefix,
} from '../providers/index.js';
import type { Site } from './site.js';

export type SetupState = 'problem' | 'configured' | 'sandbox' | 'off';

export interface SetupItem {
  readonly id: string;
  readonly name: string;
  readonly state: SetupState;
  /** Why it is switched off although somebody began to configure it. */
  readonly problem: string | undefined;
  /** That it has ended, or is about to. */
  readonly warning: string | undefined;
  readonly callbackUrl: string;
  readonly variables: readonly SetupVariable[];
  /** Undefined for an issuer that could not become a provider. */
  readonly definition: ProviderDefinition | undefined;
  /** Undefined while it cannot be used. */
  readonly provider: Provider | undefined;
}

export interface SetupVariable {
  readonly name: string;
  readonly holds:
    | 'client_id'
    | 'consumer_key'
    | 'client_secret'
    | 'consumer_secret'
    | 'private_key'
    | 'minting_key'
    | 'issuer';
}

export interface SetupGroup {
  readonly state: SetupState;
  readonly items: readonly SetupItem[];
}

/** What needs somebody comes first. */
const ORDER: readonly SetupState[] = ['problem', 'configured', 'sandbox', 'off'];

/**
 * @param nowMs ms since the epoch
 * @param find words that have to occur in the name or id; empty for all
 */
export function setupList(catalogue: Catalogue, site: Site, nowMs: number, find = ''): readonly SetupGroup[] {
  const known = catalogue.definitions.map((definition) => itemOf(definition, catalogue, site, nowMs));
  const ids = new Set(known.map(({ id }) => id));
  const broken = [...catalogue.problems].filter(([id]) => !ids.has(id)).map(brokenIssuer(site));
  const words = find.toLowerCase().split(/\s+/);
  const items = [...known, ...broken].filter(({ id, name }) => {
    const text = `${id} ${name}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return ORDER.map((state) => ({ state, items: items.filter((item) => item.state === state) })).filter(
    (group) => group.items.length > 0,
  );
}

function itemOf(definition: ProviderDefinition, catalogue: Catalogue, site: Site, nowMs: number): SetupItem {
  const { id, name } = definition;
  const provider = catalogue.get(id);
  const problem = catalogue.problems.get(id);
  return {
    id,
    name,
    state: problem !== undefined ? 'problem' : !provider ? 'off' : provider.sandbox ? 'sandbox' : 'configured',
    problem,
    // Of what answers for real, or is about to: the sandbox stands in for services that have ended, too.
    warning: provider?.sandbox ? undefined : lifecycleWarning(definition, catalogue.definitions, nowMs),
    callbackUrl: site.callbackUrl(id),
    variables: variablesOf(definition),
    definition,
    provider,
  };
}

/** The environment names it, but not in a way that makes a provider of it. */
function brokenIssuer(site: Site): (entry: readonly [string, string]) => SetupItem {
  return ([id, problem]) => {
    const prefix = variablePrefix(id);
    const variables: readonly SetupVariable[] = [
      { name: `${prefix}_ISSUER`, holds: 'issuer' },
      { name: `${prefix}_CLIENT_ID`, holds: 'client_id' },
      { name: `${prefix}_CLIENT_SECRET`, holds: 'client_secret' },
    ];
    const callbackUrl = site.callbackUrl(id);
    return {
      id,
      name: id,
      state: 'problem',
      problem,
      warning: undefined,
      callbackUrl,
      variables,
      definition: undefined,
      provider: undefined,
    };
  };
}

function variablesOf({ id, protocol, oauth1, token }: ProviderDefinition): readonly SetupVariable[] {
  const prefix = variablePrefix(id);
  const clientId = {
    name: `${prefix}_CLIENT_ID`,
    holds: protocol === 'oauth1' ? 'consumer_key' : 'client_id',
  } as const;
  if (token?.clientAuth === 'none') return [clientId];
  return [clientId, { name: `${prefix}_CLIENT_SECRET`, holds: secretKind() }];

  function secretKind(): SetupVariable['holds'] {
    if (token?.mintedSecret) return 'minting_key';
    if (oauth1?.signatureMethod.startsWith('RSA-')) return 'private_key';
    return protocol === 'oauth1' ? 'consumer_secret' : 'client_secret';
  }
}
