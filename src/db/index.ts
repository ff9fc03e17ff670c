/**
 * The database room: opening, migrating, nonces, retention. The session store stands apart (session-store.js): it speaks express-session's
 * types, and who imports the package must not need those.
 */
export type { Database, DatabaseLog, SqlConnection, SqlTransaction } from './database.js';
export {
  DatabaseRefused,
  DatabaseUnreachable,
  DatabaseUrlInvalid,
  DataDirectoryLocked,
  DataDirectoryUnusable,
} from './database-errors.js';
export { eventStore } from './event-store.js';
export { describeFailure, isDatabaseUnavailable, isForeignKeyViolation, isUniqueViolation } from './failures.js';
export { fingerprintStore } from './fingerprint-store.js';
export { Housekeeper, type HousekeeperOptions } from './housekeeper.js';
export { type MigrationResult, migrate } from './migrate.js';
export { MigrationFailed, type MigrationRefusal, MigrationRefused } from './migration-errors.js';
export type {
  Connection,
  ConnectionStatus,
  PendingIdentity,
  PrismaClient,
  PrismaTransaction,
  User,
  UserState,
} from './models.js';
export { nonceStore } from './nonce-store.js';
export { type OpenDatabaseOptions, openDatabase } from './open-database.js';
export { purge, retention } from './purge.js';
export { purgeTrail } from './purge-trail.js';
export { type RateCounter, RateCounts, type RateCountsOptions, type RateRule } from './rate-counts.js';
export { isRowId } from './row-id.js';
