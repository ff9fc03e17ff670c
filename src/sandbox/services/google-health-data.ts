/** The data points of Google Health: what each data type holds, how it is listed, and how days are rolled up. */
import {
  addDays,
  type Day,
  dayAt,
  dayMs,
  daysBetween,
  heartRateAt,
  nightBefore,
  restingHeartRateOn,
  startOf,
  stepsByHour,
} from './body-data.js';
import { parseFilter, type TimeRange } from './google-health-filter.js';

interface Point {
  /** What the list is ordered by. */
  readonly startMs: number;
  /** What filters compare. */
  readonly filterMs: number;
  readonly value: unknown;
}

interface DataType {
  /** Area of the scope that opens it. */
  readonly scope: string;
  /** Name of the payload in answers. */
  readonly payload: string;
  readonly filterFields: Readonly<Record<string, 'physical' | 'civil' | 'day'>>;
  readonly pageSize: number;
  readonly largestPage: number;
  /** The points that belong to one day, oldest first. */
  pointsOf(subject: string, day: Day): readonly Point[];
  /** The day's sum or averages; types without it cannot be rolled up. */
  rollUp?(subject: string, day: Day): unknown;
  readonly longestRollUpDays: number;
}

type Result = { answer: unknown; problem?: undefined } | { problem: string };

const hourMs = 3_600_000;
/** How far back a list without a filter goes. */
const historyDays = 365;

export const dataTypes: Readonly<Record<string, DataType>> = {
  steps: {
    scope: 'activity_and_fitness',
    payload: 'steps',
    filterFields: { 'steps.interval.start_time': 'physical', 'steps.interval.civil_start_time': 'civil' },
    pageSize: 1440,
    largestPage: 10_000,
    pointsOf: (subject, day) =>
      stepsByHour(subject, day).flatMap((count, hour) => {
        const startMs = startOf(day) + hour * hourMs;
        const value = { interval: interval(startMs, startMs + hourMs), count: String(count) };
        return count > 0 ? [{ startMs, filterMs: startMs, value }] : [];
      }),
    rollUp: (subject, day) => ({ countSum: String(stepsByHour(subject, day).reduce((all, count) => all + count, 0)) }),
    longestRollUpDays: 90,
  },
  'heart-rate': {
    scope: 'health_metrics_and_measurements',
    payload: 'heartRate',
    filterFields: { 'heart_rate.sample_time.physical_time': 'physical', 'heart_rate.sample_time.civil_time': 'civil' },
    pageSize: 1440,
    largestPage: 10_000,
    pointsOf: (subject, day) =>
      heartSamples(subject, day).map(([startMs, beats]) => ({
        startMs,
        filterMs: startMs,
        value: {
          sampleTime: { physicalTime: timestamp(startMs), utcOffset: '0s', civilTime: civil(startMs) },
          beatsPerMinute: String(beats),
        },
      })),
    rollUp: (subject, day) => {
      const beats = heartSamples(subject, day).map(([, value]) => value);
      const average = beats.reduce((all, value) => all + value, 0) / beats.length;
      return {
        beatsPerMinuteAvg: Math.round(average * 100) / 100,
        beatsPerMinuteMax: Math.max(...beats),
        beatsPerMinuteMin: Math.min(...beats),
      };
    },
    longestRollUpDays: 14,
  },
  'daily-resting-heart-rate': {
    scope: 'health_metrics_and_measurements',
    payload: 'dailyRestingHeartRate',
    filterFields: { 'daily_resting_heart_rate.date': 'day' },
    pageSize: 1440,
    largestPage: 10_000,
    pointsOf: (subject, day) => {
      const startMs = startOf(day);
      const value = { date: dateObject(day), beatsPerMinute: String(restingHeartRateOn(subject, day)) };
      return [{ startMs, filterMs: startMs, value }];
    },
    longestRollUpDays: 0,
  },
  sleep: {
    scope: 'sleep',
    payload: 'sleep',
    // By its end only.
    filterFields: { 'sleep.interval.end_time': 'physical', 'sleep.interval.civil_end_time': 'civil' },
    pageSize: 25,
    largestPage: 25,
    pointsOf: (subject, day) => [nightPoint(subject, day)],
    longestRollUpDays: 0,
  },
};

/** A page of data points, the newest first. */
export function listDataPoints(type: DataType, subject: string, query: URLSearchParams, now: number): Result {
  const filter = query.get('filter');
  const range = filter === null || filter === '' ? everything : parseFilter(filter, type.filterFields);
  if (typeof range === 'string') return { problem: range };
  const size = Number(query.get('pageSize') ?? 0);
  const skipped = Number(Buffer.from(query.get('pageToken') ?? '', 'base64url').toString() || 0);
  if (!Number.isInteger(size) || size < 0) return { problem: 'Invalid page size.' };
  if (!Number.isInteger(skipped) || skipped < 0) return { problem: 'Invalid page token.' };
  const limit = Math.min(size || type.pageSize, type.largestPage);
  const page = newestFirst(type, subject, range, now, skipped + limit + 1).slice(skipped);
  const more = page.length > limit;
  return {
    answer: {
      dataPoints: page.slice(0, limit).map((point) => ({ dataSource: source, [type.payload]: point.value })),
      ...(more ? { nextPageToken: Buffer.from(String(skipped + limit)).toString('base64url') } : {}),
    },
  };
}

const everything: TimeRange = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };
const source = {
  recordingMethod: 'PASSIVELY_MEASURED',
  device: { formFactor: 'FITNESS_BAND', manufacturer: 'Fitbit', displayName: 'Charge 6' },
  platform: 'FITBIT',
};

function newestFirst(type: DataType, subject: string, range: TimeRange, now: number, most: number): Point[] {
  const found: Point[] = [];
  const first = Math.max(range.fromMs, now - historyDays * dayMs);
  // One day more at the end: what ended inside the range may belong to the day after.
  let day = dayAt(Math.min(range.toMs, now) + (range.toMs < now ? dayMs : 0));
  while (found.length < most && startOf(day) + dayMs > first) {
    for (const point of [...type.pointsOf(subject, day)].reverse()) {
      const happened = point.startMs <= now && point.filterMs <= now;
      if (happened && point.filterMs >= range.fromMs && point.filterMs < range.toMs) found.push(point);
    }
    day = addDays(day, -1);
  }
  return found.slice(0, most);
}

/** One entry per day of a civil range; days without data have no value. */
export function rollUpDays(type: DataType, subject: string, body: Buffer, now: number): Result {
  if (!type.rollUp) return { problem: 'This data type cannot be rolled up by day.' };
  const request = rollUpRequest(body);
  if (typeof request === 'string') return { problem: request };
  const { start, end, windowDays } = request;
  if ((startOf(end) - startOf(start)) / dayMs > type.longestRollUpDays) {
    return { problem: `The range may span at most ${type.longestRollUpDays} days.` };
  }
  if (windowDays !== 1) return { problem: 'The sandbox rolls up by single days: windowSizeDays must be 1.' };
  const rollupDataPoints = daysBetween(start, addDays(end, -1))
    .filter((day) => day <= dayAt(now))
    .map((day) => ({
      civilStartTime: { date: dateObject(day) },
      civilEndTime: { date: dateObject(addDays(day, 1)) },
      [type.payload]: type.rollUp?.(subject, day),
    }));
  return { answer: { rollupDataPoints } };
}

function rollUpRequest(body: Buffer): { start: Day; end: Day; windowDays: number } | string {
  let request: unknown;
  try {
    request = JSON.parse(body.toString('utf8'));
  } catch {
    return 'The body is not JSON.';
  }
  const field = (value: unknown, name: string): unknown =>
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  const day = (edge: string) => readDate(field(field(field(request, 'range'), edge), 'date'));
  const start = day('start');
  const end = day('end');
  if (start === undefined || end === undefined) return 'range.start.date and range.end.date are needed.';
  if (startOf(end) <= startOf(start)) return 'range.end must be after range.start.';
  const windowDays = field(request, 'windowSizeDays') ?? 1;
  return typeof windowDays === 'number' ? { start, end, windowDays } : 'windowSizeDays must be a number.';
}

function readDate(value: unknown): Day | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { year, month, day } = value as Record<string, unknown>;
  const padded = (number: unknown, length: number) => String(number).padStart(length, '0');
  const text = `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`;
  return Number.isNaN(startOf(text)) ? undefined : text;
}

function heartSamples(subject: string, day: Day): readonly (readonly [timeMs: number, beats: number])[] {
  return Array.from({ length: 144 }, (_, index) => {
    const time = startOf(day) + index * 600_000;
    return [time, heartRateAt(subject, time)] as const;
  });
}

function nightPoint(subject: string, day: Day): Point {
  const night = nightBefore(subject, day);
  const names = { wake: 'AWAKE', light: 'LIGHT', deep: 'DEEP', rem: 'REM' } as const;
  const stages = night.stages.map((part) => ({ type: names[part.stage], ...plainInterval(part.startMs, part.endMs) }));
  const value = {
    interval: interval(night.startMs, night.endMs),
    type: 'STAGES',
    stages,
    metadata: { nap: false, processed: true, mainSleep: true, stagesStatus: 'SUCCEEDED' },
    summary: {
      minutesInSleepPeriod: String(night.minutesInBed),
      minutesAsleep: String(night.minutesAsleep),
      minutesAwake: String(night.minutes.wake),
      minutesToFallAsleep: '0',
      minutesAfterWakeUp: '0',
      stagesSummary: (['wake', 'light', 'deep', 'rem'] as const).map((stage) => ({
        type: names[stage],
        minutes: String(night.minutes[stage]),
        count: String(night.stages.filter((part) => part.stage === stage).length),
      })),
    },
  };
  return { startMs: night.startMs, filterMs: night.endMs, value };
}

function plainInterval(startMs: number, endMs: number): Record<string, unknown> {
  return { startTime: timestamp(startMs), startUtcOffset: '0s', endTime: timestamp(endMs), endUtcOffset: '0s' };
}

function interval(startMs: number, endMs: number): unknown {
  return { ...plainInterval(startMs, endMs), civilStartTime: civil(startMs), civilEndTime: civil(endMs) };
}

function timestamp(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('.000Z', 'Z');
}

function civil(timeMs: number): unknown {
  const time = new Date(timeMs);
  const parts = { hours: time.getUTCHours(), minutes: time.getUTCMinutes(), seconds: time.getUTCSeconds() };
  // Protocol-buffer JSON leaves zeros out.
  const given = Object.fromEntries(Object.entries(parts).filter(([, value]) => value > 0));
  return { date: dateObject(dayAt(timeMs)), time: given };
}

function dateObject(day: Day): { year: number; month: number; day: number } {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  return { year, month, day: date };
}
