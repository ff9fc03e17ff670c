/**
 * Reads Google Health, API 4 (https://developers.google.com/health/reference/rest): steps rolled up by day, resting heart rate and sleep.
 * Protocol-buffer JSON: 64-bit numbers are texts, days are objects, zeros may be left out; filters use snake_case.
 */
import { z } from 'zod';
import { amount, day, entries } from './answer-fields.js';
import { type ReadingClient, type ReadOptions, readAnswer } from './answer.js';
import { addDays, dayOf } from './days.js';
import { nightsOf } from './nights.js';
import type { DailyValue, Day, DayRange, Night } from './reading.js';

const date = z
  .object({ year: z.number(), month: z.number(), day: z.number() })
  .transform(({ year, month, day: dayOfMonth }) => {
    const parts = [String(year).padStart(4, '0'), String(month).padStart(2, '0'), String(dayOfMonth).padStart(2, '0')];
    return parts.join('-');
  })
  .pipe(day);

const steps = z.object({
  rollupDataPoints: entries(
    z.object({ civilStartTime: z.object({ date }), steps: z.object({ countSum: amount }) }),
  ).optional(),
});
const restingHeartRate = z.object({
  dataPoints: entries(z.object({ dailyRestingHeartRate: z.object({ date, beatsPerMinute: amount }) })).optional(),
});
const offset = z.string().regex(/^-?\d{1,5}s$/);
const sleep = z.object({
  dataPoints: entries(
    z.object({
      sleep: z.object({
        interval: z.object({ endTime: z.iso.datetime({ offset: true }), endUtcOffset: offset.optional() }),
        summary: z.object({
          minutesAsleep: amount,
          stagesSummary: entries(z.object({ type: z.string(), minutes: amount.default(0) })).optional(),
        }),
      }),
    }),
  ).optional(),
});

/** The most that a page of sleep may hold. */
const SLEEP_PAGE = 25;

/** users.dataTypes.dataPoints.dailyRollUp, whose range ends before its last day. @throws ReadingFailed */
export async function readGoogleHealthSteps(
  client: ReadingClient,
  { first, last }: DayRange,
  options?: ReadOptions,
): Promise<readonly DailyValue[]> {
  const range = { start: { date: dateObject(first) }, end: { date: dateObject(addDays(last, 1)) } };
  const answer = await readAnswer(client, dataPoints('steps', ':dailyRollUp'), steps, {
    ...options,
    body: { range, windowSizeDays: 1 },
  });
  const points = answer.rollupDataPoints ?? [];
  return oldestFirst(points.map((point) => ({ day: point.civilStartTime.date, value: point.steps.countSum })));
}

/** users.dataTypes.dataPoints.list of `daily-resting-heart-rate`. @throws ReadingFailed */
export async function readGoogleHealthRestingHeartRate(
  client: ReadingClient,
  { first }: DayRange,
  options?: ReadOptions,
): Promise<readonly DailyValue[]> {
  const filter = `daily_resting_heart_rate.date >= "${first}"`;
  const path = `${dataPoints('daily-resting-heart-rate')}?${query({ filter })}`;
  const { dataPoints: points = [] } = await readAnswer(client, path, restingHeartRate, options);
  const rates = points.map(({ dailyRestingHeartRate: rate }) => ({ day: rate.date, value: rate.beatsPerMinute }));
  return oldestFirst(rates);
}

/** users.dataTypes.dataPoints.list of `sleep`, which is filtered by its end only. @throws ReadingFailed */
export async function readGoogleHealthSleep(
  client: ReadingClient,
  { first }: DayRange,
  options?: ReadOptions,
): Promise<readonly Night[]> {
  const filter = `sleep.interval.civil_end_time >= "${first}"`;
  const path = `${dataPoints('sleep')}?${query({ pageSize: String(SLEEP_PAGE), filter })}`;
  const answer = await readAnswer(client, path, sleep, options);
  return nightsOf(
    (answer.dataPoints ?? []).map(({ sleep: { interval, summary } }) => {
      const stages = stagesOf(summary.stagesSummary ?? []);
      const woke = Date.parse(interval.endTime) + Number.parseInt(interval.endUtcOffset ?? '0', 10) * 1000;
      return { day: dayOf(woke), asleepMinutes: summary.minutesAsleep, ...(stages ? { stages } : {}) };
    }),
  );
}

/** Unless all three were told apart, as it is with `CLASSIC` sleep, there are none to show. */
function stagesOf(summary: readonly { readonly type: string; readonly minutes: number }[]): Night['stages'] {
  const minutes = new Map(summary.map((each) => [each.type, each.minutes]));
  const [deep, light, rem] = ['DEEP', 'LIGHT', 'REM'].map((type) => minutes.get(type));
  return deep === undefined || light === undefined || rem === undefined ? undefined : { deep, light, rem };
}

function dataPoints(type: string, verb = ''): string {
  return `/v4/users/me/dataTypes/${type}/dataPoints${verb}`;
}

function query(parameters: Record<string, string>): string {
  return new URLSearchParams(parameters).toString();
}

function dateObject(text: Day): { year: number; month: number; day: number } {
  const [year = 0, month = 0, dayOfMonth = 0] = text.split('-').map(Number);
  return { year, month, day: dayOfMonth };
}

function oldestFirst(values: readonly DailyValue[]): readonly DailyValue[] {
  return values.toSorted((a, b) => a.day.localeCompare(b.day));
}
