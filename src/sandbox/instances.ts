/**
 * Definitions whose host people name, as they are at the path of one request: `/{instance}.shop.example/oauth` serves every host that fits the
 * definition's pattern.
 */
import { bindDefinition, fits, type ProviderDefinition } from '../providers/index.js';
import { Endpoints, type FoundEndpoint } from './endpoints.js';

/** The definition with the host of the path, and the sandbox's own values, in their places; unchanged where it leaves nothing open. */
export function definitionAt(definition: ProviderDefinition, path: string): ProviderDefinition {
  const { instance, callback } = definition;
  if (!instance && !callback?.keep) return definition;
  const kept = Object.fromEntries((callback?.keep ?? []).map(({ name, example }) => [name, example]));
  const named = instanceIn(definition, path);
  return bindDefinition(definition, { kept, ...(named === undefined ? {} : { instance: named }) });
}

/** What somebody named so that a request came to this path; undefined when no host of the definition is there. */
export function instanceIn(definition: ProviderDefinition, path: string): string | undefined {
  const { instance } = definition;
  if (!instance) return undefined;
  const [, host = ''] = path.split('/');
  for (const template of hostTemplates(definition)) {
    const [before = '', after = ''] = template.split('{instance}');
    if (!host.startsWith(before) || !host.endsWith(after)) continue;
    const name = host.slice(before.length, host.length - after.length);
    if (name !== '' && fits(instance.pattern, name)) return name;
  }
  return undefined;
}

/** Endpoints of such definitions: few, and found anew for each request. */
export function findNamedEndpoint(
  definitions: readonly ProviderDefinition[],
  path: string,
  query: string,
): FoundEndpoint | undefined {
  // A host that another definition has for itself was not named by anybody.
  if (fixedHosts(definitions).has(path.split('/')[1] ?? '')) return undefined;
  for (const definition of definitions) {
    const instance = instanceIn(definition, path);
    if (instance === undefined) continue;
    const endpoint = new Endpoints([definitionAt(definition, path)]).find(path, query);
    if (endpoint) return { ...endpoint, instance };
  }
  return undefined;
}

const known = new WeakMap<readonly ProviderDefinition[], ReadonlySet<string>>();

function fixedHosts(definitions: readonly ProviderDefinition[]): ReadonlySet<string> {
  const before = known.get(definitions);
  if (before) return before;
  const fixed = definitions.filter((definition) => !definition.instance);
  const { hosts } = new Endpoints(fixed);
  known.set(definitions, hosts);
  return hosts;
}

function hostTemplates(definition: ProviderDefinition): ReadonlySet<string> {
  const hosts = JSON.stringify(definition).matchAll(/"https?:\/\/([^/"?]*\{instance\}[^/"?]*)/g);
  return new Set([...hosts].map(([, host = '']) => host));
}
