/** Token introspection (RFC 7662), for services that tell who somebody is by it. */
import { type Answer, json, notCached } from '../answer.js';
import type { SandboxContext } from '../context.js';
import type { Endpoint } from '../endpoints.js';
import { answerWith } from '../person-facts.js';
import { isForm, Parameters, type SandboxRequest } from '../request.js';
import { authenticateClient, claimedDefinition } from './client-authentication.js';
import { OAuth2Refusal } from './refusal.js';
import { tokenRefused } from './token-answers.js';

export function introspect(context: SandboxContext, endpoint: Endpoint, request: SandboxRequest): Answer {
  const parameters = new Parameters(isForm(request.headers) ? request.body.toString('utf8') : '');
  try {
    const definition = authenticateClient(request, parameters, endpoint.definitions, context.now());
    const found = context.grants.findAccess(parameters.get('token') ?? '');
    // Section 2.2: somebody else's token is as unknown as any other.
    if (!found || found.grant.provider !== definition.id || context.grants.isExpired(found.token)) {
      return json(200, { active: false }, notCached);
    }
    const person = context.people.find(definition, found.grant.subject);
    const facts = answerWith(definition.profile, person);
    return json(200, { ...facts, active: true, scope: found.token.scopes.join(' ') }, notCached);
  } catch (error) {
    if (!(error instanceof OAuth2Refusal)) throw error;
    return tokenRefused(request, claimedDefinition(request, parameters, endpoint.definitions), error);
  }
}
