/** What an operator sees of everybody: people by page, and connections counted by provider and status. No profile beyond name and labels. */
import { type ConnectionStatus, isRowId, type PrismaClient, type UserState } from '../db/index.js';

export interface DirectoryQuery {
  /** Part of a name or of an account's label, a whole subject, or a person's id. */
  readonly text?: string | undefined;
  readonly provider?: string | undefined;
  readonly status?: ConnectionStatus | undefined;
  /** The last person of the page before. */
  readonly after?: string | undefined;
}

export interface DirectoryEntry {
  readonly id: string;
  readonly name: string | null;
  readonly state: UserState;
  readonly createdAt: Date;
  readonly lastSeenAt: Date | undefined;
  readonly waysToSignIn: readonly string[];
  readonly connections: readonly {
    readonly id: string;
    readonly provider: string;
    readonly sandbox: boolean;
    readonly label: string;
    readonly status: ConnectionStatus;
  }[];
}

export interface ConnectionCount {
  readonly provider: string;
  readonly sandbox: boolean;
  readonly status: ConnectionStatus;
  readonly count: number;
}

type Condition = NonNullable<NonNullable<Parameters<PrismaClient['user']['findMany']>[0]>['where']>;

const PAGE = 50;

/** The newest people first. @returns one page, and where the next one begins */
export async function peoplePage(
  prisma: PrismaClient,
  query: DirectoryQuery,
): Promise<{ people: DirectoryEntry[]; next: string | undefined }> {
  const rows = await prisma.user.findMany({
    where: { AND: [matching(query), query.after ? { id: { lt: query.after } } : {}] },
    select: {
      id: true,
      name: true,
      state: true,
      createdAt: true,
      identities: { select: { namespace: true }, orderBy: { createdAt: 'asc' } },
      connections: {
        select: { id: true, provider: true, sandbox: true, label: true, status: true },
        orderBy: { createdAt: 'asc' },
      },
      sessions: { select: { lastSeenAt: true }, orderBy: { lastSeenAt: 'desc' }, take: 1 },
    },
    // Ids are made in the order of time.
    orderBy: { id: 'desc' },
    take: PAGE + 1,
  });
  const people = rows.slice(0, PAGE).map(({ identities, sessions, ...user }) => ({
    ...user,
    lastSeenAt: sessions[0]?.lastSeenAt,
    waysToSignIn: identities.map(({ namespace }) => namespace),
  }));
  return { people, next: rows.length > PAGE ? people.at(-1)?.id : undefined };
}

export async function connectionCounts(prisma: PrismaClient): Promise<ConnectionCount[]> {
  const groups = await prisma.connection.groupBy({
    by: ['provider', 'sandbox', 'status'],
    _count: { _all: true },
    orderBy: [{ provider: 'asc' }, { sandbox: 'asc' }, { status: 'asc' }],
  });
  return groups.map(({ provider, sandbox, status, _count }) => ({ provider, sandbox, status, count: _count._all }));
}

export async function peopleCounts(prisma: PrismaClient): Promise<Readonly<Record<UserState, number>>> {
  const groups = await prisma.user.groupBy({ by: ['state'], _count: { _all: true } });
  const counts = { active: 0, disabled: 0, deleting: 0 };
  for (const { state, _count } of groups) counts[state] = _count._all;
  return counts;
}

function matching({ text, provider, status }: DirectoryQuery): Condition {
  const conditions: Condition[] = [];
  if (provider || status) {
    conditions.push({
      connections: { some: { ...(provider ? { provider } : {}), ...(status ? { status } : {}) } },
    });
  }
  if (text) {
    // Prisma hands the text to LIKE as it is.
    const part = { contains: text.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' } as const;
    conditions.push({
      OR: [
        { name: part },
        { connections: { some: { label: part } } },
        { identities: { some: { subject: text } } },
        ...(isRowId(text) ? [{ id: text }] : []),
      ],
    });
  }
  return { AND: conditions };
}
