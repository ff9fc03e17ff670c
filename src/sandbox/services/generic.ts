/** Any service without a file of its own: answers built from what its definition says about accounts. */
import type { ProviderDefinition } from '../../providers/index.js';
import { type Answer, json } from '../answer.js';
import type { Person } from '../people.js';
import { decimalId } from './account-ids.js';
import type { ApiCall, Service } from './service.js';

export const generic: Service = {
  hosts: [],
  accountId: (seed) => decimalId(seed, 10),
  related: [],
  tokens: {},
  unauthorized: () => ({
    status: 401,
    body: { error: 'invalid_token', error_description: 'The access token is missing, unknown, expired or withdrawn.' },
  }),
  forbidden: () => ({
    status: 403,
    body: { error: 'insufficient_scope', error_description: 'The person did not grant this.' },
  }),
  answer: () => undefined,
};

/** An echo of the call, never of its headers: enough to see that it arrived, and as whom. */
export function echo(call: ApiCall, provider: string): Answer {
  const query = Object.fromEntries(
    [...new Set(call.query.keys())].map((name) => [name, call.query.getAll(name).join(',')]),
  );
  return json(200, { sandbox: true, provider, method: call.method, path: call.path, query });
}

type AccountPaths = Pick<ProviderDefinition['profile'], 'name' | 'username' | 'email' | 'emailVerified' | 'picture'> & {
  readonly subject?: string;
};

/** A profile answer in which each fact stands where the definition looks for it. */
export function profileAnswer(paths: AccountPaths, person: Person): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  place(root, paths.username, person.username);
  place(root, paths.name, person.name);
  place(root, paths.email, person.email);
  if (typeof paths.emailVerified === 'string') place(root, paths.emailVerified, person.emailVerified);
  place(root, paths.picture, person.picture);
  // Last, because the subject must be right even where a definition uses one field twice.
  place(root, paths.subject, person.subject);
  return root;
}

/** The answer to a further profile call; a list where the definition selects from one. */
export function furtherProfileAnswer(
  call: NonNullable<ProviderDefinition['profile']['more']>[number],
  person: Person,
): unknown {
  const facts = profileAnswer(call, person);
  return call.select ? [{ ...call.select, ...facts }] : facts;
}

/** Whether a JSON answer holds a value at a dotted path. */
export function has(answer: unknown, path: string): boolean {
  let value = answer;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return false;
    value = (value as Record<string, unknown>)[step];
  }
  return value !== undefined;
}

/** Puts a value at a dotted path; a step that is a number means a list. */
function place(root: Record<string, unknown>, path: string | undefined, value: unknown): void {
  if (path === undefined || value === undefined) return;
  const steps = path.split('.');
  let holder = root;
  for (const [index, step] of steps.entries()) {
    const next = steps[index + 1];
    if (next === undefined) {
      define(holder, step, value);
      return;
    }
    const existing = Object.hasOwn(holder, step) ? holder[step] : undefined;
    const inner = typeof existing === 'object' && existing !== null ? existing : /^\d+$/.test(next) ? [] : {};
    define(holder, step, inner);
    holder = inner as Record<string, unknown>;
  }
}

/** Own property whatever the name, so that a path named after a prototype's member does no harm. */
function define(holder: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });
}
