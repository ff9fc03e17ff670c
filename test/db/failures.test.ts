import {
  describeFailure,
  isDatabaseUnavailable,
  isForeignKeyViolation,
  isUniqueViolation,
} from '../../src/db/index.js';
import { type TestDatabase, testDatabase } from '../support/database.js';

/** As somebody would see it: what a failed query throws. */
async function failureOf(query: Promise<unknown>): Promise<unknown> {
  try {
    await query;
  } catch (error) {
    return error;
  }
  throw new Error('The query did not fail.');
}

describe('failures of a living database', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await testDatabase();
  });
  afterAll(() => db.close());

  test('a duplicate is a unique violation and nothing else, by model, raw or in a transaction', async () => {
    const { prisma } = db.database;
    await prisma.spentFlow.create({ data: { id: 'secret-id' } });
    const failures = [
      await failureOf(prisma.spentFlow.create({ data: { id: 'secret-id' } })),
      await failureOf(prisma.$executeRaw`INSERT INTO "SpentFlow" ("id") VALUES ('secret-id')`),
      await failureOf(prisma.$transaction((tx) => tx.spentFlow.create({ data: { id: 'secret-id' } }))),
    ];
    for (const failure of [...failures, new Error('wrapped', { cause: failures[0] })]) {
      expect(isUniqueViolation(failure)).toBe(true);
      expect(isForeignKeyViolation(failure)).toBe(false);
      expect(isDatabaseUnavailable(failure)).toBe(false);
      expect(describeFailure(failure)).toContain('23505');
    }
  });

  test('a missing row behind a foreign key is a foreign key violation and nothing else', async () => {
    const userId = '00000000-0000-7000-8000-000000000000';
    const failure = await failureOf(
      db.database.prisma.identity.create({ data: { userId, namespace: 'x', subject: '1' } }),
    );
    expect(isForeignKeyViolation(failure)).toBe(true);
    expect(isUniqueViolation(failure)).toBe(false);
    expect(isDatabaseUnavailable(failure)).toBe(false);
  });

  test('a faulty call is none of them, and its description does not quote it as its message does', async () => {
    const { prisma } = db.database;
    const where = { id: { not: { password: 'hunter2' } } } as unknown as { id: string };
    const failures = [
      await failureOf(prisma.user.findFirst({ where })),
      await failureOf(prisma.user.findUnique({ where: { id: 'hunter2' } })),
      await failureOf(prisma.spentFlow.create({ data: { id: 'hunter2\0' } })),
      await failureOf(prisma.$queryRaw`SELECT hunter2`),
      await failureOf(prisma.user.delete({ where: { id: '00000000-0000-7000-8000-000000000000' } })),
    ];
    expect((failures[0] as Error).message).toContain('hunter2');
    for (const failure of failures) {
      expect(isUniqueViolation(failure) || isForeignKeyViolation(failure) || isDatabaseUnavailable(failure)).toBe(
        false,
      );
      expect(describeFailure(failure)).toMatch(/^PrismaClient\w+( P\d{4})?( \w+)*$/);
      expect(describeFailure(failure)).not.toContain('hunter2');
    }
  });
});

test('a database that was closed is unavailable', async () => {
  const { database, close } = await testDatabase();
  await database.close();
  expect(isDatabaseUnavailable(await failureOf(database.prisma.user.count()))).toBe(true);
  expect(isDatabaseUnavailable(await failureOf(database.prisma.$queryRaw`SELECT 1`))).toBe(true);
  expect(isDatabaseUnavailable(await failureOf(database.prisma.$transaction((tx) => tx.user.count())))).toBe(true);
  expect(isDatabaseUnavailable(await failureOf(database.ping()))).toBe(true);
  await close();
});

test.each([
  ['a refused connection', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), true],
  ['several refused addresses', Object.assign(new AggregateError([new Error('one')]), { code: 'ECONNREFUSED' }), true],
  ['a cause far down', new Error('a', { cause: new Error('b', { cause: { code: '57P01' } }) }), true],
  ['a full disk', { code: '53100' }, true],
  ['a read-only replica', { code: '25006' }, true],
  ['a deadlock', { code: 'P2034' }, true],
  ['a wait for the pool', new Error('timeout exceeded when trying to connect'), true],
  ['such words with a code of their own', Object.assign(new Error('Query read timeout'), { code: 'ERR_X' }), false],
  ['a full disk here', Object.assign(new Error('x'), { code: 'ENOSPC' }), false],
  ['a bug', new TypeError('x is not a function'), false],
  ['nothing', undefined, false],
  ['a word', 'ECONNREFUSED', false],
])('%s', (_what, error, unavailable) => {
  expect(isDatabaseUnavailable(error)).toBe(unavailable);
});

test('a cause that leads in a circle comes to an end', () => {
  const circular = new Error('x');
  circular.cause = circular;
  expect(isDatabaseUnavailable(circular)).toBe(false);
  expect(describeFailure(circular)).toBe('Error');
  expect(describeFailure(null)).toBe('unknown failure');
});
