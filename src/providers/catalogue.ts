/** The providers of one installation: definitions, our client at each, and whether the sandbox stands in for it. */
import type { ProviderDefinition } from './definition.js';
import { sandboxClient } from './sandbox-client.js';
import { aimAtSandbox } from './sandboxed.js';

/** Our app's credentials at a provider (OAuth 1 calls them consumer key and secret). */
export interface ProviderClient {
  readonly clientId: string;
  readonly clientSecret?: string;
}

/** A provider that can be used: its definition aimed at where it really answers, with our client. */
export interface Provider {
  readonly id: string;
  readonly name: string;
  /** Every address in it is the one to call: the sandbox's when `sandbox` is true. */
  readonly definition: ProviderDefinition;
  readonly client: ProviderClient;
  readonly sandbox: boolean;
  /** First half of an identity; begins with `sandbox:` in the sandbox, so that the two never meet. */
  readonly namespace: string;
  /** Earlier generations of the service, whose definitions name this one as their successor; with their namespaces. */
  readonly replaces: readonly { readonly id: string; readonly namespace: string }[];
  /** Whether it may be a way to sign in. */
  readonly canSignIn: boolean;
  /** Origins that may receive a person's credentials on API calls; complete once the provider is bound to a grant. */
  readonly apiOrigins: readonly string[];
  /** People name its hosts, so its requests go to public addresses only (sec-J4). */
  readonly hostsAreNamed: boolean;
  readonly signInLabel: string;
  readonly connectLabel: string;
}

export interface CatalogueOptions {
  readonly definitions: readonly ProviderDefinition[];
  /** Our clients by provider id; a provider without one answers in the sandbox, if there is one, and not at all otherwise. */
  readonly clients?: Readonly<Record<string, ProviderClient>>;
  /** Providers that are switched off, with the reason: a bad value of one must not take the others along. */
  readonly problems?: ReadonlyMap<string, string>;
  /** Origin of the sandbox, such as `http://localhost:4000`. */
  readonly sandboxOrigin?: string;
}

export interface Catalogue {
  get(id: string): Provider | undefined;
  /** The provider a stored row belongs to: same id, and the same side of the sandbox's fence. */
  find(id: string, sandbox: boolean): Provider | undefined;
  readonly all: readonly Provider[];
  readonly definitions: readonly ProviderDefinition[];
  readonly sandboxOrigin: string | undefined;
  /** Why a definition has no provider, by its id. */
  readonly problems: ReadonlyMap<string, string>;
}

/**
 * Puts the catalogue together.
 * @throws Error when two definitions share an id
 */
export function createCatalogue(options: CatalogueOptions): Catalogue {
  const providers = new Map<string, Provider>();
  const seen = new Set<string>();
  for (const definition of options.definitions) {
    if (seen.has(definition.id)) throw new Error(`Two provider definitions have the id "${definition.id}".`);
    seen.add(definition.id);
    const provider = describe(definition, options);
    if (provider) providers.set(definition.id, provider);
  }
  return {
    get: (id) => providers.get(id),
    find: (id, sandbox) => {
      const provider = providers.get(id);
      return provider?.sandbox === sandbox ? provider : undefined;
    },
    all: [...providers.values()],
    definitions: options.definitions,
    sandboxOrigin: options.sandboxOrigin,
    problems: options.problems ?? new Map(),
  };
}

function describe(definition: ProviderDefinition, options: CatalogueOptions): Provider | undefined {
  const own =
    options.clients && Object.hasOwn(options.clients, definition.id) ? options.clients[definition.id] : undefined;
  const origin = options.sandboxOrigin;
  const sandbox = !own;
  if (options.problems?.has(definition.id) || (sandbox && !origin)) return undefined;
  const namespace = definition.namespace ?? definition.id;
  const aimed = sandbox && origin ? aimAtSandbox(definition, origin) : definition;
  return {
    id: definition.id,
    name: definition.name,
    definition: aimed,
    client: own ?? sandboxClient(definition),
    sandbox,
    namespace: sandbox ? `sandbox:${namespace}` : namespace,
    replaces: predecessorsOf(definition, options.definitions).map((earlier) => ({
      id: earlier.id,
      namespace: `${sandbox ? 'sandbox:' : ''}${earlier.namespace ?? earlier.id}`,
    })),
    canSignIn: sandbox || definition.signIn !== false,
    apiOrigins: originsOf(aimed),
    // In the sandbox it is the path that they name.
    hostsAreNamed: !sandbox && /"https?:\/\/[^/"]*\{instance\}/.test(JSON.stringify(aimed)),
    signInLabel: definition.labels?.signIn ?? `Sign in with ${definition.name}`,
    connectLabel: definition.labels?.connect ?? `Connect ${definition.name}`,
  };
}

/** A successor may have one of its own, so generations are followed back as far as they go. */
function predecessorsOf(
  { id }: ProviderDefinition,
  all: readonly ProviderDefinition[],
  seen: ReadonlySet<string> = new Set(),
): readonly ProviderDefinition[] {
  const direct = all.filter((other) => other.status?.successor === id && !seen.has(other.id));
  const known = new Set([...seen, id]);
  return direct.flatMap((other) => [other, ...predecessorsOf(other, all, known)]);
}

/** Profile calls are the definition's own, so their hosts count as its API even when not listed as a base. */
export function apiAddressesOf({ api, profile }: ProviderDefinition): readonly string[] {
  const profiles = [profile, ...(profile.more ?? [])].flatMap(({ url }) => (url ? [url] : []));
  return [...api.baseUrls, ...(api.hosts ?? []), ...profiles];
}

/** Addresses that still wait for the person's host have no origin yet. */
export function originsOf(definition: ProviderDefinition): readonly string[] {
  const origins = apiAddressesOf(definition).map((url) => new URL(url).origin);
  return [...new Set(origins.filter((origin) => !origin.includes('{instance}')))];
}
