/** What goes wrong: each fault hits one process (or all of them) and is over when its promise resolves, with every process running again. */
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../support/until.js';
import { type Cluster, type Node, TOKEN_PATH } from './cluster.js';
import type { Chance } from './random.js';
import type { TokenCall } from './recorder.js';

/** Longer than the lease of a refresh (15 s), so that others take over meanwhile. */
const PAST_LEASE_MS = 16_500;

/** A process could lose what it held in memory. */
export interface Incident {
  readonly what: string;
  readonly process: number;
  readonly at: number;
}

export type FaultName = keyof typeof faults;

interface Stage {
  readonly cluster: Cluster;
  readonly chance: Chance;
  readonly incidents: Incident[];
}

const faults = {
  async 'kill -9'(stage: Stage) {
    const node = someone(stage);
    await kill(stage, node);
    await node.start();
  },
  async 'stop and continue'({ ...stage }: Stage) {
    await frozen(stage, someone(stage), stage.chance.between(200, 2500));
  },
  async 'stop past the lease'(stage: Stage) {
    await frozen(stage, someone(stage), PAST_LEASE_MS);
  },
  async 'database cut for one'(stage: Stage) {
    const { database } = someone(stage);
    database.cut();
    await pause(stage.chance.between(100, 2000));
    database.open();
  },
  async 'database cut for all'({ cluster, chance }: Stage) {
    for (const { database } of cluster.nodes) database.cut();
    await pause(chance.between(100, 2000));
    for (const { database } of cluster.nodes) database.open();
  },
  async 'database stalls for one'(stage: Stage) {
    const { database } = someone(stage);
    database.stall();
    await pause(stage.chance.between(200, 2500));
    database.open();
  },
  async 'kill -9 between the two commits'(stage: Stage) {
    const node = await whoseAnswerIsHeld(stage);
    await kill(stage, node);
    await stage.cluster.control.release(TOKEN_PATH);
    await node.start();
  },
  async 'stop between the two commits'(stage: Stage) {
    const node = await whoseAnswerIsHeld(stage);
    const thaw = frozen(stage, node, stage.chance.pick([500, 2000, PAST_LEASE_MS]));
    await stage.cluster.control.release(TOKEN_PATH);
    await thaw;
  },
  async 'database cut between the two commits'(stage: Stage) {
    const node = await whoseAnswerIsHeld(stage);
    node.database.cut();
    await stage.cluster.control.release(TOKEN_PATH);
    await pause(stage.chance.between(200, 2500));
    node.database.open();
  },
  async 'database cut between the two commits, then kill -9'(stage: Stage) {
    const node = await whoseAnswerIsHeld(stage);
    node.database.cut();
    await stage.cluster.control.release(TOKEN_PATH);
    await pause(stage.chance.between(50, 500));
    await kill(stage, node);
    node.database.open();
    await node.start();
  },
} as const;

const rare: ReadonlySet<string> = new Set(['stop past the lease']);

/** One of each first, then as they come; freezing past the lease takes long and comes seldom. */
export function faultNames(count: number, chance: Chance): FaultName[] {
  const all = Object.keys(faults) as FaultName[];
  const names = all.slice(0, count);
  while (names.length < count) {
    const name = chance.pick(all);
    if (!rare.has(name) || chance.next() < 0.2) names.push(name);
  }
  return names;
}

export async function inflict(name: FaultName, stage: Stage): Promise<void> {
  try {
    await faults[name](stage);
  } finally {
    await stage.cluster.control.release(TOKEN_PATH);
  }
}

function someone({ cluster, chance }: Stage): Node {
  return chance.pick(cluster.nodes);
}

async function kill({ incidents }: Stage, node: Node): Promise<void> {
  incidents.push({ what: 'kill -9', process: node.index, at: performance.now() });
  await node.kill();
}

async function frozen({ incidents }: Stage, node: Node, ms: number): Promise<void> {
  incidents.push({ what: `stop for ${ms} ms`, process: node.index, at: performance.now() });
  node.signal('SIGSTOP');
  await pause(ms);
  node.signal('SIGCONT');
}

/** Waits until the provider has changed its state for some process and keeps the answer back. */
async function whoseAnswerIsHeld({ cluster }: Stage): Promise<Node> {
  await cluster.control.hold(TOKEN_PATH);
  const call: TokenCall = await cluster.recording.nextCall();
  // The sandbox writes a call down when it has read it, and decides at once.
  await until(async () => (await cluster.control.calls(TOKEN_PATH)).some(({ body }) => body.includes(call.sent)));
  const node = cluster.nodes[call.process];
  if (!node) throw new RangeError('A call of an unknown process.');
  return node;
}
