/** Incremental consent: what to ask for so that one more thing may be read, and nothing that was allowed before is lost. */
import type { ProviderDefinition } from '../../providers/index.js';

/**
 * What connecting asks for, less what only serves other readings that the person has not allowed. A grant replaces the one before it at most
 * providers, so everything that was allowed is asked for again.
 * @param readingId one of the definition's readings
 * @param granted the connection's scopes
 */
export function scopesToAllow(
  { readings = [], scopes }: ProviderDefinition,
  readingId: string,
  granted: readonly string[],
): readonly string[] {
  const wanted = new Set(readings.filter(({ id }) => id === readingId).flatMap((reading) => reading.scopes ?? []));
  const optional = new Set(readings.flatMap((reading) => reading.scopes ?? []));
  const asked = scopes.connect.filter((scope) => !optional.has(scope) || wanted.has(scope) || granted.includes(scope));
  const kept = scopes.signIn.filter((scope) => granted.includes(scope));
  return [...new Set([...asked, ...wanted, ...kept])];
}
