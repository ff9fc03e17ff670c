/** How a definition is aimed at the sandbox: `https://host/path` becomes `<sandbox origin>/host/path` in every address. */
import { isLoopback } from '../oauth2/index.js';
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

/** What is one host to a provider's calls: an origin, or in the sandbox, which keeps every service below a path of its host's name, that path. */
export function hostRootOf(url: string, sandbox: boolean): string | undefined {
  return (sandbox ? /^https?:\/\/[^/?]+\/[^/?]+/ : /^https?:\/\/[^/?]+/).exec(url)?.[0];
}

/**
 * Where a call leads while the sandbox stands in for its provider: an address of the provider's own hosts to what stands for them, and one below
 * the sandbox's origin that stands for another host out of it again. So whoever looks at origins before credentials are sent refuses
 * what would be refused at the real provider, for the same reason.
 * @param address absolute
 * @param own the provider's addresses that credentials may be sent to, aimed at the sandbox
 */
export function addressInSandbox(address: string, own: readonly string[]): string {
  if (!URL.canParse(address)) return address;
  const { origin, protocol, host, hostname, username, password, pathname, search } = new URL(address);
  const roots = own.map((url) => hostRootOf(url, true)).filter((root) => root !== undefined);
  if (roots.some((root) => root.startsWith(`${origin}/`))) {
    const [, name = '', rest = ''] = /^\/([^/]*)(.*)$/.exec(pathname) ?? [];
    return roots.includes(`${origin}/${name}`) ? address : `https://${name || 'sandbox.invalid'}${rest}${search}`;
  }
  if (!(protocol === 'https:' || isLoopback(hostname)) || username || password) return address;
  const root = roots.find((candidate) => candidate.replace(/^https?:\/\/[^/]+\//, '').toLowerCase() === host);
  return root === undefined ? address : `${root}${pathname}${search}`;
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
