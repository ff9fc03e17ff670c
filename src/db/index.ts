/** The database room: opening, migrating, sessions, nonces, retention. */
export type { Database, DatabaseLog, SqlConnection, SqlTransaction } from './database.js';
export {
  DatabaseRefused,
  DatabaseUnreachable,
  DatabaseUrlInvalid,
  DataDirectoryLocked,
  DataDirectoryUnusable,
} from './database-errors.js';
export { type MigrationResult, migrate } from './migrate.js';
export { MigrationFailed, type MigrationRefusal, MigrationRefused } from './migration-errors.js';
export { type OpenDatabaseOptions, openDatabase } from './open-database.js';
export { eventStore } from './event-store.js';
export { fingerprintStore } from './fingerprint-store.js';
export type {
  Connection,
  ConnectionStatus,
  PendingIdentity,
  PrismaClient,
  PrismaTransaction,
  User,
  UserState,
} from './models.js';
export { isDatabaseUnavailable, isUniqueViolation } from './failures.js';
