/** The rows that an archive takes along, as its records, read page by page. */
import type { PrismaClient } from '../../../db/index.js';
import type { Vault } from '../../../vault/index.js';
import type {
  ArchivedConnection,
  ArchivedEvent,
  ArchivedIdentity,
  ArchivedUser,
  ArchiveRecord,
} from './archive-format.js';

const PEOPLE = 200;
const ROWS = 1_000;
const SANDBOX = 'sandbox:';

/** Somebody with nothing but sandbox accounts is a person of the sandbox; whoever is being deleted shall not come back. */
function realPeople() {
  return {
    state: { not: 'deleting' as const },
    OR: [
      { identities: { some: { namespace: { not: { startsWith: SANDBOX } } } } },
      { connections: { some: { sandbox: false } } },
    ],
  };
}

/** Named one by one, so that a column that comes later is not moved before somebody has thought about it. */
const USER = {
  id: true,
  state: true,
  name: true,
  picture: true,
  email: true,
  emailVerifiedBy: true,
  localName: true,
  operator: true,
  createdAt: true,
} as const;
const IDENTITY = { id: true, userId: true, namespace: true, subject: true, createdAt: true, lastUsedAt: true } as const;
const CONNECTION = {
  id: true,
  userId: true,
  provider: true,
  namespace: true,
  subject: true,
  label: true,
  profile: true,
  scopes: true,
  credentials: true,
  generation: true,
  expiresAt: true,
  refreshAt: true,
  renewAhead: true,
  status: true,
  reason: true,
  statusSince: true,
  failureCount: true,
  lastUsedAt: true,
  createdAt: true,
} as const;

export interface ArchivedPerson {
  readonly user: ArchivedUser;
  readonly identities: readonly ArchivedIdentity[];
  /** Providers at which the person was connected in the sandbox only: what happened there is no event of the real world. */
  readonly sandboxProviders: ReadonlySet<string>;
}

export interface StaysBehind {
  /** People who go. */
  readonly total: number;
  /** People with sandbox accounts only, or with none at all. */
  readonly people: number;
  readonly sandboxIdentities: number;
  readonly sandboxConnections: number;
}

export async function staysBehind(prisma: PrismaClient): Promise<StaysBehind> {
  const [everybody, total, sandboxIdentities, sandboxConnections] = await Promise.all([
    prisma.user.count(),
    prisma.user.count({ where: realPeople() }),
    prisma.identity.count({ where: { namespace: { startsWith: SANDBOX } } }),
    prisma.connection.count({ where: { sandbox: true } }),
  ]);
  return { total, people: everybody - total, sandboxIdentities, sandboxConnections };
}

/** @param after the last person of the page before */
export async function peoplePage(prisma: PrismaClient, after: string | undefined): Promise<readonly ArchivedPerson[]> {
  const users = await prisma.user.findMany({
    where: { ...realPeople(), ...(after === undefined ? {} : { id: { gt: after } }) },
    select: {
      ...USER,
      identities: { select: IDENTITY, orderBy: { id: 'asc' } },
      connections: { select: { provider: true, sandbox: true } },
    },
    orderBy: { id: 'asc' },
    take: PEOPLE,
  });
  return users.map(({ identities, connections, ...user }) => {
    const real = new Set(connections.filter(({ sandbox }) => !sandbox).map(({ provider }) => provider));
    const toy = connections.filter(({ sandbox, provider }) => sandbox && !real.has(provider));
    const sandboxProviders = new Set(toy.map(({ provider }) => provider));
    return {
      user: { kind: 'user', ...withoutSandboxAddress(user, sandboxProviders) },
      identities: identities
        .filter(({ namespace }) => !namespace.startsWith(SANDBOX))
        .map((identity) => ({ kind: 'identity', ...identity })),
      sandboxProviders,
    };
  });
}

/** An address that only a sandbox provider vouched for is nobody's. */
function withoutSandboxAddress<User extends { email: string | null; emailVerifiedBy: string | null }>(
  user: User,
  sandboxProviders: ReadonlySet<string>,
): User {
  const made = user.emailVerifiedBy !== null && sandboxProviders.has(user.emailVerifiedBy);
  return made ? { ...user, email: null, emailVerifiedBy: null } : user;
}

export async function connectionRecords(
  prisma: PrismaClient,
  vault: Vault,
  userIds: readonly string[],
): Promise<readonly ArchivedConnection[]> {
  const rows = await prisma.connection.findMany({
    where: { userId: { in: [...userIds] }, sandbox: false },
    select: CONNECTION,
    orderBy: { id: 'asc' },
  });
  return rows.map((row) => ({
    kind: 'connection',
    ...row,
    profile: asRecord(row.profile),
    credentials: opened(vault, row.id, row.credentials),
  }));
}

function opened(vault: Vault, id: string, sealed: string): string | null {
  try {
    return vault.open('credentials', id, sealed);
  } catch {
    // Damaged, or sealed by a key that is gone: counted, and its person connects again.
    return null;
  }
}

/** @param people whose events; undefined for the events of nobody */
export async function* eventRecords(
  prisma: PrismaClient,
  people: readonly ArchivedPerson[] | undefined,
): AsyncGenerator<readonly ArchivedEvent[]> {
  const sandboxProviders = new Map(people?.map((person) => [person.user.id, person.sandboxProviders]));
  const whose = people ? { in: people.map(({ user }) => user.id) } : null;
  for (let after: string | undefined; ; ) {
    const events = await prisma.event.findMany({
      where: { userId: whose, ...(after === undefined ? {} : { id: { gt: after } }) },
      orderBy: { id: 'asc' },
      take: ROWS,
    });
    const last = events.at(-1);
    if (!last) return;
    after = last.id;
    yield events
      .filter(({ userId, provider }) => !(provider && sandboxProviders.get(userId ?? '')?.has(provider)))
      .map(({ kind, detail, ...event }) => ({ kind: 'event', ...event, what: kind, detail: asRecord(detail) }));
  }
}

export async function* successorRecords(prisma: PrismaClient): AsyncGenerator<readonly ArchiveRecord[]> {
  for (let after: string | undefined; ; ) {
    const rows = await prisma.connection.findMany({
      where: {
        sandbox: false,
        successorId: { not: null },
        successor: { sandbox: false },
        user: { state: { not: 'deleting' } },
        ...(after === undefined ? {} : { id: { gt: after } }),
      },
      select: { id: true, successorId: true },
      orderBy: { id: 'asc' },
      take: ROWS,
    });
    const last = rows.at(-1);
    if (!last) return;
    after = last.id;
    yield rows.flatMap(({ id, successorId }) => (successorId ? [{ kind: 'successor', id, successorId }] : []));
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
