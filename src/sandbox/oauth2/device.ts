/** Device authorization (RFC 8628): the endpoint that a program asks, and the page on which the person types the code. */
import type { ProviderDefinition } from '../../providers/index.js';
import { type Answer, json, notCached } from '../answer.js';
import { clientIdOf } from '../clients.js';
import type { SandboxContext } from '../context.js';
import type { FoundEndpoint } from '../endpoints.js';
import { consentPage } from '../pages/consent.js';
import { deviceCodePage } from '../pages/device-code.js';
import { errorPage, messagePage } from '../pages/messages.js';
import { isForm, Parameters, type SandboxRequest } from '../request.js';
import { authenticateClient, claimedDefinition } from './client-authentication.js';
import { DEVICE_CODE_LIFE_SECONDS, type Decision, POLL_SECONDS } from './device-codes.js';
import { OAuth2Refusal } from './refusal.js';
import { requestedScopes } from './scopes.js';
import { tokenRefused } from './token-answers.js';

/** Sections 3.1 and 3.2. */
export function startDeviceAuthorization(
  context: SandboxContext,
  endpoint: FoundEndpoint,
  request: SandboxRequest,
): Answer {
  const parameters = new Parameters(isForm(request.headers) ? request.body.toString('utf8') : '');
  try {
    const repeated = parameters.repeated;
    if (repeated !== undefined) throw new OAuth2Refusal('invalid_request', `${repeated} was given more than once.`);
    const definition = authenticateClient(request, parameters, endpoint.definitions, context.now());
    const scopes = requestedScopes(definition, parameters.get('scope'));
    if (!scopes) throw new OAuth2Refusal('invalid_scope', 'The requested scope is missing, unknown or malformed.');
    const decided = context.behaviour.current.autoApprove ? allowedBy(context, definition) : null;
    const { deviceCode, userCode } = context.deviceCodes.issue(definition.id, scopes, decided);
    const page = `${request.origin}${endpoint.path}/page`;
    return json(
      200,
      {
        device_code: deviceCode,
        user_code: userCode,
        verification_uri: page,
        verification_uri_complete: `${page}?user_code=${userCode}`,
        expires_in: DEVICE_CODE_LIFE_SECONDS,
        interval: POLL_SECONDS,
      },
      notCached,
    );
  } catch (error) {
    if (!(error instanceof OAuth2Refusal)) throw error;
    return tokenRefused(request, claimedDefinition(request, parameters, endpoint.definitions), error);
  }
}

/** Section 3.3: the code first, then the consent, then a word to go back to the device. */
export function deviceCodeEntry(context: SandboxContext, endpoint: FoundEndpoint, request: SandboxRequest): Answer {
  const isDecision = request.method === 'POST';
  if (isDecision && !isForm(request.headers)) return errorPage('The decision did not come from a form.');
  const parameters = new Parameters(isDecision ? request.body.toString('utf8') : request.query);
  const userCode = parameters.get('user_code');
  if (userCode === undefined) return deviceCodePage(endpoint.path);
  const waiting = context.deviceCodes.findByUserCode(userCode);
  const definition = endpoint.definitions.find(({ id }) => id === waiting?.provider);
  if (!waiting || !definition)
    return deviceCodePage(endpoint.path, 'That code is unknown, used or older than ten minutes.');
  const decision = isDecision ? parameters.get('decision') : undefined;
  if (decision === 'allow' || decision === 'deny') {
    context.deviceCodes.decide(userCode, decision === 'allow' ? allowedBy(context, definition) : { allowed: false });
    return messagePage(decision === 'allow' ? 'Go back to your device' : 'Access denied', 'You can close this page.');
  }
  return consentPage({
    providerName: definition.name,
    clientId: clientIdOf(definition),
    returnsTo: 'the device that shows this code',
    person: context.people.consenting(definition).person,
    scopes: waiting.scopes,
    endpoint,
    fields: [['user_code', userCode]],
  });
}

function allowedBy(context: SandboxContext, definition: ProviderDefinition): Decision {
  const { person, elsewhere } = context.people.consenting(definition);
  return { allowed: true, subject: person.subject, elsewhere, at: context.now() };
}
