/** Says so when the machine is busy with other work: ratios survive that to a degree, milliseconds do not. */
import { availableParallelism, loadavg } from 'node:os';

export function warnIfBusy(): void {
  const [load = 0] = loadavg();
  const cores = availableParallelism();
  if (load > cores) {
    console.log(
      `This machine is busy (load ${load.toFixed(1)} on ${cores} cores): misses and times below prove little.\n`,
    );
  }
}
