/** The one thing in a start form that changes the request: which host of a provider with many it is for (sec-J4). */
import { fits, type ProviderDefinition } from '../providers/index.js';

/** Longer names are no host names (RFC 1035 section 2.3.4), and would not fit into a flow's cookie. */
const LONGEST = 100;

/**
 * - `missing`: nothing was typed, and there is no usual host
 * - `form`: it is no name of a host of that provider
 * - `elsewhere`: it may be one, but our registration belongs to another
 */
export type InstanceProblem = 'missing' | 'form' | 'elsewhere';

/** `name` is undefined at providers whose host nobody names. */
export type NamedInstance = { readonly name: string | undefined } | { readonly problem: InstanceProblem };

/**
 * @param typed what the person put into the field, as it came; people paste addresses
 * @returns the name by the definition's pattern, its default for an empty field, or why what was typed may not be used
 */
export function namedInstance({ instance }: ProviderDefinition, typed: unknown): NamedInstance {
  if (!instance) return { name: undefined };
  const text = typeof typed === 'string' ? typed.trim() : '';
  if (text === '') return instance.default === undefined ? { problem: 'missing' } : { name: instance.default };
  if (text.length > LONGEST + 'https:///'.length) return { problem: 'form' };
  const name = text
    .toLowerCase()
    .replace(/^https:\/\//, '')
    .replace(/\/$/, '');
  if (name.length > LONGEST || !fits(instance.pattern, name)) return { problem: 'form' };
  // Our client id and secret are registered at one host and are nobody else's business.
  if (instance.client === 'host' && name !== instance.default) return { problem: 'elsewhere' };
  return { name };
}
