/** The credentials of an API call, wherever the definition wants them (RFC 6750 section 2 and the habits of services). */
import type { ProviderDefinition } from '../providers/index.js';
import type { SandboxContext } from './context.js';
import { type AccessToken, type Found, isHere } from './grants.js';
import { instanceIn } from './instances.js';
import type { SandboxRequest } from './request.js';
import type { CredentialProblem } from './services/service.js';

export interface Bearer {
  readonly definition: ProviderDefinition;
  readonly found: Found<AccessToken>;
}

/** @param candidates definitions whose API is at this path, bound to it */
export function bearerOf(
  context: SandboxContext,
  request: SandboxRequest,
  candidates: readonly ProviderDefinition[],
): Bearer | CredentialProblem {
  let presented = false;
  for (const definition of candidates) {
    const token = tokenIn(request, definition);
    if (token === undefined) continue;
    presented = true;
    const found = token === '' ? undefined : findToken(context, definition, token);
    const belongs =
      found?.grant.provider === definition.id && isHere(found.grant, instanceOf(context, definition, request));
    if (!found || !belongs) continue;
    return context.grants.isExpired(found.token) ? 'expired' : { definition, found };
  }
  return presented ? 'invalid' : 'missing';
}

/** The definition has lost its template when it was bound, so the original tells. */
function instanceOf(context: SandboxContext, { id }: ProviderDefinition, { path }: SandboxRequest): string | undefined {
  const original = context.definitions.find((definition) => definition.id === id);
  return original && instanceIn(original, path);
}

function findToken(
  context: SandboxContext,
  definition: ProviderDefinition,
  token: string,
): Found<AccessToken> | undefined {
  // Without a signature, tokens of OAuth 1 open nothing, except where they are keys; see token-endpoints.ts.
  return definition.protocol !== 'oauth1' || definition.api.token ? context.grants.findAccess(token) : undefined;
}

/** Undefined where there is nothing of the kind; empty where it is malformed. */
function tokenIn(request: SandboxRequest, { api }: ProviderDefinition): string | undefined {
  const place = api.token ?? { in: 'header', name: 'Authorization', scheme: 'Bearer' };
  if (place.in === 'query') return new URLSearchParams(request.query).get(place.name) ?? undefined;
  const header = request.headers[place.name.toLowerCase()];
  if (typeof header !== 'string') return undefined;
  const scheme = place.scheme ?? '';
  const [, given = '', token = ''] = /^(?:(\S+) +)?([A-Za-z0-9._~+/-]+=*) *$/.exec(header) ?? [];
  return given.toLowerCase() === scheme.toLowerCase() ? token : '';
}
