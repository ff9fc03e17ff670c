/** The readers by the names under which definitions ask for them, so that a definition says what can be read and no page names a provider. */
import type { ReadingClient, ReadOptions } from './answer.js';
import { readFitbitRestingHeartRate, readFitbitSleep, readFitbitSteps } from './fitbit.js';
import { readGitHubRepositories } from './github.js';
import { readGoogleHealthRestingHeartRate, readGoogleHealthSleep, readGoogleHealthSteps } from './google-health.js';
import type { DailyValue, DayRange, Night, Post, Reading, ReadingKind } from './reading.js';
import { readTumblrPosts } from './tumblr.js';
import { readXPosts } from './x.js';

export interface Reader {
  readonly kind: ReadingKind;
  /**
   * @param days of what is measured by day; posts and repositories are simply the latest
   * @throws ReadingFailed
   */
  read(client: ReadingClient, days: DayRange, options?: ReadOptions): Promise<Reading>;
}

/** @returns undefined for a name that nobody reads, as a definition of somebody's own may have it */
export function readerNamed(name: string): Reader | undefined {
  return readers.get(name);
}

const readers: ReadonlyMap<string, Reader> = new Map([
  ['fitbit/steps', daily('steps', readFitbitSteps)],
  ['fitbit/resting-heart-rate', daily('resting-heart-rate', readFitbitRestingHeartRate)],
  ['fitbit/sleep', nightly(readFitbitSleep)],
  ['google-health/steps', daily('steps', readGoogleHealthSteps)],
  ['google-health/resting-heart-rate', daily('resting-heart-rate', readGoogleHealthRestingHeartRate)],
  ['google-health/sleep', nightly(readGoogleHealthSleep)],
  ['x/posts', latest(readXPosts)],
  ['tumblr/posts', latest(readTumblrPosts)],
  ['github/repositories', repositories()],
]);

type ByDay<T> = (client: ReadingClient, days: DayRange, options?: ReadOptions) => Promise<readonly T[]>;

function daily(kind: 'steps' | 'resting-heart-rate', read: ByDay<DailyValue>): Reader {
  return { kind, read: async (...call) => ({ kind, days: await read(...call) }) };
}

function nightly(read: ByDay<Night>): Reader {
  return { kind: 'sleep', read: async (...call) => ({ kind: 'sleep', nights: await read(...call) }) };
}

function latest(read: (client: ReadingClient, options?: ReadOptions) => Promise<readonly Post[]>): Reader {
  return {
    kind: 'posts',
    read: async (client, _days, options) => ({ kind: 'posts', posts: await read(client, options) }),
  };
}

function repositories(): Reader {
  return {
    kind: 'repositories',
    read: async (client, _days, options) => ({
      kind: 'repositories',
      repositories: await readGitHubRepositories(client, options),
    }),
  };
}
