/** Which scopes may be asked for, and how granted ones are reported (RFC 6749 section 3.3). */
import type { ProviderDefinition } from '../../providers/index.js';

/** Known to every OpenID provider (OpenID Connect Core sections 5.4 and 11). */
const standardScopes: ReadonlySet<string> = new Set([
  'openid',
  'profile',
  'email',
  'address',
  'phone',
  'offline_access',
]);

/** Scopes without which the services that have them give no refresh token. */
const offlineScopes = ['offline_access', 'offline.access'];

/** The scopes of a request, each once; undefined when one is unknown, or none is asked for where there are some. */
export function requestedScopes(
  definition: ProviderDefinition,
  scope: string | undefined,
): readonly string[] | undefined {
  const known = mentionedScopes(definition);
  const separator = definition.scopes.separator ?? ' ';
  const asked = [...new Set((scope ?? '').split(separator).filter((item) => item !== ''))];
  if (asked.length === 0) return known.size === 0 ? [] : undefined;
  return asked.every((item) => known.has(item) || standardScopes.has(item)) ? asked : undefined;
}

export function mentionedScopes(definition: ProviderDefinition): ReadonlySet<string> {
  return new Set([...definition.scopes.signIn, ...definition.scopes.connect]);
}

/** Whether the definition's service hands out refresh tokens only to those who ask for one by scope, and this request did not. */
export function lacksOfflineScope(definition: ProviderDefinition, scopes: readonly string[]): boolean {
  const needed = offlineScopes.filter((scope) => mentionedScopes(definition).has(scope));
  return needed.length > 0 && !needed.some((scope) => scopes.includes(scope));
}
