/**
 * Small typed readers of people's data on top of `clients.for`: one for each call of a service, one shape for what they give.
 * `const days = await read(await clients.for(userId, 'fitbit'), fitbitSteps, daysUntil('2026-11-21', 14))`.
 */
export { addDays, dayOf, daysOf, daysUntil } from './days.js';
export { fitbitRestingHeartRate, fitbitSleep, fitbitSteps } from './fitbit.js';
export { gitHubRepositories } from './github.js';
export { googleHealthRestingHeartRate, googleHealthSleep, googleHealthSteps } from './google-health.js';
export { type Reader, type ReadingClient, type ReadingRequest, type ReadOptions, read } from './reader.js';
export { type NamedReader, readerNamed } from './readers.js';
export type { DailyValue, Day, DayRange, Night, Post, Reading, ReadingKind, Repository } from './reading.js';
export { ReadingFailed, type ReadingFailure } from './reading-failed.js';
export { tumblrPosts } from './tumblr.js';
export { xPosts } from './x.js';
