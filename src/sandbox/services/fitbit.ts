/** The Fitbit Web API: profile, daily activity, heart rate and sleep, in the shapes of dev.fitbit.com's reference. */
import { type Answer, json } from '../answer.js';
import { alphanumericId } from './account-ids.js';
import {
  addDays,
  type Day,
  dayAt,
  dayMs,
  daysBetween,
  type Night,
  nightBefore,
  restingHeartRateOn,
  startOf,
  stepsOn,
} from './body-data.js';
import { type ApiCall, type CredentialProblem, decodeSegment, type Service } from './service.js';

export const fitbit: Service = {
  hosts: ['api.fitbit.com', 'www.fitbit.com'],
  defaultAccountId: '7XJ2QP',
  accountId: (seed) => alphanumericId(seed, 6),
  related: [],
  tokens: {
    accessTokenTtlSeconds: 28_800,
    extras: (person) => ({ user_id: person.subject }),
  },
  oauth1Extras: (person) => ({ encoded_user_id: person.subject }),
  unauthorized: (problem) => ({ status: 401, body: refusal(...credentialRefusals[problem]) }),
  answer(call) {
    const profile = /^\/1\/user\/([^/]+)\/profile\.json$/.exec(call.path);
    if (profile) return own(call, profile[1], 'profile') ?? json(200, { user: account(call) });
    const activity = /^\/1\/user\/([^/]+)\/activities\/([A-Za-z]+)\/date\/([^/]+)\/([^/]+)\.json$/.exec(call.path);
    if (activity) return timeSeries(call, activity);
    const sleep = /^\/1\.2\/user\/([^/]+)\/sleep\/date\/([^/]+?)(?:\/([^/]+))?\.json$/.exec(call.path);
    return sleep ? nights(call, sleep) : undefined;
  },
};

const credentialRefusals: Readonly<Record<CredentialProblem, readonly [type: string, message: string]>> = {
  missing: ['invalid_request', 'Authorization header required.'],
  invalid: ['invalid_token', 'Access token invalid or withdrawn.'],
  expired: ['expired_token', 'Access token expired.'],
  signature: ['oauth', 'Invalid OAuth signature or token.'],
};

function refusal(errorType: string, message: string): unknown {
  return { errors: [{ errorType, message }], success: false };
}

/** `-` means the person whose token it is; nobody else's data can be read. */
function own(call: ApiCall, user: string | undefined, scope: string): Answer | undefined {
  if (user !== '-' && decodeSegment(user ?? '') !== call.person.subject) {
    return json(403, refusal('insufficient_permissions', 'API client is not authorized by this user.'));
  }
  if (!call.allows(scope))
    return json(403, refusal('insufficient_scope', `This application lacks the scope ${scope}.`));
  return undefined;
}

function account({ person }: ApiCall): unknown {
  return {
    age: 34,
    ...(person.picture === undefined ? {} : { avatar: person.picture, avatar150: person.picture }),
    displayName: person.username,
    encodedId: person.subject,
    fullName: person.name,
    locale: 'en_GB',
    memberSince: '2014-03-09',
    offsetFromUTCMillis: 0,
    timezone: 'UTC',
  };
}

const periodDays: Readonly<Record<string, number>> = {
  '1d': 1,
  '7d': 7,
  '30d': 30,
  '1w': 7,
  '1m': 30,
  '3m': 90,
  '6m': 180,
  '1y': 365,
};

/** The days asked for: from one day to another, or a period that ends on a day. */
function requestedDays(call: ApiCall, from: string | undefined, to: string | undefined, most: number): Day[] | Answer {
  const day = (text: string | undefined) => (text === 'today' ? dayAt(call.now) : (text ?? ''));
  const first = day(from);
  const period = to !== undefined && Object.hasOwn(periodDays, to) ? periodDays[to] : undefined;
  const range: [Day, Day] = period === undefined ? [first, day(to ?? from)] : [first, first];
  if (Number.isNaN(startOf(range[0])) || Number.isNaN(startOf(range[1]))) {
    return json(400, refusal('validation', `Invalid date or period: ${from ?? ''}/${to ?? ''}`));
  }
  if (period !== undefined) range[0] = addDays(first, 1 - period);
  const length = (startOf(range[1]) - startOf(range[0])) / dayMs + 1;
  if (length < 1) return json(400, refusal('validation', 'The end date is before the start date.'));
  if (length > most) return json(400, refusal('validation', `A range may hold at most ${most} days.`));
  return daysBetween(...range);
}

function timeSeries(call: ApiCall, [, user, resource = '', from, to]: RegExpExecArray): Answer | undefined {
  const heart = resource === 'heart';
  const measure = measures[resource];
  if (!heart && !measure) return undefined;
  const refused = own(call, user, heart ? 'heartrate' : 'activity');
  if (refused) return refused;
  const days = requestedDays(call, from, to, heart ? 366 : 1095);
  if (!Array.isArray(days)) return days;
  const today = dayAt(call.now);
  const subject = call.person.subject;
  return json(200, {
    [`activities-${resource}`]: days.map((day) => ({
      dateTime: day,
      // Days to come are listed with nothing in them, as at Fitbit.
      value: heart ? heartValue(subject, day, day <= today) : String(day <= today ? (measure?.(subject, day) ?? 0) : 0),
    })),
  });
}

const measures: Readonly<Record<string, (subject: string, day: Day) => number>> = {
  steps: stepsOn,
  distance: (subject, day) => Math.round(stepsOn(subject, day) * 0.0762) / 100,
  floors: (subject, day) => Math.floor(stepsOn(subject, day) / 900),
  calories: (subject, day) => 1500 + Math.floor(stepsOn(subject, day) * 0.09),
};

function heartValue(subject: string, day: Day, measured: boolean): unknown {
  const zones = [
    ['Out of Range', 30, 96],
    ['Fat Burn', 96, 134],
    ['Cardio', 134, 163],
    ['Peak', 163, 220],
  ] as const;
  return {
    customHeartRateZones: [],
    heartRateZones: zones.map(([name, min, max]) => ({ name, min, max })),
    ...(measured ? { restingHeartRate: restingHeartRateOn(subject, day) } : {}),
  };
}

/** Sleep of a day or a range, the newest night first. */
function nights(call: ApiCall, [, user, from, to]: RegExpExecArray): Answer {
  const refused = own(call, user, 'sleep');
  if (refused) return refused;
  const days = requestedDays(call, from, to, 100);
  if (!Array.isArray(days)) return days;
  const slept = days
    .map((day) => nightBefore(call.person.subject, day))
    .filter((night) => night.endMs <= call.now)
    .reverse();
  const sum = (of: (night: Night) => number) => slept.reduce((all, night) => all + of(night), 0);
  const summary = {
    totalMinutesAsleep: sum((night) => night.minutesAsleep),
    totalSleepRecords: slept.length,
    totalTimeInBed: sum((night) => night.minutesInBed),
  };
  return json(200, { sleep: slept.map(sleepLog), ...(to === undefined ? { summary } : {}) });
}

function sleepLog(night: Night): unknown {
  const local = (timeMs: number) => new Date(timeMs).toISOString().slice(0, -1);
  const { wake, light, deep, rem } = night.minutes;
  const count = (stage: string) => night.stages.filter((part) => part.stage === stage).length;
  return {
    dateOfSleep: night.day,
    duration: night.endMs - night.startMs,
    efficiency: Math.round((100 * night.minutesAsleep) / night.minutesInBed),
    endTime: local(night.endMs),
    infoCode: 0,
    isMainSleep: true,
    levels: {
      data: night.stages.map((part) => ({
        dateTime: local(part.startMs),
        level: part.stage,
        seconds: (part.endMs - part.startMs) / 1000,
      })),
      shortData: [],
      summary: {
        deep: { count: count('deep'), minutes: deep, thirtyDayAvgMinutes: 72 },
        light: { count: count('light'), minutes: light, thirtyDayAvgMinutes: 214 },
        rem: { count: count('rem'), minutes: rem, thirtyDayAvgMinutes: 83 },
        wake: { count: count('wake'), minutes: wake, thirtyDayAvgMinutes: 26 },
      },
    },
    logId: night.startMs / 1000 + 40_000_000_000,
    logType: 'auto_detected',
    minutesAfterWakeup: 0,
    minutesAsleep: night.minutesAsleep,
    minutesAwake: wake,
    minutesToFallAsleep: 0,
    startTime: local(night.startMs),
    timeInBed: night.minutesInBed,
    type: 'stages',
  };
}
