/** Arithmetic with civil days. They are counted in UTC, where every day has 24 hours. */
import type { Day, DayRange } from './reading.js';

const DAY_MS = 86_400_000;

/** @param timeMs ms since the epoch, already moved by the offset of the place that is meant */
export function dayOf(timeMs: number): Day {
  return new Date(timeMs).toISOString().slice(0, 10);
}

export function addDays(day: Day, days: number): Day {
  return dayOf(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS);
}

/** So many days, the last one included. */
export function daysUntil(last: Day, count: number): DayRange {
  return { first: addDays(last, 1 - count), last };
}

/** Every day of a range, oldest first. */
export function daysOf({ first, last }: DayRange): readonly Day[] {
  const days: Day[] = [];
  for (let day = first; day <= last; day = addDays(day, 1)) days.push(day);
  return days;
}
