/** How a definition is aimed at the sandbox: `https://host/path` becomes `<sandbox origin>/host/path` in every address. */
import type { ProviderDefinition } from './definition.js';

/**
 * What may look like an address without being one that we call: addresses for people, scopes, texts, and what is sent along to the
 * provider. Any other field is rewritten, so that a field forgotten here leads to the sandbox and not out of it.
 */
const keptAsIs: ReadonlySet<string> = new Set([
  'manageUrl',
  'consoleUrl',
  'docsUrl',
  'scopes',
  'name',
  'labels',
  'status',
  'title',
  'parameters',
  'connectParameters',
  'headers',
  'select',
  'body',
  '$schema',
  'instance',
  'callback',
  'audience',
  'template',
  'register',
  'quirks',
  'limits',
  'confidence',
]);

/**
 * Rewrites one address.
 * @param url absolute http(s) address of the real provider
 * @param origin the sandbox's origin, without a trailing slash
 */
export function sandboxUrl(url: string, origin: string): string {
  return url.replace(/^https?:\/\//, `${origin}/`);
}

/** A copy of the definition in which every endpoint, API base and issuer leads to the sandbox. */
export function aimAtSandbox(definition: ProviderDefinition, origin: string): ProviderDefinition {
  return rewrite(definition, origin) as ProviderDefinition;
}

function rewrite(value: unknown, origin: string): unknown {
  if (typeof value === 'string') return /^https?:\/\//.test(value) ? sandboxUrl(value, origin) : value;
  if (Array.isArray(value)) return value.map((item) => rewrite(item, origin));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, keptAsIs.has(name) ? item : rewrite(item, origin)]),
  );
}
