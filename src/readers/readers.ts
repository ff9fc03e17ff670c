/** The readers by the names under which definitions ask for them, so that a definition says what can be read and no page names a provider. */
import type { z } from 'zod';
import { fitbitRestingHeartRate, fitbitSleep, fitbitSteps } from './fitbit.js';
import { gitHubRepositories } from './github.js';
import { googleHealthRestingHeartRate, googleHealthSleep, googleHealthSteps } from './google-health.js';
import type { Reader } from './reader.js';
import type { DailyValue, Night, Post, Reading, ReadingKind, Repository } from './reading.js';
import { tumblrPosts } from './tumblr.js';
import { xPosts } from './x.js';

/** A reader whose answer says what it is. */
export interface NamedReader extends Reader<Reading> {
  readonly kind: ReadingKind;
}

/** @returns undefined for a name that nobody reads, as a definition of somebody's own may have it */
export function readerNamed(name: string): NamedReader | undefined {
  return readers.get(name);
}

const steps = daily('steps');
const restingHeartRate = daily('resting-heart-rate');
const sleep = kindOf('sleep', (nights: readonly Night[]) => ({ kind: 'sleep', nights }));
const posts = kindOf('posts', (list: readonly Post[]) => ({ kind: 'posts', posts: list }));
const repositories = kindOf('repositories', (list: readonly Repository[]) => ({
  kind: 'repositories',
  repositories: list,
}));

const readers: ReadonlyMap<string, NamedReader> = new Map([
  ['fitbit/steps', steps(fitbitSteps)],
  ['fitbit/resting-heart-rate', restingHeartRate(fitbitRestingHeartRate)],
  ['fitbit/sleep', sleep(fitbitSleep)],
  ['google-health/steps', steps(googleHealthSteps)],
  ['google-health/resting-heart-rate', restingHeartRate(googleHealthRestingHeartRate)],
  ['google-health/sleep', sleep(googleHealthSleep)],
  ['x/posts', posts(xPosts)],
  ['tumblr/posts', posts(tumblrPosts)],
  ['github/repositories', repositories(gitHubRepositories)],
]);

function daily(kind: 'steps' | 'resting-heart-rate') {
  return kindOf(kind, (days: readonly DailyValue[]) => ({ kind, days }));
}

function kindOf<T>(kind: ReadingKind, reading: (value: T) => Reading) {
  return ({ request, answer }: Reader<T>): NamedReader => {
    const named: z.ZodType<Reading> = answer.transform(reading);
    return { kind, request, answer: named };
  };
}
