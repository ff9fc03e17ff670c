/** What the rest of the application sees of its database, whichever kind it is. */
import type { PrismaClient } from './generated/client.js';

export interface Database {
  readonly prisma: PrismaClient;
  /** `embedded` is PGlite in the data directory, one process only; `server` is PostgreSQL behind DATABASE_URL, shared by many. */
  readonly kind: 'embedded' | 'server';
  /** One round trip; rejects when the database does not answer in time. */
  ping(): Promise<void>;
  /** Lends a connection that nobody else uses meanwhile (of the embedded database there is only one), for migrations. */
  withConnection<T>(work: (connection: SqlConnection) => Promise<T>): Promise<T>;
  /** Lets running queries end, then closes everything; safe to call twice. */
  close(): Promise<void>;
}

/** Plain SQL on one connection. The caller names the rows' type: only columns of text and numbers arrive alike from both kinds. */
export interface SqlConnection {
  query<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Runs `work` in one transaction, which is rolled back when it rejects. */
  transaction(work: (transaction: SqlTransaction) => Promise<void>): Promise<void>;
}

export interface SqlTransaction {
  query<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Several statements in one text, without parameters. */
  script(sql: string): Promise<void>;
}

/** Where the room reports trouble that reaches no caller; a pino logger fits. */
export interface DatabaseLog {
  warn(details: object, message: string): void;
}
