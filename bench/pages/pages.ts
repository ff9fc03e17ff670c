/**
 * What the server needs for its pages and for a callback, sandbox and embedded database in the same process (so the figures are upper bounds,
 * and the database of PostgreSQL is faster): one request after another, lower quartile and the slowest tenth. For orientation; nothing here has a
 * bound.
 *
 * Run: npx tsx bench/pages/pages.ts
 */
import { startApp } from '../../test/support/app.js';
import { warnIfBusy } from '../machine.js';

const ROUNDS = 40;

warnIfBusy();
const app = await startApp({ refresher: false });
const times = new Map<string, number[]>();

async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  const elapsed = performance.now() - start;
  const known = times.get(name);
  if (known) known.push(elapsed);
  else times.set(name, [elapsed]);
  return result;
}

function quantile(values: readonly number[], share: number): string {
  const value = values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
  return `${value.toFixed(1).padStart(6)} ms`;
}

for (let round = 0; round < ROUNDS; round++) {
  const browser = app.browser();
  await timed('home, nobody signed in', () => browser.get('/'));
  await app.signIn(browser, `bench-${round}`);
  await app.control.user({ provider: 'fitbit', subject: `F${round}` });
  const token = await browser.csrf();
  const form = { method: 'POST', body: new URLSearchParams({ _csrf: token }) };
  const started = await timed('start of a flow (OAuth 2)', () => browser.request('/connect/fitbit', form));
  const back = await app.consent(started.location);
  const arrived = await timed('callback (code, profile, stored)', () => browser.get(back));
  await timed('dashboard', () => browser.get('/'));
  await timed('a connection with its data (live calls)', () => browser.get(arrived.location ?? ''));
  await timed('account', () => browser.get('/account'));
}

for (const [name, values] of times) {
  const measured = values.slice(3);
  console.log(`${name.padEnd(42)} ${quantile(measured, 0.25)}   ${quantile(measured, 0.9)}`);
}
await app.close();
