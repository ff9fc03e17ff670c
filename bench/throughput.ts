/** Compares ways to make a call: each in turn, round after round, so that whatever disturbs the machine disturbs all of them. */

export interface Comparison {
  readonly variants: Readonly<Record<string, () => Promise<unknown>>>;
  readonly concurrency: number;
  readonly rounds: number;
  /** Per variant and round. */
  readonly calls: number;
}

/** @returns calls per second of each variant, the median of its rounds; the first round only warms up */
export async function throughput(comparison: Comparison): Promise<ReadonlyMap<string, number>> {
  const { variants, concurrency, rounds, calls } = comparison;
  const speeds = new Map<string, number[]>(Object.keys(variants).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, call] of Object.entries(variants)) {
      const speed = await callsPerSecond(call, concurrency, calls);
      if (round > 0) speeds.get(name)?.push(speed);
    }
  }
  return new Map([...speeds].map(([name, values]) => [name, median(values)]));
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

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
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
