/** Claims of many instances at once on a real server, where statements run side by side: one connection is never claimed twice. */
import { randomUUID } from 'node:crypto';
import { type BatchWanted, claimBatch } from '../../src/connections/claim-batch.js';
import { claimRefresh } from '../../src/connections/refresh-attempt.js';
import { type StockedConnections, stockedConnections } from '../support/stocked-connections.js';

const ROUNDS = 12;
const ROWS = 60;
const PLACES = 7;

let stocked: StockedConnections;

beforeAll(async () => {
  stocked = await stockedConnections();
  expect(stocked.database.kind).toBe('server');
});
afterAll(() => stocked.close());

function wanted(): BatchWanted {
  const rooms = [{ provider: 'fitbit', sandbox: true, places: PLACES }];
  return { kind: 'due', rooms, overall: PLACES, keyIds: stocked.vault.keyIds, now: new Date() };
}

async function claimsOfOneRound(): Promise<string[]> {
  const { prisma } = stocked.database;
  const ids = await stocked.stock(ROWS);
  const claimed: string[] = [];
  const background = async () => {
    for (let look = 0; look < 6; look++) {
      for (const { connectionId } of await claimBatch(prisma, wanted())) claimed.push(connectionId);
    }
  };
  /** Somebody calls, from both ends of the list and from its middle. */
  const calls = async (from: number) => {
    for (let at = 0; at < ids.length; at++) {
      const id = ids[(from + at * 7) % ids.length] ?? '';
      if (await claimRefresh(prisma, { id, generation: 1 }, randomUUID())) claimed.push(id);
    }
  };
  await Promise.all([...Array.from({ length: 6 }, background), ...[0, 20, 40].map(calls)]);
  return claimed;
}

test('six background refreshers and three that call claim every connection once', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    await stocked.reset();
    const claimed = await claimsOfOneRound();
    expect(claimed).toHaveLength(ROWS);
    expect(new Set(claimed).size).toBe(ROWS);
  }
}, 120_000);

test('a row that somebody holds is passed over, not waited for', async () => {
  await stocked.reset();
  const [held = '', free = ''] = await stocked.stock(2);
  await stocked.database.prisma.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT 1 FROM "Connection" WHERE "id" = ${held}::uuid FOR UPDATE`;
    const claims = await claimBatch(stocked.database.prisma, wanted());
    expect(claims.map(({ connectionId }) => connectionId)).toEqual([free]);
  });
});
