import { retryAfterMs } from '../../src/oauth2/index.js';

/** Of the examples in RFC 9110 section 5.6.7. */
const AT = Date.UTC(1994, 10, 6, 8, 49, 37);
const MINUTE = 60_000;

const wait = (fields: Record<string, string>, nowMs = AT) => retryAfterMs(new Headers(fields), nowMs);

describe('how long a provider asks to wait', () => {
  it.each([
    ['seconds', '120', 120_000],
    ['no time at all', '0', 0],
    ['a date', 'Sun, 06 Nov 1994 08:51:37 GMT', 2 * MINUTE],
    ['a date of the oldest form', 'Sunday, 06-Nov-94 08:51:37 GMT', 2 * MINUTE],
    ['a date that names no zone', 'Sun Nov  6 08:51:37 1994', 2 * MINUTE],
    ['a date that has passed', 'Sun, 06 Nov 1994 08:00:00 GMT', 0],
    ['a negative number', '-5', undefined],
    ['a number of another kind', '2e3', undefined],
    ['words', 'Wednesday, perhaps', undefined],
    ['nothing', '', undefined],
  ])('%s', (_what, value, expected) => {
    expect(wait({ 'retry-after': value })).toBe(expected);
  });

  it.each([-10, 10])('a date by the provider’s clock, when ours is %i minutes off', (minutes) => {
    const fields = { 'retry-after': 'Sun, 06 Nov 1994 08:51:37 GMT', date: 'Sun, 06 Nov 1994 08:49:37 GMT' };
    expect(wait(fields, AT + minutes * MINUTE)).toBe(2 * MINUTE);
  });

  it('is not said by an answer without the header', () => expect(wait({})).toBeUndefined());
});
