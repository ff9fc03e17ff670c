import { Housekeeper, nonceStore, purge } from '../../src/db/index.js';
import { type TestDatabase, testDatabase } from '../support/database.js';

const now = Date.UTC(2026, 10, 21, 12);
const minute = 60_000;
const ago = (ms: number) => new Date(now - ms);

describe('short-lived rows', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await testDatabase();
  });
  beforeEach(() => db.reset());
  afterAll(() => db.close());

  test('a nonce is claimed once, also when many claim it at once', async () => {
    const nonces = nonceStore(db.database.prisma);
    const expiresAt = new Date(now);
    const claims = await Promise.all(Array.from({ length: 12 }, () => nonces.claim('key', expiresAt)));
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect(await nonces.claim('key', expiresAt)).toBe(false);
    expect(await nonces.claim('another', expiresAt)).toBe(true);
  });

  async function fill(): Promise<void> {
    const { prisma } = db.database;
    const times = { just: 1, over: -1 };
    for (const [id, ms] of Object.entries(times)) {
      await prisma.spentFlow.create({ data: { id, spentAt: ago(60 * minute - ms) } });
      await prisma.nonce.create({ data: { id, expiresAt: ago(-ms) } });
      await prisma.webSession.create({ data: { id, data: {}, expiresAt: ago(-ms) } });
      await prisma.pendingIdentity.create({
        data: {
          browserHash: id,
          provider: 'fitbit',
          sandbox: true,
          namespace: 'sandbox:fitbit',
          subject: 'ABC',
          label: 'Abc',
          profile: {},
          credentials: 'sealed',
          keyId: 'k',
          flowHash: 'f',
          createdAt: ago(10 * minute - ms),
        },
      });
    }
  }

  test('the purge takes what is over and leaves the rest', async () => {
    const { prisma } = db.database;
    await fill();
    expect(await purge(prisma, now)).toBe(4);
    const left = { select: { id: true } };
    expect(await prisma.spentFlow.findMany(left)).toEqual([{ id: 'just' }]);
    expect(await prisma.nonce.findMany(left)).toEqual([{ id: 'just' }]);
    expect(await prisma.webSession.findMany(left)).toEqual([{ id: 'just' }]);
    expect(await prisma.pendingIdentity.findMany({ select: { browserHash: true } })).toEqual([{ browserHash: 'just' }]);
  });

  test('the purge gets through more than one batch', async () => {
    const { prisma } = db.database;
    await prisma.$executeRaw`INSERT INTO "Nonce" SELECT i::text, to_timestamp(0) FROM generate_series(1, 5001) i`;
    expect(await purge(prisma, now)).toBe(5001);
  });

  test('the housekeeper purges again and again until it is stopped, and survives failures', async () => {
    const { prisma } = db.database;
    await prisma.spentFlow.create({ data: { id: 'over', spentAt: ago(61 * minute) } });
    const failures: unknown[] = [];
    let runs = 0;
    let secondRun = (): void => undefined;
    const reached = new Promise<void>((resolve) => {
      secondRun = resolve;
    });
    const housekeeper = new Housekeeper({
      prisma,
      everyMs: 1,
      onFailure: (error) => failures.push(error),
      now: () => {
        runs += 1;
        if (runs === 1) throw new Error('no clock');
        secondRun();
        return now;
      },
    });
    housekeeper.start();
    await reached;
    await housekeeper.stop();
    expect(failures).toEqual([new Error('no clock')]);
    expect(await prisma.spentFlow.count()).toBe(0);
  });
});
