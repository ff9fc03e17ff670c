/** X: accounts and posts, API 2 in its `data` envelope and the one call of API 1.1 that sign-in libraries still make. */
import { type Answer, json } from '../answer.js';
import { wholeNumber } from '../exact-json.js';
import { decimalId } from './account-ids.js';
import { between, dayMs } from './body-data.js';
import { type ApiCall, type CredentialProblem, decodeSegment, type Service } from './service.js';

export const x: Service = {
  hosts: ['api.x.com', 'x.com'],
  defaultAccountId: '1587291344213921792',
  accountId: (seed) => decimalId(seed, 19),
  related: [],
  tokens: { accessTokenTtlSeconds: 7200, tokenType: 'bearer', revoked: { revoked: true } },
  oauth1Extras: (person) => ({ user_id: person.subject, screen_name: person.username }),
  unauthorized: (problem, path) =>
    path.startsWith('/1.1/') ? oldRefusal(problem) : problemDocument(401, 'Unauthorized', 'Unauthorized'),
  answer(call) {
    if (call.method !== 'GET') return undefined;
    if (call.path === '/1.1/account/verify_credentials.json') return verifyCredentials(call);
    const user = /^\/2\/users\/([^/]+)(\/tweets)?$/.exec(call.path);
    if (!user) return undefined;
    // Both scopes, as X's API description asks for.
    if (!call.allows('users.read') || !call.allows('tweet.read')) return forbidden();
    const id = decodeSegment(user[1] ?? '');
    if (id !== 'me' && id !== call.person.subject) return notFound(id);
    return user[2] ? posts(call) : json(200, { data: account(call) });
  },
};

function problemDocument(status: number, title: string, detail: string): { status: number; body: unknown } {
  return { status, body: { title, type: 'about:blank', status, detail } };
}

function forbidden(): Answer {
  const detail = 'The token does not carry the scopes that this resource needs.';
  return json(403, problemDocument(403, 'Forbidden', detail).body);
}

function oldRefusal(problem: CredentialProblem): { status: number; body: unknown } {
  const error =
    problem === 'signature' || problem === 'missing'
      ? { code: 32, message: 'Could not authenticate you.' }
      : { code: 89, message: 'Invalid or expired token.' };
  return { status: 401, body: { errors: [error] } };
}

/** X answers 200 with a partial error where a resource does not exist. */
function notFound(id: string): Answer {
  return json(200, {
    errors: [
      {
        value: id,
        detail: `Could not find user with id: [${id}].`,
        title: 'Not Found Error',
        resource_type: 'user',
        parameter: 'id',
        resource_id: id,
        type: 'https://api.x.com/2/problems/resource-not-found',
      },
    ],
  });
}

function fields(call: ApiCall, name: string): ReadonlySet<string> {
  return new Set((call.query.get(name) ?? '').split(','));
}

function account(call: ApiCall): unknown {
  const { person } = call;
  const asked = fields(call, 'user.fields');
  const seesEmail = asked.has('confirmed_email') && call.allows('users.email') && person.email !== undefined;
  return {
    id: person.subject,
    name: person.name,
    username: person.username,
    ...(asked.has('created_at') ? { created_at: '2015-06-14T09:12:44.000Z' } : {}),
    ...(asked.has('profile_image_url') && person.picture !== undefined ? { profile_image_url: person.picture } : {}),
    ...(seesEmail ? { confirmed_email: person.email } : {}),
  };
}

const openings = [
  'Morning run done:',
  'Reading about',
  'Quiet evening with',
  'Lovely light on',
  'Still thinking about',
];
const topics = [
  'the river path',
  'old sea charts',
  'sourdough',
  'bicycle gears',
  'the night train north',
  'autumn apples',
];

function posts(call: ApiCall): Answer {
  const subject = call.person.subject;
  const asked = Number(call.query.get('max_results') ?? 10);
  if (!Number.isInteger(asked) || asked < 5 || asked > 100) {
    const message = `The \`max_results\` query parameter value [${call.query.get('max_results')}] is not between 5 and 100`;
    return json(400, { errors: [{ message }], ...asObject(problemDocument(400, 'Invalid Request', message).body) });
  }
  const withTime = fields(call, 'tweet.fields').has('created_at');
  const today = Math.floor(call.now / dayMs);
  const data = Array.from({ length: asked }, (_, index) => {
    // One post each day, at a time of day of its own, the newest from yesterday.
    const day = today - 1 - index;
    const time = day * dayMs + between(21_600, 79_200, subject, day, 'time') * 1000;
    const text = `${pick(openings, subject, day, 'opening')} ${pick(topics, subject, day, 'topic')}`;
    const id = snowflake(time, between(0, 4_194_303, subject, day, 'sequence'));
    return {
      id,
      text,
      edit_history_tweet_ids: [id],
      ...(withTime ? { created_at: new Date(time).toISOString() } : {}),
    };
  });
  return json(200, { data, meta: { result_count: data.length, newest_id: data[0]?.id, oldest_id: data.at(-1)?.id } });
}

function pick(words: readonly string[], ...seed: readonly (string | number)[]): string {
  return words[between(0, words.length - 1, ...seed)] ?? '';
}

/** Post ids count milliseconds since November 2010 in their upper bits, so later posts have greater ids. */
function snowflake(timeMs: number, sequence: number): string {
  return String((BigInt(timeMs) - 1_288_834_974_657n) * 4_194_304n + BigInt(sequence));
}

function verifyCredentials({ person, query }: ApiCall): Answer {
  const withEmail = query.get('include_email') === 'true' && person.email !== undefined;
  return json(200, {
    id: wholeNumber(person.subject),
    id_str: person.subject,
    name: person.name,
    screen_name: person.username,
    verified: false,
    ...(person.picture === undefined ? {} : { profile_image_url_https: person.picture }),
    ...(withEmail ? { email: person.email } : {}),
  });
}

function asObject(value: unknown): Record<string, unknown> {
  return value as Record<string, unknown>;
}
