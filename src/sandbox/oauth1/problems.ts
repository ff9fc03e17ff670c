/**
 * How the sandbox says no to a signed request: status by RFC 5849 section 3.2, the reason by the OAuth Problem Reporting
 * extension, in the header always and in the body of the protocol's own endpoints.
 */
import { type Answer, formEncoded, json } from '../answer.js';
import { realPlace } from '../api.js';
import type { SandboxContext } from '../context.js';
import type { SandboxRequest } from '../request.js';
import { serviceAt } from '../services/index.js';

/** Seconds by which a timestamp may be off. */
export const timestampWindowSeconds = 300;

export interface Problem {
  /** A word of the Problem Reporting extension. */
  readonly name: string;
  readonly status: 400 | 401;
}

/** Refusal of a request to one of the three protocol endpoints. */
export function problemAnswer(context: SandboxContext, problem: Problem): Answer {
  return formEncoded(problem.status, details(context, problem), challenge(problem));
}

/** Refusal of an API call, in the shape of the service. */
export function apiProblemAnswer(request: SandboxRequest, problem: Problem): Answer {
  const { host, path } = realPlace(request.path);
  const isDead = problem.name === 'token_rejected' || problem.name === 'token_revoked';
  const { body } = serviceAt(host).unauthorized(isDead ? 'invalid' : 'signature', path);
  return json(problem.status, body, { ...challenge(problem), 'Cache-Control': 'no-store' });
}

function challenge(problem: Problem): Readonly<Record<string, string>> {
  return { 'WWW-Authenticate': `OAuth realm="sandbox", oauth_problem="${problem.name}"` };
}

function details(context: SandboxContext, problem: Problem): (readonly [string, string])[] {
  const fields: (readonly [string, string])[] = [['oauth_problem', problem.name]];
  if (problem.name === 'timestamp_refused') {
    const now = Math.floor(context.shownNow() / 1000);
    fields.push(['oauth_acceptable_timestamps', `${now - timestampWindowSeconds}-${now + timestampWindowSeconds}`]);
  }
  return fields;
}
