/**
 * Which of our definitions a Django package's provider name means. The packages write one name for a service whatever the protocol
 * was at the time (`fitbit`), or put the protocol behind it (`google-oauth2`, `twitter_oauth2`).
 */
import type { ProviderDefinition } from '../../../providers/index.js';

export type SourceProtocol = 'oauth1' | 'oauth2';

export type NamedProvider =
  | { readonly definition: ProviderDefinition; readonly protocol: SourceProtocol }
  | { readonly problem: 'unknown_provider' | 'ambiguous_provider' };

export interface ProviderNames {
  /** @param protocol as the row gives it away; undefined when it does not */
  resolve(name: string, protocol: SourceProtocol | undefined): NamedProvider;
}

/** A `--map` that cannot be obeyed. */
export class InvalidMapping extends Error {
  readonly code = 'invalid_mapping';

  constructor(message: string) {
    super(message);
    this.name = 'InvalidMapping';
  }
}

/** Names that lead nowhere by the general rule. */
const ALIASES: Readonly<Record<string, string>> = { 'twitter-oauth2': 'x', 'google-plus': 'google' };
const PROTOCOL_SUFFIX = /-(oauth2?|oauth1a?|openidconnect|openid-connect)$/;

/**
 * @param mappings `--map old=new`, each the package's name and the id of a definition
 * @throws InvalidMapping
 */
export function providerNames(
  definitions: readonly ProviderDefinition[],
  mappings: readonly string[] = [],
): ProviderNames {
  const byId = new Map(definitions.map((definition) => [definition.id, definition]));
  const mapped = new Map(mappings.map((mapping) => readMapping(mapping, byId)));
  return {
    resolve(name, protocol) {
      const own = mapped.get(name.toLowerCase());
      const candidates = own ? [own] : candidatesFor(name, byId);
      const fitting = candidates.filter((definition) => !protocol || protocolOf(definition) === protocol);
      const [first] = fitting;
      if (!first) return { problem: 'unknown_provider' };
      const protocols = new Set(fitting.map(protocolOf));
      return protocols.size > 1
        ? { problem: 'ambiguous_provider' }
        : { definition: first, protocol: protocolOf(first) };
    },
  };
}

/** Definitions of the service's own name before those that need a part of it cut off or added. */
function candidatesFor(name: string, byId: ReadonlyMap<string, ProviderDefinition>): readonly ProviderDefinition[] {
  const plain = name.toLowerCase().replaceAll('_', '-');
  const alias = ALIASES[plain];
  const ids = alias ? [alias] : [plain, plain.replace(PROTOCOL_SUFFIX, ''), `${plain}-oauth1`];
  return [...new Set(ids)].flatMap((id) => byId.get(id) ?? []);
}

function readMapping(mapping: string, byId: ReadonlyMap<string, ProviderDefinition>): [string, ProviderDefinition] {
  const [, from, to] = /^([^=\s]+)=([^=\s]+)$/.exec(mapping) ?? [];
  if (!from || !to) throw new InvalidMapping(`--map wants old=new, for example --map fitbit=fitbit-oauth1.`);
  const definition = byId.get(to);
  if (!definition) throw new InvalidMapping(`--map ${mapping}: there is no provider "${to}".`);
  return [from.toLowerCase(), definition];
}

function protocolOf(definition: ProviderDefinition): SourceProtocol {
  return definition.protocol === 'oauth1' ? 'oauth1' : 'oauth2';
}
