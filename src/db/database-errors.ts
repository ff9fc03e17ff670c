/** Why a database cannot be opened or migrated. Each has a stable `code` and one sentence for people; none tells a user or a password. */
import type { Holder } from './data-directory-lock.js';

/** A living process has the data directory open. */
export class DataDirectoryLocked extends Error {
  readonly code = 'data_directory_locked';
  readonly holder: Holder | undefined;

  constructor(dataDir: string, holder: Holder | undefined) {
    super(
      `The data directory ${dataDir} is in use by ${holder === undefined ? 'another process' : describe(holder)}. ` +
        'Stop it, choose another DATA_DIR, or set DATABASE_URL so that several processes can share one database.',
    );
    this.name = 'DataDirectoryLocked';
    this.holder = holder;
  }
}

function describe({ pid, command, host, startedAt }: Holder): string {
  const minute = startedAt.slice(0, 16).replace('T', ' ');
  return `process ${pid} (${command}, started ${minute} UTC on host ${host})`;
}

/** The data directory, or the embedded database in it, cannot be used. */
export class DataDirectoryUnusable extends Error {
  readonly code = 'data_directory_unusable';

  constructor(dataDir: string, reason: string, options?: ErrorOptions) {
    super(`The data directory ${dataDir} cannot be used: ${reason}.`, options);
    this.name = 'DataDirectoryUnusable';
  }
}

/** DATABASE_URL is not a PostgreSQL URL that can be used. The value stays out of the message: it holds a password. */
export class DatabaseUrlInvalid extends Error {
  readonly code = 'database_url_invalid';

  constructor(reason: string) {
    super(`DATABASE_URL ${reason}.`);
    this.name = 'DatabaseUrlInvalid';
  }
}

/** No conversation with the server of DATABASE_URL comes about. */
export class DatabaseUnreachable extends Error {
  readonly code = 'database_unreachable';
  /** `host:port`, or the path of the socket. */
  readonly address: string;

  constructor(address: string, reason: string, options?: ErrorOptions) {
    super(`The database of DATABASE_URL at ${address} cannot be reached: ${reason}.`, options);
    this.name = 'DatabaseUnreachable';
    this.address = address;
  }
}

/** The server answers, but does not let us in: user, password, database or rights are wrong. */
export class DatabaseRefused extends Error {
  readonly code = 'database_refused';
  readonly address: string;

  constructor(address: string, reason: string, options?: ErrorOptions) {
    super(`The database of DATABASE_URL at ${address} refuses us: ${reason}.`, options);
    this.name = 'DatabaseRefused';
    this.address = address;
  }
}
