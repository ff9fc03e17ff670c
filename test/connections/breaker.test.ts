import { Breaker, type EndpointFailure } from '../../src/connections/breaker.js';

const SECOND = 1000;
const HOUR = 3600 * SECOND;

let now: number;
let breaker: Breaker;
let connections: number;

beforeEach(() => {
  now = 1_795_219_200_000;
  connections = 0;
  // Half of what `random` can be: waits without jitter.
  breaker = new Breaker({ now: () => now, random: () => 0.5 });
});

/** Whose request fails is another connection each time, unless `how` says whose. */
function failure(how: Partial<EndpointFailure> = {}): EndpointFailure {
  connections += 1;
  return { trouble: 'away', connectionId: `c${connections}`, retryAfterMs: undefined, rateLimited: false, ...how };
}

function fail(times = 1, how: Partial<EndpointFailure> = {}): boolean[] {
  return Array.from({ length: times }, () => breaker.failed(failure(how), false));
}

/** The one request that may go out, and fails. */
function failProbe(how: Partial<EndpointFailure> = {}): void {
  expect(breaker.advice()).toEqual({ go: true, probe: true });
  breaker.beginProbe();
  breaker.failed(failure(how), true);
}

/** What a 429 says. */
const limited = (retryAfterMs: number) => ({ retryAfterMs, rateLimited: true });

/** How long from now until a probe may go out. */
function waitMs(): number {
  const advice = breaker.advice();
  return advice.go ? 0 : advice.retryAt.getTime() - now;
}

test('the fifth connection that fails in a row opens it, and only that one says so', () => {
  expect(fail(4)).toEqual([false, false, false, false]);
  expect(breaker.advice()).toEqual({ go: true, probe: false });
  expect(fail(3)).toEqual([true, false, false]);
  expect(breaker.advice()).toMatchObject({ go: false, trouble: 'away' });
});

test('an answer in between starts the count anew', () => {
  fail(4);
  breaker.answered();
  expect(fail(4)).not.toContain(true);
});

test('one connection, however often it fails, keeps nobody waiting, nor do four', () => {
  fail(100, { connectionId: 'one', ...limited(HOUR) });
  for (let round = 0; round < 20; round++)
    for (const connectionId of ['one', 'two', 'three', 'four']) fail(1, { connectionId });
  expect(breaker.advice()).toEqual({ go: true, probe: false });
  expect(fail(1, { connectionId: 'five' })).toEqual([true]);
});

test('probes go out one at a time, after 2, 5, 10, 20 and then every 30 seconds', () => {
  fail(5);
  for (const seconds of [2, 5, 10, 20, 30, 30, 30]) {
    expect(waitMs()).toBe(seconds * SECOND);
    now += seconds * SECOND - 1;
    expect(breaker.advice().go).toBe(false);
    now += 1;
    failProbe();
  }
});

test('while a probe is out nobody else goes, however late it is', () => {
  fail(5);
  now += HOUR;
  breaker.beginProbe();
  expect(breaker.advice()).toMatchObject({ go: false, retryAt: new Date(now) });
  expect(breaker.advice(true).go).toBe(false);
  breaker.abandonProbe();
  expect(breaker.advice()).toEqual({ go: true, probe: true });
});

test('failures of requests that were out before it opened change no schedule', () => {
  fail(5);
  const before = waitMs();
  fail(20, { retryAfterMs: HOUR });
  expect(waitMs()).toBe(before);
});

test('one answer closes it at once, whether it was the probe’s or an older request’s', () => {
  fail(5);
  breaker.answered();
  expect(breaker.advice()).toEqual({ go: true, probe: false });
  expect(fail(4)).not.toContain(true);
});

test('who insists may be the probe before it is due', () => {
  fail(5);
  expect(breaker.advice().go).toBe(false);
  expect(breaker.advice(true)).toEqual({ go: true, probe: true });
});

test('what the endpoint asks for itself is honoured when it is longer, up to an hour', () => {
  fail(4);
  fail(1, { retryAfterMs: 90 * SECOND });
  expect(waitMs()).toBe(90 * SECOND);
  now += 90 * SECOND;
  failProbe({ retryAfterMs: 1 * SECOND });
  expect(waitMs()).toBe(5 * SECOND);
  now += 5 * SECOND;
  failProbe({ retryAfterMs: 365 * 24 * HOUR });
  expect(waitMs()).toBe(HOUR);
});

test('what one connection is told by a 429 is nobody else’s wait, neither when it opens nor as the probe', () => {
  fail(4);
  fail(1, limited(HOUR));
  expect(waitMs()).toBe(2 * SECOND);
  now += 2 * SECOND;
  failProbe(limited(HOUR));
  expect(waitMs()).toBe(5 * SECOND);
});

test('what all are told by 429s is everybody’s wait, as far as they were told the same', () => {
  fail(1, limited(HOUR));
  for (const seconds of [62, 61, 60, 60]) fail(1, limited(seconds * SECOND));
  expect(waitMs()).toBe(60 * SECOND);
  now += 60 * SECOND;
  failProbe(limited(40 * SECOND));
  expect(waitMs()).toBe(40 * SECOND);
  now += 40 * SECOND;
  failProbe(limited(365 * 24 * HOUR));
  expect(waitMs()).toBe(40 * SECOND);
});

test('what counts is what the last five connections were told', () => {
  fail(1, { connectionId: 'one', ...limited(60 * SECOND) });
  fail(1, { connectionId: 'two', ...limited(12 * SECOND) });
  fail(3, limited(60 * SECOND));
  expect(waitMs()).toBe(12 * SECOND);
  now += 12 * SECOND;
  failProbe({ connectionId: 'one', ...limited(60 * SECOND) });
  expect(waitMs()).toBe(12 * SECOND);
  now += 12 * SECOND;
  // A sixth: the one that has not been heard of for longest is forgotten.
  failProbe(limited(60 * SECOND));
  expect(waitMs()).toBe(60 * SECOND);
});

test('one that is told again counts as what it was told last', () => {
  fail(4, limited(60 * SECOND));
  fail(3, { connectionId: 'again', ...limited(10 * SECOND) });
  expect(waitMs()).toBe(10 * SECOND);
});

test('jitter is a fifth both ways', () => {
  for (const [random, expected] of [
    [0, 1_600],
    [0.999_999, 2_400],
  ] as const) {
    breaker = new Breaker({ now: () => now, random: () => random });
    fail(5);
    expect(Math.abs(waitMs() - expected)).toBeLessThanOrEqual(1);
  }
});

test('it tells a refused client from an endpoint that is away', () => {
  fail(5, { trouble: 'refuses_client' });
  expect(breaker.advice()).toMatchObject({ go: false, trouble: 'refuses_client' });
});
