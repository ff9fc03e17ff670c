import type { Database } from '../../src/db/index.js';
import { isDatabaseUnavailable, migrate } from '../../src/db/index.js';
import { openServerDatabase } from '../../src/db/server-database.js';
import { freshDatabase, migrationsDir, onServer } from '../support/database.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

const server = process.env.TEST_DATABASE_URL ?? '';
/** As in production, only sooner. */
const limits = { poolWaitMs: 300, statementTimeoutMs: 500, answerTimeoutMs: 700 };

describe('a PostgreSQL server that goes away', () => {
  let fresh: Awaited<ReturnType<typeof freshDatabase>>;
  let proxy: TcpProxy;
  let database: Database;
  let lost: object[];

  beforeEach(async () => {
    fresh = await freshDatabase(server);
    const url = new URL(fresh.url);
    proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
    url.port = String(proxy.port);
    lost = [];
    database = await openServerDatabase({ url: url.href, limits, log: { warn: (details) => lost.push(details) } });
    await migrate(database, migrationsDir);
  });
  afterEach(async () => {
    await proxy.close();
    await database.close();
    await fresh.drop();
  });

  const count = () => database.prisma.spentFlow.count();
  const write = (id: string) => database.prisma.spentFlow.create({ data: { id } });
  const sleep = (seconds: number) => database.prisma.$queryRaw`SELECT pg_sleep(${seconds})::text`;
  /** Fills the pool with connections. */
  const warmUp = () => Promise.all(Array.from({ length: 10 }, () => sleep(0.05)));
  async function unavailable(query: Promise<unknown>, withinMs: number): Promise<void> {
    const startedAt = performance.now();
    const failure = await query.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect({ failure, unavailable: isDatabaseUnavailable(failure) }).toMatchObject({ unavailable: true });
    expect(performance.now() - startedAt).toBeLessThan(withinMs);
  }
  async function recovers(): Promise<void> {
    let failure: unknown;
    // Connections that broke unnoticed may cost one failure each.
    for (let attempt = 0; attempt < 12; attempt += 1) {
      try {
        await count();
        await warmUp();
        return;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  test('cut idle, cut in a query, cut in a transaction, refused: always "unavailable", never a crash, and then it works again', async () => {
    await warmUp();
    proxy.cut();
    await unavailable(count(), 1_000);
    await unavailable(sleep(0), 1_000);
    await unavailable(database.ping(), 1_000);
    await unavailable(
      database.prisma.$transaction((tx) => tx.spentFlow.count()),
      1_000,
    );
    proxy.open();
    await recovers();

    const running = sleep(0.4);
    await new Promise((resolve) => setTimeout(resolve, 50));
    proxy.cut();
    await unavailable(running, 1_000);
    proxy.open();
    await recovers();

    await unavailable(
      database.prisma.$transaction(async (tx) => {
        await tx.spentFlow.create({ data: { id: 'lost' } });
        proxy.cut();
        await tx.spentFlow.count();
      }),
      2_000,
    );
    proxy.open();
    await recovers();
    expect(await count()).toBe(0);
  });

  test('connections that the administrator ends are replaced, and only reported', async () => {
    await warmUp();
    const name = new URL(fresh.url).pathname.slice(1);
    await onServer(server, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
    await recovers();
    expect(lost.length).toBeGreaterThan(0);
    expect(JSON.stringify(lost)).not.toContain(new URL(server).password);
  });

  test('a network that swallows everything is given up after the limits, and the pool is whole afterwards', async () => {
    await warmUp();
    proxy.stall();
    await unavailable(count(), 1_000);
    await unavailable(database.ping(), 1_000);
    proxy.open();
    await recovers();
  });

  test('a write after a stall inside a transaction is not made in the transaction that was left behind', async () => {
    await unavailable(
      database.prisma.$transaction(async (tx) => {
        await tx.spentFlow.create({ data: { id: 'given up' } });
        proxy.stall();
        await tx.spentFlow.count();
      }),
      3_000,
    );
    proxy.open();
    await recovers();
    // At once, so that every connection of the pool takes part.
    await Promise.all(Array.from({ length: 12 }, (_, n) => write(`kept ${n}`)));
    await database.close();

    const witness = await openServerDatabase({ url: fresh.url, log: { warn: () => undefined } });
    const kept = await witness.prisma.spentFlow.findMany({ select: { id: true } });
    await witness.close();
    expect(kept.map(({ id }) => id).sort()).toEqual(Array.from({ length: 12 }, (_, n) => `kept ${n}`).sort());
  });

  test('a wait for the pool and a statement have their limits', async () => {
    const blockers = Promise.allSettled(Array.from({ length: 10 }, () => sleep(2)));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await unavailable(count(), 450);
    const outcomes = await blockers;
    expect(outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 'rejected'));
    await recovers();
  });
});
