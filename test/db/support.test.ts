import { type TestDatabase, testDatabase } from '../support/database.js';

describe('a test database', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await testDatabase();
  });
  afterAll(() => db.close());

  test('is migrated, and empty again after a reset', async () => {
    const { prisma } = db.database;
    const user = await prisma.user.create({ data: { identities: { create: { namespace: 'fitbit', subject: '1' } } } });
    expect(await prisma.identity.count({ where: { userId: user.id } })).toBe(1);
    await db.reset();
    expect(await prisma.user.count()).toBe(0);
    expect(await prisma.identity.count()).toBe(0);
  });
});
