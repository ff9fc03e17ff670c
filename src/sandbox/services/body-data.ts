/**
 * What a person's tracker would have measured: computed from the person and the day, so that two people differ, two days
 * differ, and the same question always gets the same answer. Fitbit and Google Health tell the same story.
 */
import { createHash } from 'node:crypto';

/** A civil day, `2026-11-05`. The sandbox's people live in UTC. */
export type Day = string;

export const dayMs = 86_400_000;

export function dayAt(timeMs: number): Day {
  return new Date(timeMs).toISOString().slice(0, 10);
}

/** Milliseconds since 1970 at which a day begins; NaN for what is no day. */
export function startOf(day: Day): number {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return Number.NaN;
  const time = Date.parse(`${day}T00:00:00Z`);
  // JavaScript reads 31 February as March in some forms; a day that does not come back as itself is none.
  return Number.isNaN(time) || dayAt(time) !== day ? Number.NaN : time;
}

export function addDays(day: Day, days: number): Day {
  return dayAt(startOf(day) + days * dayMs);
}

/** Every day from the first to the last, both included. */
export function daysBetween(first: Day, last: Day): Day[] {
  const days: Day[] = [];
  for (let time = startOf(first); time <= startOf(last); time += dayMs) days.push(dayAt(time));
  return days;
}

/** A number from 0 up to, but not including, 1; always the same for the same words. */
export function chance(...words: readonly (string | number)[]): number {
  return createHash('sha256').update(words.join('\n')).digest().readUInt32BE(0) / 2 ** 32;
}

export function between(low: number, high: number, ...words: readonly (string | number)[]): number {
  return Math.floor(low + chance(...words) * (high - low + 1));
}

/** Steps of a day: people have their own level, weekends are a little slower, and no two days are alike. */
export function stepsOn(subject: string, day: Day): number {
  const level = between(5200, 10_400, subject, 'level');
  const weekday = new Date(startOf(day)).getUTCDay();
  const pace = weekday === 0 || weekday === 6 ? 0.85 : 1;
  return Math.floor(level * pace * (0.6 + 0.8 * chance(subject, day, 'steps')));
}

/** Steps of each hour; they add up to the day's. */
export function stepsByHour(subject: string, day: Day): readonly number[] {
  const total = stepsOn(subject, day);
  const weights = Array.from({ length: 24 }, (_, hour) =>
    hour < 7 || hour > 21 ? 0 : 0.2 + chance(subject, day, 'hour', hour),
  );
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const hours = weights.map((weight) => Math.floor((total * weight) / sum));
  const rest = total - hours.reduce((all, steps) => all + steps, 0);
  return hours.map((steps, hour) => (hour === 12 ? steps + rest : steps));
}

export function restingHeartRateOn(subject: string, day: Day): number {
  return between(52, 72, subject, 'heart') + between(-2, 2, subject, day, 'resting');
}

/** Beats per minute at one moment: calm at night, livelier by day. */
export function heartRateAt(subject: string, timeMs: number): number {
  const day = dayAt(timeMs);
  const hour = new Date(timeMs).getUTCHours();
  const lift = hour < 7 ? between(0, 6, subject, timeMs) : between(8, 48, subject, timeMs);
  return restingHeartRateOn(subject, day) + lift;
}

export type SleepStage = 'wake' | 'light' | 'deep' | 'rem';

export interface Night {
  /** The day on which the person woke up. */
  readonly day: Day;
  readonly startMs: number;
  readonly endMs: number;
  readonly stages: readonly { readonly stage: SleepStage; readonly startMs: number; readonly endMs: number }[];
  readonly minutes: Readonly<Record<SleepStage, number>>;
  readonly minutesAsleep: number;
  readonly minutesInBed: number;
}

const minuteMs = 60_000;
const cycle: readonly (readonly [SleepStage, number, number])[] = [
  ['light', 22, 38],
  ['deep', 12, 30],
  ['light', 10, 22],
  ['rem', 10, 28],
  ['wake', 2, 9],
];

/** The night that ends on this day. */
export function nightBefore(subject: string, day: Day): Night {
  const startMs = startOf(day) - between(20, 110, subject, day, 'bedtime') * minuteMs;
  const rounds = between(4, 5, subject, day, 'rounds');
  const minutes: Record<SleepStage, number> = { wake: 0, light: 0, deep: 0, rem: 0 };
  const stages: { stage: SleepStage; startMs: number; endMs: number }[] = [];
  let time = startMs;
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, [stage, shortest, longest]] of cycle.entries()) {
      const length = between(shortest, longest, subject, day, round, index);
      stages.push({ stage, startMs: time, endMs: time + length * minuteMs });
      minutes[stage] += length;
      time += length * minuteMs;
    }
  }
  const minutesAsleep = minutes.light + minutes.deep + minutes.rem;
  return { day, startMs, endMs: time, stages, minutes, minutesAsleep, minutesInBed: minutesAsleep + minutes.wake };
}
