/**
 * `npm run test:fuzz`: malformed requests over all routes of a running process, made from a seed, so that what went wrong can be had again. Ends with
 * 1 when an answer was a fault of ours or did not come, when the process ended, complained, or kept growing. Needs `npm run build`; the
 * embedded database is used, or a database of its own on the server of TEST_DATABASE_URL.
 *
 *   npm run test:fuzz                                  20,000 requests
 *   npm run test:fuzz -- --requests 2000 --seed 7      fewer, and the same ones again
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzz } from '../test/security/fuzz.js';
import { answerConsent } from '../test/support/app.js';
import { Browser } from '../test/support/browser.js';
import { freshDatabase } from '../test/support/database.js';
import { type AppProcess, freePort, startProcess } from '../test/support/process.js';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const [requests, seed] = [Number(values.requests), Number(values.seed)];
/** Compared are the ends of rounds, after a first one in which everything was used once. */
const ROUNDS = 5;
const GROWTH_MEGABYTES = 80;

const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-fuzz-'));
const server = process.env.TEST_DATABASE_URL;
const database = server === undefined ? undefined : await freshDatabase(server);
const [PORT, SANDBOX_PORT] = [await freePort(), await freePort()];
const app = await startProcess({
  PORT,
  SANDBOX_PORT,
  DATA_DIR: dataDir,
  ...(database ? { DATABASE_URL: database.url } : {}),
});
const wrong: string[] = [];
try {
  await run(app);
} finally {
  const end = await app.stop();
  if (end !== 0) wrong.push(`the process ended with ${end}`);
  await database?.drop();
  rmSync(dataDir, { recursive: true, force: true });
}
for (const what of wrong) console.error(`wrong: ${what}`);
process.exit(wrong.length > 0 ? 1 : 0);

async function run({ url, pid, output }: AppProcess): Promise<void> {
  const browser = new Browser(url);
  await browser.get(await answerConsent((await browser.post('/auth/github')).location, 'allow'));
  await browser.post('/welcome', { decision: 'create' });
  const { text } = await browser.get('/');
  const ids = [...text.matchAll(/data-connection="([^"]+)"/g)].map(([, id = '']) => id);
  if (ids.length === 0) throw new Error(`Nobody could sign in:\n${text.slice(0, 1_000)}`);
  const csrf = await browser.csrf();
  const statuses: Record<string, number> = {};
  const megabytes: number[] = [];
  const startedAt = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    const share = Math.ceil(requests / ROUNDS);
    // Nobody stays signed in for long here; with the cookies of before, most of the pages would not be reached any more.
    const report = await fuzz({ url, seed: seed + round, requests: share, cookies: browser.cookies, csrf, ids });
    for (const [status, count] of Object.entries(report.statuses)) statuses[status] = (statuses[status] ?? 0) + count;
    for (const { number, status, request } of report.wrong) {
      wrong.push(`request ${number} of seed ${seed + round}: ${status}\n${JSON.stringify(request)}`);
    }
    megabytes.push(residentMegabytes(pid));
  }
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  console.log(
    `${requests} requests in ${seconds} s, seed ${seed}; memory after each fifth: ${megabytes.join(', ')} MB`,
  );
  console.table(statuses);
  const [first = 0, ...later] = megabytes;
  if (Math.min(...later) - first > GROWTH_MEGABYTES) wrong.push(`memory grew from ${first} to ${later.at(-1)} MB`);
  if ((await browser.get('/healthz')).status !== 200) wrong.push('the process does not answer any more');
  const complaints = output().match(/^.*(?:uncaught|unhandled|"level":"?(?:50|60|error|fatal)).*$/gim) ?? [];
  wrong.push(...complaints.slice(0, 10));
}

/** From /proc; on systems without it nothing is said about memory. */
function residentMegabytes(pid: number): number {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Math.round(Number(kilobytes ?? 0) / 1024);
  } catch {
    return 0;
  }
}
