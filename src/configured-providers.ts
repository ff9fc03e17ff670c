/** From the environment's provider settings to our clients, further definitions, and what is switched off and why. */
import type { Config } from './config.js';
import {
  definitionOfIssuer,
  type ProviderClient,
  type ProviderDefinition,
  secretProblem,
  variablePrefix,
} from './providers/index.js';

export interface ConfiguredProviders {
  readonly clients: Readonly<Record<string, ProviderClient>>;
  /** Of issuers that are named in the environment and nowhere else. */
  readonly definitions: readonly ProviderDefinition[];
  readonly problems: ReadonlyMap<string, string>;
}

export function configuredProviders(config: Config, known: readonly ProviderDefinition[]): ConfiguredProviders {
  const clients: Record<string, ProviderClient> = {};
  const definitions: ProviderDefinition[] = [];
  const problems = new Map<string, string>();
  for (const [id, setting] of config.providers) {
    const definition = known.find((candidate) => candidate.id === id);
    const problem = setting.problem ?? unusableSecret(id, setting.client, definition);
    if (problem) problems.set(id, problem);
    if (!definition && setting.issuer) definitions.push(definitionOfIssuer(id, setting.issuer));
    if (!problem && setting.client) clients[id] = setting.client;
  }
  return { clients, definitions, problems };
}

function unusableSecret(
  id: string,
  client: ProviderClient | undefined,
  definition?: ProviderDefinition,
): string | undefined {
  if (!client || !definition) return undefined;
  const name = `${variablePrefix(id)}_CLIENT_SECRET`;
  if (!client.clientSecret) return definition.token?.clientAuth === 'none' ? undefined : `${name} is missing.`;
  const problem = secretProblem(definition, client.clientSecret);
  return problem && `${name} ${problem}`;
}
