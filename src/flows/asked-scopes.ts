/**
 * Which scopes a flow asked for where that was not what its definition usually asks for. They are kept in the flow's cookie, where names of 70
 * characters each would not fit: so one bit for each scope of the definition, in hexadecimal.
 */
import type { ProviderDefinition } from '../providers/index.js';

/** @returns undefined when one is not among the definition's, so that whoever asked for it has to remember it */
export function markScopes(definition: ProviderDefinition, scopes: readonly string[]): string | undefined {
  const known = knownScopes(definition);
  if (!scopes.every((scope) => known.includes(scope))) return undefined;
  const bits = known.map((scope, place) => (scopes.includes(scope) ? 1n << BigInt(place) : 0n));
  return bits.reduce((all, bit) => all | bit, 0n).toString(16);
}

/** @param marks what {@link markScopes} gave for the same definition */
export function markedScopes(definition: ProviderDefinition, marks: string): readonly string[] {
  const bits = BigInt(`0x${marks}`);
  return knownScopes(definition).filter((_scope, place) => (bits >> BigInt(place)) & 1n);
}

function knownScopes({ scopes }: ProviderDefinition): readonly string[] {
  return [...new Set([...scopes.connect, ...scopes.signIn])];
}
