/** Reads the Fitbit Web API (https://dev.fitbit.com/build/reference/web-api/): activity, heart rate and sleep time series. */
import { z } from 'zod';
import { amount, day, entries } from './answer-fields.js';
import { nightsOf } from './nights.js';
import type { Reader } from './reader.js';
import type { DailyValue, Night } from './reading.js';

/** Get Activity Time Series by Date Range. */
export const fitbitSteps: Reader<readonly DailyValue[]> = {
  request: (_subject, { first, last }) => ({ path: `/1/user/-/activities/steps/date/${first}/${last}.json` }),
  answer: z
    .object({ 'activities-steps': entries(z.object({ dateTime: day, value: amount })) })
    .transform((answer) => answer['activities-steps'].map(({ dateTime, value }) => ({ day: dateTime, value }))),
};

/** Get Heart Rate Time Series by Date Range. Days without a resting rate have the zones alone, and are left out. */
export const fitbitRestingHeartRate: Reader<readonly DailyValue[]> = {
  request: (_subject, { first, last }) => ({ path: `/1/user/-/activities/heart/date/${first}/${last}.json` }),
  answer: z
    .object({
      'activities-heart': entries(z.object({ dateTime: day, value: z.object({ restingHeartRate: amount }) })),
    })
    .transform((answer) =>
      answer['activities-heart'].map(({ dateTime, value }) => ({ day: dateTime, value: value.restingHeartRate })),
    ),
};

const stage = z.object({ minutes: amount });
const log = z.object({
  dateOfSleep: day,
  minutesAsleep: amount,
  // Logs of the type `classic` have other levels and no stages.
  levels: z
    .object({ summary: z.object({ deep: stage, light: stage, rem: stage }) })
    .optional()
    .catch(undefined),
});

/** Get Sleep Log by Date Range, version 1.2. */
export const fitbitSleep: Reader<readonly Night[]> = {
  request: (_subject, { first, last }) => ({ path: `/1.2/user/-/sleep/date/${first}/${last}.json` }),
  answer: z.object({ sleep: entries(log) }).transform(({ sleep }) =>
    nightsOf(
      sleep.map(({ dateOfSleep, minutesAsleep, levels }) => {
        const { deep, light, rem } = levels?.summary ?? {};
        const stages = deep && light && rem && { deep: deep.minutes, light: light.minutes, rem: rem.minutes };
        return { day: dateOfSleep, asleepMinutes: minutesAsleep, ...(stages ? { stages } : {}) };
      }),
    ),
  ),
};
