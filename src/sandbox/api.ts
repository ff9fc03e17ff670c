/**
 * Calls to the providers' APIs: good credentials are demanded at every path, then the service's sample data answers, or, where
 * there is none, an answer built from the definition.
 */
import type { ProviderDefinition } from '../providers/index.js';
import { type Answer, json } from './answer.js';
import type { SandboxContext } from './context.js';
import { has } from './dotted-path.js';
import { issuerEndpoints, served, servesApiAt } from './endpoints.js';
import type { Grant } from './grants.js';
import { isSigned, verifyApiCall } from './oauth1/api-call.js';
import { personClaims } from './oauth2/id-token.js';
import { mentionedScopes } from './oauth2/scopes.js';
import type { SandboxRequest } from './request.js';
import { echo, furtherProfileAnswer, profileAnswer } from './services/generic.js';
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
  const candidates = context.definitions.filter((definition) => servesApiAt(definition, request.path));
  if (candidates.length === 0) return undefined;
  if (isSigned(request)) {
    const result = await verifyApiCall(context, request, candidates);
    return 'refused' in result ? result.refused : answerFor(context, request, result);
  }
  const result = bearer(context, request, candidates);
  return typeof result === 'string' ? unauthorized(request, result) : answerFor(context, request, result);
}

/** RFC 6750 section 2.1: the token travels in the Authorization header. */
function bearer(
  context: SandboxContext,
  request: SandboxRequest,
  candidates: readonly ProviderDefinition[],
): Authorized | CredentialProblem {
  if (request.headers.authorization === undefined) return 'missing';
  const [, token] = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(request.headers.authorization) ?? [];
  const found = token === undefined ? undefined : context.grants.findAccess(token);
  const definition = candidates.find((candidate) => candidate.id === found?.grant.provider);
  // OAuth 1 tokens are no bearer tokens: without a signature they open nothing.
  if (!found || !definition || definition.protocol === 'oauth1') return 'invalid';
  if (context.grants.isExpired(found.token)) return 'expired';
  return { definition, grant: found.grant, scopes: found.token.scopes };
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
  const isAt = (url: string | undefined) => url !== undefined && served(url).path === request.path;
  if (isAt(profile.url)) {
    return {
      answer: json(200, profileAnswer(profile, call.person)),
      isFoundIn: (body) => has(JSON.parse(body), profile.subject),
    };
  }
  const further = (profile.more ?? []).find((each) => isAt(each.url));
  if (further) return { answer: json(200, furtherProfileAnswer(further, call.person)), isFoundIn: () => true };
  if (definition.protocol === 'oidc' && isAt(issuerEndpoints(definition)?.userInfo)) {
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
