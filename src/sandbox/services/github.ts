/** GitHub: the account, its addresses and its repositories, and the habits of its token endpoint. */
import { type Answer, json } from '../answer.js';
import { wholeNumber } from '../exact-json.js';
import { decimalId } from './account-ids.js';
import { between, dayMs } from './body-data.js';
import type { ApiCall, Service } from './service.js';

const documentation = 'https://docs.github.com/rest';

export const github: Service = {
  hosts: ['github.com', 'api.github.com'],
  defaultAccountId: '58392014',
  accountId: (seed) => decimalId(seed, 8),
  related: [],
  tokens: {
    tokenType: 'bearer',
    // Errors arrive with status 200, and everything is form-encoded unless JSON is asked for.
    errorStatus: 200,
    formUnlessJsonAccepted: true,
    errorNames: { invalid_client: 'incorrect_client_credentials', invalid_grant: 'bad_verification_code' },
  },
  unauthorized: (problem) => ({
    status: 401,
    body: {
      message: problem === 'missing' ? 'Requires authentication' : 'Bad credentials',
      documentation_url: documentation,
      status: '401',
    },
  }),
  answer(call) {
    if (call.method !== 'GET' && call.method !== 'HEAD') return undefined;
    switch (call.path) {
      case '/user':
        return account(call);
      case '/user/emails':
        return addresses(call);
      case '/user/repos':
        return repositories(call);
      default:
        return undefined;
    }
  },
};

function forbidden(): Answer {
  const message = 'Resource not accessible by integration';
  return json(403, { message, documentation_url: documentation, status: '403' });
}

function scopeHeaders(call: ApiCall): Readonly<Record<string, string>> {
  const known = ['read:user', 'user', 'user:email', 'repo', 'public_repo'];
  return { 'X-OAuth-Scopes': known.filter((scope) => call.allows(scope)).join(', ') };
}

function account(call: ApiCall): Answer {
  if (!call.allows('read:user', 'user')) return forbidden();
  const { person } = call;
  return json(
    200,
    {
      login: person.username,
      id: wholeNumber(person.subject),
      node_id: Buffer.from(`04:User${person.subject}`).toString('base64'),
      ...(person.picture === undefined ? {} : { avatar_url: person.picture }),
      html_url: `https://github.com/${encodeURIComponent(person.username)}`,
      type: 'User',
      name: person.name,
      // Private addresses stay out of the profile; /user/emails has them.
      email: null,
      public_repos: repositoryCount(person.subject),
      created_at: '2013-02-11T18:20:05Z',
    },
    scopeHeaders(call),
  );
}

function addresses(call: ApiCall): Answer {
  if (!call.allows('user:email', 'user')) return forbidden();
  const { email, emailVerified } = call.person;
  const list =
    email === undefined ? [] : [{ email, primary: true, verified: emailVerified ?? false, visibility: 'private' }];
  return json(200, list, scopeHeaders(call));
}

const firstWords = ['tiny', 'paper', 'night', 'copper', 'quiet', 'garden', 'orbit', 'harbour'];
const secondWords = ['notes', 'parser', 'lamp', 'router', 'atlas', 'kiln', 'ledger', 'weather'];

function repositoryCount(subject: string): number {
  return between(3, 12, subject, 'repositories');
}

function repositories(call: ApiCall): Answer {
  const { person, query } = call;
  const perPage = Math.min(100, positive(query.get('per_page'), 30));
  const page = positive(query.get('page'), 1);
  const all = Array.from({ length: repositoryCount(person.subject) }, (_, index) => {
    const first = firstWords[between(0, firstWords.length - 1, person.subject, index, 'first')] ?? '';
    const second = secondWords[between(0, secondWords.length - 1, person.subject, index, 'second')] ?? '';
    const age = index * 11 + between(0, 9, person.subject, index, 'age');
    // The number keeps two repositories from sharing a name.
    const name = index < firstWords.length ? `${first}-${second}-${index + 1}` : `${second}-${index + 1}`;
    return {
      id: 100_000_000 + between(0, 799_999_999, person.subject, index, 'id'),
      name,
      full_name: `${person.username}/${name}`,
      private: false,
      fork: false,
      stargazers_count: between(0, 60, person.subject, index, 'stars'),
      updated_at: new Date((Math.floor(call.now / dayMs) - age) * dayMs).toISOString().replace('.000Z', 'Z'),
    };
  });
  return json(200, all.slice((page - 1) * perPage, page * perPage), scopeHeaders(call));
}

function positive(text: string | null, standard: number): number {
  const number = Number(text);
  return text !== null && Number.isInteger(number) && number > 0 ? number : standard;
}
