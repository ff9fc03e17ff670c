/**
 * Whether the number of stored connections matters: finding what is due, and the lookups of a call and of the dashboard, in a database with a
 * million connections and in one with a thousand, in turn. Bounds: what is due is found and claimed within 5 ms on the server, and nothing due
 * is known here within 5 ms; a lookup takes at most 1.3 times as long.
 *
 * Run: npm run build && npx tsx bench/refresh/scale.ts [connections]        needs Debian's PostgreSQL; about two minutes
 */
import { type BatchKind, claimBatch } from '../../dist/connections/claim-batch.js';
import type { Database, PrismaClient } from '../../dist/db/index.js';
import { benchDatabase } from '../database.js';
import { warnIfBusy } from '../machine.js';
import { connectionId, fill, PROVIDERS, personId, providerOf } from './rows.js';

const DUE_LIMIT_MS = 5;
const RATIO_LIMIT = 1.3;
const SMALL = 1_000;
const large = Number(process.argv[2] ?? 1_000_000);

const ROOMS = PROVIDERS.map((provider) => ({ provider, sandbox: false, places: 10 }));
const OVERALL = 40;
/** As `fill` wrote them. */
const KEY_IDS = ['bench'];

/** Milliseconds. */
async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}

/** The same statement, explained instead of answered. */
function explaining(prisma: PrismaClient, tell: (plan: string) => void): PrismaClient {
  const explain = async (sql: string, ...values: unknown[]) => {
    const rows = await prisma.$queryRawUnsafe<{ 'QUERY PLAN': string }[]>(`EXPLAIN ANALYZE ${sql}`, ...values);
    tell(rows.map((row) => row['QUERY PLAN']).join('\n'));
    return [];
  };
  return { $queryRawUnsafe: explain } as unknown as PrismaClient;
}

async function dueTimes({ prisma }: Database, kind: BatchKind, now: Date) {
  const wanted = { kind, rooms: ROOMS, overall: OVERALL, keyIds: KEY_IDS, now };
  const claimed: number[] = [];
  const wall: number[] = [];
  for (let round = 0; round < 30; round++) {
    wall.push(
      await timeOf(async () => {
        claimed.push((await claimBatch(prisma, wanted)).length);
      }),
    );
  }
  const executions: number[] = [];
  let plan = '';
  const explained = explaining(prisma, (text) => {
    plan = text;
    executions.push(Number(/Execution Time: ([\d.]+) ms/.exec(plan)?.[1]));
  });
  for (let round = 0; round < 12; round++) await claimBatch(explained, wanted);
  const execution = quantile(executions, 0.25);
  // Lower quartiles, because a disturbance of the machine only ever adds time.
  return { wall: quantile(wall, 0.25), execution, claimed: quantile(claimed, 0.5), plan };
}

type Lookup = (prisma: PrismaClient, at: number) => Promise<unknown>;

const lookups: Readonly<Record<string, Lookup>> = {
  'connections of a person at a provider': (prisma, at) =>
    prisma.connection.findMany({
      where: { userId: personId(Math.floor(at / 2)), provider: providerOf(at), sandbox: false },
      select: { id: true, subject: true, label: true, scopes: true },
      orderBy: { createdAt: 'asc' },
    }),
  'one connection, to call with': (prisma, at) => prisma.connection.findUnique({ where: { id: connectionId(at) } }),
  'dashboard of a person': (prisma, at) =>
    prisma.connection.findMany({ where: { userId: personId(Math.floor(at / 2)) }, orderBy: { createdAt: 'asc' } }),
};

/** @returns lower quartiles in ms; short rounds in turn, because a disturbance of the machine only ever adds time */
async function lookupTimes(lookup: Lookup, databases: readonly { database: Database; rows: number }[]) {
  const times = databases.map((): number[] => []);
  for (let round = 0; round < 60; round++) {
    for (const [place, { database, rows }] of databases.entries()) {
      const elapsed = await timeOf(async () => {
        for (let call = 0; call < 25; call++) await lookup(database.prisma, Math.floor(Math.random() * rows));
      });
      times[place]?.push(elapsed / 25);
    }
  }
  return times.map((values) => quantile(values.slice(4), 0.25));
}

warnIfBusy();
const databases = [
  { ...(await benchDatabase('server')), rows: SMALL },
  { ...(await benchDatabase('server')), rows: large },
];
const misses: string[] = [];
try {
  for (const { database, rows } of databases) {
    const seconds = (await timeOf(() => fill(database, rows))) / 1_000;
    console.log(`${rows.toLocaleString('en')} connections written in ${seconds.toFixed(0)} s`);
  }
  console.log('\nFinding and claiming a batch         claimed    wall (lower quartile)   on the server');
  for (const { database, rows } of databases) {
    const cases: [string, BatchKind, Date][] = [
      ['due', 'due', new Date()],
      ['nothing due', 'due', new Date(0)],
      ['nothing interrupted', 'interrupted', new Date()],
    ];
    for (const [name, kind, now] of cases) {
      const { wall, execution, claimed, plan } = await dueTimes(database, kind, now);
      const what = `${rows.toLocaleString('en')}, ${name}`;
      console.log(
        `  ${what.padEnd(34)} ${String(claimed).padStart(6)} ${wall.toFixed(2).padStart(16)} ms ${execution.toFixed(2).padStart(17)} ms`,
      );
      // What is claimed comes with its credentials, whose way to us is no part of the finding.
      const found = claimed > 0 ? execution : Math.max(wall, execution);
      if (!(found < DUE_LIMIT_MS)) misses.push(`${what}: ${DUE_LIMIT_MS} ms\n${plan}`);
    }
  }
  console.log(
    `\nLookups                                   ${SMALL.toLocaleString('en')}    ${large.toLocaleString('en')}   ratio`,
  );
  for (const [name, lookup] of Object.entries(lookups)) {
    const [few = Number.NaN, many = Number.NaN] = await lookupTimes(lookup, databases);
    const ratio = many / few;
    console.log(`  ${name.padEnd(38)} ${few.toFixed(2)} ms    ${many.toFixed(2)} ms   ${ratio.toFixed(2)}`);
    if (!(ratio <= RATIO_LIMIT)) misses.push(`${name}: ratio ${RATIO_LIMIT}`);
  }
} finally {
  for (const { close } of databases) await close();
}
for (const miss of misses) console.log(`MISSED: ${miss}`);
if (misses.length > 0) process.exitCode = 1;
