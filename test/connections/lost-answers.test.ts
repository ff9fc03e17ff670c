/**
 * While an answer may be lost, the old refresh token is sent again soon, whoever waits for it or not: providers that honour a spent token do so
 * for about a minute (sec-I2).
 */
import { randomUUID } from 'node:crypto';
import { claimRefresh, LEASE_SECONDS, release } from '../../src/connections/refresh-attempt.js';
import { type StockedConnections, stockedConnections } from '../support/stocked-connections.js';

const HOUR = 3_600_000;

let stocked: StockedConnections;
beforeAll(async () => {
  stocked = await stockedConnections();
});
afterAll(() => stocked.close());
beforeEach(() => stocked.reset());

const prisma = () => stocked.database.prisma;

/** Works off what is due, each time when it falls due. @returns the waits between the tries, ms */
async function waits(id: string, tries: number): Promise<number[]> {
  let now = (await stocked.row(id)).refreshAt?.getTime() ?? Number.NaN;
  const { batches } = stocked.instance({ now: () => now, random: () => 0.5 });
  const found: number[] = [];
  for (let round = 0; round < tries; round++) {
    await (await batches.take('due')).ended;
    const next = (await stocked.row(id)).refreshAt?.getTime() ?? Number.NaN;
    found.push(next - now);
    now = next;
  }
  return found;
}

test('the first tries follow each other quickly, also for a token of so short a life that none renews it ahead of time', async () => {
  const [id = ''] = await stocked.stock(1, { renewAhead: false });
  stocked.endpoint.answer = () => ({ status: 502 });
  await expect(stocked.instance().refresher.usable(id)).rejects.toMatchObject({ code: 'refresh_postponed' });
  expect(await waits(id, 5)).toEqual([5_000, 5_000, 30_000, 120_000, 600_000]);
  expect(stocked.endpoint.calls.every(({ refreshToken }) => refreshToken === `${id}.0`)).toBe(true);
  stocked.endpoint.lifeSeconds = 20;
  stocked.endpoint.answer = () => undefined;
  await waits(id, 1);
  expect(await stocked.row(id)).toMatchObject({ generation: 2, status: 'active', replays: 0, renewAhead: false });
});

test('a certain "not now" after it does not make the next try wait longer', async () => {
  const [id = ''] = await stocked.stock(1);
  stocked.endpoint.answer = () => ({ status: 502 });
  await waits(id, 1);
  stocked.endpoint.answer = () => ({ status: 503 });
  expect(await waits(id, 1)).toEqual([5_000]);
});

test('failures that spend nothing keep their own, longer waits', async () => {
  const [id = ''] = await stocked.stock(1);
  stocked.endpoint.answer = () => ({ status: 503 });
  expect(await waits(id, 4)).toEqual([5_000, 30_000, 120_000, 600_000]);
});

test('an attempt that was taken over is not forgotten when no request can be made for it', async () => {
  const inHours = new Date(Date.now() + HOUR);
  // Somebody's call was refused with 401, so the token is being replaced before its time.
  const [id = ''] = await stocked.stock(1, { expiresAt: inHours, refreshAt: inHours, renewAhead: false });
  const row = await stocked.row(id);
  const dead = await claimRefresh(prisma(), row, randomUUID());
  await prisma().connection.update({
    where: { id },
    data: { leaseUntil: new Date(Date.now() - LEASE_SECONDS * 1000) },
  });
  const takenOver = await claimRefresh(prisma(), row, randomUUID());
  if (!dead || !takenOver) throw new Error('Nobody else is here to claim it.');
  await release(prisma(), takenOver, new Date());
  await (await stocked.instance().batches.take('due')).ended;
  expect(await stocked.row(id)).toMatchObject({ generation: 2, status: 'active' });
});

test('an attempt that interrupted nothing leaves no trace when no request can be made for it', async () => {
  const [id = ''] = await stocked.stock(1, { renewAhead: false });
  const row = await stocked.row(id);
  const claim = await claimRefresh(prisma(), row, randomUUID());
  if (!claim) throw new Error('Nobody else is here to claim it.');
  await release(prisma(), claim, new Date());
  expect(await stocked.row(id)).toEqual(row);
});
