/** People and their sessions written straight into the database, where walking through the pages would only cost time. */
import { createHmac, randomBytes } from 'node:crypto';
import type { Database } from '../../src/db/index.js';
import { sessionRowId } from '../../src/db/session-store.js';
import { TEST_SESSION_SECRET } from './app.js';
import type { Browser } from './browser.js';

export const SESSION_COOKIE = 'latchkey-session';

export interface SeededPerson {
  readonly name: string;
  readonly state?: 'active' | 'disabled' | 'deleting';
  readonly email?: string;
  readonly emailVerifiedBy?: string;
  readonly operator?: boolean;
  readonly ways?: readonly { namespace: string; subject: string }[];
  /** Provider ids with subjects; the credentials cannot be opened by anybody. */
  readonly connections?: readonly { provider: string; namespace?: string; subject: string }[];
}

/** @returns the person's id */
export async function seedPerson({ prisma }: Database, person: SeededPerson): Promise<string> {
  const { name, state = 'active', email, emailVerifiedBy, operator = false, ways = [], connections = [] } = person;
  const { id } = await prisma.user.create({
    data: {
      name,
      state,
      operator,
      email: email ?? null,
      emailVerifiedBy: emailVerifiedBy ?? null,
      identities: { create: [...ways] },
      connections: {
        create: connections.map(({ provider, namespace = `sandbox:${provider}`, subject }) => {
          return {
            provider,
            namespace,
            subject,
            sandbox: true,
            label: name,
            profile: {},
            credentials: 'x',
            // The one of startApp(): an app does not start beside rows of a key that it lacks.
            keyId: 'test',
          };
        }),
      },
    },
    select: { id: true },
  });
  return id;
}

/** @param signedInAt when they proved who they are, ms since the epoch */
export async function seedSession(
  { prisma }: Database,
  browser: Browser,
  userId: string,
  signedInAt = Date.now(),
): Promise<string> {
  const sessionId = randomBytes(24).toString('base64url');
  const later = new Date(Date.now() + 3_600_000);
  const cookie = {
    originalMaxAge: 3_600_000,
    expires: later,
    httpOnly: true,
    path: '/',
    sameSite: 'lax',
    secure: false,
  };
  const data = JSON.parse(JSON.stringify({ cookie, passport: { user: userId }, signedInAt }));
  await prisma.webSession.create({ data: { id: sessionRowId(sessionId), userId, data, expiresAt: later } });
  const signature = createHmac('sha256', TEST_SESSION_SECRET).update(sessionId).digest('base64').replace(/=+$/, '');
  browser.cookies.set(SESSION_COOKIE, encodeURIComponent(`s:${sessionId}.${signature}`));
  return sessionId;
}

/** Who a browser is signed in as, told from its cookie and the table alone. */
export async function sessionPerson(database: Database, browser: Browser): Promise<string | undefined> {
  const rowId = sessionRowOf(browser);
  if (rowId === undefined) return undefined;
  const row = await database.prisma.webSession.findUnique({ where: { id: rowId }, select: { userId: true } });
  return row?.userId ?? undefined;
}

/** The primary key of a browser's session. */
export function sessionRowOf(browser: Browser): string | undefined {
  const value = decodeURIComponent(browser.cookies.get(SESSION_COOKIE) ?? '');
  const sessionId = /^s:([^.]+)\./.exec(value)?.[1];
  return sessionId === undefined ? undefined : sessionRowId(sessionId);
}

/** Makes every session of a person as old as this: the proof of who they are, and nothing else. */
export async function ageProof({ prisma }: Database, userId: string, ageMs: number): Promise<void> {
  const at = Date.now() - ageMs;
  await prisma.$executeRaw`
    UPDATE "WebSession" SET "data" = jsonb_set("data", '{signedInAt}', to_jsonb(${at}::bigint))
     WHERE "userId" = ${userId}::uuid`;
}
