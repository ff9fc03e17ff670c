/** A reading as a panel shows it: a chart with its sentence and its table, or a list. */
import {
  type Day,
  type DayRange,
  daysOf,
  type Night,
  type Post,
  type Reading,
  type Repository,
} from '../../readers/index.js';
import { panelTexts as texts } from '../texts/pages/panels.js';
import { type Chart, chartOf } from './chart.js';
import { dayNames } from './day-names.js';

export type ShownReading =
  | {
      readonly form: 'chart';
      readonly chart: Chart;
      /** What the chart says, in one sentence. */
      readonly summary: string;
      readonly span: string;
      /** Days with a value, the latest first. */
      readonly table: { readonly head: readonly string[]; readonly rows: readonly TableRow[] };
    }
  | { readonly form: 'posts'; readonly posts: readonly Post[] }
  | { readonly form: 'repositories'; readonly repositories: readonly (Repository & { readonly starsText: string })[] };

export interface TableRow {
  readonly day: Day;
  readonly name: string;
  readonly values: readonly string[];
}

const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en-GB', { notation: 'compact', maximumFractionDigits: 1 });

/** @returns undefined when there is nothing to show */
export function shownReading(reading: Reading, range: DayRange): ShownReading | undefined {
  switch (reading.kind) {
    case 'steps':
    case 'resting-heart-rate': {
      const days = reading.days.filter(({ day, value }) => day >= range.first && day <= range.last && value > 0);
      if (days.length === 0) return undefined;
      const values = new Map(days.map(({ day, value }) => [day, value]));
      return reading.kind === 'steps' ? steps(values, range) : restingHeartRate(values, range);
    }
    case 'sleep': {
      const nights = reading.nights.filter(
        ({ day, asleepMinutes }) => day >= range.first && day <= range.last && asleepMinutes > 0,
      );
      return nights.length === 0 ? undefined : sleep(new Map(nights.map((night) => [night.day, night])), range);
    }
    case 'posts':
      return reading.posts.length === 0 ? undefined : { form: 'posts', posts: reading.posts };
    case 'repositories':
      return reading.repositories.length === 0 ? undefined : repositories(reading.repositories);
  }
}

function steps(values: ReadonlyMap<Day, number>, range: DayRange): ShownReading {
  const [mostDay, most] = largest(values);
  return {
    form: 'chart',
    chart: chartOf(
      daysOf(range).map((day) => ({
        ...column(day, values.get(day), (value) => texts.stepsOn(dayNames.long(day), whole.format(value))),
        values: partOf('steps', values.get(day)),
      })),
      { form: 'bars', parts: [{ part: 'steps', text: texts.steps }], tick: (value) => compact.format(value) },
    ),
    summary: texts.stepsSummary(whole.format(average(values)), whole.format(most), dayNames.long(mostDay)),
    span: dayNames.span(range),
    table: {
      head: [texts.day, texts.steps],
      rows: latestFirst(values).map(([day, value]) => row(day, whole.format(value))),
    },
  };
}

function restingHeartRate(values: ReadonlyMap<Day, number>, range: DayRange): ShownReading {
  const all = [...values.values()];
  const [last] = latestFirst(values);
  const [lowest, highest] = [Math.min(...all), Math.max(...all)].map((value) => whole.format(value));
  return {
    form: 'chart',
    chart: chartOf(
      daysOf(range).map((day) => ({
        ...column(day, values.get(day), (value) => texts.rateOn(dayNames.long(day), whole.format(value))),
        values: partOf('rate', values.get(day)),
      })),
      { form: 'line', parts: [{ part: 'rate', text: texts.rate }], tick: (value) => compact.format(value) },
    ),
    summary: texts.rateSummary(lowest ?? '', highest ?? '', whole.format(last?.[1] ?? 0)),
    span: dayNames.span(range),
    table: {
      head: [texts.day, texts.rate],
      rows: latestFirst(values).map(([day, value]) => row(day, whole.format(value))),
    },
  };
}

function sleep(nights: ReadonlyMap<Day, Night>, range: DayRange): ShownReading {
  const minutes = new Map([...nights].map(([day, { asleepMinutes }]) => [day, asleepMinutes]));
  const [longestDay, longest] = largest(minutes);
  const staged = [...nights.values()].some(({ stages }) => stages);
  const whole = { part: 'asleep', text: texts.asleep };
  const unstaged = [...nights.values()].some(({ stages }) => !stages);
  const parts = [
    { part: 'deep', text: texts.deep },
    { part: 'light', text: texts.light },
    { part: 'rem', text: texts.rem },
  ];
  return {
    form: 'chart',
    chart: chartOf(
      daysOf(range).map((day) => {
        const night = nights.get(day);
        return { ...column(day, night, nightDetail), values: night ? hoursOf(night) : {} };
      }),
      {
        form: 'bars',
        parts: staged ? [...parts, ...(unstaged ? [whole] : [])] : [whole],
        tick: (value) => texts.hours(compact.format(value)),
      },
    ),
    summary: texts.sleepSummary(duration(average(minutes)), duration(longest), dayNames.long(longestDay)),
    span: dayNames.span(range),
    table: {
      head: [texts.morning, texts.asleep, ...(staged ? parts.map(({ text }) => text) : [])],
      rows: latestFirst(nights).map(([day, { asleepMinutes, stages }]) => {
        const told = [stages?.deep, stages?.light, stages?.rem].map((value) =>
          value === undefined ? texts.none : shortDuration(value),
        );
        return row(day, shortDuration(asleepMinutes), ...(staged ? told : []));
      }),
    },
  };
}

function repositories(list: readonly Repository[]): ShownReading {
  return {
    form: 'repositories',
    repositories: list.map((each) => ({ ...each, starsText: texts.stars(each.stars, compact.format(each.stars)) })),
  };
}

function nightDetail({ day, asleepMinutes, stages }: Night): string {
  const told = texts.sleepOn(dayNames.long(day), duration(asleepMinutes));
  if (!stages) return told;
  return `${told} ${texts.sleepStages(duration(stages.deep), duration(stages.light), duration(stages.rem))}`;
}

function hoursOf({ asleepMinutes, stages }: Night): Record<string, number> {
  const { deep, light, rem } = stages ?? {};
  const told =
    deep === undefined || light === undefined || rem === undefined ? { asleep: asleepMinutes } : { deep, light, rem };
  return Object.fromEntries(Object.entries(told).map(([part, minutes]) => [part, minutes / 60]));
}

function column<T>(day: Day, value: T | undefined, detail: (value: T) => string): { label: string; detail: string } {
  return {
    label: dayNames.number(day),
    detail: value === undefined ? `${dayNames.long(day)}: ${texts.none}` : detail(value),
  };
}

function partOf(part: string, value: number | undefined): Record<string, number> {
  return value === undefined ? {} : { [part]: value };
}

function row(day: Day, ...values: string[]): TableRow {
  return { day, name: dayNames.long(day), values };
}

function latestFirst<T>(values: ReadonlyMap<Day, T>): readonly (readonly [Day, T])[] {
  return [...values].toSorted(([a], [b]) => b.localeCompare(a));
}

function largest(values: ReadonlyMap<Day, number>): readonly [Day, number] {
  return [...values].reduce((most, each) => (each[1] > most[1] ? each : most));
}

function average(values: ReadonlyMap<Day, number>): number {
  return [...values.values()].reduce((sum, value) => sum + value, 0) / values.size;
}

function shortDuration(minutes: number): string {
  const all = Math.round(minutes);
  return texts.hoursAndMinutes(Math.floor(all / 60), all % 60);
}

function duration(minutes: number): string {
  const all = Math.round(minutes);
  return texts.duration(Math.floor(all / 60), all % 60);
}
