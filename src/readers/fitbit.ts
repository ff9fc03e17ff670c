/** Reads the Fitbit Web API (https://dev.fitbit.com/build/reference/web-api/): activity, heart rate and sleep time series. */
import { z } from 'zod';
import { amount, day, entries } from './answer-fields.js';
import { type ReadingClient, type ReadOptions, readAnswer } from './answer.js';
import { nightsOf } from './nights.js';
import type { DailyValue, DayRange, Night } from './reading.js';

const steps = z.object({ 'activities-steps': entries(z.object({ dateTime: day, value: amount })) });
const heart = z.object({
  // Days without a resting rate have the zones alone.
  'activities-heart': entries(z.object({ dateTime: day, value: z.object({ restingHeartRate: amount }) })),
});
const stage = z.object({ minutes: amount });
const sleep = z.object({
  sleep: entries(
    z.object({
      dateOfSleep: day,
      minutesAsleep: amount,
      // Logs of the type `classic` have other levels and no stages.
      levels: z
        .object({ summary: z.object({ deep: stage, light: stage, rem: stage }) })
        .optional()
        .catch(undefined),
    }),
  ),
});

/** Get Activity Time Series by Date Range. @throws ReadingFailed */
export async function readFitbitSteps(
  client: ReadingClient,
  { first, last }: DayRange,
  options?: ReadOptions,
): Promise<readonly DailyValue[]> {
  const path = `/1/user/-/activities/steps/date/${first}/${last}.json`;
  const answer = await readAnswer(client, path, steps, options);
  return answer['activities-steps'].map(({ dateTime, value }) => ({ day: dateTime, value }));
}

/** Get Heart Rate Time Series by Date Range. @throws ReadingFailed */
export async function readFitbitRestingHeartRate(
  client: ReadingClient,
  { first, last }: DayRange,
  options?: ReadOptions,
): Promise<readonly DailyValue[]> {
  const path = `/1/user/-/activities/heart/date/${first}/${last}.json`;
  const answer = await readAnswer(client, path, heart, options);
  return answer['activities-heart'].map(({ dateTime, value }) => ({ day: dateTime, value: value.restingHeartRate }));
}

/** Get Sleep Log by Date Range, version 1.2. @throws ReadingFailed */
export async function readFitbitSleep(
  client: ReadingClient,
  { first, last }: DayRange,
  options?: ReadOptions,
): Promise<readonly Night[]> {
  const answer = await readAnswer(client, `/1.2/user/-/sleep/date/${first}/${last}.json`, sleep, options);
  return nightsOf(
    answer.sleep.map(({ dateOfSleep, minutesAsleep, levels }) => {
      const { deep, light, rem } = levels?.summary ?? {};
      const stages = deep && light && rem && { deep: deep.minutes, light: light.minutes, rem: rem.minutes };
      return { day: dateOfSleep, asleepMinutes: minutesAsleep, ...(stages ? { stages } : {}) };
    }),
  );
}
