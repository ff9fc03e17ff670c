/** Dates in the person's time zone; whatever a cookie claims. */
import { timesIn } from '../../src/web/times.js';

const at = new Date('2026-11-21T23:05:00Z');

test.each([
  ['Europe/Berlin', '22 Nov 2026, 00:05', '22 Nov 2026'],
  ['America/New_York', '21 Nov 2026, 18:05', '21 Nov 2026'],
  ['Pacific/Chatham', '22 Nov 2026, 12:50', '22 Nov 2026'],
  ['Etc/GMT+12', '21 Nov 2026, 11:05', '21 Nov 2026'],
])('%s', (zone, moment, day) => {
  expect(timesIn(zone).moment(at)).toBe(moment);
  expect(timesIn(zone).day(at)).toBe(day);
});

test.each([
  [undefined],
  [''],
  ['Nowhere/Land'],
  ['<script>'],
  ['constructor'],
  ['Europe/Berlin\r\nx'],
  ['A'.repeat(10_000)],
])('%j is no time zone: UTC, and it says so', (zone) => {
  expect(timesIn(zone).moment(at)).toBe('21 Nov 2026, 23:05 UTC');
});

test('a time of the same day is told by the clock alone', () => {
  const berlin = timesIn('Europe/Berlin');
  expect(berlin.clock(new Date('2026-11-22T13:05:00Z'), at)).toBe('14:05');
  expect(berlin.clock(new Date('2026-11-22T23:30:00Z'), at)).toBe('23 Nov 2026, 00:30');
  expect(timesIn(undefined).clock(new Date('2026-11-21T23:59:00Z'), at)).toBe('23:59 UTC');
});
