import { Breaker, type EndpointTrouble } from '../../src/connections/breaker.js';

const SECOND = 1000;
const HOUR = 3600 * SECOND;

let now: number;
let breaker: Breaker;

beforeEach(() => {
  now = 1_795_219_200_000;
  // Half of what `random` can be: waits without jitter.
  breaker = new Breaker({ now: () => now, random: () => 0.5 });
});

function fail(times = 1, trouble: EndpointTrouble = 'away', retryAfterMs?: number): boolean[] {
  return Array.from({ length: times }, () => breaker.failed(trouble, false, retryAfterMs));
}

/** The one request that may go out, and fails. */
function failProbe(retryAfterMs?: number): void {
  expect(breaker.advice()).toEqual({ go: true, probe: true });
  breaker.beginProbe();
  breaker.failed('away', true, retryAfterMs);
}

/** How long from now until a probe may go out. */
function waitMs(): number {
  const advice = breaker.advice();
  return advice.go ? 0 : advice.retryAt.getTime() - now;
}

test('the fifth failure in a row opens it, and only that one says so', () => {
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
  fail(20, 'away', HOUR);
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

test('Retry-After is honoured when it is longer, up to an hour', () => {
  fail(4);
  fail(1, 'away', 90 * SECOND);
  expect(waitMs()).toBe(90 * SECOND);
  now += 90 * SECOND;
  failProbe(1 * SECOND);
  expect(waitMs()).toBe(5 * SECOND);
  now += 5 * SECOND;
  failProbe(365 * 24 * HOUR);
  expect(waitMs()).toBe(HOUR);
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
  fail(5, 'refuses_client');
  expect(breaker.advice()).toMatchObject({ go: false, trouble: 'refuses_client' });
});
