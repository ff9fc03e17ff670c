/**
 * Compares ways to make a call: each in turn, in many short rounds, so that whatever disturbs the machine disturbs all of them; of each the
 * upper quartile, because a disturbance only ever takes speed away.
 */

const WARM_UP_ROUNDS = 4;

export interface Comparison {
  readonly variants: Readonly<Record<string, () => Promise<unknown>>>;
  readonly concurrency: number;
  readonly rounds: number;
  /** Per variant and round. */
  readonly calls: number;
}

/** @returns calls per second of each variant */
export async function throughput(comparison: Comparison): Promise<ReadonlyMap<string, number>> {
  const { variants, concurrency, rounds, calls } = comparison;
  const speeds = new Map<string, number[]>(Object.keys(variants).map((name) => [name, []]));
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    for (const [name, call] of Object.entries(variants)) {
      const speed = await callsPerSecond(call, concurrency, calls);
      if (round >= 0) speeds.get(name)?.push(speed);
    }
  }
  return new Map([...speeds].map(([name, values]) => [name, upperQuartile(values)]));
}

/** @param baseline the variant that counts as 1 */
export function ratios(speeds: ReadonlyMap<string, number>, baseline: string): ReadonlyMap<string, number> {
  const one = speeds.get(baseline) ?? Number.NaN;
  return new Map([...speeds].map(([name, speed]) => [name, speed / one]));
}

export function printSpeeds(title: string, speeds: ReadonlyMap<string, number>, baseline: string): void {
  console.log(title);
  for (const [name, ratio] of ratios(speeds, baseline)) {
    const perSecond = Math.round(speeds.get(name) ?? 0).toString();
    console.log(`  ${name.padEnd(44)} ${perSecond.padStart(7)}/s   ${ratio.toFixed(2)}`);
  }
}

function upperQuartile(values: readonly number[]): number {
  return values.toSorted((a, b) => b - a)[Math.floor(values.length / 4)] ?? Number.NaN;
}

async function callsPerSecond(call: () => Promise<unknown>, concurrency: number, calls: number): Promise<number> {
  let left = calls;
  const start = performance.now();
  const worker = async () => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return (calls / (performance.now() - start)) * 1_000;
}
