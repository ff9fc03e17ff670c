/** Puts what was slept on one day together: people nap, and some sleep in two parts. */
import type { Night } from './reading.js';

/** @param parts in any order @returns one for each day, oldest first */
export function nightsOf(parts: readonly Night[]): readonly Night[] {
  const nights = new Map<string, Night>();
  for (const part of parts) {
    const before = nights.get(part.day);
    nights.set(part.day, before ? together(before, part) : part);
  }
  return [...nights.values()].toSorted((a, b) => a.day.localeCompare(b.day));
}

/** Stages are told only where they are known for all of it, so that they always add up. */
function together(a: Night, b: Night): Night {
  const stages = a.stages &&
    b.stages && {
      deep: a.stages.deep + b.stages.deep,
      light: a.stages.light + b.stages.light,
      rem: a.stages.rem + b.stages.rem,
    };
  return { day: a.day, asleepMinutes: a.asleepMinutes + b.asleepMinutes, ...(stages ? { stages } : {}) };
}
