/**
 * `npm run test:crash`: the long proof that no token is lost. Real processes on a temporary PostgreSQL of its own (or TEST_DATABASE_URL): many calls at
 * one moment, then two storms of faults, with a provider that honours a spent refresh token for a minute, and with one that ends the whole grant at
 * once. Prints what happened and ends with 1 when something was lost that could have been kept.
 *
 *   npm run test:crash                                 200 faults in each storm
 *   npm run test:crash -- --faults 40 --seed 7         fewer, and the same ones again
 *   npm run test:crash -- soak --minutes 60            no faults, tokens of a minute: how many calls wait for a refresh
 *   npm run test:crash -- --json                       the reports for a program
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { burst } from '../test/crash/burst.js';
import { soak } from '../test/crash/soak.js';
import { type StormReport, storm } from '../test/crash/storm.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    faults: { type: 'string', default: '200' },
    processes: { type: 'string', default: '3' },
    connections: { type: 'string', default: '24' },
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    grace: { type: 'string', default: '60' },
    json: { type: 'boolean', default: false },
  },
});
const sizes = { processes: Number(values.processes), connections: Number(values.connections) };
const [faults, seed, minutes] = [Number(values.faults), Number(values.seed), Number(values.minutes)];
const SHARE_THAT_NEVER_WAITS = 0.999;

const postgres = fileURLToPath(new URL('../test/support/postgres.sh', import.meta.url));
const given = process.env.TEST_DATABASE_URL;
const databaseUrl = given ?? execFileSync(postgres, ['start'], { encoding: 'utf8' }).trim();
const wrong: string[] = [];
try {
  if (positionals[0] === 'soak') await runSoak();
  else {
    await runBurst();
    for (const graceMs of [Number(values.grace) * 1000, 0]) await runStorm(graceMs);
  }
} finally {
  if (given === undefined) execFileSync(postgres, ['stop', databaseUrl]);
}
for (const what of wrong) console.error(`wrong: ${what}`);
process.exit(wrong.length > 0 ? 1 : 0);

function print(title: string, report: object): void {
  if (values.json) console.log(JSON.stringify({ title, ...report }));
  else {
    console.log(title);
    console.table(report);
  }
}

async function runSoak(): Promise<void> {
  const report = await soak({ databaseUrl, minutes, ...sizes });
  print('soak', report);
  if (!(report['share that never waited'] >= SHARE_THAT_NEVER_WAITS)) wrong.push('too many calls waited for a refresh');
}

async function runBurst(): Promise<void> {
  const { statuses, askedAgain, tokenCalls, status, generations } = await burst({
    databaseUrl,
    calls: 500,
    processes: 4,
  });
  const report = {
    answers: statuses.join(' '),
    'asked again': askedAgain,
    'token calls': tokenCalls,
    status,
    generations,
  };
  print('500 parallel calls with an expired token, 4 processes', report);
  if (statuses.join() !== '200' || status !== 'active') wrong.push('calls of the burst failed');
  if (tokenCalls !== 1 || generations !== 1) wrong.push(`the burst made ${tokenCalls} token calls`);
}

async function runStorm(graceMs: number): Promise<void> {
  const startedAt = performance.now();
  const onFault = (name: string, number: number) => process.stderr.write(`\r\u001b[K${number}/${faults} ${name}`);
  const watched = process.stderr.isTTY ? { onFault } : {};
  const report = await storm({ databaseUrl, seed, faults, ...sizes, graceMs, ...watched });
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  print(`faults, grace of ${graceMs / 1000} s, ${sizes.processes} processes, seed ${seed}`, report.faults);
  print('and what became of it', { ...summary(report), seconds });
  wrong.push(...report.inexcusable, ...report.overlaps, ...report.filesWithSecrets, ...report.broken);
  if (graceMs > 0 && report.lost > 0) console.log(report.histories.join('\n'));
  if (graceMs > 0 && report.lost > 0) wrong.push(`${report.lost} connections lost within the grace window`);
}

function summary(report: StormReport): Record<string, number> {
  return {
    'calls by people': report.calls,
    'token calls': report.refreshes,
    'connections lost': report.lost,
    'lost without need': report.inexcusable.length,
    'overlapping token calls': report.overlaps.length,
    'secrets issued': report.secrets,
    'files with a secret': report.filesWithSecrets.length,
    'broken at the end': report.broken.length,
  };
}
