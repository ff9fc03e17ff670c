/**
 * Times functions against each other: many short rounds in turn, so that whatever disturbs the machine disturbs all of them,
 * and the lower quartile of each, because a disturbance only ever adds time.
 */

const WARM_UP = 30;
const ROUNDS = 300;
const ROUND_MS = 3;
const CALLS_BETWEEN_LOOKS = 20;

/** @returns for each name the time of one call, in microseconds */
export function measure(contenders: Readonly<Record<string, () => number>>): Record<string, number> {
  const names = Object.keys(contenders);
  const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    // Another one begins each time.
    for (let place = 0; place < names.length; place++) {
      const name = names[(place + round) % names.length] ?? '';
      const perCall = timeOf(contenders[name] ?? (() => 0));
      if (round >= WARM_UP) times[name]?.push(perCall);
    }
  }
  return Object.fromEntries(names.map((name) => [name, lowerQuartile(times[name] ?? [])]));
}

function timeOf(work: () => number): number {
  let calls = 0;
  let made = 0;
  const start = performance.now();
  let elapsed = 0;
  while (elapsed < ROUND_MS) {
    for (let index = 0; index < CALLS_BETWEEN_LOOKS; index++) made += work();
    calls += CALLS_BETWEEN_LOOKS;
    elapsed = performance.now() - start;
  }
  if (made <= 0) throw new Error('A contender made nothing.');
  return (elapsed * 1_000) / calls;
}

function lowerQuartile(values: number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 4)] ?? Number.NaN;
}
