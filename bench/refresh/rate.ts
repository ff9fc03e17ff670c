/**
 * How many tokens a minute one instance, and four on one database, renew ahead of time against a provider that answers at once: what our own
 * work costs, from the claim to the stored answer. Every instance is a process, so is the provider. Bound: one instance renews 6,000 a minute;
 * tokens of eight hours are renewed every 6.4 hours, so that keeps two million connections fresh.
 *
 * Run: npm run build && npx tsx bench/refresh/rate.ts [tokens]        needs Debian's PostgreSQL; about a minute
 */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sealCredentials } from '../../dist/connections/index.js';
import type { Database } from '../../dist/db/index.js';
import { OAuth2Token } from '../../dist/oauth2/index.js';
import type { Vault } from '../../dist/vault/index.js';
import { benchDatabase } from '../database.js';
import { warnIfBusy } from '../machine.js';
import { createEngine, PROVIDER } from './engine.js';

const BOUND_PER_MINUTE = 6_000;
const tokens = Number(process.argv[2] ?? 3_000);

/** Writes connections whose tokens are due, and usable for a while longer. */
async function writeDue({ prisma }: Database, vault: Vault): Promise<void> {
  const { id: userId } = await prisma.user.create({ data: { name: 'Bench' } });
  const due = new Date(Date.now() - 60_000);
  const expiresAt = new Date(Date.now() + 3_600_000);
  const rows = Array.from({ length: tokens }, (_, at) => {
    const id = randomUUID();
    const token = new OAuth2Token({ accessToken: `access-${id}`, refreshToken: `refresh-${id}`, expiresAt });
    const account = { provider: PROVIDER, sandbox: false, namespace: PROVIDER, subject: String(at), label: 'Bench' };
    const sealed = sealCredentials(vault, id, { protocol: 'oauth2', token });
    return { id, userId, ...account, profile: {}, scopes: [], expiresAt, refreshAt: due, ...sealed };
  });
  await prisma.connection.createMany({ data: rows });
}

function start(file: string, ...values: string[]): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), values);
}

async function perMinute(database: Database, vault: Vault, instances: readonly ChildProcess[]): Promise<number> {
  await writeDue(database, vault);
  const left = () => database.prisma.connection.count({ where: { generation: 1 } });
  const begun = performance.now();
  for (const instance of instances) instance.send('start');
  while ((await left()) > 0) await sleep(100);
  const elapsedMs = performance.now() - begun;
  const twice = await database.prisma.connection.count({ where: { generation: { gt: 2 } } });
  if (twice > 0) throw new Error(`${twice} tokens were renewed more than once.`);
  await database.prisma.user.deleteMany();
  return (tokens / elapsedMs) * 60_000;
}

warnIfBusy();
const { database, url, close } = await benchDatabase('server');
const provider = start('./token-endpoint.ts');
try {
  const [port] = (await once(provider, 'message')) as [number];
  const origin = `http://127.0.0.1:${port}`;
  const { vault, connections } = await createEngine(database, origin);
  const rates: number[] = [];
  for (const count of [1, 4]) {
    const instances = Array.from({ length: count }, () => start('./instance.ts', url ?? '', origin));
    await Promise.all(instances.map((instance) => once(instance, 'message')));
    const rate = await perMinute(database, vault, instances);
    rates.push(rate);
    console.log(
      `${count} instance${count === 1 ? ' ' : 's'}   ${Math.round(rate).toLocaleString('en').padStart(8)} refreshes a minute`,
    );
    for (const instance of instances) instance.disconnect();
    await Promise.all(instances.map((instance) => once(instance, 'exit')));
  }
  const [one = 0, four = 0] = rates;
  console.log(`ratio       ${(four / one).toFixed(2).padStart(8)}`);
  if (one < BOUND_PER_MINUTE) {
    console.log(`MISSED: ${BOUND_PER_MINUTE} a minute with one instance`);
    process.exitCode = 1;
  }
  await connections.close();
} finally {
  provider.disconnect();
  await close();
}
