/**
 * Calls to the providers' APIs: good credentials are demanded at every path, then the service's sample data answers, or, where
 * there is none, an answer built from the definition.
 */
import type { ProviderDefinition } from '../providers/index.js';
import { type Answer, json } from './answer.js';
import { bearerOf } from './api-credentials.js';
import type { SandboxContext } from './context.js';
import { has } from './dotted-path.js';
import { isAt, issuerEndpoints, servesApiAt } from './endpoints.js';
import type { Grant } from './grants.js';
import { definitionAt } from './instances.js';
import { isSigned, verifyApiCall } from './oauth1/api-call.js';
import { personClaims } from './oauth2/id-token.js';
import { mentionedScopes } from './oauth2/scopes.js';
import { successOf } from './oauth2/token-answers.js';
import { answerWith } from './person-facts.js';
import type { SandboxRequest } from './request.js';
import { echo, furtherProfileAnswer } from './services/generic.js';
import { serviceAt } from './services/index.js';
import type { ApiCall, CredentialProblem } from './services/service.js';

/** Credentials that hold: whose they are, and what they allow. */
export interface Authorized {
  readonly definition: ProviderDefinition;
  readonly grant: Grant;
  /** Undefined with OAuth 1, which has no scopes. */
  readonly scopes: readonly string[] | undefined;
}

/** Undefined when no definition's API is at this path. */
export async function callApi(context: SandboxContext, request: SandboxRequest): Promise<Answer | undefined> {
  const candidates = context.definitions
    .map((definition) => definitionAt(definition, request.path))
    .filter((definition) => servesApiAt(definition, request.path));
  if (candidates.length === 0) return undefined;
  if (isSigned(request)) {
    const result = await verifyApiCall(context, request, candidates);
    return 'refused' in result ? result.refused : answerFor(context, request, result);
  }
  const result = bearerOf(context, request, candidates);
  if (typeof result === 'string') return unauthorized(request, result);
  const { definition, found } = result;
  if (isRevocation(definition, request)) {
    context.grants.end(found.grantId);
    return json(200, successOf(definition), { 'Cache-Control': 'no-store' });
  }
  const scopes = definition.protocol === 'oauth1' ? undefined : found.token.scopes;
  return answerFor(context, request, { definition, grant: found.grant, scopes });
}

/** Services without an endpoint of RFC 7009 withdraw a grant by a call that is made with its own token. */
function isRevocation({ revoke }: ProviderDefinition, request: SandboxRequest): boolean {
  return revoke?.style === 'bearer' && request.method === (revoke.method ?? 'POST') && isAt(revoke.url, request.path);
}

/** RFC 6750 section 3: no error code where no credentials were sent. */
function unauthorized(request: SandboxRequest, problem: CredentialProblem): Answer {
  const { host, path } = realPlace(request.path);
  const { status, body } = serviceAt(host).unauthorized(problem, path);
  const words = problem === 'expired' ? 'The access token has expired' : 'The access token is invalid';
  const challenge = problem === 'missing' ? 'Bearer' : `Bearer error="invalid_token", error_description="${words}"`;
  return json(status, body, { 'WWW-Authenticate': challenge, 'Cache-Control': 'no-store' });
}

function answerFor(context: SandboxContext, request: SandboxRequest, authorized: Authorized): Answer {
  const { definition, grant, scopes } = authorized;
  const { host, path } = realPlace(request.path);
  const hasScopes = scopes !== undefined && mentionedScopes(definition).size > 0;
  const call: ApiCall = {
    method: request.method,
    host,
    path,
    query: new URLSearchParams(request.query),
    body: request.body,
    person: context.people.find(definition, grant.subject),
    elsewhere: grant.elsewhere,
    // A definition that lists no scopes has none to be asked for, whatever the service usually wants.
    allows: (...any) => !hasScopes || any.some((scope) => scopes.includes(scope)),
    now: context.now(),
  };
  const known = serviceAt(host).answer(call);
  const own = ownCall(context, request, call, authorized);
  // A definition may read a known service in its own way: what it needs to find decides.
  if (known && (known.status !== 200 || own === undefined || own.isFoundIn(known.body))) return known;
  return own?.answer ?? echo(call, definition.id);
}

/** The definition's own profile calls, answered from its paths. */
function ownCall(
  context: SandboxContext,
  request: SandboxRequest,
  call: ApiCall,
  { definition, grant, scopes }: Authorized,
): { answer: Answer; isFoundIn(body: string): boolean } | undefined {
  const { profile } = definition;
  const isHere = (url: string | undefined) => url !== undefined && isAt(url, request.path);
  if (isHere(profile.url)) {
    return {
      answer: json(200, answerWith(profile, call.person)),
      isFoundIn: (body) =>
        [profile.subject].flat().every((path) => path.startsWith('@') || has(JSON.parse(body), path)),
    };
  }
  const further = (profile.more ?? []).find((each) => isHere(each.url));
  if (further) return { answer: json(200, furtherProfileAnswer(further, call.person)), isFoundIn: () => true };
  if (definition.protocol === 'oidc' && isHere(issuerEndpoints(definition)?.userInfo)) {
    const claims = personClaims(context, definition, { ...grant, scopes: scopes ?? [] });
    return { answer: json(200, claims), isFoundIn: () => true };
  }
  return undefined;
}

/** `/api.fitbit.com/1/user` taken apart into the real host and the path there. */
export function realPlace(path: string): { host: string; path: string } {
  const [, host = '', rest = ''] = /^\/([^/]*)(.*)$/s.exec(path) ?? [];
  return { host, path: rest === '' ? '/' : rest };
}
