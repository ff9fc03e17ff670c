import { Housekeeper, purgeTrail } from '../../src/db/index.js';
import { type TestDatabase, testDatabase } from '../support/database.js';

const now = Date.UTC(2026, 10, 21, 12);
const dayMs = 24 * 3_600_000;
const daysAgo = (days: number, ms = 0) => new Date(now - days * dayMs + ms);

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
beforeEach(() => db.reset());
afterAll(() => db.close());

async function fill(): Promise<void> {
  const { prisma } = db.database;
  await prisma.event.createMany({
    data: [
      { kind: 'kept', at: daysAgo(30, 1) },
      { kind: 'over', at: daysAgo(30, -1) },
      { kind: 'old', at: daysAgo(300) },
    ],
  });
  const facts = { data: {}, expiresAt: daysAgo(-10), userAgent: 'Firefox', address: '192.0.2.1' };
  await prisma.webSession.create({ data: { id: 'young', createdAt: daysAgo(29), ...facts } });
  await prisma.webSession.create({ data: { id: 'old', createdAt: daysAgo(31), ...facts } });
}

test('events go and addresses are forgotten after so many days, the sessions stay', async () => {
  await fill();
  const { prisma } = db.database;
  expect(await purgeTrail(prisma, now, 30)).toBe(3);
  expect((await prisma.event.findMany()).map(({ kind }) => kind)).toEqual(['kept']);
  const sessions = await prisma.webSession.findMany({ orderBy: { id: 'asc' } });
  expect(sessions.map(({ id, address, userAgent }) => [id, address, userAgent])).toEqual([
    ['old', null, null],
    ['young', '192.0.2.1', 'Firefox'],
  ]);
  expect(await purgeTrail(prisma, now, 30)).toBe(0);
});

test('the housekeeper does it with the days it was given', async () => {
  await fill();
  const { prisma } = db.database;
  const housekeeper = new Housekeeper({
    prisma,
    onFailure: (error) => fail(error),
    everyMs: 5,
    retentionDays: 200,
    now: () => now,
  });
  housekeeper.start();
  const deadline = Date.now() + 5_000;
  while ((await prisma.event.count()) === 3 && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 5));
  await housekeeper.stop();
  expect((await prisma.event.findMany({ orderBy: { at: 'desc' } })).map(({ kind }) => kind)).toEqual(['kept', 'over']);
});
