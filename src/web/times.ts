/**
 * Dates as the person reads them. Their time zone comes from a cookie that a small script of ours keeps up to date, so that pages come out
 * right from the server; before the first visit, and without scripts, times are in UTC and say so.
 */

export interface Times {
  /** `21 Nov 2026` */
  day(at: Date): string;
  /** `21 Nov 2026, 14:05` */
  moment(at: Date): string;
  /** `14:05` on the day of `now`, the moment otherwise. */
  clock(at: Date, now: Date): string;
  /** `2026-11-21`, for asking services that keep days. */
  isoDay(at: Date): string;
}

const ZONE = /^[A-Za-z][A-Za-z0-9_+/-]{1,49}$/;
/** There are about 600 zones, and spellings in other cases: nobody can make this grow without end. */
const MAX_KNOWN = 1_000;
const known = new Map<string, Times>();

/** @param zone an IANA name from outside, such as `Europe/Berlin`; whatever is not one means UTC */
export function timesIn(zone: string | undefined): Times {
  const name = zone !== undefined && ZONE.test(zone) ? zone : '';
  const before = known.get(name);
  if (before) return before;
  const times = formatsOf(name);
  if (known.size < MAX_KNOWN) known.set(name, times);
  return times;
}

function formatsOf(name: string): Times {
  const timeZone = isZone(name) ? name : 'UTC';
  const suffix = isZone(name) ? '' : ' UTC';
  const days = new Intl.DateTimeFormat('en-GB', { timeZone, day: 'numeric', month: 'short', year: 'numeric' });
  const clocks = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  // The Canadian order is that of ISO 8601.
  const isoDays = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  const moment = (at: Date) => `${days.format(at)}, ${clocks.format(at)}${suffix}`;
  return {
    day: (at) => days.format(at),
    moment,
    clock: (at, now) => (days.format(at) === days.format(now) ? `${clocks.format(at)}${suffix}` : moment(at)),
    isoDay: (at) => isoDays.format(at),
  };
}

function isZone(name: string): boolean {
  if (name === '') return false;
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
