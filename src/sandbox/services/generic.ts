/** Any service without a file of its own: answers built from what its definition says about accounts. */
import type { ProviderDefinition } from '../../providers/index.js';
import { type Answer, json } from '../answer.js';
import { place } from '../dotted-path.js';
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
  answer: () => undefined,
};

/** An echo of the call, never of its headers or of a signature: enough to see that it arrived, and as whom. */
export function echo(call: ApiCall, provider: string): Answer {
  const names = [...new Set(call.query.keys())].filter((name) => !name.startsWith('oauth_'));
  const query = Object.fromEntries(names.map((name) => [name, call.query.getAll(name).join(',')]));
  return json(200, { sandbox: true, provider, method: call.method, path: call.path, query });
}

type AccountPaths = Pick<ProviderDefinition['profile'], 'name' | 'username' | 'email' | 'emailVerified' | 'picture'> & {
  readonly subject?: string;
};

/** A profile answer in which each fact stands where the definition looks for it. */
export function profileAnswer(paths: AccountPaths, person: Person): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  const { emailVerified } = paths;
  const facts: (readonly [path: string | undefined, value: unknown])[] = [
    [paths.username, person.username],
    [paths.name, person.name],
    [paths.email, person.email],
    [emailVerified === true ? undefined : emailVerified, person.emailVerified],
    [paths.picture, person.picture],
    // Last, because the subject must be right even where a definition uses one field twice.
    [paths.subject, person.subject],
  ];
  for (const [path, value] of facts) if (path !== undefined && value !== undefined) place(root, path, value);
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
