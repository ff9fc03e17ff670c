/**
 * Reads Google Health, API 4 (https://developers.google.com/health/reference/rest): steps rolled up by day, resting heart rate and sleep.
 * Protocol-buffer JSON: 64-bit numbers are texts, days are objects, zeros may be left out; filters use snake_case.
 */
import { z } from 'zod';
import { amount, day, entries } from './answer-fields.js';
import { addDays, dayOf } from './days.js';
import { nightsOf } from './nights.js';
import type { Reader } from './reader.js';
import type { DailyValue, Day, Night } from './reading.js';

const date = z
  .object({ year: z.number(), month: z.number(), day: z.number() })
  .transform(({ year, month, day: dayOfMonth }) => {
    const parts = [String(year).padStart(4, '0'), String(month).padStart(2, '0'), String(dayOfMonth).padStart(2, '0')];
    return parts.join('-');
  })
  .pipe(day);

/** users.dataTypes.dataPoints.dailyRollUp; its range ends before its last day. */
export const googleHealthSteps: Reader<readonly DailyValue[]> = {
  request: (_subject, { first, last }) => ({
    path: dataPoints('steps', ':dailyRollUp'),
    body: {
      range: { start: { date: dateObject(first) }, end: { date: dateObject(addDays(last, 1)) } },
      windowSizeDays: 1,
    },
  }),
  answer: z
    .object({
      rollupDataPoints: entries(
        z.object({ civilStartTime: z.object({ date }), steps: z.object({ countSum: amount }) }),
      ).optional(),
    })
    .transform(({ rollupDataPoints: points = [] }) =>
      oldestFirst(points.map(({ civilStartTime, steps }) => ({ day: civilStartTime.date, value: steps.countSum }))),
    ),
};

/** users.dataTypes.dataPoints.list of `daily-resting-heart-rate`. */
export const googleHealthRestingHeartRate: Reader<readonly DailyValue[]> = {
  request: (_subject, { first }) => {
    const filter = `daily_resting_heart_rate.date >= "${first}"`;
    return { path: `${dataPoints('daily-resting-heart-rate')}?${new URLSearchParams({ filter })}` };
  },
  answer: z
    .object({
      dataPoints: entries(z.object({ dailyRestingHeartRate: z.object({ date, beatsPerMinute: amount }) })).optional(),
    })
    .transform(({ dataPoints: points = [] }) =>
      oldestFirst(points.map(({ dailyRestingHeartRate: rate }) => ({ day: rate.date, value: rate.beatsPerMinute }))),
    ),
};

/** The most that a page of sleep may hold. */
const SLEEP_PAGE = '25';

const session = z.object({
  sleep: z.object({
    interval: z.object({
      endTime: z.iso.datetime({ offset: true }),
      endUtcOffset: z
        .string()
        .regex(/^-?\d{1,5}s$/)
        .optional(),
    }),
    summary: z.object({
      minutesAsleep: amount,
      stagesSummary: entries(z.object({ type: z.string(), minutes: amount.default(0) })).optional(),
    }),
  }),
});

/** users.dataTypes.dataPoints.list of `sleep`, which is filtered by its end only. */
export const googleHealthSleep: Reader<readonly Night[]> = {
  request: (_subject, { first }) => {
    const filter = `sleep.interval.civil_end_time >= "${first}"`;
    return { path: `${dataPoints('sleep')}?${new URLSearchParams({ pageSize: SLEEP_PAGE, filter })}` };
  },
  answer: z.object({ dataPoints: entries(session).optional() }).transform(({ dataPoints: points = [] }) =>
    nightsOf(
      points.map(({ sleep: { interval, summary } }) => {
        const stages = stagesOf(summary.stagesSummary ?? []);
        const woke = Date.parse(interval.endTime) + Number.parseInt(interval.endUtcOffset ?? '0', 10) * 1000;
        return { day: dayOf(woke), asleepMinutes: summary.minutesAsleep, ...(stages ? { stages } : {}) };
      }),
    ),
  ),
};

/** Unless all three were told apart, as it is with `CLASSIC` sleep, there are none to show. */
function stagesOf(summary: readonly { readonly type: string; readonly minutes: number }[]): Night['stages'] {
  const minutes = new Map(summary.map((each) => [each.type, each.minutes]));
  const [deep, light, rem] = ['DEEP', 'LIGHT', 'REM'].map((type) => minutes.get(type));
  return deep === undefined || light === undefined || rem === undefined ? undefined : { deep, light, rem };
}

function dataPoints(type: string, verb = ''): string {
  return `/v4/users/me/dataTypes/${type}/dataPoints${verb}`;
}

function dateObject(text: Day): { year: number; month: number; day: number } {
  const [year = 0, month = 0, dayOfMonth = 0] = text.split('-').map(Number);
  return { year, month, day: dayOfMonth };
}

function oldestFirst(values: readonly DailyValue[]): readonly DailyValue[] {
  return values.toSorted((a, b) => a.day.localeCompare(b.day));
}
