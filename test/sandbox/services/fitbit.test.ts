/** The Fitbit sample data: documented shapes, the same on each asking, different for each person, behind scopes. */
import { callerAs, jsonOf, type Running, removeFolder, start } from '../support.js';

let sandbox: Running;

beforeAll(async () => {
  sandbox = await start();
});

afterAll(async () => {
  await sandbox.stop();
  removeFolder(sandbox.dataDir);
});

describe('Fitbit', () => {
  type Series = { 'activities-steps': { dateTime: string; value: string }[] };
  const steps = '/api.fitbit.com/1/user/-/activities/steps/date/2026-11-14/2026-11-20.json';

  test('steps: one text per day, repeatable, and nobody has those of another', async () => {
    const anna = await callerAs(sandbox, 'fitbit', 'ANNA');
    const series = (await jsonOf<Series>(anna(steps)))['activities-steps'];
    expect(series.map((day) => day.dateTime)).toEqual([14, 15, 16, 17, 18, 19, 20].map((day) => `2026-11-${day}`));
    const values = series.map((day) => day.value);
    expect(values.every((value) => typeof value === 'string' && Number(value) > 1000 && Number(value) < 30_000)).toBe(
      true,
    );
    expect(new Set(values).size).toBe(7);
    expect((await jsonOf<Series>(anna(steps)))['activities-steps']).toEqual(series);
    const ben = await callerAs(sandbox, 'fitbit', 'BEN');
    const other = (await jsonOf<Series>(ben(steps)))['activities-steps'].map((day) => day.value);
    expect(other.filter((value) => values.includes(value))).toEqual([]);
  });

  test('periods end on their day; days to come are empty', async () => {
    const call = await callerAs(sandbox, 'fitbit', 'ANNA');
    const week = await jsonOf<Series>(call('/api.fitbit.com/1/user/-/activities/steps/date/today/1w.json'));
    expect(week).toEqual(await jsonOf<Series>(call(steps)));
    const ahead = await jsonOf<Series>(
      call('/api.fitbit.com/1/user/ANNA/activities/steps/date/2026-11-20/2026-11-22.json'),
    );
    expect(ahead['activities-steps'].map((day) => day.value === '0')).toEqual([false, true, true]);
  });

  test('heart rate', async () => {
    type Heart = {
      'activities-heart': { dateTime: string; value: { restingHeartRate?: number; heartRateZones: unknown[] } }[];
    };
    const call = await callerAs(sandbox, 'fitbit', 'ANNA');
    const heart = await jsonOf<Heart>(
      call('/api.fitbit.com/1/user/-/activities/heart/date/2026-11-18/2026-11-21.json'),
    );
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
    const call = await callerAs(sandbox, 'fitbit', 'ANNA');
    const { sleep } = await jsonOf<{ sleep: Log[] }>(
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
    const one = await jsonOf<{ sleep: Log[]; summary: { totalMinutesAsleep: number } }>(
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
    const call = await callerAs(sandbox, 'fitbit', 'ANNA');
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
    const without = await (await callerAs(sandbox, 'fitbit', 'ANNA', others.join(' ')))(`/api.fitbit.com${path}`);
    expect(without.status).toBe(403);
    expect(await without.json()).toMatchObject({ errors: [{ errorType: 'insufficient_scope' }] });
    expect((await (await callerAs(sandbox, 'fitbit', 'ANNA', scope))(`/api.fitbit.com${path}`)).status).toBe(200);
  });
});
