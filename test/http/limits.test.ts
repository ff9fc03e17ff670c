import { HttpClient } from '../../src/http/index.js';
import { resolveLimits } from '../../src/http/limits.js';

describe('limits', () => {
  it('have defaults', () => {
    expect(resolveLimits({})).toEqual({
      connectMs: 3_000,
      deadlineMs: 10_000,
      idleMs: 5_000,
      maxBodyBytes: 1_048_576,
      maxHeaderBytes: 32_768,
    });
  });

  it('fall back on the client before the defaults', () => {
    const base = resolveLimits({ deadlineMs: 7, idleMs: 8 });
    expect(resolveLimits({ idleMs: 9 }, base)).toEqual({ ...base, idleMs: 9 });
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])('%p is no time limit', (value) => {
    expect(() => resolveLimits({ deadlineMs: value })).toThrow(RangeError);
    expect(() => new HttpClient({ connectMs: value })).toThrow(RangeError);
  });

  it.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('%p is no size limit', (value) => {
    expect(() => resolveLimits({ maxBodyBytes: value })).toThrow(RangeError);
  });

  it('of shared connections can only be lowered', async () => {
    const client = new HttpClient({ connectMs: 100, maxHeaderBytes: 1_000 });
    expect(() => client.fetch({ connectMs: 101 })).toThrow(RangeError);
    expect(() => client.fetch({ maxHeaderBytes: 1_001 })).toThrow(RangeError);
    expect(client.fetch({ connectMs: 100, maxHeaderBytes: 999, deadlineMs: 60_000 })).toBeInstanceOf(Function);
    await client.close();
  });
});
