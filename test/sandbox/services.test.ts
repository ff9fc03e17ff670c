/** The sample data: in the services' documented shapes, the same on each asking, different for each person, and behind scopes. */
import { builtInDefinitions, defineProvider } from '../../src/providers/index.js';
import {
  authorizationParameters,
  callAs,
  callbackOf,
  connect,
  consent,
  get,
  type OAuth2Provider,
  oauth2Facts,
  pkce,
  type Running,
  removeFolder,
  start,
} from './support.js';

let sandbox: Running;

beforeAll(async () => {
  sandbox = await start();
});

afterAll(async () => {
  await sandbox.stop();
  removeFolder(sandbox.dataDir);
});

beforeEach(async () => {
  sandbox.clock.now = Date.parse('2026-11-20T15:00:00Z');
});

async function as(
  provider: OAuth2Provider,
  subject: string,
  scope?: string,
): Promise<(path: string) => Promise<Response>> {
  await sandbox.control('user', { subject });
  const { access } = await connect(sandbox.origin, provider, scope === undefined ? {} : { scope });
  return (path) => callAs(sandbox.origin, path, access);
}

async function json<Body>(response: Promise<Response>): Promise<Body> {
  const answer = await response;
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toContain('application/json');
  return (await answer.json()) as Body;
}

describe('Fitbit', () => {
  type Series = { 'activities-steps': { dateTime: string; value: string }[] };
  const steps = '/api.fitbit.com/1/user/-/activities/steps/date/2026-11-14/2026-11-20.json';

  test('steps: one text per day, repeatable, and nobody has those of another', async () => {
    const anna = await as('fitbit', 'ANNA');
    const series = (await json<Series>(anna(steps)))['activities-steps'];
    expect(series.map((day) => day.dateTime)).toEqual([14, 15, 16, 17, 18, 19, 20].map((day) => `2026-11-${day}`));
    const values = series.map((day) => day.value);
    expect(values.every((value) => typeof value === 'string' && Number(value) > 1000 && Number(value) < 30_000)).toBe(
      true,
    );
    expect(new Set(values).size).toBe(7);
    expect((await json<Series>(anna(steps)))['activities-steps']).toEqual(series);
    const ben = await as('fitbit', 'BEN');
    const other = (await json<Series>(ben(steps)))['activities-steps'].map((day) => day.value);
    expect(other.filter((value) => values.includes(value))).toEqual([]);
  });

  test('periods end on their day; days to come are empty', async () => {
    const call = await as('fitbit', 'ANNA');
    const week = await json<Series>(call('/api.fitbit.com/1/user/-/activities/steps/date/today/1w.json'));
    expect(week).toEqual(await json<Series>(call(steps)));
    const ahead = await json<Series>(
      call('/api.fitbit.com/1/user/ANNA/activities/steps/date/2026-11-20/2026-11-22.json'),
    );
    expect(ahead['activities-steps'].map((day) => day.value === '0')).toEqual([false, true, true]);
  });

  test('heart rate', async () => {
    type Heart = {
      'activities-heart': { dateTime: string; value: { restingHeartRate?: number; heartRateZones: unknown[] } }[];
    };
    const call = await as('fitbit', 'ANNA');
    const heart = await json<Heart>(call('/api.fitbit.com/1/user/-/activities/heart/date/2026-11-18/2026-11-21.json'));
    const rates = heart['activities-heart'].map((day) => day.value.restingHeartRate);
    expect(rates.slice(0, 3).every((rate) => rate !== undefined && rate >= 48 && rate <= 76)).toBe(true);
    expect(rates[3]).toBeUndefined();
    expect(heart['activities-heart'][0]?.value.heartRateZones).toHaveLength(4);
  });

  test('sleep adds up, newest night first, and only nights that are over', async () => {
    interface Log {
      dateOfSleep: string;
      duration: number;
      minutesAsleep: number;
      minutesAwake: number;
      timeInBed: number;
      startTime: string;
      endTime: string;
      levels: { data: { level: string; seconds: number }[]; summary: Record<string, { minutes: number }> };
    }
    const call = await as('fitbit', 'ANNA');
    const { sleep } = await json<{ sleep: Log[] }>(
      call('/api.fitbit.com/1.2/user/-/sleep/date/2026-11-17/2026-11-22.json'),
    );
    expect(sleep.map((log) => log.dateOfSleep)).toEqual([20, 19, 18, 17].map((day) => `2026-11-${day}`));
    for (const log of sleep) {
      expect(log.duration).toBe(Date.parse(`${log.endTime}Z`) - Date.parse(`${log.startTime}Z`));
      expect(log.duration).toBe(log.timeInBed * 60_000);
      expect(log.minutesAsleep + log.minutesAwake).toBe(log.timeInBed);
      expect(log.levels.data.reduce((all, part) => all + part.seconds, 0)).toBe(log.timeInBed * 60);
      const stages = Object.values(log.levels.summary).reduce((all, stage) => all + stage.minutes, 0);
      expect(stages).toBe(log.timeInBed);
    }
    const one = await json<{ sleep: Log[]; summary: { totalMinutesAsleep: number } }>(
      call('/api.fitbit.com/1.2/user/-/sleep/date/2026-11-20.json'),
    );
    expect(one.sleep).toEqual(sleep.slice(0, 1));
    expect(one.summary.totalMinutesAsleep).toBe(sleep[0]?.minutesAsleep);
  });

  test.each([
    ['another person', '/1/user/BEN/profile.json', 403],
    ['no date', '/1/user/-/activities/steps/date/2026-02-30/1w.json', 400],
    ['the end before the start', '/1/user/-/activities/steps/date/2026-11-20/2026-11-19.json', 400],
    ['too long a range', '/1.2/user/-/sleep/date/2026-01-01/2026-06-01.json', 400],
  ])('refuses %s', async (_name, path, status) => {
    const call = await as('fitbit', 'ANNA');
    const response = await call(`/api.fitbit.com${path}`);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ success: false, errors: [{ errorType: expect.any(String) }] });
  });

  test.each([
    ['profile', '/1/user/-/profile.json'],
    ['activity', '/1/user/-/activities/steps/date/today/1d.json'],
    ['heartrate', '/1/user/-/activities/heart/date/today/1d.json'],
    ['sleep', '/1.2/user/-/sleep/date/2026-11-20.json'],
  ])('the scope %s opens its own data only', async (scope, path) => {
    const others = 'activity heartrate sleep profile'.split(' ').filter((each) => each !== scope);
    const without = await (await as('fitbit', 'ANNA', others.join(' ')))(`/api.fitbit.com${path}`);
    expect(without.status).toBe(403);
    expect(await without.json()).toMatchObject({ errors: [{ errorType: 'insufficient_scope' }] });
    expect((await (await as('fitbit', 'ANNA', scope))(`/api.fitbit.com${path}`)).status).toBe(200);
  });
});

describe('Google Health', () => {
  interface Points {
    dataPoints: Record<string, Record<string, unknown>>[];
    nextPageToken?: string;
  }
  const base = '/health.googleapis.com/v4/users/me/dataTypes';
  const list = (type: string, parameters: Record<string, string>) =>
    `${base}/${type}/dataPoints?${new URLSearchParams(parameters)}`;

  async function rollUp(call: { access: string }, body: unknown, type = 'steps'): Promise<Response> {
    return fetch(`${sandbox.origin}${base}/${type}/dataPoints:dailyRollUp`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${call.access}`, 'Content-Type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  const date = (day: number) => ({ date: { year: 2026, month: 11, day } });

  test('steps per day are texts, agree with the hours and with Fitbit', async () => {
    await sandbox.control('user', { subject: 'ANNA' });
    const tokens = await connect(sandbox.origin, 'google-health');
    const answer = await rollUp(tokens, { range: { start: date(18), end: date(20) }, windowSizeDays: 1 });
    const { rollupDataPoints } = (await answer.json()) as {
      rollupDataPoints: { civilStartTime: unknown; steps: { countSum: string } }[];
    };
    expect(rollupDataPoints.map((point) => point.civilStartTime)).toEqual([date(18), date(19)]);
    const call = (path: string) => callAs(sandbox.origin, path, tokens.access);
    const filter =
      'steps.interval.start_time >= "2026-11-18T00:00:00Z" AND steps.interval.start_time < "2026-11-19T00:00:00Z"';
    const { dataPoints } = await json<Points>(call(list('steps', { filter })));
    const counts = dataPoints.map((point) => point.steps?.count);
    expect(counts.every((count) => typeof count === 'string')).toBe(true);
    const sum = counts.reduce<number>((all, count) => all + Number(count), 0);
    expect(rollupDataPoints[0]?.steps.countSum).toBe(String(sum));
    const fitbit = await as('fitbit', 'ANNA');
    const steps = await json<Record<string, { value: string }[]>>(
      fitbit('/api.fitbit.com/1/user/-/activities/steps/date/2026-11-18/1d.json'),
    );
    expect(steps['activities-steps']?.[0]?.value).toBe(String(sum));
  });

  test('lists are newest first, paged, and end now', async () => {
    const call = await as('google-health', 'ANNA');
    const starts: string[] = [];
    let pageToken = '';
    for (let page = 0; page < 3; page += 1) {
      const parameters = { pageSize: '7', ...(pageToken === '' ? {} : { pageToken }) };
      const answer = await json<Points>(call(list('steps', parameters)));
      expect(answer.dataPoints).toHaveLength(7);
      for (const point of answer.dataPoints) {
        starts.push((point.steps?.interval as { startTime: string }).startTime);
      }
      pageToken = answer.nextPageToken ?? '';
    }
    expect(new Set(starts).size).toBe(21);
    expect([...starts].sort().reverse()).toEqual(starts);
    expect(starts[0]).toBe('2026-11-20T15:00:00Z');
  });

  test('resting heart rate is filtered by day and dated by objects', async () => {
    const call = await as('google-health', 'ANNA');
    const filter = 'daily_resting_heart_rate.date >= "2026-11-17" AND daily_resting_heart_rate.date < "2026-11-19"';
    const { dataPoints } = await json<Points>(call(list('daily-resting-heart-rate', { filter })));
    expect(dataPoints.map((point) => point.dailyRestingHeartRate)).toEqual([
      { date: { year: 2026, month: 11, day: 18 }, beatsPerMinute: expect.stringMatching(/^\d\d$/) },
      { date: { year: 2026, month: 11, day: 17 }, beatsPerMinute: expect.stringMatching(/^\d\d$/) },
    ]);
  });

  test('heart rate samples', async () => {
    const call = await as('google-health', 'ANNA');
    const filter =
      'heart_rate.sample_time.physical_time >= "2026-11-20T10:00:00Z" AND heart_rate.sample_time.physical_time < "2026-11-20T10:30:00+00:00"';
    const { dataPoints } = await json<Points>(call(list('heart-rate', { filter })));
    expect(dataPoints.map((point) => (point.heartRate?.sampleTime as { physicalTime: string }).physicalTime)).toEqual([
      '2026-11-20T10:20:00Z',
      '2026-11-20T10:10:00Z',
      '2026-11-20T10:00:00Z',
    ]);
  });

  test('sleep is filtered by its end, in pages of at most 25, with stages and a summary', async () => {
    interface Sleep {
      interval: { startTime: string; endTime: string };
      stages: { type: string; startTime: string; endTime: string }[];
      summary: { minutesAsleep: string; minutesInSleepPeriod: string; stagesSummary: { minutes: string }[] };
    }
    const call = await as('google-health', 'ANNA');
    const filter = 'sleep.interval.civil_end_time >= "2026-11-18"';
    const { dataPoints } = await json<Points>(call(list('sleep', { filter })));
    expect(dataPoints).toHaveLength(3);
    for (const point of dataPoints) {
      const sleep = point.sleep as unknown as Sleep;
      expect(sleep.interval.endTime >= '2026-11-18').toBe(true);
      expect(sleep.stages[0]?.startTime).toBe(sleep.interval.startTime);
      expect(sleep.stages.at(-1)?.endTime).toBe(sleep.interval.endTime);
      const minutes = (Date.parse(sleep.interval.endTime) - Date.parse(sleep.interval.startTime)) / 60_000;
      expect(sleep.summary.minutesInSleepPeriod).toBe(String(minutes));
      expect(sleep.summary.stagesSummary.reduce((all, stage) => all + Number(stage.minutes), 0)).toBe(minutes);
    }
    const all = await json<Points>(call(list('sleep', { pageSize: '1000' })));
    expect(all.dataPoints).toHaveLength(25);
    expect(all.nextPageToken).toBeDefined();
  });

  test.each([
    ['steps', { filter: 'steps.interval.start_time > "2026-11-18T00:00:00Z"' }],
    ['steps', { filter: 'steps.interval.start_time >= "2026-11-18"' }],
    ['steps', { filter: 'heart_rate.sample_time.physical_time >= "2026-11-18T00:00:00Z"' }],
    ['sleep', { filter: 'sleep.interval.start_time >= "2026-11-18T00:00:00Z"' }],
    ['daily-resting-heart-rate', { filter: 'daily_resting_heart_rate.date >= "2026-02-30"' }],
    ['steps', { filter: 'nonsense' }],
    ['steps', { pageSize: '-1' }],
    ['steps', { pageToken: 'garbage' }],
  ] as [string, Record<string, string>][])('%s refuses %j', async (type, parameters) => {
    const response = await (await as('google-health', 'ANNA'))(list(type, parameters));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 400, status: 'INVALID_ARGUMENT' } });
  });

  test.each([
    ['not JSON', '{'],
    ['no range', {}],
    ['an empty range', { range: { start: date(18), end: date(18) } }],
    ['more than ninety days', { range: { start: { date: { year: 2026, month: 1, day: 1 } }, end: date(18) } }],
    ['a day that does not exist', { range: { start: { date: { year: 2026, month: 2, day: 30 } }, end: date(18) } }],
  ])('a roll-up with %s is refused', async (_name, body) => {
    await sandbox.control('user', { subject: 'ANNA' });
    expect((await rollUp(await connect(sandbox.origin, 'google-health'), body)).status).toBe(400);
  });

  test('heart rate rolls up to fourteen days, resting heart rate not at all', async () => {
    const tokens = await connect(sandbox.origin, 'google-health');
    const answer = await rollUp(tokens, { range: { start: date(6), end: date(20) } }, 'heart-rate');
    const { rollupDataPoints } = (await answer.json()) as { rollupDataPoints: { heartRate: Record<string, number> }[] };
    expect(rollupDataPoints).toHaveLength(14);
    const {
      beatsPerMinuteMin = 0,
      beatsPerMinuteAvg = 0,
      beatsPerMinuteMax = 0,
    } = rollupDataPoints[0]?.heartRate ?? {};
    expect(beatsPerMinuteMin).toBeLessThan(beatsPerMinuteAvg);
    expect(beatsPerMinuteAvg).toBeLessThan(beatsPerMinuteMax);
    expect((await rollUp(tokens, { range: { start: date(5), end: date(20) } }, 'heart-rate')).status).toBe(400);
    expect((await rollUp(tokens, { range: { start: date(5), end: date(6) } }, 'sleep')).status).toBe(400);
  });

  test.each([
    ['activity_and_fitness', 'steps'],
    ['health_metrics_and_measurements', 'heart-rate'],
    ['sleep', 'sleep'],
  ])('the scope %s opens %s and the identity', async (area, type) => {
    const scope = `https://www.googleapis.com/auth/googlehealth.${area}.readonly`;
    const call = await as('google-health', 'ANNA', scope);
    expect((await call(list(type, { pageSize: '1' }))).status).toBe(200);
    expect((await call(oauth2Facts['google-health'].profile)).status).toBe(200);
    const other = await as('google-health', 'ANNA', 'openid');
    const refused = await other(list(type, { pageSize: '1' }));
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ error: { code: 403, status: 'PERMISSION_DENIED' } });
    expect((await other(oauth2Facts['google-health'].profile)).status).toBe(403);
  });
});

describe('X', () => {
  test('needs both scopes', async () => {
    const call = await as('x', '12345', 'users.read');
    const response = await call('/api.x.com/2/users/me');
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ title: 'Forbidden', status: 403 });
  });

  test('posts have rising ids, and a time when it is asked for', async () => {
    interface Posts {
      data: { id: string; text: string; created_at?: string }[];
      meta: { result_count: number; newest_id: string };
    }
    const call = await as('x', '12345');
    const posts = await json<Posts>(call('/api.x.com/2/users/12345/tweets?max_results=5&tweet.fields=created_at'));
    expect(posts.data).toHaveLength(5);
    expect(posts.meta).toMatchObject({ result_count: 5, newest_id: posts.data[0]?.id });
    const ids = posts.data.map((post) => BigInt(post.id));
    expect(ids.every((id, index) => index === 0 || id < (ids[index - 1] ?? 0n))).toBe(true);
    expect(posts.data.every((post) => (post.created_at ?? '') < '2026-11-20')).toBe(true);
    const plain = await json<Posts>(call('/api.x.com/2/users/12345/tweets'));
    expect(plain.data).toHaveLength(10);
    expect(plain.data[0]).not.toHaveProperty('created_at');
    const other = await json<Posts>((await as('x', '67890'))('/api.x.com/2/users/67890/tweets?max_results=5'));
    expect(other.data.map((post) => post.id)).not.toEqual(posts.data.map((post) => post.id));
  });

  test('refuses odd page sizes and knows nobody else', async () => {
    const call = await as('x', '12345');
    expect((await call('/api.x.com/2/users/12345/tweets?max_results=4')).status).toBe(400);
    const other = await json<{ errors: { title: string }[] }>(call('/api.x.com/2/users/999/tweets'));
    expect(other.errors[0]?.title).toBe('Not Found Error');
  });

  test('shows the picture only when it is asked for', async () => {
    await sandbox.control('user', { subject: '5', picture: 'https://pictures.example/5.png' });
    const { access } = await connect(sandbox.origin, 'x');
    const plain = await json<{ data: object }>(callAs(sandbox.origin, '/api.x.com/2/users/me', access));
    expect(plain.data).not.toHaveProperty('profile_image_url');
    const asked = callAs(sandbox.origin, '/api.x.com/2/users/me?user.fields=profile_image_url', access);
    expect(await json<{ data: object }>(asked)).toMatchObject({
      data: { profile_image_url: 'https://pictures.example/5.png' },
    });
  });
});

describe('GitHub', () => {
  test('keeps addresses out of the profile and behind their scope', async () => {
    await sandbox.control('user', { subject: '77', email: 'mia@example.com', emailVerified: true });
    const { access } = await connect(sandbox.origin, 'github');
    const user = callAs(sandbox.origin, '/api.github.com/user', access);
    expect(await json(user)).toMatchObject({ id: 77, login: 'person-77', email: null });
    const emails = callAs(sandbox.origin, '/api.github.com/user/emails', access);
    expect(await json(emails)).toEqual([
      { email: 'mia@example.com', primary: true, verified: true, visibility: 'private' },
    ]);
    const narrow = await connect(sandbox.origin, 'github', { scope: 'read:user' });
    expect((await callAs(sandbox.origin, '/api.github.com/user/emails', narrow.access)).status).toBe(403);
  });

  test('lists repositories in pages, the freshest first', async () => {
    type Repositories = { full_name: string; updated_at: string }[];
    const call = await as('github', '4711');
    const all = await json<Repositories>(call('/api.github.com/user/repos?per_page=100&sort=updated'));
    expect(all.length).toBeGreaterThanOrEqual(3);
    expect(new Set(all.map((each) => each.full_name)).size).toBe(all.length);
    const times = all.map((each) => each.updated_at);
    expect([...times].sort().reverse()).toEqual(times);
    const second = await json<Repositories>(call('/api.github.com/user/repos?per_page=2&page=2'));
    expect(second).toEqual(all.slice(2, 4));
  });
});

describe('credentials that do not hold', () => {
  const shapes: [OAuth2Provider, string, unknown][] = [
    ['fitbit', oauth2Facts.fitbit.profile, { success: false, errors: [{ errorType: 'invalid_token' }] }],
    ['x', oauth2Facts.x.profile, { title: 'Unauthorized', status: 401 }],
    ['github', oauth2Facts.github.profile, { message: 'Bad credentials' }],
    ['google', oauth2Facts.google.profile, { error: 'invalid_request' }],
    ['google-health', oauth2Facts['google-health'].profile, { error: { code: 401, status: 'UNAUTHENTICATED' } }],
  ];

  test.each(shapes)('%s answers 401 in its own words', async (provider, path, shape) => {
    const response = await callAs(sandbox.origin, path, 'sbx_at_invented');
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Bearer error="invalid_token"');
    expect(await response.json()).toMatchObject(shape as object);
    const anonymous = await get(`${sandbox.origin}${path}`);
    expect(anonymous.status).toBe(401);
    expect(anonymous.headers.get('www-authenticate')).toBe('Bearer');
    const { access } = await connect(sandbox.origin, provider);
    const inQuery = await get(`${sandbox.origin}${path}?access_token=${access}`);
    expect(inQuery.status).toBe(401);
  });

  test('a token opens no other provider', async () => {
    const { access } = await connect(sandbox.origin, 'fitbit');
    for (const provider of ['x', 'github', 'google', 'google-health'] as const) {
      expect((await callAs(sandbox.origin, oauth2Facts[provider].profile, access)).status).toBe(401);
    }
  });

  test('Fitbit tells an expired token from an unknown one', async () => {
    const { access } = await connect(sandbox.origin, 'fitbit');
    sandbox.clock.now += 28_800_000;
    const response = await callAs(sandbox.origin, oauth2Facts.fitbit.profile, access);
    expect(await response.json()).toMatchObject({ errors: [{ errorType: 'expired_token' }] });
  });

  test('places without an API are 404', async () => {
    expect((await get(`${sandbox.origin}/api.unknown.example/x`)).status).toBe(404);
    expect((await get(`${sandbox.origin}/www.fitbit.com/x`)).status).toBe(404);
  });
});

describe('a custom definition', () => {
  const acme = defineProvider({
    id: 'acme',
    name: 'Acme',
    protocol: 'oauth2',
    authorize: { url: 'https://acme.example/oauth/authorize', parameters: { duration: 'permanent' } },
    token: {
      url: 'https://acme.example/oauth/token',
      clientAuth: 'none',
      rules: {
        root: 'authed_user',
        rename: { accessToken: 'access_token', lasts: 'expires_in' },
        scopeSeparator: ',',
        errors: [{ path: 'ok', equals: false, code: 'problem.code', description: 'problem.text' }],
      },
    },
    scopes: { signIn: ['me'], connect: ['me', 'all'], separator: ',' },
    pkce: 'forbidden',
    refresh: { mode: 'rotating' },
    profile: {
      url: 'https://api.acme.example/v1/me?full=1',
      subject: 'data.accounts.0.id',
      name: 'data.display.name',
      more: [
        {
          url: 'https://api.acme.example/v1/emails',
          select: { primary: true, kind: 'home' },
          email: 'address.value',
          emailVerified: 'address.checked',
        },
      ],
    },
    api: { baseUrls: ['https://api.acme.example/v1'] },
    revoke: { url: 'https://acme.example/oauth/revoke' },
  });
  // A stranger who reads GitHub's answers in a way of their own.
  const hub = defineProvider({
    id: 'hub',
    name: 'Hub',
    protocol: 'oauth2',
    authorize: { url: 'https://hub.example/authorize' },
    token: { url: 'https://hub.example/token', clientAuth: 'post' },
    scopes: { signIn: [], connect: [] },
    pkce: 'supported',
    profile: { url: 'https://api.github.com/user', subject: 'viewer.databaseId' },
    api: { baseUrls: ['https://api.github.com'] },
  });
  let custom: Running;

  beforeAll(async () => {
    custom = await start({ definitions: [...builtInDefinitions, acme, hub] });
  });

  afterAll(async () => {
    await custom.stop();
    removeFolder(custom.dataDir);
  });

  const ask = (changes: Record<string, string> = {}) =>
    consent(custom.origin, '/acme.example/oauth/authorize', {
      response_type: 'code',
      client_id: 'sandbox-acme',
      redirect_uri: callbackOf('acme'),
      scope: 'me,all',
      state: 's',
      duration: 'permanent',
      ...changes,
    });

  const send = (path: string, form: Record<string, string>) =>
    fetch(`${custom.origin}${path}`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'sandbox-acme', ...form }),
    });

  const redeemed = (callback: URLSearchParams) =>
    send('/acme.example/oauth/token', {
      grant_type: 'authorization_code',
      code: callback.get('code') ?? '',
      redirect_uri: callbackOf('acme'),
    });

  test('speaks as its token rules say', async () => {
    const answer = (await (await redeemed(await ask())).json()) as { authed_user: Record<string, unknown> };
    expect(Object.keys(answer)).toEqual(['authed_user']);
    expect(answer.authed_user).toMatchObject({ accessToken: expect.any(String), lasts: 3600, scope: 'me,all' });
    expect(answer.authed_user).toHaveProperty('refresh_token');
    const refused = await send('/acme.example/oauth/token', { grant_type: 'refresh_token', refresh_token: 'x' });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toEqual({ ok: false, problem: { code: 'invalid_grant', text: expect.any(String) } });
  });

  test('is refused a secret where it has none, and a challenge where PKCE is forbidden', async () => {
    const withSecret = await send('/acme.example/oauth/token', {
      grant_type: 'refresh_token',
      refresh_token: 'x',
      client_secret: 'sandbox-secret',
    });
    expect(withSecret.status).toBe(401);
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: 'sandbox-acme',
      redirect_uri: callbackOf('acme'),
      scope: 'me',
      code_challenge: pkce().challenge,
      code_challenge_method: 'S256',
    });
    const response = await get(`${custom.origin}/acme.example/oauth/authorize?${query}`);
    expect(response.headers.get('location')).toContain('error=invalid_request');
  });

  test('gets no refresh token without the parameter its definition sends for one', async () => {
    const answer = (await (await redeemed(await ask({ duration: 'temporary' }))).json()) as { authed_user: object };
    expect(answer.authed_user).not.toHaveProperty('refresh_token');
  });

  test('finds the person where its paths point, and gets echoes from the rest of its API', async () => {
    await custom.control('user', { subject: '0042', name: 'Mia', email: 'mia@example.com', emailVerified: false });
    const answer = (await (await redeemed(await ask())).json()) as { authed_user: { accessToken: string } };
    const call = (path: string) => callAs(custom.origin, path, answer.authed_user.accessToken);
    expect(await json(call('/api.acme.example/v1/me?full=1'))).toEqual({
      data: { display: { name: 'Mia' }, accounts: [{ id: '0042' }] },
    });
    expect(await json(call('/api.acme.example/v1/emails'))).toEqual([
      { primary: true, kind: 'home', address: { value: 'mia@example.com', checked: false } },
    ]);
    const echo = await call('/api.acme.example/v1/things/1?q=a&q=b');
    expect(await echo.json()).toEqual({
      sandbox: true,
      provider: 'acme',
      method: 'GET',
      path: '/v1/things/1',
      query: { q: 'a,b' },
    });
    expect((await call('/api.acme.example/v2/things')).status).toBe(404);
    expect((await call('/api.acme.example/v10')).status).toBe(404);
  });

  test('may point at a known service and still find its own fields', async () => {
    await custom.control('user', { subject: '0042' });
    const { verifier, challenge } = pkce();
    const callback = await consent(custom.origin, '/hub.example/authorize', {
      ...authorizationParameters('github', challenge),
      client_id: 'sandbox-hub',
      redirect_uri: callbackOf('hub'),
      scope: '',
    });
    const response = await fetch(`${custom.origin}/hub.example/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: callback.get('code') ?? '',
        redirect_uri: callbackOf('hub'),
        code_verifier: verifier,
        client_id: 'sandbox-hub',
        client_secret: 'sandbox-secret',
      }),
    });
    const { access_token: access } = (await response.json()) as { access_token: string };
    expect(await json(callAs(custom.origin, '/api.github.com/user', access))).toEqual({
      viewer: { databaseId: '0042' },
    });
  });
});
