import { randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import type { EndpointTrouble } from '../../src/connections/breaker.js';
import { type Pass, type PassResult, TokenGate } from '../../src/connections/token-gate.js';
import { builtInDefinitions, createCatalogue, type Provider } from '../../src/providers/index.js';

const catalogue = createCatalogue({ definitions: builtInDefinitions, sandboxOrigin: 'http://localhost:4000' });
const fitbit = catalogue.get('fitbit') as Provider;
const google = catalogue.get('google') as Provider;

let now: number;
let gate: TokenGate;

beforeEach(() => {
  now = 1_795_219_200_000;
  gate = new TokenGate({ perProvider: 2, overall: 3, now: () => now, random: () => 0.5 });
});

/** Somebody's request came to nothing; somebody else's each time. */
function away(trouble: EndpointTrouble = 'away'): PassResult {
  return { kind: 'failed', trouble, connectionId: randomUUID(), retryAfterMs: undefined, rateLimited: false };
}

/** Whether it has been admitted, once all that can happen by itself has happened. */
async function isIn(entering: Promise<Pass>): Promise<boolean> {
  const settled = await Promise.race([
    entering,
    new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined))),
  ]);
  return settled !== undefined;
}

async function failFiveTimes(): Promise<boolean[]> {
  const opened: boolean[] = [];
  for (let time = 0; time < 5; time++) opened.push((await gate.enter(fitbit)).leave(away()));
  return opened;
}

test('a provider gets so many requests at once, the next ones go in order as places become free', async () => {
  const [first, second] = [await gate.enter(fitbit), await gate.enter(fitbit)];
  const [third, fourth] = [gate.enter(fitbit), gate.enter(fitbit)];
  expect([await isIn(third), await isIn(fourth)]).toEqual([false, false]);
  expect(gate.roomAt(fitbit)).toBe(0);
  second.leave({ kind: 'answered' });
  expect([await isIn(third), await isIn(fourth)]).toEqual([true, false]);
  first.leave({ kind: 'unused' });
  expect(await isIn(fourth)).toBe(true);
});

test('the process as a whole has its limit too, and a place that one provider leaves goes to whoever waits', async () => {
  const passes = [await gate.enter(fitbit), await gate.enter(fitbit), await gate.enter(google)];
  expect(gate.room).toBe(0);
  const waiting = gate.enter(google);
  expect(await isIn(waiting)).toBe(false);
  passes[0]?.leave({ kind: 'answered' });
  expect(await isIn(waiting)).toBe(true);
  expect(gate.room).toBe(0);
});

test('while the process is full, whoever came first goes first, whichever provider they wait for', async () => {
  gate = new TokenGate({ perProvider: 2, overall: 2, now: () => now, random: () => 0.5 });
  const out = [await gate.enter(fitbit), await gate.enter(fitbit)];
  const order: string[] = [];
  const come = (name: string, provider: Provider) =>
    gate.enter(provider).then((pass) => {
      order.push(name);
      out.push(pass);
    });
  const coming = [
    come('fitbit 1', fitbit),
    come('google 1', google),
    come('fitbit 2', fitbit),
    come('fitbit 3', fitbit),
    come('google 2', google),
  ];
  for (const turn of coming) {
    out.shift()?.leave({ kind: 'answered' });
    await turn;
  }
  expect(order).toEqual(['fitbit 1', 'google 1', 'fitbit 2', 'fitbit 3', 'google 2']);
});

test('a provider that is full does not keep a free place from those who came later for another', async () => {
  const [first] = [await gate.enter(fitbit), await gate.enter(fitbit)];
  const third = await gate.enter(google);
  const [forFitbit, forGoogle] = [gate.enter(fitbit), gate.enter(google)];
  third.leave({ kind: 'answered' });
  expect([await isIn(forFitbit), await isIn(forGoogle)]).toEqual([false, true]);
  first.leave({ kind: 'answered' });
  expect(await isIn(forFitbit)).toBe(true);
});

test('a pass counts once, however often it is handed back', async () => {
  const pass = await gate.enter(fitbit);
  pass.leave({ kind: 'answered' });
  pass.leave({ kind: 'answered' });
  expect([gate.room, gate.roomAt(fitbit)]).toEqual([3, 2]);
});

test('after five failures in a row only a probe has room, and everybody else is told why and until when', async () => {
  expect(await failFiveTimes()).toEqual([false, false, false, false, true]);
  await expect(gate.enter(fitbit)).rejects.toMatchObject({
    code: 'refresh_postponed',
    because: 'provider_away',
    retryAt: new Date(now + 2_000),
  });
  expect([gate.roomAt(fitbit), gate.roomAt(google)]).toEqual([0, 2]);
  now += 2_000;
  expect(gate.roomAt(fitbit)).toBe(1);
  const probe = await gate.enter(fitbit);
  expect(gate.roomAt(fitbit)).toBe(0);
  await expect(gate.enter(fitbit)).rejects.toMatchObject({ because: 'provider_away' });
  probe.leave({ kind: 'answered' });
  expect(gate.roomAt(fitbit)).toBe(2);
});

test('who was waiting when the provider went away does not go on waiting', async () => {
  const [first, second] = [await gate.enter(fitbit), await gate.enter(fitbit)];
  const queue = Array.from({ length: 20 }, () => gate.enter(fitbit).catch((error: unknown) => error));
  // The first in the queue are admitted one by one, fail too, and with the fifth failure the rest is sent away.
  first.leave(away());
  second.leave(away());
  for (const admitted of queue.slice(0, 3)) ((await admitted) as Pass).leave(away());
  const others = await Promise.all(queue.slice(4));
  expect(others.map((error) => (error as { because?: string }).because)).toEqual(others.map(() => 'provider_away'));
});

test('a refused client is told as such', async () => {
  for (let time = 0; time < 5; time++) {
    (await gate.enter(fitbit)).leave(away('refuses_client'));
  }
  await expect(gate.enter(fitbit)).rejects.toMatchObject({ code: 'provider_misconfigured' });
});

test('a probe that was not sent leaves its turn to the next', async () => {
  await failFiveTimes();
  now += 2_000;
  (await gate.enter(fitbit)).leave({ kind: 'unused' });
  expect(gate.roomAt(fitbit)).toBe(1);
});

test('who insists is let in as the probe, but not beside one', async () => {
  await failFiveTimes();
  const probe = await gate.enter(fitbit, { insist: true });
  await expect(gate.enter(fitbit, { insist: true })).rejects.toMatchObject({ because: 'provider_away' });
  probe.leave(away());
});

test('waiting ends', async () => {
  jest.useFakeTimers();
  try {
    await gate.enter(fitbit);
    await gate.enter(fitbit);
    const waiting = expect(gate.enter(fitbit)).rejects.toMatchObject({ code: 'refresh_postponed', because: 'busy' });
    await jest.advanceTimersByTimeAsync(10_000);
    await waiting;
  } finally {
    jest.useRealTimers();
  }
});
