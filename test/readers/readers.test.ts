/**
 * The readers against answers as the services document them, whole and in their odd corners, and against what no service would send. That the
 * requests are the documented ones, and the plain answers are read, test/providers/evidence.test.ts proves for each definition.
 */
import { RateLimited } from '../../src/connections/index.js';
import { builtInDefinitions } from '../../src/providers/index.js';
import {
  fitbitRestingHeartRate,
  fitbitSleep,
  fitbitSteps,
  gitHubRepositories,
  googleHealthRestingHeartRate,
  googleHealthSleep,
  googleHealthSteps,
  type Reader,
  type ReadingClient,
  ReadingFailed,
  type ReadOptions,
  read,
  readerNamed,
  tumblrPosts,
  xPosts,
} from '../../src/readers/index.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const days = { first: '2026-11-08', last: '2026-11-21' };

function clientAnswering(answer: () => Response | Promise<Response>): ReadingClient {
  return {
    connection: { id: 'c', provider: 'p', subject: 't:a/b', label: 'Ada', scopes: [] },
    fetch: async () => await answer(),
  };
}

function give<T>(reader: Reader<T>, body: unknown, init?: ResponseInit, options?: ReadOptions): Promise<T> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return read(
    clientAnswering(() => new Response(text, init)),
    reader,
    days,
    { now: () => NOW, ...options },
  );
}

async function failureOf(reading: Promise<unknown>): Promise<ReadingFailed> {
  const error = await reading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ReadingFailed)) throw new Error(`It did not fail as readings do: ${String(error)}`);
  return error;
}

describe('Fitbit', () => {
  // https://dev.fitbit.com/build/reference/web-api/heartrate-timeseries/get-heartrate-timeseries-by-date-range/
  test('a day without a resting heart rate is left out', async () => {
    const zones = { customHeartRateZones: [], heartRateZones: [{ name: 'Fat Burn', min: 91, max: 127 }] };
    const rates = await give(fitbitRestingHeartRate, {
      'activities-heart': [
        { dateTime: '2026-11-19', value: zones },
        { dateTime: '2026-11-20', value: { ...zones, restingHeartRate: 61 } },
      ],
    });
    expect(rates).toEqual([{ day: '2026-11-20', value: 61 }]);
  });

  // https://dev.fitbit.com/build/reference/web-api/sleep/get-sleep-log-by-date-range/
  test('stages are told where the log has them, naps are added, and classic logs have none', async () => {
    const staged = (deep: number, light: number, rem: number) => ({
      type: 'stages',
      minutesAsleep: deep + light + rem,
      levels: {
        summary: {
          deep: { count: 5, minutes: deep, thirtyDayAvgMinutes: 69 },
          light: { count: 28, minutes: light, thirtyDayAvgMinutes: 202 },
          rem: { count: 7, minutes: rem, thirtyDayAvgMinutes: 87 },
          wake: { count: 26, minutes: 50, thirtyDayAvgMinutes: 55 },
        },
      },
    });
    const classic = {
      type: 'classic',
      minutesAsleep: 73,
      levels: {
        summary: {
          asleep: { count: 0, minutes: 73 },
          awake: { count: 1, minutes: 1 },
          restless: { count: 3, minutes: 9 },
        },
      },
    };
    const nights = await give(fitbitSleep, {
      sleep: [
        { dateOfSleep: '2026-11-21', isMainSleep: false, ...classic },
        { dateOfSleep: '2026-11-21', isMainSleep: true, ...staged(60, 240, 90) },
        { dateOfSleep: '2026-11-20', isMainSleep: false, ...staged(5, 20, 5) },
        { dateOfSleep: '2026-11-20', isMainSleep: true, ...staged(58, 254, 81) },
      ],
    });
    expect(nights).toEqual([
      { day: '2026-11-20', asleepMinutes: 423, stages: { deep: 63, light: 274, rem: 86 } },
      { day: '2026-11-21', asleepMinutes: 463 },
    ]);
  });
});

describe('Google Health', () => {
  // https://developers.google.com/health/reference/rest/v4/users.dataTypes.dataPoints/dailyRollUp
  test('days without data have no value and are left out; an account without any has no list', async () => {
    const day = (number: number, more: object) => ({
      civilStartTime: { date: { year: 2026, month: 11, day: number } },
      civilEndTime: { date: { year: 2026, month: 11, day: number + 1 } },
      ...more,
    });
    const points = [day(9, { steps: { countSum: '12' } }), day(10, {}), day(8, { steps: { countSum: '8542' } })];
    expect(await give(googleHealthSteps, { rollupDataPoints: points })).toEqual([
      { day: '2026-11-08', value: 8542 },
      { day: '2026-11-09', value: 12 },
    ]);
    for (const reader of [googleHealthSteps, googleHealthRestingHeartRate, googleHealthSleep]) {
      expect(await give<unknown>(reader, {})).toEqual([]);
    }
  });

  // https://developers.google.com/health/reference/rest/v4/users.dataTypes.dataPoints#Sleep
  test('a night belongs to the day on which the person woke, where they woke', async () => {
    const stage = (type: string, minutes: string) => ({ type, minutes, count: '3' });
    const nights = await give(googleHealthSleep, {
      dataPoints: [
        {
          sleep: {
            interval: { startTime: '2026-11-19T14:10:00Z', endTime: '2026-11-19T21:40:00Z', endUtcOffset: '36000s' },
            summary: {
              minutesAsleep: '414',
              stagesSummary: [stage('AWAKE', '36'), stage('LIGHT', '250'), stage('DEEP', '74'), stage('REM', '90')],
            },
          },
        },
        {
          sleep: {
            interval: { startTime: '2026-11-18T23:10:00Z', endTime: '2026-11-19T06:40:00Z', endUtcOffset: '0s' },
            summary: { minutesAsleep: '400', stagesSummary: [stage('ASLEEP', '400'), stage('RESTLESS', '20')] },
          },
        },
      ],
    });
    expect(nights).toEqual([
      { day: '2026-11-19', asleepMinutes: 400 },
      { day: '2026-11-20', asleepMinutes: 414, stages: { deep: 74, light: 250, rem: 90 } },
    ]);
  });
});

describe('X', () => {
  // https://docs.x.com/x-api/users/get-posts, https://docs.x.com/x-api/fundamentals/response-codes-and-errors
  test('nobody without posts is a failure, but a partial error without any is', async () => {
    expect(await give(xPosts, { meta: { result_count: 0 } })).toEqual([]);
    const error = {
      title: 'Not Found Error',
      resource_type: 'user',
      type: 'https://api.x.com/2/problems/resource-not-found',
    };
    expect((await failureOf(give(xPosts, { errors: [error] }))).failure).toBe('unreadable');
  });
});

describe('Tumblr', () => {
  const post = (id: string, content: unknown[], trail: unknown[] = []) => ({
    type: 'blocks',
    id_string: id,
    timestamp: 1_298_665_620,
    content,
    trail,
  });

  // https://github.com/tumblr/docs/blob/master/npf-spec.md#reblog-trail
  test('a reblog says what was reblogged, and a picture without words is a post all the same', async () => {
    const image = { type: 'image', media: [{ url: 'https://media.tumblr.com/a.jpg', width: 540, height: 405 }] };
    const posts = await give(tumblrPosts, {
      meta: { status: 200, msg: 'OK' },
      response: {
        posts: [
          post('1', [{ type: 'text', text: 'Mine' }], [{ content: [{ type: 'text', text: 'and theirs' }] }]),
          post('2', [image]),
        ],
      },
    });
    expect(posts.map(({ text }) => text)).toEqual(['Mine and theirs', '']);
  });

  test('the blog is named by its id, whatever is in it', () => {
    expect(tumblrPosts.request('t:a/b?c', days).path).toBe('/blog/t%3Aa%2Fb%3Fc/posts?npf=true&limit=10');
  });
});

test('GitHub: what is missing of a repository is missing', async () => {
  const repository = { full_name: 'octocat/Hello-World', private: true, description: null, language: null };
  expect(await give(gitHubRepositories, [repository])).toEqual([
    {
      name: 'octocat/Hello-World',
      description: undefined,
      language: undefined,
      stars: 0,
      isPrivate: true,
      updatedAt: undefined,
    },
  ]);
});

describe('hostile answers', () => {
  const steps = (...list: unknown[]) => give(fitbitSteps, { 'activities-steps': list });

  test.each([
    ['a day that is none', { dateTime: '2026-02-30', value: '5' }],
    ['a day with more behind it', { dateTime: '2026-11-20<script>', value: '5' }],
    ['a negative count', { dateTime: '2026-11-20', value: -5 }],
    ['a count in words', { dateTime: '2026-11-20', value: '0x10' }],
    ['a count beyond all measure', { dateTime: '2026-11-20', value: 1e300 }],
    ['no object', null],
  ])('%s spoils nothing but itself', async (_name, entry) => {
    expect(await steps(entry, { dateTime: '2026-11-21', value: '7' })).toEqual([{ day: '2026-11-21', value: 7 }]);
  });

  test.each([
    ['no JSON', '<html>busy</html>'],
    ['another form', '{"activities-steps":"none"}'],
    ['null', 'null'],
    ['nested without end', '['.repeat(5000)],
  ])('%s is unreadable, and is not quoted', async (_name, body) => {
    const error = await failureOf(give(fitbitSteps, body));
    expect(error).toMatchObject({ failure: 'unreadable', code: 'reading_unreadable', status: 200 });
    expect(error.cause).toBeUndefined();
    expect(error.message).not.toContain(body.slice(0, 6));
  });

  test('more entries than anybody has are not looked at', async () => {
    const many = Array.from({ length: 5_000 }, () => ({ dateTime: '2026-11-20', value: 1 }));
    expect(await steps(...many)).toHaveLength(200);
  });

  test('an answer without end is given up', async () => {
    let sent = 0;
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(32));
      },
      cancel() {
        cancelled = true;
      },
    });
    const error = await failureOf(
      read(
        clientAnswering(() => new Response(endless)),
        fitbitSteps,
        days,
      ),
    );
    expect(error.failure).toBe('unreadable');
    expect(cancelled).toBe(true);
    expect(sent).toBeLessThan(4 * 1024 * 1024);
  });

  test('texts are one clean line of a size that people read', async () => {
    const text = `one\n\ttwo\u202e\u0000 ${'x'.repeat(100_000)}`;
    const [post] = await give(xPosts, {
      data: [
        { id: '1', text },
        { id: '2', text: '\u200b\n' },
      ],
    });
    expect(post?.text.startsWith('one two x')).toBe(true);
    expect(post?.text).toHaveLength(1_000);
  });
});

describe('refusals', () => {
  const fitbitHeaders = { reset: 'Fitbit-Rate-Limit-Reset', resetIn: 'seconds' } as const;
  const gitHubHeaders = { remaining: 'x-ratelimit-remaining', reset: 'x-ratelimit-reset', resetIn: 'epoch' } as const;
  const seconds = Math.floor(NOW / 1000);

  test.each([
    ['403', 403, {}, undefined, 'refused', undefined],
    [
      '403 for want of a scope',
      403,
      { 'www-authenticate': 'Bearer realm="api", error="insufficient_scope", scope="sleep"' },
      undefined,
      'not_permitted',
      undefined,
    ],
    [
      '403 for another reason',
      403,
      { 'www-authenticate': 'Bearer error="invalid_token"' },
      undefined,
      'refused',
      undefined,
    ],
    ['429 without a word', 429, {}, undefined, 'rate_limited', undefined],
    ['429 with Retry-After', 429, { 'retry-after': '90' }, undefined, 'rate_limited', NOW + 90_000],
    ['429 of Fitbit', 429, { 'fitbit-rate-limit-reset': '600' }, fitbitHeaders, 'rate_limited', NOW + 600_000],
    [
      'GitHub’s 403 with nothing left',
      403,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(seconds + 60) },
      gitHubHeaders,
      'rate_limited',
      (seconds + 60) * 1000,
    ],
    ['GitHub’s 403 with calls left', 403, { 'x-ratelimit-remaining': '12' }, gitHubHeaders, 'refused', undefined],
    ['a reset that means nothing', 429, { 'x-ratelimit-reset': 'soon' }, gitHubHeaders, 'rate_limited', undefined],
    ['500', 500, {}, undefined, 'unavailable', undefined],
    ['404', 404, {}, undefined, 'unavailable', undefined],
  ])('%s', async (_name, status, headers: Record<string, string>, rateLimit, failure, retryAt) => {
    const error = await failureOf(give(fitbitSteps, 'no', { status, headers }, { rateLimit }));
    expect(error).toMatchObject({ failure, status });
    expect(error.retryAt?.getTime()).toBe(retryAt);
  });

  test('a call that is not made, or breaks off, says why', async () => {
    const retryAt = new Date(NOW + 1_000);
    const held = clientAnswering(() => Promise.reject(new RateLimited('Fitbit', retryAt)));
    expect(await failureOf(read(held, fitbitSteps, days))).toMatchObject({ failure: 'rate_limited', retryAt });
    const broken = clientAnswering(() => Promise.reject(new TypeError('socket hang up')));
    const error = await failureOf(read(broken, fitbitSteps, days));
    expect(error).toMatchObject({ failure: 'unavailable', cause: expect.any(TypeError) });
  });
});

test('every built-in definition names readers that exist', () => {
  const named = builtInDefinitions.flatMap(({ id, readings = [] }) =>
    readings.map(({ reader }) => [id, reader] as const),
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter(([, name]) => readerNamed(name) === undefined)).toEqual([]);
  expect(readerNamed('somebody/else')).toBeUndefined();
});
