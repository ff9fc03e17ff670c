/** The Google Health sample data and its filters. */
import { callAs, callerAs, connect, jsonOf, oauth2Facts, type Running, removeFolder, start } from '../support.js';

let sandbox: Running;

beforeAll(async () => {
  sandbox = await start();
});

afterAll(async () => {
  await sandbox.stop();
  removeFolder(sandbox.dataDir);
});

describe('Google Health', () => {
  interface Points {
    dataPoints: Record<string, Record<string, Record<string, unknown>>>[];
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
    const { dataPoints } = await jsonOf<Points>(call(list('steps', { filter })));
    const counts = dataPoints.map((point) => point.steps?.count);
    expect(counts.every((count) => typeof count === 'string')).toBe(true);
    const sum = counts.reduce<number>((all, count) => all + Number(count), 0);
    expect(rollupDataPoints[0]?.steps.countSum).toBe(String(sum));
    const fitbit = await callerAs(sandbox, 'fitbit', 'ANNA');
    const steps = await jsonOf<Record<string, { value: string }[]>>(
      fitbit('/api.fitbit.com/1/user/-/activities/steps/date/2026-11-18/1d.json'),
    );
    expect(steps['activities-steps']?.[0]?.value).toBe(String(sum));
  });

  test('lists are newest first, paged, and end now', async () => {
    const call = await callerAs(sandbox, 'google-health', 'ANNA');
    const starts: string[] = [];
    let pageToken = '';
    for (let page = 0; page < 3; page += 1) {
      const parameters = { pageSize: '7', ...(pageToken === '' ? {} : { pageToken }) };
      const answer = await jsonOf<Points>(call(list('steps', parameters)));
      expect(answer.dataPoints).toHaveLength(7);
      starts.push(...answer.dataPoints.map((point) => String(point.steps?.interval?.startTime)));
      pageToken = answer.nextPageToken ?? '';
    }
    expect(new Set(starts).size).toBe(21);
    expect([...starts].sort().reverse()).toEqual(starts);
    expect(starts[0]).toBe('2026-11-20T15:00:00Z');
  });

  test('resting heart rate is filtered by day and dated by objects', async () => {
    const call = await callerAs(sandbox, 'google-health', 'ANNA');
    const filter = 'daily_resting_heart_rate.date >= "2026-11-17" AND daily_resting_heart_rate.date < "2026-11-19"';
    const { dataPoints } = await jsonOf<Points>(call(list('daily-resting-heart-rate', { filter })));
    expect(dataPoints.map((point) => point.dailyRestingHeartRate)).toEqual([
      { date: { year: 2026, month: 11, day: 18 }, beatsPerMinute: expect.stringMatching(/^\d\d$/) },
      { date: { year: 2026, month: 11, day: 17 }, beatsPerMinute: expect.stringMatching(/^\d\d$/) },
    ]);
  });

  test('heart rate samples', async () => {
    const call = await callerAs(sandbox, 'google-health', 'ANNA');
    const filter =
      'heart_rate.sample_time.physical_time >= "2026-11-20T10:00:00Z" AND heart_rate.sample_time.physical_time < "2026-11-20T10:30:00+00:00"';
    const { dataPoints } = await jsonOf<Points>(call(list('heart-rate', { filter })));
    expect(dataPoints.map((point) => point.heartRate?.sampleTime?.physicalTime)).toEqual([
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
    const call = await callerAs(sandbox, 'google-health', 'ANNA');
    const filter = 'sleep.interval.civil_end_time >= "2026-11-18"';
    const { dataPoints } = await jsonOf<Points>(call(list('sleep', { filter })));
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
    const all = await jsonOf<Points>(call(list('sleep', { pageSize: '1000' })));
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
    const response = await (await callerAs(sandbox, 'google-health', 'ANNA'))(list(type, parameters));
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
    const call = await callerAs(sandbox, 'google-health', 'ANNA', scope);
    expect((await call(list(type, { pageSize: '1' }))).status).toBe(200);
    expect((await call(oauth2Facts['google-health'].profile)).status).toBe(200);
    const other = await callerAs(sandbox, 'google-health', 'ANNA', 'openid');
    const refused = await other(list(type, { pageSize: '1' }));
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ error: { code: 403, status: 'PERMISSION_DENIED' } });
    expect((await other(oauth2Facts['google-health'].profile)).status).toBe(403);
  });
});
