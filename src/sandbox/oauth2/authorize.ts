/** The authorization endpoint: the consent page, and the way back to the app (RFC 6749 section 4.1.2, RFC 9207). */

import { sandboxUrl } from '../../providers/index.js';
import { type Answer, seeOther, withQuery } from '../answer.js';
import { clientIdOf } from '../clients.js';
import type { SandboxContext } from '../context.js';
import { type FoundEndpoint, issuerOf } from '../endpoints.js';
import { atInstance } from '../grants.js';
import { consentPage } from '../pages/consent.js';
import { formPostPage } from '../pages/form-post.js';
import { errorPage, outOfBandPage } from '../pages/messages.js';
import { isOutOfBand } from '../redirect-uris.js';
import { isForm, Parameters, type SandboxRequest } from '../request.js';
import { tokenServiceOf } from '../services/index.js';
import {
  type AuthorizationRequest,
  type RequestOrigin,
  readOrigin,
  readRequest,
  UntrustedRequest,
} from './authorization-request.js';
import { withExtras } from './callback-extras.js';
import { isTenantTemplate } from './id-token.js';
import { OAuth2Refusal } from './refusal.js';
import { lacksOfflineScope } from './scopes.js';

/** GET shows the page; POST is the page's form, which carries the whole request again, so nothing is remembered in between. */
export function authorize(context: SandboxContext, endpoint: FoundEndpoint, request: SandboxRequest): Answer {
  const isDecision = request.method === 'POST';
  if (isDecision && !isForm(request.headers)) return errorPage('The decision did not come from a form.');
  const parameters = new Parameters(isDecision ? request.body.toString('utf8') : request.query);
  let origin: RequestOrigin;
  try {
    origin = readOrigin(context, endpoint, parameters);
  } catch (error) {
    if (error instanceof UntrustedRequest) return errorPage(error.message);
    throw error;
  }
  try {
    const asked = readRequest(origin.definition, endpoint, parameters);
    if (isDecision) return decide(context, endpoint, request, origin, asked);
    if (context.behaviour.current.autoApprove) return approve(context, endpoint, request, origin, asked);
    if (asked.silent) throw new OAuth2Refusal('consent_required', 'The person has to be asked.');
    return page(context, endpoint, origin, asked);
  } catch (error) {
    if (error instanceof OAuth2Refusal) return refuse(request, origin, error);
    throw error;
  }
}

function page(
  context: SandboxContext,
  endpoint: FoundEndpoint,
  origin: RequestOrigin,
  asked: AuthorizationRequest,
): Answer {
  return consentPage({
    providerName: origin.definition.name,
    clientId: clientIdOf(origin.definition),
    returnsTo: origin.redirectUri,
    person: context.people.consenting(origin.definition).person,
    scopes: asked.scopes,
    endpoint,
    fields: asked.parameters.entries(),
  });
}

function decide(
  context: SandboxContext,
  endpoint: FoundEndpoint,
  request: SandboxRequest,
  origin: RequestOrigin,
  asked: AuthorizationRequest,
): Answer {
  const decision = asked.parameters.get('decision');
  if (decision === 'allow') return approve(context, endpoint, request, origin, asked);
  if (decision === 'deny') throw new OAuth2Refusal('access_denied', 'The person said no.');
  return errorPage('The form was sent without a decision.');
}

function approve(
  context: SandboxContext,
  endpoint: FoundEndpoint,
  request: SandboxRequest,
  { definition, ...origin }: RequestOrigin,
  asked: AuthorizationRequest,
): Answer {
  const { person, elsewhere } = context.people.consenting(definition);
  const code = context.grants.issueCode({
    provider: definition.id,
    subject: person.subject,
    elsewhere: atInstance(elsewhere, endpoint.instance),
    scopes: asked.scopes,
    redirectUri: origin.redirectUri,
    challenge: asked.challenge,
    nonce: asked.nonce,
    withRefreshToken: givesRefreshToken(context, { definition, ...origin }, asked, person.subject),
  });
  return back(request, { definition, ...origin }, { code }, asked.scopes);
}

/** The several ways in which providers make a refresh token depend on the request. */
function givesRefreshToken(
  context: SandboxContext,
  { definition }: RequestOrigin,
  asked: AuthorizationRequest,
  subject: string,
): boolean {
  if (definition.refresh?.mode === 'none') return false;
  if (lacksOfflineScope(definition, asked.scopes)) return false;
  const usual = definition.authorize?.parameters ?? {};
  const switches: Readonly<Record<string, string>> = {
    access_type: 'offline',
    token_access_type: 'offline',
    duration: 'permanent',
  };
  for (const [name, value] of Object.entries(switches)) {
    if (usual[name] === value && asked.parameters.get(name) !== value) return false;
  }
  const askedAgain = (asked.parameters.get('prompt') ?? '').split(' ').includes('consent');
  const onlyOnce = tokenServiceOf(definition).tokens.refreshTokenOnlyOnFirstConsent === true;
  return !onlyOnce || askedAgain || !context.grants.hasGrant(definition.id, subject);
}

function refuse(request: SandboxRequest, origin: RequestOrigin, refusal: OAuth2Refusal): Answer {
  return back(request, origin, { error: refusal.code, error_description: refusal.message });
}

function back(
  request: SandboxRequest,
  origin: RequestOrigin,
  result: Readonly<Record<string, string>>,
  scopes?: readonly string[],
): Answer {
  if (isOutOfBand(origin.redirectUri)) {
    const mistake = result.error !== undefined && result.error !== 'access_denied';
    return mistake ? errorPage(result.error_description ?? '') : outOfBandPage(origin.definition.name, result.code);
  }
  const issuer = issuerOf(origin.definition);
  const iss = issuer === undefined || isTenantTemplate(issuer) ? undefined : sandboxUrl(issuer, request.origin);
  const parameters = withExtras(origin.definition, { ...result, state: origin.state, iss }, scopes);
  return origin.formPost
    ? formPostPage(origin.redirectUri, parameters)
    : seeOther(withQuery(origin.redirectUri, parameters));
}
