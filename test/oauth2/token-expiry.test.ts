import { expiryOf } from '../../src/oauth2/token-expiry.js';
import { NOW } from './support/session.js';

describe('when a token ends', () => {
  it.each([
    ['a number', { expires_in: 3600 }, NOW + 3_600_000],
    ['a string', { expires_in: '3600' }, NOW + 3_600_000],
    ['a string with spaces', { expires_in: ' 3600 ' }, NOW + 3_600_000],
    ['a fraction', { expires_in: 3599.5 }, NOW + 3_599_500],
    ['a fraction in a string', { expires_in: '3599.5' }, NOW + 3_599_500],
    ['0', { expires_in: 0 }, NOW],
    ['"0"', { expires_in: '0' }, NOW],
    ['below 0', { expires_in: -5 }, NOW],
    ['thousands of years', { expires_in: 2e11 }, NOW + 2e14],
    ['beyond the year 9999, which databases and ISO 8601 write in another way', { expires_in: 1e12 }, undefined],
    ['beyond any date', { expires_in: 1e13 }, undefined],
    ['expires_at beyond the year 9999', { expires_at: '+010000-01-01T00:00:00Z' }, undefined],
    ['expires_at in ms beyond the year 9999', { expires_at: 1e15 }, undefined],
    ['missing', {}, undefined],
    ['null', { expires_in: null }, undefined],
    ['empty', { expires_in: '' }, undefined],
    ['a word', { expires_in: 'never' }, undefined],
    ['a word that begins with a number', { expires_in: '3600s' }, undefined],
    ['hexadecimal', { expires_in: '0x10' }, undefined],
    ['true', { expires_in: true }, undefined],
    ['a list', { expires_in: [3600] }, undefined],
    ['NaN', { expires_in: Number.NaN }, undefined],
    ['expires_at in seconds', { expires_at: NOW / 1000 + 60 }, NOW + 60_000],
    ['expires_at in seconds, as text', { expires_at: String(NOW / 1000 + 60) }, NOW + 60_000],
    ['expires_at in ms', { expires_at: NOW + 60_000 }, NOW + 60_000],
    ['expires_at as ISO 8601', { expires_at: '2026-01-01T00:01:00Z' }, NOW + 60_000],
    ['expires_at as nonsense', { expires_at: '2026-13-45Tx' }, undefined],
    ['both: expires_in counts', { expires_in: 10, expires_at: 1 }, NOW + 10_000],
    ['expires_in null beside expires_at', { expires_in: null, expires_at: NOW / 1000 }, NOW],
  ])('%s', (_name, fields, expected) => {
    expect(expiryOf(fields, NOW)?.getTime()).toBe(expected);
  });

  it('0 means never where the definition says so, and only 0', () => {
    expect(expiryOf({ expires_in: 0 }, NOW, true)).toBeUndefined();
    expect(expiryOf({ expires_in: '0' }, NOW, true)).toBeUndefined();
    expect(expiryOf({ expires_at: 0 }, NOW, true)).toBeUndefined();
    expect(expiryOf({ expires_in: 1 }, NOW, true)?.getTime()).toBe(NOW + 1000);
  });
});
