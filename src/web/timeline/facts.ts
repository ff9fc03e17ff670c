/**
 * What of a flow's messages may be shown (sec-D6): the values of parameters that are known to be harmless, and of all others the name alone.
 * An authorization code, a state, a token or a verifier is in none of them.
 */
import type { Provider } from '../../providers/index.js';
import { causesOf } from '../causes.js';
import { safeText } from '../log-redaction.js';
import type { Fact } from './flow-record.js';

const MASK = '[masked]';
const MAX_VALUE = 300;
const MAX_FACTS = 25;

/** Of an authorization request (RFC 6749 section 4.1.1, RFC 7636 section 4.3, OpenID Connect Core section 3.1.2.1). */
const SHOWN_WHEN_SENT: ReadonlySet<string> = new Set([
  'access_type',
  'client_id',
  'code_challenge_method',
  'display',
  'include_granted_scopes',
  'max_age',
  'prompt',
  'redirect_uri',
  'resource',
  'response_mode',
  'response_type',
  'scope',
]);
/** Of a callback, where they are words of the protocol and nothing else. */
const WORDS_WHEN_RECEIVED: ReadonlySet<string> = new Set([
  'error',
  'oauth_problem',
  'iss',
  'scope',
  'error_description',
]);

/** @param url where the browser was sent */
export function factsOfRedirect(url: string, { definition }: Provider): readonly Fact[] {
  const { origin, pathname, searchParams } = new URL(url);
  // What the definition always adds is data of its own, and no secret.
  const own = { ...definition.authorize?.parameters, ...definition.authorize?.connectParameters };
  const shown = (name: string) =>
    SHOWN_WHEN_SENT.has(name) || name === definition.scopes.parameter || isFixed(own[name]);
  return [
    { name: 'address', value: origin + pathname },
    ...[...searchParams].map(([name, value]) => fact(name, shown(name) ? value : MASK)),
  ].slice(0, MAX_FACTS);
}

export function factsOfCallback(parameters: URLSearchParams): readonly Fact[] {
  const secrets = [...parameters].filter(([name]) => !WORDS_WHEN_RECEIVED.has(name)).map(([, value]) => value);
  return [...parameters]
    .map(([name, value]) => fact(name, WORDS_WHEN_RECEIVED.has(name) ? without(secrets, value) : MASK))
    .slice(0, MAX_FACTS);
}

/** Codes of an error and its causes, and the status of the provider's answer; no message of anybody's. */
export function factsOfError(error: unknown): readonly Fact[] {
  const facts = causesOf(error).flatMap((cause) =>
    'code' in cause && typeof cause.code === 'string' ? [cause.code] : [],
  );
  const evidence = [...new Set(facts)].filter((code) => /^\w{1,60}$/.test(code));
  const told = statusAndProblem(error);
  return [...evidence.map((code) => fact('code', code)), ...told];
}

function statusAndProblem(error: unknown): readonly Fact[] {
  let current = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    const status: unknown = Reflect.get(current, 'status');
    const problem: unknown = Reflect.get(current, 'problem');
    const word = typeof problem === 'string' && /^[a-z_]{1,60}$/.test(problem) ? [fact('problem', problem)] : [];
    if (typeof status === 'number') return [fact('status', String(status)), ...word];
    current = current.cause;
  }
  return [];
}

function isFixed(template: string | undefined): boolean {
  return template !== undefined && !template.includes('{');
}

/** A provider may repeat in its words what it was given. */
function without(secrets: readonly string[], text: string): string {
  return secrets.filter(({ length }) => length >= 4).reduce((left, secret) => left.replaceAll(secret, MASK), text);
}

function fact(name: string, value: string): Fact {
  return { name: safeText(name).slice(0, 60), value: safeText(value.slice(0, MAX_VALUE)) };
}
