/**
 * What a page costs: server time and size of the dashboard, the home page and the account page, for somebody with 20 connections in a catalogue
 * of 50 providers, on the embedded database. Goals: under 30 ms of server time in the median, under 60 kB compressed with everything the page
 * loads. Exits with 1 when a goal is missed.
 *
 * Run: npx tsx bench/pages/server-time.ts
 */
import { gzipSync } from 'node:zlib';
import { builtInDefinitions } from '../../src/providers/index.js';
import { startApp } from '../../test/support/app.js';
import { seedPerson, seedSession } from '../../test/support/people.js';

const ROUNDS = 200;
const WARM_UP = 50;
const CONNECTIONS = 20;
const GOAL_MS = 30;
const GOAL_BYTES = 60_000;

const app = await startApp();
const connections = builtInDefinitions
  .slice(0, CONNECTIONS)
  .map(({ id }, index) => ({ provider: id, subject: `account-${index}` }));
const ways = [{ namespace: 'sandbox:github', subject: 'account-0' }];
const browser = app.browser();
await seedSession(app.database, browser, await seedPerson(app.database, { name: 'Robin', connections, ways }));

let missed = false;
console.log(`${builtInDefinitions.length} providers, ${connections.length} connections, ${ROUNDS} rounds`);
console.log('page         median ms   p95 ms   html gzip   all gzip (kB)');
for (const [name, path, visitor] of [
  ['home', '/', app.browser()],
  ['dashboard', '/', browser],
  ['account', '/account', browser],
] as const) {
  const times: number[] = [];
  let text = '';
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const start = performance.now();
    ({ text } = await visitor.get(path));
    if (round >= 0) times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const [median = 0, p95 = 0] = [times[Math.floor(ROUNDS / 2)], times[Math.floor(ROUNDS * 0.95)]];
  const html = gzipSync(text).length;
  const all = html + (await weightOf(text));
  missed ||= median > GOAL_MS || all > GOAL_BYTES;
  const kB = (bytes: number) => (bytes / 1000).toFixed(1);
  console.log(
    `${name.padEnd(12)} ${median.toFixed(1).padStart(9)} ${p95.toFixed(1).padStart(8)} ${kB(html).padStart(11)} ${kB(all).padStart(15)}`,
  );
}
await app.close();
console.log(missed ? 'A goal was missed.' : 'Every goal is met.');
process.exitCode = missed ? 1 : 0;

/** Everything that the page loads from us: stylesheet, scripts, pictures. */
async function weightOf(text: string): Promise<number> {
  const paths = new Set([...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? ''));
  const sizes = await Promise.all(
    [...paths].map(async (path) => gzipSync(await (await fetch(`${app.url}${path}`)).text()).length),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
