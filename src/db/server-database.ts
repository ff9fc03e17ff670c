/** A PostgreSQL server behind DATABASE_URL, through a small pool of connections with limits on every wait. */
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import type { Database, DatabaseLog, SqlConnection } from './database.js';
import { DatabaseRefused, DatabaseUnreachable, DatabaseUrlInvalid } from './database-errors.js';
import { PrismaClient } from './generated/client.js';

const connectTimeoutMs = 3_000;
const poolSize = 10;

export interface ServerLimits {
  /** Longest wait for a connection of the pool, whether one has to be made or to become free. */
  readonly poolWaitMs: number;
  /** Our statements take milliseconds; one that takes seconds waits for a lock or a disk, and somebody's page waits with it. */
  readonly statementTimeoutMs: number;
  /** When the network swallows the answer, the server's own limit does not help; this one is kept on our side. */
  readonly answerTimeoutMs: number;
}

const defaultLimits: ServerLimits = { poolWaitMs: 2_000, statementTimeoutMs: 4_000, answerTimeoutMs: 4_500 };

/**
 * Every connection speaks UTC: the driver adapter writes and reads times without their offset. SET and not a start-up option,
 * because a URL may bring `options` of its own, which would replace ours.
 */
function sessionSettings({ statementTimeoutMs }: ServerLimits): string {
  return `SET TIME ZONE 'UTC'; SET statement_timeout = ${statementTimeoutMs}; SET idle_in_transaction_session_timeout = 15000`;
}

/**
 * @throws DatabaseUrlInvalid when the URL cannot be used
 * @throws DatabaseUnreachable within 3 s when nobody answers
 * @throws DatabaseRefused when the server does not let us in
 */
export async function openServerDatabase(options: {
  url: string;
  log: DatabaseLog;
  limits?: ServerLimits;
}): Promise<Database> {
  const { url, log, limits = defaultLimits } = options;
  const address = addressOf(clientFor(url));
  await withClient(url, async () => undefined);

  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'latchkey',
    max: poolSize,
    connectionTimeoutMillis: limits.poolWaitMs,
    idleTimeoutMillis: 30_000,
    query_timeout: limits.answerTimeoutMs,
    keepAlive: true,
    onConnect: async (connection) => {
      await connection.query(sessionSettings(limits));
    },
  });
  // An idle connection that the server closes is an 'error' event, and one that nobody hears ends the process. The error itself is not
  // logged: it carries its client, and so the user.
  pool.on('error', (error) => {
    log.warn({ database: address, reason: codeOf(error) ?? 'connection lost' }, 'A database connection was lost.');
  });
  // When an answer inside a transaction is overdue, the driver adapter's ROLLBACK never gets out and the connection comes back with the
  // transaction open: later writes would be made in it, and be lost. Such a connection is closed instead of reused.
  pool.on('release', (_error, connection) => {
    if (connection.getTransactionStatus() !== 'I') void connection.end();
  });
  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool),
    errorFormat: 'minimal',
    transactionOptions: { maxWait: limits.poolWaitMs, timeout: limits.statementTimeoutMs },
  });
  let closing: Promise<void> | undefined;
  return {
    prisma,
    kind: 'server',
    ping: async () => {
      await pool.query('SELECT 1');
    },
    withConnection: (work) => withClient(url, work),
    close: () => {
      closing ??= (async () => {
        await prisma.$disconnect();
        await pool.end();
      })();
      return closing;
    },
  };
}

function clientFor(url: string): pg.Client {
  if (!/^postgres(?:ql)?:\/\//.test(url)) throw new DatabaseUrlInvalid('must begin with postgresql://');
  const schema = /[?&]schema=([^&]*)/.exec(url)?.[1];
  if (schema !== undefined && schema !== 'public') {
    throw new DatabaseUrlInvalid('names another schema than public; use a database of its own instead');
  }
  try {
    return new pg.Client({
      connectionString: url,
      application_name: 'latchkey',
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
    });
  } catch {
    // The parser's error may quote the URL, and with it the password, so it is not even kept as a cause.
    throw new DatabaseUrlInvalid(
      'is not a URL that can be read (characters like @ : / in a password must be %-encoded)',
    );
  }
}

/** Connects, lends the connection out and closes it, however the work ends. Such a connection has no statement timeout. */
async function withClient<T>(url: string, work: (connection: SqlConnection) => Promise<T>): Promise<T> {
  const client = clientFor(url);
  // A loss also fails the running query, which tells the caller.
  client.on('error', () => undefined);
  try {
    await connect(client);
    return await work(connectionOver(client));
  } finally {
    // Not awaited: a server that has gone silent would never let it resolve.
    void client.end().catch(() => undefined);
  }
}

async function connect(client: pg.Client): Promise<void> {
  try {
    await client.connect();
    await client.query("SET TIME ZONE 'UTC'");
  } catch (error) {
    throw connectFailure(error, addressOf(client));
  }
}

function connectionOver(client: pg.Client): SqlConnection {
  const query = async <Row extends object>(sql: string, values: readonly unknown[] = []): Promise<Row[]> =>
    (await client.query(sql, [...values])).rows;
  return {
    query,
    transaction: async (work) => {
      await client.query('BEGIN');
      try {
        await work({
          query,
          script: async (sql) => {
            await client.query(sql);
          },
        });
        await client.query('COMMIT');
      } catch (error) {
        // On a lost connection the server rolls back by itself.
        await client.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    },
  };
}

function addressOf({ host, port }: pg.Client): string {
  if (host.startsWith('/')) return host;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function connectFailure(error: unknown, address: string): DatabaseUnreachable | DatabaseRefused {
  const code = codeOf(error);
  if (error instanceof pg.DatabaseError) {
    // PostgreSQL quotes user and database in its messages, so only the SQLSTATE is passed on.
    const reason = refusals[code ?? ''];
    return reason === undefined
      ? new DatabaseUnreachable(address, `it does not take connections now (SQLSTATE ${code})`)
      : new DatabaseRefused(address, `${reason} (SQLSTATE ${code})`);
  }
  if (error instanceof Error && error.message.startsWith('SASL')) {
    return new DatabaseRefused(address, 'it wants a password and DATABASE_URL has none');
  }
  if (error instanceof Error && error.message === 'The server does not support SSL connections') {
    return new DatabaseUnreachable(address, 'DATABASE_URL asks for TLS and the server has none');
  }
  return new DatabaseUnreachable(address, socketTroubles[code ?? ''] ?? code ?? 'it does not answer', { cause: error });
}

const refusals: Readonly<Record<string, string>> = {
  '28000': 'the user may not connect',
  '28P01': 'wrong user or password',
  '3D000': 'there is no such database',
  '42501': 'the user may not connect to that database',
};

const socketTroubles: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOENT: 'nothing listens there',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name cannot be looked up now',
  ECONNRESET: 'the connection was cut',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not trusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not trusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
  CERT_HAS_EXPIRED: 'its certificate has expired',
};

function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}
