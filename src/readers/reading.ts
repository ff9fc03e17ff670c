/** What the readers give: a person's data in one shape, whichever service it came from. All of it was checked and cut to size on the way in. */

/** A civil day where the person lives, `2026-11-05`. */
export type Day = string;

/** Both ends included. */
export interface DayRange {
  readonly first: Day;
  readonly last: Day;
}

export interface DailyValue {
  readonly day: Day;
  readonly value: number;
}

/** All sleep that ended on one day, naps included. */
export interface Night {
  readonly day: Day;
  readonly asleepMinutes: number;
  /** Where the tracker tells stages apart; they add up to the minutes asleep. */
  readonly stages?: { readonly deep: number; readonly light: number; readonly rem: number };
}

export interface Post {
  readonly id: string;
  readonly text: string;
  readonly at: Date | undefined;
}

export interface Repository {
  /** With its owner, `octocat/Hello-World`. */
  readonly name: string;
  readonly description: string | undefined;
  readonly language: string | undefined;
  readonly stars: number;
  readonly isPrivate: boolean;
  readonly updatedAt: Date | undefined;
}

/** Oldest day first; newest post or repository first. */
export type Reading =
  | { readonly kind: 'steps' | 'resting-heart-rate'; readonly days: readonly DailyValue[] }
  | { readonly kind: 'sleep'; readonly nights: readonly Night[] }
  | { readonly kind: 'posts'; readonly posts: readonly Post[] }
  | { readonly kind: 'repositories'; readonly repositories: readonly Repository[] };

export type ReadingKind = Reading['kind'];
