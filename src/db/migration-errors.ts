/** Why a database cannot be migrated; each with a stable `code` and one sentence for the operator. */

export type MigrationRefusal =
  | 'migrations_missing'
  | 'migration_lock_taken'
  | 'migration_unfinished'
  | 'migration_changed'
  | 'migration_unknown';

/** Nothing was changed: the files and the database's record contradict each other, or somebody else is migrating. */
export class MigrationRefused extends Error {
  readonly code: MigrationRefusal;

  constructor(code: MigrationRefusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MigrationRefused';
    this.code = code;
  }
}

/** One migration's SQL failed and was rolled back. */
export class MigrationFailed extends Error {
  readonly code = 'migration_failed';
  readonly migration: string;

  constructor(migration: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`The migration ${migration} failed and was rolled back: ${reason}`, { cause });
    this.name = 'MigrationFailed';
    this.migration = migration;
  }
}
