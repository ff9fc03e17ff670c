/** Times functions against each other: short rounds in turn, so that whatever disturbs the machine disturbs all of them. */

const ROUNDS = 21;
const ROUND_MS = 60;

/** @returns for each name the median time of one call, in microseconds */
export function measure(contenders: Readonly<Record<string, () => number>>): Record<string, number> {
  const names = Object.keys(contenders);
  const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -3; round < ROUNDS; round++) {
    // Another one begins each time; the first rounds only warm up.
    for (let place = 0; place < names.length; place++) {
      const name = names[(place + round + names.length) % names.length] ?? '';
      const perCall = timeOf(contenders[name] ?? (() => 0));
      if (round >= 0) times[name]?.push(perCall);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name] ?? [])]));
}

function timeOf(work: () => number): number {
  let calls = 0;
  let made = 0;
  const start = performance.now();
  let elapsed = 0;
  while (elapsed < ROUND_MS) {
    for (let index = 0; index < 50; index++) made += work();
    calls += 50;
    elapsed = performance.now() - start;
  }
  if (made === 0) throw new Error('A contender made nothing.');
  return (elapsed * 1_000) / calls;
}

function median(values: number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
