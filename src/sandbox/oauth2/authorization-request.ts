/** Reads an authorization request strictly (RFC 6749 section 4.1.1, RFC 7636 section 4.3, OpenID Connect Core section 3.1.2.1). */
import type { ProviderDefinition } from '../../providers/index.js';
import { definitionOfClient } from '../clients.js';
import type { SandboxContext } from '../context.js';
import type { Endpoint } from '../endpoints.js';
import { isAllowedRedirect } from '../redirect-uris.js';
import type { Parameters } from '../request.js';
import { OAuth2Refusal } from './refusal.js';
import { requestedScopes } from './scopes.js';

/** The parts that must be right before anything may be sent to the redirect URI. */
export interface RequestOrigin {
  readonly definition: ProviderDefinition;
  readonly redirectUri: string;
  readonly state: string | undefined;
  readonly formPost: boolean;
}

export interface AuthorizationRequest {
  readonly scopes: readonly string[];
  readonly challenge: string | null;
  readonly nonce: string | null;
  /** `prompt=none`: nobody may be asked anything. */
  readonly silent: boolean;
  readonly parameters: Parameters;
}

/** The client or the redirect URI is not what it should be: the person is told, and nobody is redirected (RFC 6749 section 4.1.2.1). */
export class UntrustedRequest extends Error {
  readonly code = 'untrusted_authorization_request';

  constructor(message: string) {
    super(message);
    this.name = 'UntrustedRequest';
  }
}

/** @throws UntrustedRequest */
export function readOrigin(context: SandboxContext, endpoint: Endpoint, parameters: Parameters): RequestOrigin {
  for (const name of ['client_id', 'redirect_uri', 'state']) {
    if (parameters.isRepeated(name)) throw new UntrustedRequest(`The parameter ${name} was given more than once.`);
  }
  const definition = definitionOfClient(parameters.get('client_id'), endpoint.definitions);
  if (!definition) throw new UntrustedRequest('No client of that id is registered here.');
  const redirectUri = parameters.get('redirect_uri');
  if (redirectUri === undefined || !isAllowedRedirect(redirectUri, definition.id, context.redirectBasePaths)) {
    throw new UntrustedRequest('The redirect URI is not one that is registered for this client.');
  }
  const formPost = parameters.get('response_mode') === 'form_post';
  return { definition, redirectUri, state: parameters.get('state'), formPost };
}

/** @throws OAuth2Refusal with an error code that goes back to the client */
export function readRequest(
  definition: ProviderDefinition,
  endpoint: Endpoint,
  parameters: Parameters,
): AuthorizationRequest {
  const repeated = parameters.repeated;
  if (repeated !== undefined) throw new OAuth2Refusal('invalid_request', `${repeated} was given more than once.`);
  const responseType = parameters.get('response_type');
  if (responseType === undefined) throw new OAuth2Refusal('invalid_request', 'response_type is missing.');
  if (responseType !== 'code') throw new OAuth2Refusal('unsupported_response_type', 'Only the code flow is served.');
  const mode = parameters.get('response_mode');
  if (mode !== undefined && mode !== 'query' && mode !== 'form_post') {
    throw new OAuth2Refusal('invalid_request', 'Only the response modes query and form_post are served.');
  }
  const fixed = new Set(endpoint.fixedQuery.map(([name]) => name));
  for (const name of ['request', 'request_uri']) {
    if (parameters.get(name) !== undefined && !fixed.has(name)) {
      throw new OAuth2Refusal(`${name}_not_supported`, 'Request objects are not served.');
    }
  }
  const challenge = readChallenge(definition, parameters);
  const scopes = requestedScopes(definition, parameters.get(definition.scopes.parameter ?? 'scope'));
  if (!scopes) throw new OAuth2Refusal('invalid_scope', 'The requested scope is missing, unknown or malformed.');
  return {
    scopes,
    challenge,
    nonce: parameters.get('nonce') ?? null,
    silent: (parameters.get('prompt') ?? '').split(' ').includes('none'),
    parameters,
  };
}

function readChallenge(definition: ProviderDefinition, parameters: Parameters): string | null {
  const challenge = parameters.get('code_challenge');
  const method = parameters.get('code_challenge_method');
  if (definition.pkce === 'forbidden') {
    if (challenge !== undefined || method !== undefined) {
      throw new OAuth2Refusal('invalid_request', 'This provider does not take code_challenge.');
    }
    return null;
  }
  if (challenge === undefined) {
    if (definition.pkce === 'required') throw new OAuth2Refusal('invalid_request', 'code_challenge is required.');
    if (method !== undefined)
      throw new OAuth2Refusal('invalid_request', 'code_challenge_method came without a challenge.');
    return null;
  }
  // Without a method the RFC means "plain", which protects nothing.
  if (method !== 'S256') throw new OAuth2Refusal('invalid_request', 'code_challenge_method must be S256.');
  if (!/^[A-Za-z0-9_-]{43}$/.test(challenge))
    throw new OAuth2Refusal('invalid_request', 'code_challenge is malformed.');
  return challenge;
}
