import { RateLimited } from '../../src/connections/failures.js';
import { RateLimits } from '../../src/connections/rate-limits.js';

const URL_A = 'https://api.example.com/steps?day=1';
const START = Date.UTC(2026, 10, 21, 12);
let now: number;
let limits: RateLimits;
beforeEach(() => {
  now = START;
  limits = new RateLimits(() => now);
});

const answer = (status: number, headers: Record<string, string> = {}) => new Response(null, { status, headers });

/** Seconds until calls are made again; 0 when they are. */
function heldFor(connection = 'c', url = URL_A): number {
  try {
    limits.check(connection, url, 'Example');
    return 0;
  } catch (error) {
    if (!(error instanceof RateLimited)) throw error;
    return (error.retryAt.getTime() - now) / 1_000;
  }
}

test.each<[string, Response, number]>([
  ['429 with seconds', answer(429, { 'retry-after': '30' }), 30],
  ['503 with seconds', answer(503, { 'retry-after': '30' }), 30],
  ['429 with a date', answer(429, { 'retry-after': new Date(START + 90_000).toUTCString() }), 90],
  [
    'a date by a clock that is an hour ahead',
    answer(429, {
      date: new Date(START + 3_600_000).toUTCString(),
      'retry-after': new Date(START + 3_690_000).toUTCString(),
    }),
    90,
  ],
  ['a wait of days, which is cut to an hour', answer(429, { 'retry-after': '259200' }), 3_600],
  ['a date in years', answer(429, { 'retry-after': new Date(START + 1e11).toUTCString() }), 3_600],
  ['429 that does not say until when', answer(429), 0],
  ['503 that does not say until when', answer(503), 0],
  ['a wait of nothing', answer(429, { 'retry-after': '0' }), 0],
  ['a date that has passed', answer(429, { 'retry-after': new Date(START - 60_000).toUTCString() }), 0],
  ['nonsense', answer(429, { 'retry-after': 'soon' }), 0],
  ['less than nothing', answer(429, { 'retry-after': '-5' }), 0],
  ['another status', answer(500, { 'retry-after': '30' }), 0],
  ['success', answer(200, { 'retry-after': '30' }), 0],
])('%s', (_what, response, seconds) => {
  limits.note('c', URL_A, response);
  expect(heldFor()).toBe(seconds);
});

test('the hold ends at the time that was named', () => {
  limits.note('c', URL_A, answer(429, { 'retry-after': '30' }));
  now += 29_999;
  expect(heldFor()).toBeCloseTo(0.001);
  now += 1;
  expect(heldFor()).toBe(0);
});

test('what is held is one connection at one origin', () => {
  limits.note('c', URL_A, answer(429, { 'retry-after': '30' }));
  expect(heldFor('c', 'https://api.example.com/other')).toBe(30);
  expect(heldFor('c', 'https://upload.example.com/')).toBe(0);
  expect(heldFor('d')).toBe(0);
});

test('a later answer replaces an earlier one', () => {
  limits.note('c', URL_A, answer(429, { 'retry-after': '300' }));
  limits.note('c', URL_A, answer(429, { 'retry-after': '10' }));
  expect(heldFor()).toBe(10);
});

test('the refusal says when, in a form for people and one for programs', () => {
  limits.note('c', URL_A, answer(429, { 'retry-after': '30' }));
  expect(() => limits.check('c', URL_A, 'Example')).toThrow(
    expect.objectContaining({
      code: 'rate_limited',
      message: 'Example asked for no more calls before 2026-11-21T12:00:30.000Z, so this one was not made.',
      retryAt: new Date(START + 30_000),
    }),
  );
});

test('memory is bounded: the eldest note goes first', () => {
  for (let at = 0; at <= 10_000; at++) limits.note(`connection ${at}`, URL_A, answer(429, { 'retry-after': '30' }));
  expect(heldFor('connection 0')).toBe(0);
  expect(heldFor('connection 1')).toBe(30);
  expect(heldFor('connection 10000')).toBe(30);
});
