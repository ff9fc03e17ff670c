/**
 * A provider as one grant sees it: the host that the person named, and the callback's values that are part of addresses, stand in their places.
 * Everything that opens a connection's credentials works with the bound provider.
 */
import { originsOf, type Provider } from './catalogue.js';
import type { ProviderDefinition } from './definition.js';

/** What a grant knows about its place at the provider; kept sealed beside the tokens. */
export interface GrantDetails {
  /** What the person named: a host, or the part of one that the definition leaves open. */
  readonly instance?: string;
  /** Values of the callback that the definition keeps. */
  readonly kept?: Readonly<Record<string, string>>;
}

/** @returns the provider itself where its definition leaves nothing open */
export function bindProvider(provider: Provider, details: GrantDetails | undefined): Provider {
  const { definition } = provider;
  if (!definition.instance && !definition.callback?.keep) return provider;
  const bound = bindDefinition(definition, details);
  return { ...provider, definition: bound, apiOrigins: originsOf(bound) };
}

/** The same for a definition alone, which is what the sandbox works with. */
export function bindDefinition(definition: ProviderDefinition, details: GrantDetails = {}): ProviderDefinition {
  const values: Record<string, string> = { ...details.kept };
  if (details.instance !== undefined) values.instance = details.instance;
  return fill(definition, values) as ProviderDefinition;
}

/** Puts values into a template, encoded for an address; what is not known stays as it is. */
export function fillUrl(template: string, values: Readonly<Record<string, string | undefined>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    return value === undefined ? whole : encodeURIComponent(value);
  });
}

/** Puts values into headers and parameters, as they are; what is not known stays as it is. */
export function fillText(
  templates: Readonly<Record<string, string>>,
  values: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const filled = (template: string) =>
    template.replace(/\{(\w+)\}/g, (whole, name: string) =>
      Object.hasOwn(values, name) ? (values[name] ?? whole) : whole,
    );
  return Object.fromEntries(Object.entries(templates).map(([name, template]) => [name, filled(template)]));
}

/** Only addresses are templates here: texts for people and patterns may hold braces of their own. */
function fill(value: unknown, values: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') return /^https?:\/\//.test(value) ? fillUrl(value, values) : value;
  if (Array.isArray(value)) return value.map((item) => fill(item, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fill(item, values)]));
}
