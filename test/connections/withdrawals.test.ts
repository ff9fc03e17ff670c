/** Ending every connection of a provider: one row that fails takes no other with it, and nothing goes on behind anybody's back. */
import { setImmediate as turn } from 'node:timers/promises';
import { Withdrawals } from '../../src/connections/index.js';
import type { WithdrawalsOptions } from '../../src/connections/withdrawals.js';
import type { PrismaClient } from '../../src/db/index.js';
import type { Catalogue } from '../../src/providers/index.js';

const away = new Error('the database went away');
let deleted: string[];
let failures: unknown[];
/** Runs before a row is deleted. */
let before: (id: string) => Promise<void>;
/** The rows there are. */
let list: () => Promise<{ id: string; userId: string }[]>;

beforeEach(() => {
  deleted = [];
  failures = [];
  before = async () => {};
  list = async () => Array.from({ length: 12 }, (_, at) => ({ id: `row-${at}`, userId: 'somebody' }));
});

/** On a table of twelve rows whose provider is configured no more, so that nobody is asked to revoke anything. */
function withdrawals(): Withdrawals {
  const prisma = {
    connection: { findMany: () => list() },
    $queryRaw: async (_sql: TemplateStringsArray, id: string) => {
      await before(id);
      deleted.push(id);
      return [{ provider: 'fitbit', sandbox: false, credentials: '' }];
    },
  } as unknown as PrismaClient;
  const catalogue = { find: () => undefined } as unknown as Catalogue;
  return new Withdrawals({
    prisma,
    catalogue,
    events: { record: async () => {} },
    changed: () => {},
    onFailure: (error) => failures.push(error),
  } as Partial<WithdrawalsOptions> as WithdrawalsOptions);
}

test('a row that fails is told to the log, and all others are ended', async () => {
  before = async (id) => {
    if (id === 'row-1') throw away;
  };
  const withdrawal = await withdrawals().all('fitbit');
  expect(withdrawal).toEqual({ complete: true, ended: 11, failed: 1, unconfirmed: 12 });
  expect(deleted).toHaveLength(11);
  expect(failures).toEqual([away]);
});

test('stopping waits for every row in hand, also after one has failed, and begins no further one', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  before = (id) => (id === 'row-1' ? Promise.reject(away) : held);
  const all = withdrawals();
  const work = all.all('fitbit').catch(() => undefined);
  await turn();
  let stopped = false;
  const stopping = all.stop().then(() => {
    stopped = true;
  });
  await turn();
  expect([stopped, deleted]).toEqual([false, []]);
  release();
  await stopping;
  const inHand = [...deleted];
  expect(await work).toMatchObject({ complete: false, ended: 5, failed: 1 });
  await turn();
  expect([deleted, inHand.length]).toEqual([inHand, 5]);
});

test('who waits is told that it goes on; what fails afterwards is told to the log, and before that to them alone', async () => {
  const all = withdrawals();
  let fail = (_error: Error) => {};
  list = () =>
    new Promise((_resolve, reject) => {
      fail = reject;
    });
  expect(await all.allWithin('fitbit', 1)).toBeUndefined();
  fail(away);
  await turn();
  expect(failures).toEqual([away]);
  list = () => Promise.reject(away);
  await expect(all.allWithin('fitbit', 60_000)).rejects.toBe(away);
  expect(failures).toHaveLength(1);
  list = async () => [{ id: 'row', userId: 'somebody' }];
  expect(await all.allWithin('fitbit', 60_000)).toMatchObject({ complete: true, ended: 1 });
});
