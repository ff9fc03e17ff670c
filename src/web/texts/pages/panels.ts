/** Words of the panels that show a person's data, whatever state they are in. */
import type { ReadingKind } from '../../../readers/index.js';

export interface KindTexts {
  readonly title: string;
  /** In the middle of a sentence: "Allow sleep data". */
  readonly what: string;
  /** Where there is nothing. @param span the days that were asked for, where it is days */
  readonly empty: (provider: string, span: string) => string;
}

const kinds: Readonly<Record<ReadingKind, KindTexts>> = {
  steps: {
    title: 'Steps',
    what: 'steps',
    empty: (provider, span) => `${provider} counted no steps, ${span}.`,
  },
  'resting-heart-rate': {
    title: 'Resting heart rate',
    what: 'heart rate data',
    empty: (provider, span) => `${provider} measured no resting heart rate, ${span}.`,
  },
  sleep: {
    title: 'Sleep',
    what: 'sleep data',
    empty: (provider, span) => `${provider} recorded no sleep, ${span}.`,
  },
  posts: { title: 'Latest posts', what: 'posts', empty: () => 'There are no posts yet.' },
  repositories: { title: 'Repositories', what: 'repositories', empty: () => 'There are no repositories yet.' },
};

export const panelTexts = {
  kinds,
  waiting: (provider: string) => `${provider} is taking its time.`,
  show: (title: string) => `Show ${title.toLowerCase()}`,
  billed: (provider: string, what: string) => `${provider} charges this site for each look at your ${what}.`,
  showAnyway: (title: string) => `Show ${title.toLowerCase()} now`,
  notPermitted: (what: string) => `You have not allowed this site to see your ${what}.`,
  notPermittedDetail: (provider: string) => `${provider} asks you first, and everything you allowed before stays.`,
  allow: (what: string) => `Allow ${what}`,
  rateLimited: (provider: string, retryAt: string | undefined) =>
    `${provider} asks us to slow down. ${retryAt ? `It answers again at ${retryAt}.` : 'Try again in a while.'}`,
  refused: (provider: string, what: string) =>
    `${provider} refused to give us your ${what}. No permission of yours is lacking; its own settings may say more.`,
  unavailable: (provider: string) => `${provider} did not answer this just now. Your data there is untouched.`,
  unreadable: (provider: string) => `${provider} answered with something we cannot read.`,
  again: 'Try again',
  asTable: 'As a table',
  keys: (title: string) => `${title}: the arrow keys go from day to day`,
  day: 'Day',
  morning: 'Woke on',
  steps: 'Steps',
  rate: 'Beats a minute',
  asleep: 'Asleep',
  deep: 'Deep',
  light: 'Light',
  rem: 'REM',
  /** What stands for a number that is not known. */
  none: '–',
  span: (first: string, last: string) => `${first} to ${last}`,
  stepsOn: (day: string, steps: string) => `${day}: ${steps} steps`,
  rateOn: (day: string, beats: string) => `${day}: ${beats} beats a minute`,
  sleepOn: (day: string, asleep: string) => `${day}: ${asleep} asleep`,
  sleepStages: (deep: string, light: string, rem: string) => `(deep ${deep}, light ${light}, REM ${rem})`,
  stepsSummary: (average: string, most: string, day: string) =>
    `${average} a day on average; the most, ${most}, on ${day}.`,
  rateSummary: (lowest: string, highest: string, last: string) =>
    `${lowest === highest ? lowest : `${lowest} to ${highest}`} beats a minute; ${last} last.`,
  sleepSummary: (average: string, longest: string, day: string) =>
    `${average} a night on average; the longest, ${longest}, ended on ${day}.`,
  duration: (hours: number, minutes: number) => (hours === 0 ? `${minutes} min` : `${hours} h ${minutes} min`),
  /** In tables, where five columns stand beside each other on a phone. */
  hoursAndMinutes: (hours: number, minutes: number) => `${hours}:${String(minutes).padStart(2, '0')}`,
  hours: (hours: string) => `${hours} h`,
  stars: (count: number, shown: string) => (count === 1 ? '1 star' : `${shown} stars`),
  isPrivate: 'private',
  updated: 'Changed',
} as const;
