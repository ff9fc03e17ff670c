/** What the package exports; see README "In your own Express app". */
export type { ConnectionClient } from './connections/index.js';
export {
  Clients,
  DatabaseAway,
  NotConnected,
  ProviderMisconfigured,
  ProviderNotConfigured,
  RateLimited,
  ReconnectRequired,
  RefreshPostponed,
  SeveralConnections,
} from './connections/index.js';
export { type Database, migrate, nonceStore, openDatabase } from './db/index.js';
export * from './oauth1/index.js';
export * from './oauth2/index.js';
export { defineProvider, InvalidDefinition, type ProviderDefinition } from './providers/index.js';
export {
  type DailyValue,
  type Day,
  type DayRange,
  daysUntil,
  fitbitRestingHeartRate,
  fitbitSleep,
  fitbitSteps,
  gitHubRepositories,
  googleHealthRestingHeartRate,
  googleHealthSleep,
  googleHealthSteps,
  type Night,
  type Post,
  type Reader,
  ReadingFailed,
  type Repository,
  read,
  tumblrPosts,
  xPosts,
} from './readers/index.js';
export { createLatchkey, type Latchkey, type LatchkeyOptions } from './web/latchkey.js';
