import fc from 'fast-check';
import { backoffMs, dueAt, renewalOf } from '../../src/connections/due.js';
import { OAuth2Token } from '../../src/oauth2/index.js';
import { builtInDefinitions, createCatalogue, type Provider } from '../../src/providers/index.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** 2026-11-21T00:00:00Z */
const RECEIVED = 1_795_219_200_000;

describe('when a token is due', () => {
  /** min(max(5 min, 20 % of its life), half its life) before expiry, worked out by hand. */
  it.each<[string, number, number]>([
    ['a day', 24 * HOUR, 24 * HOUR - 4.8 * HOUR],
    ['8 hours, as at Fitbit', 8 * HOUR, 6.4 * HOUR],
    ['2 hours, as at X', 2 * HOUR, 96 * MINUTE],
    ['1 hour, as at Google', HOUR, 48 * MINUTE],
    ['25 minutes, where both margins meet', 25 * MINUTE, 20 * MINUTE],
    ['20 minutes: five of them are the margin', 20 * MINUTE, 15 * MINUTE],
    ['10 minutes: half of it', 10 * MINUTE, 5 * MINUTE],
    ['9 minutes: half of it', 9 * MINUTE, 4.5 * MINUTE],
    ['a minute: half of it', MINUTE, 30 * SECOND],
    ['2 seconds: half of it', 2 * SECOND, SECOND],
    ['nothing', 0, 0],
    ['60 days', 60 * 24 * HOUR, 48 * 24 * HOUR],
  ])('that lives %s', (_what, life, dueAfter) => {
    expect(dueAt(new Date(RECEIVED + life), RECEIVED)?.getTime()).toBe(RECEIVED + dueAfter);
  });

  it('one without an end never is', () => {
    expect(dueAt(undefined, RECEIVED)).toBeNull();
  });

  it('one that is over already is due since its end', () => {
    expect(dueAt(new Date(RECEIVED - HOUR), RECEIVED)).toEqual(new Date(RECEIVED - HOUR));
  });

  it('lies between receipt and expiry, later for longer lives, leaving at least half a life or five minutes', () => {
    const life = fc.integer({ min: 0, max: 400 * 24 * HOUR });
    fc.assert(
      fc.property(life, life, (one, other) => {
        const [shorter, longer] = [Math.min(one, other), Math.max(one, other)];
        const [first, second] = [shorter, longer].map(
          (ms) => dueAt(new Date(RECEIVED + ms), RECEIVED)?.getTime() ?? Number.NaN,
        );
        expect(first).toBeGreaterThanOrEqual(RECEIVED);
        expect(first).toBeLessThanOrEqual(RECEIVED + shorter);
        expect(second).toBeGreaterThanOrEqual(Number(first));
        const left = RECEIVED + shorter - Number(first);
        expect(left).toBeGreaterThanOrEqual(Math.min(5 * MINUTE, Math.floor(shorter / 2)));
        expect(left).toBeLessThanOrEqual(Math.max(5 * MINUTE, Math.ceil(shorter / 5)));
      }),
      { seed: 2, numRuns: 500 },
    );
  });
});

describe('how long to wait after failures', () => {
  /** Half of what `random` can be gives the wait without jitter. */
  it.each([
    [1, 5 * SECOND],
    [2, 30 * SECOND],
    [3, 2 * MINUTE],
    [4, 10 * MINUTE],
    [5, 30 * MINUTE],
    [6, 30 * MINUTE],
    [1000, 30 * MINUTE],
  ])('after %i: %i ms', (failures, expected) => {
    expect(backoffMs(failures, undefined, 0.5)).toBe(expected);
  });

  it('with jitter of 20 % both ways', () => {
    expect(backoffMs(1, undefined, 0)).toBe(4 * SECOND);
    expect(backoffMs(1, undefined, 1 - Number.EPSILON)).toBeCloseTo(6 * SECOND, 5);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (failures, random) => {
          const middle = backoffMs(failures, undefined, 0.5);
          const wait = backoffMs(failures, undefined, random);
          expect(wait).toBeGreaterThanOrEqual(middle * 0.8);
          expect(wait).toBeLessThanOrEqual(middle * 1.2);
        },
      ),
      { seed: 4, numRuns: 300 },
    );
  });

  it('longer if the provider asks for longer, never shorter, and at most a day', () => {
    expect(backoffMs(1, 90 * SECOND, 0.5)).toBe(90 * SECOND);
    expect(backoffMs(4, 90 * SECOND, 0.5)).toBe(10 * MINUTE);
    expect(backoffMs(1, 0, 0.5)).toBe(5 * SECOND);
    expect(backoffMs(1, -HOUR, 0.5)).toBe(5 * SECOND);
    expect(backoffMs(1, 24 * HOUR, 0.5)).toBe(24 * HOUR);
    expect(backoffMs(1, 10 * 365 * 24 * HOUR, 0.5)).toBe(24 * HOUR);
    expect(backoffMs(1, Number.POSITIVE_INFINITY, 0.5)).toBe(24 * HOUR);
  });

  it('never nothing, never for ever', () => {
    for (const failures of [0, -1, 1, 3, 1e9]) {
      for (const random of [0, 0.5, 0.999]) {
        const wait = backoffMs(failures, undefined, random);
        expect([failures, wait >= 4 * SECOND && wait <= 36 * MINUTE]).toEqual([failures, true]);
      }
    }
  });
});

describe('what a row says about the renewal of its token', () => {
  const catalogue = createCatalogue({ definitions: builtInDefinitions, sandboxOrigin: 'http://localhost:4000' });
  const fitbit = catalogue.get('fitbit') as Provider;
  const lapsing: Provider = {
    ...fitbit,
    definition: { ...fitbit.definition, refresh: { mode: 'rotating', inactivityDays: 10 } },
  };
  const tokenOf = (lifeMs?: number, refreshToken: string | undefined = 'r') =>
    new OAuth2Token({
      accessToken: 'a',
      refreshToken,
      ...(lifeMs === undefined ? {} : { expiresAt: new Date(RECEIVED + lifeMs) }),
    });

  it('nothing without a refresh token, whatever the access token’s life', () => {
    const nothing = { refreshAt: null, renewAhead: true };
    expect(renewalOf(undefined, fitbit, RECEIVED)).toEqual({ ...nothing, expiresAt: null });
    const alone = new OAuth2Token({ accessToken: 'a', expiresAt: new Date(RECEIVED + HOUR) });
    expect(renewalOf(alone, lapsing, RECEIVED)).toEqual({ ...nothing, expiresAt: new Date(RECEIVED + HOUR) });
  });

  it('before the access token ends, or before an idle refresh token lapses, whichever is first', () => {
    expect(renewalOf(tokenOf(HOUR), lapsing, RECEIVED).refreshAt?.getTime()).toBe(RECEIVED + 48 * MINUTE);
    expect(renewalOf(tokenOf(60 * 24 * HOUR), lapsing, RECEIVED).refreshAt?.getTime()).toBe(RECEIVED + 8 * 24 * HOUR);
    expect(renewalOf(tokenOf(), lapsing, RECEIVED).refreshAt?.getTime()).toBe(RECEIVED + 8 * 24 * HOUR);
    expect(renewalOf(tokenOf(), fitbit, RECEIVED).refreshAt).toBeNull();
  });

  it('ahead of time only if it lives for half a minute', () => {
    const ahead = [0, 29_999, 30_000, HOUR].map((life) => renewalOf(tokenOf(life), fitbit, RECEIVED).renewAhead);
    expect(ahead).toEqual([false, false, true, true]);
  });

  it('a tenth of the margin earlier at most, so that what came together does not go together for ever', () => {
    expect(dueAt(new Date(RECEIVED + HOUR), RECEIVED, 0.999_999)?.getTime()).toBeCloseTo(RECEIVED + 46.8 * MINUTE, -2);
    expect(dueAt(new Date(RECEIVED), RECEIVED, 0.5)?.getTime()).toBe(RECEIVED);
  });
});
