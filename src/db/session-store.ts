/**
 * Sessions of express-session in the database. A row is created once and only updated afterwards, so that a slow request that ends after
 * its session was ended elsewhere cannot bring it back (sec-E8); the session id is stored as its hash (sec-E4); the idle and
 * the absolute limit are enforced here (sec-E6); an outage is an error and never "no session" (S18).
 */
import { createHash } from 'node:crypto';
import session, { type Session, type SessionData } from 'express-session';
import type { DatabaseLog } from './database.js';
import { describeFailure, isDatabaseUnavailable } from './failures.js';
import type { Prisma, PrismaClient } from './generated/client.js';
import { isRowId } from './row-id.js';

export interface SessionStoreOptions {
  /** A session ends after so long without a request. Default 14 days. */
  readonly idleMs?: number;
  /** And at the latest so long after it began. Default 90 days. */
  readonly absoluteMs?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly log?: DatabaseLog;
}

/** One signed-in browser, as its person may see it. */
export interface BrowserSession {
  /** Hash of the session id: names the row, opens nothing. */
  readonly id: string;
  readonly createdAt: Date;
  /** Exact to a minute. */
  readonly lastSeenAt: Date;
  readonly userAgent: string | null;
  readonly address: string | null;
}

/** The sessions cannot be read or written now. That says nothing about who is signed in. */
export class SessionStoreUnavailable extends Error {
  readonly code = 'session_store_unavailable';

  constructor(cause: unknown) {
    super('The sessions cannot be reached at the moment.', { cause });
    this.name = 'SessionStoreUnavailable';
  }
}

const dayMs = 24 * 3_600_000;
/** How often a session in use is written only to say so. */
const touchEveryMs = 60_000;

interface Times {
  readonly createdAt: number;
  readonly lastSeenAt: number;
}

type Callback = (error?: unknown) => void;

export class SessionStore extends session.Store {
  readonly #prisma: PrismaClient;
  readonly #idleMs: number;
  readonly #absoluteMs: number;
  readonly #now: () => number;
  readonly #log: DatabaseLog | undefined;
  /** Sessions that have, or had, a row; everything else is new. Keyed by the data `get` returned, then by the session made of it. */
  readonly #rows = new WeakMap<object, Times>();
  /** The last write of each session, because a first INSERT and the UPDATE after it may not take two connections at once. */
  readonly #writes = new WeakMap<object, Promise<void>>();

  constructor(prisma: PrismaClient, options: SessionStoreOptions = {}) {
    super();
    this.#prisma = prisma;
    this.#idleMs = options.idleMs ?? 14 * dayMs;
    this.#absoluteMs = options.absoluteMs ?? 90 * dayMs;
    this.#now = options.now ?? Date.now;
    this.#log = options.log;
  }

  override get(sessionId: string, callback: (error: unknown, data?: SessionData | null) => void): void {
    this.#load(sessionId).then(
      (data) => callback(null, data),
      (error: unknown) => callback(asOutage(error)),
    );
  }

  /** Called by the middleware with what `get` returned, at the start of a request and on `reload`. */
  override createSession(...[request, data]: Parameters<session.Store['createSession']>): Session & SessionData {
    const created = super.createSession(request, data);
    const times = this.#rows.get(data);
    if (times !== undefined) this.#rows.set(created, times);
    return created;
  }

  override set(sessionId: string, data: SessionData, callback: Callback = ignore): void {
    const write = (this.#writes.get(data) ?? Promise.resolve()).then(() => this.#save(sessionId, data));
    this.#writes.set(data, write.catch(ignore));
    write.then(
      () => callback(),
      (error: unknown) => callback(asOutage(error)),
    );
  }

  /** A failure here is only logged: the page is finished, and the next request will say the same more usefully. */
  override touch(sessionId: string, data: SessionData, callback: () => void = ignore): void {
    this.#markSeen(sessionId, data).then(callback, (error: unknown) => {
      this.#log?.warn({ failure: describeFailure(error) }, 'The last use of a session was not stored.');
      callback();
    });
  }

  override destroy(sessionId: string, callback: Callback = ignore): void {
    this.#prisma.webSession.deleteMany({ where: { id: sessionRowId(sessionId) } }).then(
      () => callback(),
      (error: unknown) => callback(asOutage(error)),
    );
  }

  /** The person's living sessions, the latest used first. */
  async listOfUser(userId: string): Promise<BrowserSession[]> {
    const now = this.#now();
    return this.#prisma.webSession.findMany({
      where: { userId, expiresAt: { gt: new Date(now) }, createdAt: { gt: new Date(now - this.#absoluteMs) } },
      select: { id: true, createdAt: true, lastSeenAt: true, userAgent: true, address: true },
      orderBy: { lastSeenAt: 'desc' },
    });
  }

  /**
   * Ends one session of a person.
   * @param rowId as `listOfUser` names it
   * @returns whether there was one
   */
  async endOne(userId: string, rowId: string): Promise<boolean> {
    if (!/^[0-9a-f]{64}$/.test(rowId)) return false;
    const { count } = await this.#prisma.webSession.deleteMany({ where: { id: rowId, userId } });
    return count > 0;
  }

  /**
   * Signs a person out everywhere.
   * @param except the session id of a browser that stays signed in
   * @returns the number of sessions ended
   */
  async endAllOfUser(userId: string, except?: string): Promise<number> {
    const { count } = await this.#prisma.webSession.deleteMany({
      where: { userId, ...(except === undefined ? {} : { id: { not: sessionRowId(except) } }) },
    });
    return count;
  }

  async #load(sessionId: string): Promise<SessionData | null> {
    const id = sessionRowId(sessionId);
    const row = await this.#prisma.webSession.findUnique({ where: { id } });
    if (row === null) return null;
    const now = this.#now();
    const times = { createdAt: row.createdAt.getTime(), lastSeenAt: row.lastSeenAt.getTime() };
    if (row.expiresAt.getTime() <= now || this.#endOf(times) <= now) {
      await this.#prisma.webSession.deleteMany({ where: { id, lastSeenAt: row.lastSeenAt } });
      return null;
    }
    const data: unknown = row.data;
    if (!isSessionData(data)) return null;
    this.#rows.set(data, times);
    return data;
  }

  async #save(sessionId: string, data: SessionData): Promise<void> {
    const id = sessionRowId(sessionId);
    const lastSeenAt = this.#now();
    const known = this.#rows.get(data);
    const times = { createdAt: known?.createdAt ?? lastSeenAt, lastSeenAt };
    const columns = {
      userId: userIdOf(data),
      data: plainJson(data),
      lastSeenAt: new Date(lastSeenAt),
      expiresAt: new Date(this.#endOf(times)),
    };
    if (known === undefined) {
      const createdAt = new Date(lastSeenAt);
      await this.#prisma.webSession.create({
        data: { id, createdAt, ...columns, ...originOf(data) },
        select: { id: true },
      });
    } else {
      // No row means that the session was ended meanwhile, and so it stays.
      await this.#prisma.webSession.updateMany({ where: { id }, data: columns });
    }
    this.#rows.set(data, times);
  }

  async #markSeen(sessionId: string, data: SessionData): Promise<void> {
    const known = this.#rows.get(data);
    const lastSeenAt = this.#now();
    if (known === undefined || lastSeenAt - known.lastSeenAt < touchEveryMs) return;
    const times = { createdAt: known.createdAt, lastSeenAt };
    await this.#prisma.webSession.updateMany({
      // Of many requests at once, one writes.
      where: { id: sessionRowId(sessionId), lastSeenAt: { lte: new Date(lastSeenAt - touchEveryMs) } },
      data: { lastSeenAt: new Date(lastSeenAt), expiresAt: new Date(this.#endOf(times)) },
    });
    this.#rows.set(data, times);
  }

  #endOf({ createdAt, lastSeenAt }: Times): number {
    return Math.min(lastSeenAt + this.#idleMs, createdAt + this.#absoluteMs);
  }
}

/** The primary key that a session id is stored under: a dump of the table cannot be replayed, and no id can upset a query. */
export function sessionRowId(sessionId: string): string {
  return createHash('sha256').update(sessionId).digest('hex');
}

function asOutage(error: unknown): unknown {
  return isDatabaseUnavailable(error) ? new SessionStoreUnavailable(error) : error;
}

function userIdOf(data: SessionData): string | null {
  const { passport } = data as { passport?: { user?: unknown } };
  const user = passport?.user;
  return typeof user === 'string' && isRowId(user) ? user : null;
}

/** Which browser it is, for the person's list of sessions: from the request that `express-session` ties to each session. */
function originOf(data: SessionData): { userAgent: string | null; address: string | null } {
  const { req } = data as { req?: { headers?: { 'user-agent'?: string }; ip?: string } };
  return { userAgent: req?.headers?.['user-agent']?.slice(0, 300) ?? null, address: req?.ip?.slice(0, 64) ?? null };
}

function plainJson(data: SessionData): Prisma.InputJsonObject {
  return JSON.parse(JSON.stringify(data)) as Prisma.InputJsonObject;
}

function isSessionData(data: unknown): data is SessionData {
  return typeof data === 'object' && data !== null && 'cookie' in data && typeof data.cookie === 'object';
}

function ignore(): void {}
