/** Any service without a file of its own: answers built from what its definition says about accounts. */
import type { ProviderDefinition } from '../../providers/index.js';
import { type Answer, json } from '../answer.js';
import { place } from '../dotted-path.js';
import type { Person } from '../people.js';
import { answerWith } from '../person-facts.js';
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

/** The answer to a further profile call; a list where the definition selects from one. */
export function furtherProfileAnswer(
  call: NonNullable<ProviderDefinition['profile']['more']>[number],
  person: Person,
): unknown {
  const facts = answerWith(call, person);
  const answer = call.select ? [{ ...call.select, ...facts }] : facts;
  if (call.list === undefined) return answer;
  const root: Record<string, unknown> = {};
  place(root, call.list, answer);
  return root;
}
