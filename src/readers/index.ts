/** Small typed readers of people's data on top of `clients.for`: one function for each call of a service, one shape for what they give. */
export type { ReadingClient, ReadOptions } from './answer.js';
export { addDays, dayOf, daysOf, daysUntil } from './days.js';
export { readFitbitRestingHeartRate, readFitbitSleep, readFitbitSteps } from './fitbit.js';
export { readGitHubRepositories } from './github.js';
export { readGoogleHealthRestingHeartRate, readGoogleHealthSleep, readGoogleHealthSteps } from './google-health.js';
export { type Reader, readerNamed } from './readers.js';
export type { DailyValue, Day, DayRange, Night, Post, Reading, ReadingKind, Repository } from './reading.js';
export { ReadingFailed, type ReadingFailure } from './reading-failed.js';
export { readTumblrPosts } from './tumblr.js';
export { readXPosts } from './x.js';
