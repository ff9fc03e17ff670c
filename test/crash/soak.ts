/**
 * No faults, only time: tokens live a minute, and the background refreshers are to be ahead of everybody. Each token call is made to take far longer
 * than anything else, so a call that took as long has waited for one.
 */
import { startCluster } from './cluster.js';
import { chance } from './random.js';

const TOKEN_CALL_MS = 1_500;
const PAUSE_MS = 100;

export async function soak(options: {
  databaseUrl: string;
  minutes: number;
  processes: number;
  connections: number;
}): Promise<{
  readonly minutes: number;
  readonly calls: number;
  readonly waited: number;
  readonly failed: number;
  readonly refreshes: number;
  readonly 'share that never waited': number;
}> {
  const { databaseUrl, minutes, processes, connections } = options;
  const cluster = await startCluster({ size: processes, databaseUrl, accessTokenTtl: 60, graceMs: 0 });
  try {
    await cluster.connect(connections);
    for (const { recorder } of cluster.nodes) recorder.delayMs = TOKEN_CALL_MS;
    const ids = (await cluster.rows()).map(({ id }) => id);
    const dice = chance(1);
    let [calls, waited, failed] = [0, 0, 0];
    const end = performance.now() + minutes * 60_000;
    while (performance.now() < end) {
      const node = dice.pick(cluster.nodes);
      const startedAt = performance.now();
      const status = await cluster.call(node, dice.pick(ids));
      calls++;
      if (status !== 200) failed++;
      if (performance.now() - startedAt >= TOKEN_CALL_MS) waited++;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    const refreshes = [...cluster.recording.refreshes().values()].reduce((sum, list) => sum + list.length, 0);
    return {
      minutes,
      calls,
      waited,
      failed,
      refreshes,
      'share that never waited': 1 - (waited + failed) / Math.max(calls, 1),
    };
  } finally {
    await cluster.close();
  }
}
