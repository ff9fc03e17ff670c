/** Which client calls the token or revocation endpoint, proven exactly the way its definition says (RFC 6749 section 2.3). */
import type { ProviderDefinition } from '../../providers/index.js';
import { clientSecret, definitionOfClient, isSecretOf } from '../clients.js';
import type { Parameters, SandboxRequest } from '../request.js';
import { OAuth2Refusal } from './refusal.js';

interface Presented {
  readonly way: 'basic' | 'post' | 'none';
  readonly clientId: string;
  readonly secret: string | undefined;
}

/** The definition a request speaks for, before anything is proven: it decides the shape of error answers. */
export function claimedDefinition(
  request: SandboxRequest,
  parameters: Parameters,
  definitions: readonly ProviderDefinition[],
): ProviderDefinition | undefined {
  const clientId = basicCredentials(request)?.clientId ?? parameters.get('client_id');
  return definitionOfClient(clientId, definitions) ?? definitions[0];
}

/** @throws OAuth2Refusal `invalid_client` with status 401 */
export function authenticateClient(
  request: SandboxRequest,
  parameters: Parameters,
  definitions: readonly ProviderDefinition[],
  nowMs: number,
): ProviderDefinition {
  const presented = presentedCredentials(request, parameters);
  const definition = definitionOfClient(presented.clientId, definitions);
  if (!definition) throw refused('No such client here.');
  // Where the definition leaves it to discovery, both ways that discovery announces are good.
  const expected = definition.token ? [definition.token.clientAuth] : ['basic', 'post'];
  if (!expected.includes(presented.way)) throw refused(`This client does not authenticate by "${presented.way}".`);
  if (presented.way !== 'none' && !isSecretOf(definition, presented.secret, nowMs))
    throw refused('The client secret is wrong.');
  return definition;
}

/**
 * For endpoints that want Basic whatever the token endpoint wants.
 * @throws OAuth2Refusal `invalid_client` with status 401
 */
export function basicClient(request: SandboxRequest, definitions: readonly ProviderDefinition[]): ProviderDefinition {
  const basic = basicCredentials(request);
  const definition = definitionOfClient(basic?.clientId, definitions);
  if (!definition || basic?.secret !== clientSecret) throw refused('The client is unknown, or its secret is wrong.');
  return definition;
}

function presentedCredentials(request: SandboxRequest, parameters: Parameters): Presented {
  const inBody = { clientId: parameters.get('client_id'), secret: parameters.get('client_secret') };
  if (request.headers.authorization !== undefined) {
    const basic = basicCredentials(request);
    if (!basic) throw refused('The Authorization header is not Basic.');
    // RFC 6749 section 2.3: one method per request.
    if (inBody.secret !== undefined) throw refused('The client authenticates in two ways at once.');
    if (inBody.clientId !== undefined && inBody.clientId !== basic.clientId) throw refused('Two different client ids.');
    return { way: 'basic', ...basic };
  }
  if (inBody.clientId === undefined) throw refused('The client did not say who it is.');
  return inBody.secret === undefined
    ? { way: 'none', clientId: inBody.clientId, secret: undefined }
    : { way: 'post', clientId: inBody.clientId, secret: inBody.secret };
}

/** RFC 6749 section 2.3.1: both halves are form-encoded before they are joined. */
function basicCredentials(request: SandboxRequest): { clientId: string; secret: string } | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon < 0) return undefined;
  return { clientId: formDecoded(pair.slice(0, colon)), secret: formDecoded(pair.slice(colon + 1)) };
}

function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

function refused(message: string): OAuth2Refusal {
  return new OAuth2Refusal('invalid_client', message, 401);
}
