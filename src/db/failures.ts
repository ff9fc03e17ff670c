/**
 * What a failed query means, told from codes alone. Messages of Prisma and PostgreSQL quote arguments (validation errors even whole
 * calls), so nothing here passes one on, and a log line gets `describeFailure` instead of the error.
 */

/** A row with that key exists already. */
export function isUniqueViolation(error: unknown): boolean {
  return evidenceOf(error).some(({ prisma, sqlState }) => prisma === 'P2002' || sqlState === '23505');
}

/** The row that was referred to does not exist, or is still referred to. */
export function isForeignKeyViolation(error: unknown): boolean {
  return evidenceOf(error).some(({ prisma, sqlState }) => prisma === 'P2003' || sqlState === '23503');
}

/**
 * The database is away, overloaded or not ready to write; the same query may work in a moment. True for refused, cut and stalled
 * connections, waits for the pool, statement timeouts, deadlocks, shutdown, fail-over (read-only) and a full disk.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  return evidenceOf(error).some(
    ({ prisma, kind, sqlState, system, phrase }) =>
      unavailable.prisma.has(prisma) ||
      unavailable.kind.has(kind) ||
      unavailable.sqlState.has(sqlState) ||
      unavailable.sqlStateClass.has(sqlState.slice(0, 2)) ||
      unavailable.system.has(system) ||
      unavailable.phrase.has(phrase),
  );
}

/** Name and codes of an error, fit for a log: `PrismaClientKnownRequestError P2002 23505`. */
export function describeFailure(error: unknown): string {
  const words = evidenceOf(error).flatMap(({ name, prisma, kind, sqlState, system }) => [
    name,
    prisma,
    sqlState === '' ? kind : sqlState,
    system,
  ]);
  return [...new Set(words.filter((word) => word !== ''))].join(' ') || 'unknown failure';
}

interface Evidence {
  readonly name: string;
  /** Prisma's code, `P2002`. */
  readonly prisma: string;
  /** The driver adapter's word, `ConnectionClosed`. */
  readonly kind: string;
  /** PostgreSQL's five characters, `23505`. */
  readonly sqlState: string;
  /** The operating system's code, `ECONNREFUSED`. */
  readonly system: string;
  /** The text of an error without any code: pg has several that are known by their words only. */
  readonly phrase: string;
}

const unavailable = {
  prisma: new Set([
    'P1000',
    'P1001',
    'P1002',
    'P1003',
    'P1008',
    'P1010',
    'P1011',
    'P1017',
    'P2024',
    'P2028',
    'P2034',
    'P2037',
  ]),
  kind: new Set([
    'AuthenticationFailed',
    'ConnectionClosed',
    'DatabaseAccessDenied',
    'DatabaseDoesNotExist',
    'DatabaseNotReachable',
    'SocketTimeout',
    'TlsConnectionError',
    'TooManyConnections',
  ]),
  // Cancelled by a timeout; shutdown, crash, start-up, dropped, idle; read-only after a fail-over; lock not available; deadlock.
  sqlState: new Set([
    '57014',
    '57P01',
    '57P02',
    '57P03',
    '57P04',
    '57P05',
    '25006',
    '55P03',
    '25P03',
    '25P04',
    '40001',
    '40P01',
  ]),
  /** Connection exceptions, insufficient resources, system errors. */
  sqlStateClass: new Set(['08', '53', '58']),
  system: new Set([
    'ECONNREFUSED',
    'ECONNRESET',
    'ECONNABORTED',
    'EPIPE',
    'ETIMEDOUT',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENETDOWN',
    'EHOSTDOWN',
  ]),
  phrase: new Set([
    'timeout exceeded when trying to connect',
    'timeout expired',
    'Query read timeout',
    'Connection terminated',
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'Client has encountered a connection error and is not queryable',
    'Client was closed and is not queryable',
    'Cannot use a pool after calling end on the pool',
    'PGlite is closed',
    'PGlite is closing',
  ]),
} as const satisfies Record<string, ReadonlySet<string>>;

/** An error, what Prisma says its driver said, and the chain of causes, each once. */
function evidenceOf(error: unknown): Evidence[] {
  const seen = new Set<object>();
  const found: Evidence[] = [];
  const visit = (candidate: unknown): void => {
    if (typeof candidate !== 'object' || candidate === null || seen.has(candidate) || seen.size > 20) return;
    seen.add(candidate);
    const { name, code, originalCode, kind, message, cause, meta, errors } = candidate as Record<string, unknown>;
    const codes = [code, originalCode].filter((value) => typeof value === 'string');
    found.push({
      name: candidate instanceof Error && typeof name === 'string' ? name : '',
      prisma: codes.find((value) => /^P\d{4}$/.test(value)) ?? '',
      kind: typeof kind === 'string' ? kind : '',
      sqlState: codes.find((value) => /^(?!P\d{4}$)[0-9A-Z]{5}$/.test(value) && !/^E[A-Z]{4}$/.test(value)) ?? '',
      system: codes.find((value) => /^E[A-Z_]{3,}$/.test(value)) ?? '',
      phrase: codes.length === 0 && typeof message === 'string' ? message : '',
    });
    visit(cause);
    if (typeof meta === 'object' && meta !== null) visit((meta as Record<string, unknown>).driverAdapterError);
    if (Array.isArray(errors)) errors.forEach(visit);
  };
  visit(error);
  return found;
}
