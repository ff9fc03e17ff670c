/** The one thing in a start form that changes the request: which host of a provider with many it is for (sec-J4). */
import { fits, type ProviderDefinition } from '../providers/index.js';

/** Longer names are no host names (RFC 1035 section 2.3.4), and would not fit into a flow's cookie. */
const LONGEST = 100;

/**
 * @param typed what the person put into the field, as it came; people paste addresses
 * @returns the name by the definition's pattern, its default for an empty field, or undefined for what may not be used
 */
export function namedInstance(definition: ProviderDefinition, typed: unknown): string | undefined {
  const { instance } = definition;
  if (!instance) return undefined;
  const text = typeof typed === 'string' ? typed.trim() : '';
  if (text === '') return instance.default;
  if (text.length > LONGEST + 'https:///'.length) return undefined;
  const name = text
    .toLowerCase()
    .replace(/^https:\/\//, '')
    .replace(/\/$/, '');
  if (name.length > LONGEST || !fits(instance.pattern, name)) return undefined;
  // Our client id and secret are registered at one host and are nobody else's business.
  if (instance.client === 'host' && name !== instance.default) return undefined;
  return name;
}
