/** One run: people's calls all the while, faults one after another, and then the reckoning. */

import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { until } from '../support/until.js';
import { type Cluster, startCluster } from './cluster.js';
import { type FaultName, faultNames, type Incident, inflict } from './faults.js';
import { chance } from './random.js';
import { diedInMemory, filesWithSecrets, history, overlaps } from './verdict.js';

export interface StormOptions {
  readonly databaseUrl: string;
  readonly seed: number;
  readonly faults: number;
  readonly processes: number;
  readonly connections: number;
  readonly graceMs: number;
  readonly onFault?: (name: FaultName, number: number) => void;
}

export interface StormReport {
  readonly faults: Readonly<Record<string, number>>;
  readonly calls: number;
  readonly refreshes: number;
  /** Connections that had to be granted again, in total, though nobody withdrew the grant. */
  readonly lost: number;
  /** What befell each lost one in its last minutes, one line each. */
  readonly histories: readonly string[];
  /** Lost ones whose answer was not in the memory of a killed or frozen process, or that say another reason than `interrupted`. */
  readonly inexcusable: readonly string[];
  readonly overlaps: readonly string[];
  readonly secrets: number;
  readonly filesWithSecrets: readonly string[];
  /** Connections that do not refresh and work in the end. */
  readonly broken: readonly string[];
}

/** So short that each connection is refreshed every few seconds. */
const ACCESS_TOKEN_SECONDS = 8;
const SETTLE_MS = 60_000;

export async function storm(options: StormOptions): Promise<StormReport> {
  const { databaseUrl, seed, graceMs } = options;
  const dice = chance(seed);
  const cluster = await startCluster({
    size: options.processes,
    databaseUrl,
    accessTokenTtl: ACCESS_TOKEN_SECONDS,
    graceMs,
  });
  try {
    await cluster.connect(options.connections);
    const load = startLoad(cluster, seed);
    const incidents: Incident[] = [];
    const counted: Record<string, number> = {};
    const losses: string[] = [];
    const histories: string[] = [];
    const inexcusable: string[] = [];
    const reckon = async (): Promise<void> => {
      const refreshes = cluster.recording.refreshes();
      for (const row of (await cluster.rows()).filter(({ status }) => status === 'reconnect_required')) {
        losses.push(row.subject);
        histories.push(`${row.subject}:`, ...history(refreshes.get(row.subject) ?? [], incidents));
        const excused = row.reason === 'interrupted' && diedInMemory(refreshes.get(row.subject) ?? [], incidents);
        if (!excused) inexcusable.push(`${row.subject} (${row.reason})`);
        await cluster.reconnect(row.subject);
      }
    };
    for (const [index, name] of faultNames(options.faults, dice).entries()) {
      options.onFault?.(name, index + 1);
      await inflict(name, { cluster, chance: dice, incidents });
      counted[name] = (counted[name] ?? 0) + 1;
      await reckon();
    }
    const calls = await load.stop();
    await settled(cluster);
    await reckon();
    const broken = await thatDoNotRefresh(cluster);
    const found = await searchForSecrets(cluster);
    const refreshes = cluster.recording.refreshes();
    return {
      faults: counted,
      calls,
      refreshes: [...refreshes.values()].reduce((sum, list) => sum + list.length, 0),
      lost: losses.length,
      histories,
      inexcusable,
      overlaps: overlaps(refreshes),
      secrets: cluster.recording.secrets.size,
      filesWithSecrets: found,
      broken,
    };
  } finally {
    await cluster.close();
  }
}

const CALL_EVERY_MS = 50;
/** People who are kept waiting by a fault must not keep the others from calling, or nothing but the fault's own connection would be refreshed. */
const CALLS_AT_ONCE = 100;

/** People who open one connection's page after the other, at whichever process is up, and do not wait for each other. */
function startLoad(cluster: Cluster, seed: number): { stop(): Promise<number> } {
  let running = true;
  let calls = 0;
  const dice = chance(seed + 1);
  const underWay = new Set<Promise<unknown>>();
  const people = async (): Promise<void> => {
    const ids = (await cluster.rows()).map(({ id }) => id);
    while (running) {
      const living = cluster.nodes.filter(({ up }) => up);
      if (living.length > 0 && underWay.size < CALLS_AT_ONCE) {
        const call = cluster.call(dice.pick(living), dice.pick(ids)).finally(() => underWay.delete(call));
        underWay.add(call);
        calls++;
      }
      await new Promise((resolve) => setTimeout(resolve, CALL_EVERY_MS));
    }
    await Promise.all(underWay);
  };
  const ended = people();
  return {
    async stop() {
      running = false;
      await ended;
      return calls;
    },
  };
}

/** All interrupted attempts were taken over: nobody holds a lease, and nobody waits for one. */
async function settled({ sql }: Cluster): Promise<void> {
  await until(async () => {
    const [row] = await sql(`SELECT count(*)::int AS open FROM "Connection" WHERE "attemptId" IS NOT NULL`);
    return row?.open === 0;
  }, SETTLE_MS);
}

async function thatDoNotRefresh(cluster: Cluster): Promise<string[]> {
  const before = await cluster.rows();
  const past = `now() - interval '1 minute'`;
  await cluster.sql(`UPDATE "Connection" SET "expiresAt" = ${past}, "refreshAt" = ${past} WHERE provider = 'fitbit'`);
  await Promise.all(
    before.map(({ id }, index) => cluster.call(cluster.nodes[index % cluster.nodes.length] ?? never(), id)),
  );
  await settled(cluster);
  const after = new Map((await cluster.rows()).map((row) => [row.id, row]));
  return before
    .filter(({ id, generation }) => {
      const now = after.get(id);
      return now?.status !== 'active' || now.generation <= generation;
    })
    .map(({ subject }) => subject);
}

/** Everything that the processes and the database server wrote. */
async function searchForSecrets(cluster: Cluster): Promise<string[]> {
  await cluster.sql('CHECKPOINT');
  const [setting] = await cluster.sql('SHOW data_directory');
  writeFileSync(join(cluster.dataDir, 'output.log'), cluster.output());
  const server = String(setting?.data_directory);
  return filesWithSecrets(cluster.recording.secrets, [cluster.dataDir, dirname(server)]);
}

function never(): never {
  throw new RangeError('A cluster without processes.');
}
