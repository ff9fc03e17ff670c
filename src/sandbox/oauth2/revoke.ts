/** Revocation (RFC 7009), with client authentication or with nothing but the token; or, as some services have it, with the token in JSON. */
import { type Answer, json, notCached } from '../answer.js';
import type { SandboxContext } from '../context.js';
import type { Endpoint } from '../endpoints.js';
import { isForm, Parameters, type SandboxRequest } from '../request.js';
import { tokenServiceOf } from '../services/index.js';
import { authenticateClient, basicClient, claimedDefinition } from './client-authentication.js';
import { OAuth2Refusal } from './refusal.js';
import { tokenRefused } from './token-answers.js';
import { readTokenRequest } from './token-parameters.js';

export function revokeToken(context: SandboxContext, endpoint: Endpoint, request: SandboxRequest): Answer {
  const asJson = endpoint.definitions.some((definition) => definition.revoke?.style === 'client-json');
  const body = isForm(request.headers) ? request.body.toString('utf8') : '';
  const tokenOnly = endpoint.definitions.filter((definition) => definition.revoke?.style === 'token-only');
  // Google takes the token from the query as well.
  const parameters = asJson
    ? readTokenRequest(request).parameters
    : new Parameters(tokenOnly.length > 0 && body === '' ? request.query : body);
  try {
    if (tokenOnly.length > 0)
      return revokeUnauthenticated(
        context,
        tokenOnly.map((each) => each.id),
        parameters,
      );
    if (!asJson && !isForm(request.headers))
      throw new OAuth2Refusal('invalid_request', 'The body must be form-encoded.');
    const definition = asJson
      ? basicClient(request, endpoint.definitions)
      : authenticateClient(request, parameters, endpoint.definitions, context.now());
    const name = asJson ? 'access_token' : 'token';
    const token = parameters.get(name);
    if (token === undefined) throw new OAuth2Refusal('invalid_request', `${name} is missing.`);
    const found = context.grants.findRefresh(token) ?? context.grants.findAccess(token);
    // RFC 7009 section 2.1: somebody else's token is refused; section 2.2: an unknown one is as good as revoked.
    if (found && found.grant.provider !== definition.id) {
      throw new OAuth2Refusal('unauthorized_client', 'The token was issued to another client.');
    }
    if (found) context.grants.end(found.grantId);
    return json(200, tokenServiceOf(definition).tokens.revoked ?? {}, notCached);
  } catch (error) {
    if (!(error instanceof OAuth2Refusal)) throw error;
    return tokenRefused(request, claimedDefinition(request, parameters, endpoint.definitions), error);
  }
}

function revokeUnauthenticated(context: SandboxContext, providers: readonly string[], parameters: Parameters): Answer {
  const token = parameters.get('token');
  const found =
    token === undefined ? undefined : (context.grants.findRefresh(token) ?? context.grants.findAccess(token));
  if (!found || !providers.includes(found.grant.provider)) {
    throw new OAuth2Refusal('invalid_token', 'Token expired or revoked');
  }
  context.grants.end(found.grantId);
  return json(200, {}, notCached);
}
