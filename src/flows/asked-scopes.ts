/**
 * Which scopes a flow asked for where that was not what its definition usually asks for. They are kept in the flow's cookie, so they are
 * written as their places among the definition's scopes: names of 70 characters each would not fit.
 */
import type { ProviderDefinition } from '../providers/index.js';

/** @returns undefined when one is not among the definition's, so that whoever asked for it has to remember it */
export function scopePlaces(definition: ProviderDefinition, scopes: readonly string[]): readonly number[] | undefined {
  const known = knownScopes(definition);
  const places = scopes.map((scope) => known.indexOf(scope));
  return places.includes(-1) ? undefined : places;
}

export function scopesAt(definition: ProviderDefinition, places: readonly number[]): readonly string[] {
  const known = knownScopes(definition);
  return places.flatMap((place) => known[place] ?? []);
}

function knownScopes({ scopes }: ProviderDefinition): readonly string[] {
  return [...new Set([...scopes.connect, ...scopes.signIn])];
}
