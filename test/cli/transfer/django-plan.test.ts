/** From Django dumps to people and accounts, without a database. The fixtures have the layouts that the packages wrote over the years. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { type ImportPlan, planImport } from '../../../src/cli/transfer/django/plan.js';
import { providerNames } from '../../../src/cli/transfer/django/provider-names.js';
import { recordsIn } from '../../../src/cli/transfer/django/read-dump.js';
import { builtInDefinitions } from '../../../src/providers/index.js';

const NOW = Date.parse('2026-11-21T07:00:00Z');

interface Options {
  map?: readonly string[];
  source?: string;
}

function planOf(text: string | object[], { map = [], source = 'django' }: Options = {}): ImportPlan {
  const records = recordsIn('dump.json', typeof text === 'string' ? text : JSON.stringify(text));
  return planImport(records, { names: providerNames(builtInDefinitions, map), source, now: NOW });
}

function fixture(name: string): string {
  return readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');
}

/** What each row of a plan became, by its place. */
function fates(plan: ImportPlan): Record<string, string> {
  const kept = plan.people.flatMap(({ accounts }) =>
    accounts.map(({ place, definition, account }) => [place, `${definition.id} ${account.subject}`]),
  );
  return Object.fromEntries([...kept, ...plan.skipped.map(({ place, skip }) => [place, skip])]);
}

function credentialsOf(plan: ImportPlan, place: string) {
  const account = plan.people.flatMap(({ accounts }) => accounts).find((candidate) => candidate.place === place);
  return account?.credentials?.token.toPlain();
}

describe('FitBitAPI and Profile', () => {
  const plan = planOf(fixture('earlier-models.json'));

  test('half-finished rows stay behind, each with its reason', () => {
    expect(fates(plan)).toEqual({
      'fitness.fitbitapi 10': 'older_start',
      'fitness.fitbitapi 11': expect.stringMatching(/^fitbit-oauth1 imported:[\w-]{22}$/),
      'fitness.fitbitapi 12': 'empty_secret',
      'fitness.fitbitapi 13': 'empty_token',
      'fitness.fitbitapi 14': 'no_person',
      'fitness.fitbitapi 15': 'maybe_truncated',
      'sociallogin.profile 1': 'twitter 819797',
      'sociallogin.profile 2': 'twitter 6253282',
    });
    expect(plan.rows).toBe(8);
    expect([...plan.otherModels]).toEqual([
      ['contenttypes.contenttype', 1],
      ['forum.profile', 1],
    ]);
  });

  test('the person comes along, without password, rights, and addresses that were made up', () => {
    expect(plan.people.map(({ person }) => person)).toEqual([
      expect.objectContaining({
        key: '1',
        username: 'ada',
        name: 'Ada Lovelace',
        email: 'ada@example.test',
        active: true,
      }),
      expect.objectContaining({ key: '2', username: 'grace', name: undefined, email: undefined, active: true }),
      expect.objectContaining({ key: '3', username: 'mallory', active: false }),
    ]);
  });

  test('a stand-in for the account id is the same on every run, and another for another site', () => {
    const subject = (source: string) =>
      fates(planOf(fixture('earlier-models.json'), { source }))['fitness.fitbitapi 11'];
    expect(subject('django')).toBe(fates(plan)['fitness.fitbitapi 11']);
    expect(subject('other-site')).not.toBe(subject('django'));
  });

  test('only what the provider told while somebody signed in is a proof of who they are', () => {
    const proven = plan.people.flatMap(({ accounts }) => accounts.map((row) => [row.place, row.subjectProven]));
    expect(proven).toEqual([
      ['fitness.fitbitapi 11', false],
      ['sociallogin.profile 1', true],
      ['sociallogin.profile 2', true],
    ]);
  });

  test('a copy of the model that says what is finished is believed', () => {
    const row = { user: 1, access_token: 'TOKEN', access_token_secret: 'SECRET' };
    const unfinished = [
      { ...row, authorized: false },
      { ...row, oauth_callback_confirmed: true },
    ];
    for (const fields of unfinished) {
      const found = planOf([{ model: 'fitness.fitbitapi', pk: 1, fields }]);
      expect(fates(found)).toEqual({ 'fitness.fitbitapi 1': 'request_token' });
    }
    const finished = planOf([{ model: 'fitness.fitbitapi', pk: 1, fields: { ...row, authorized: true } }]);
    expect(finished.skipped).toEqual([]);
  });
});

describe('django-allauth', () => {
  test('either protocol, with the refresh token where the package keeps it', () => {
    const plan = planOf(fixture('allauth.json'));
    expect(fates(plan)).toEqual({
      'socialaccount.socialtoken 1': 'google 108204268033311374519',
      'socialaccount.socialtoken 2': 'twitter 783214',
      'socialaccount.socialtoken 3': 'ambiguous_provider',
      'socialaccount.socialtoken 4': 'unknown_provider',
      'socialaccount.socialaccount 3': 'github 583231',
    });
    expect(credentialsOf(plan, 'socialaccount.socialtoken 1')).toEqual({
      accessToken: 'ACCESS-TOKEN-google-ada',
      refreshToken: 'REFRESH-TOKEN-google-ada',
      tokenType: 'Bearer',
      scopes: [],
      expiresAt: '2026-10-01T10:00:00.123Z',
    });
    expect(credentialsOf(plan, 'socialaccount.socialtoken 2')).toEqual({
      token: '783214-ACCESSTOKENtwitterada',
      tokenSecret: 'ACCESS-SECRET-twitter-ada',
      parameters: {},
    });
    // Without a stored token there is only who somebody is.
    expect(credentialsOf(plan, 'socialaccount.socialaccount 3')).toBeUndefined();
  });

  test('an ambiguous or unknown name leads where --map says', () => {
    const plan = planOf(fixture('allauth.json'), { map: ['fitbit=fitbit-oauth1', 'weibo=x'] });
    expect(fates(plan)).toMatchObject({
      'socialaccount.socialtoken 3': 'fitbit-oauth1 4ABCDE',
      'socialaccount.socialtoken 4': 'x 1234567890',
    });
    expect(() => planOf([], { map: ['fitbit=nowhere'] })).toThrow('there is no provider "nowhere"');
    expect(() => planOf([], { map: ['fitbit'] })).toThrow('--map wants old=new');
  });

  test('labels and pictures come from the profile that the package kept, as an object or as text', () => {
    const plan = planOf(fixture('allauth.json'));
    const labels = plan.people.flatMap(({ accounts }) => accounts.map(({ account }) => account.label));
    expect(labels).toEqual(['Ada Lovelace', 'ada_l', 'grace']);
    expect(plan.people[0]?.accounts[0]?.account.profile).toEqual({
      name: 'Ada Lovelace',
      picture: 'https://images.example.test/ada.png',
    });
  });

  test('of two tokens for one account the younger is kept', () => {
    const dump = JSON.parse(fixture('allauth.json'));
    const [token] = dump.filter(({ model }: { model: string }) => model === 'socialaccount.socialtoken');
    const older = { ...token, pk: 9, fields: { ...token.fields, token: 'OLDER', expires_at: '2026-01-01T00:00:00Z' } };
    const plan = planOf([older, ...dump]);
    expect(fates(plan)['socialaccount.socialtoken 9']).toBe('superseded');
    expect(credentialsOf(plan, 'socialaccount.socialtoken 1')).toMatchObject({
      accessToken: 'ACCESS-TOKEN-google-ada',
    });
  });

  test('an account that two people of the dump hold goes to the first only', () => {
    const dump = JSON.parse(fixture('allauth.json'));
    const rival = { user: 2, provider: 'twitter', uid: '783214', extra_data: {} };
    const plan = planOf([...dump, { model: 'socialaccount.socialaccount', pk: 77, fields: rival }]);
    expect(fates(plan)['socialaccount.socialaccount 77']).toBe('two_people');
  });
});

describe('python-social-auth', () => {
  const plan = planOf(fixture('social-auth.json'));

  test('every layout of extra_data is read, and what cannot be used says why', () => {
    expect(fates(plan)).toEqual({
      'social_auth.usersocialauth 1': 'twitter 783214',
      'default.usersocialauth 2': 'twitter 819797',
      'social_django.usersocialauth 3': 'google 113000000000000000003',
      'social_django.usersocialauth 4': 'subject_is_an_address',
      'social_django.usersocialauth 5': 'google 113000000000000000005',
      'social_django.usersocialauth 6': 'github 583231',
      'social_django.usersocialauth 7': 'fitbit 4FGHIJ',
      'social_django.usersocialauth 8': 'x 2244994945',
      'social_django.usersocialauth 9': 'request_token',
      'social_django.usersocialauth 10': 'unreadable_row',
      'social_django.usersocialauth 11': 'empty_secret',
      'social_django.usersocialauth 12': 'google 113000000000000000012',
    });
  });

  test.each([
    ['social_auth.usersocialauth 1', { token: '783214-ACCESSTOKEN1', tokenSecret: 'ACCESS-SECRET-1' }],
    ['default.usersocialauth 2', { token: '819797-ACCESSTOKEN2', tokenSecret: 'ACCESS-SECRET-2' }],
    [
      'social_django.usersocialauth 3',
      // 1790000000 and 3599 seconds.
      { accessToken: 'ACCESS-TOKEN-3', refreshToken: 'REFRESH-TOKEN-3', expiresAt: '2026-09-21T15:13:19.000Z' },
    ],
    ['social_django.usersocialauth 6', { accessToken: 'ACCESS-TOKEN-6' }],
    // Greater than any lifetime, so it is a moment.
    ['social_django.usersocialauth 7', { accessToken: 'ACCESS-TOKEN-7', expiresAt: '2027-01-15T08:00:00.000Z' }],
    // No auth_time: counted from when the row was changed.
    ['social_django.usersocialauth 8', { accessToken: 'ACCESS-TOKEN-8', expiresAt: '2024-01-01T02:00:00.000Z' }],
  ])('%s', (place, credentials) => {
    expect(credentialsOf(plan, place)).toMatchObject(credentials);
  });

  test.each([
    ['a lifetime that began nobody knows when', { expires: 60 }, '2026-11-21T07:00:00.000Z'],
    ['milliseconds since the epoch', { expires: 1_800_000_000_000 }, '2027-01-15T08:00:00.000Z'],
    ['a number as text', { expires: '1800000000' }, '2027-01-15T08:00:00.000Z'],
    ['nothing', { expires: null }, undefined],
    ['zero', { expires: 0 }, undefined],
    ['words', { expires: 'never' }, undefined],
  ])('an expiry that is %s', (_what, extra, expected) => {
    const fields = { user: 1, provider: 'google-oauth2', uid: '1', extra_data: { access_token: 'T', ...extra } };
    const found = planOf([{ model: 'social_django.usersocialauth', pk: 1, fields }]);
    expect(credentialsOf(found, 'social_django.usersocialauth 1')).toEqual({
      accessToken: 'T',
      tokenType: 'Bearer',
      scopes: [],
      ...(expected ? { expiresAt: expected } : {}),
    });
  });
});

describe('references', () => {
  const account = { provider: 'github', uid: '583231', extra_data: { access_token: 'TOKEN' } };
  const person = { username: 'ada', password: 'x', last_login: null, is_active: true };

  test('natural keys, UUIDs, and a user model of the project’s own', () => {
    const dump = [
      { model: 'people.member', pk: '6f1f6a52-0000-4000-8000-000000000001', fields: person },
      { model: 'auth.user', fields: { ...person, username: 'grace' } },
      {
        model: 'social_django.usersocialauth',
        pk: 1,
        fields: { ...account, user: '6f1f6a52-0000-4000-8000-000000000001' },
      },
      { model: 'social_django.usersocialauth', pk: 2, fields: { ...account, uid: '2', user: ['grace'] } },
      { model: 'social_django.usersocialauth', pk: 3, fields: { ...account, uid: '3', user: ['nobody'] } },
      { model: 'social_django.usersocialauth', pk: 4, fields: { ...account, uid: '4', user: null } },
    ];
    const plan = planOf(dump);
    expect(plan.people.map(({ person: { username } }) => username)).toEqual(['ada', 'grace']);
    expect(plan.skipped.map(({ place, skip }) => [place, skip])).toEqual([
      ['social_django.usersocialauth 3', 'no_person'],
      ['social_django.usersocialauth 4', 'no_person'],
    ]);
  });

  test('without the people’s table everybody is known by their key', () => {
    const plan = planOf([{ model: 'social_django.usersocialauth', pk: 1, fields: { ...account, user: 42 } }]);
    expect(plan.people.map(({ person: { key } }) => key)).toEqual(['42']);
  });

  test('account ids beyond 2^53 stay exact', () => {
    const dump = `[{"model": "social_django.usersocialauth", "pk": 1, "fields": {"user": 1, "provider": "github", "uid": 9007199254740993123,
      "extra_data": {"access_token": "TOKEN"}}}]`;
    expect(fates(planOf(dump))).toEqual({ 'social_django.usersocialauth 1': 'github 9007199254740993123' });
  });
});

describe('files', () => {
  test('JSON lines, as dumpdata --format jsonl writes them', () => {
    const lines = JSON.parse(fixture('social-auth.json')).map((entry: object) => JSON.stringify(entry));
    expect(fates(planOf(`${lines.join('\n')}\n`))).toEqual(fates(planOf(fixture('social-auth.json'))));
  });

  test('tables as CSV, each known by its columns', () => {
    const tables: Record<string, string> = {
      'users.csv':
        'id,password,last_login,username,is_active,date_joined,email\n7,x,,ada,t,2014-01-02 03:04:05.678+00,\n',
      'profiles.csv': 'id,user_id,oauth_token,oauth_secret\n1,7,783214-ACCESSTOKEN,"SECRET, with a comma"\n',
      'fitbit.csv': 'id,access_token,access_token_secret,user_id\n1,TOKEN,SECRET,7\n',
      'auth.csv': 'id,provider,uid,extra_data,user_id\n1,github,583231,"{""access_token"": ""T""}",7\n',
    };
    const records = Object.entries(tables).flatMap(([file, text]) => recordsIn(`/somewhere/${file}`, text));
    const plan = planImport(records, { names: providerNames(builtInDefinitions), source: 'django', now: NOW });
    expect(plan.skipped).toEqual([]);
    expect(fates(plan)).toEqual({
      'profiles.csv 1': 'twitter 783214',
      'fitbit.csv 1': expect.stringMatching(/^fitbit-oauth1 imported:/),
      'auth.csv 1': 'github 583231',
    });
    expect(credentialsOf(plan, 'profiles.csv 1')).toMatchObject({ tokenSecret: 'SECRET, with a comma' });
  });

  test.each([
    ['cut off', '[{"model": "auth.user", "pk": 1, "fields": {"password": "CANARY', 'damaged or cut off'],
    ['a list of something else', '[1]', 'entry 1 has no "model" and "fields"'],
    ['XML', '<?xml version="1.0"?><django-objects/>', '--format json'],
    ['YAML', '- model: auth.user\n  pk: 1\n', '--format json'],
    ['a table of something else', 'id,colour\n1,CANARY\n', 'columns of a table'],
    ['a ragged table', 'id,user_id,oauth_token,oauth_secret\n1,2\n', 'neither'],
    ['a JSON line cut off', '{"model": "a.b", "fields": {}}\n{"model": "CANARY', 'line 2'],
  ])('%s is refused in words that quote nothing', (_what, text, expected) => {
    const attempt = () => recordsIn('/secret/place/dump.json', text);
    expect(attempt).toThrow(expected);
    expect(attempt).toThrow(/^dump\.json /);
    expect(attempt).not.toThrow('CANARY');
  });
});

test('no token, secret or password shows when a plan is printed', () => {
  for (const name of ['earlier-models.json', 'allauth.json', 'social-auth.json']) {
    const plan = planOf(fixture(name));
    const printed = `${inspect(plan, { depth: 20, showHidden: true })} ${JSON.stringify(plan)}`;
    expect(printed).not.toMatch(/TOKEN|SECRET|CANARY|pbkdf2/);
  }
});
