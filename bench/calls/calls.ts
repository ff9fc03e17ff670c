/**
 * What a call through `clients.for(...).fetch` costs, against bare `undici.request` in the same run: small JSON GETs against a stub on loopback.
 * Only the ratios mean anything. Goal: at least 0.5 of undici, also when the client is asked for anew before each call. It is judged with
 * sixteen calls at once, where the process has no time to wait in; one at a time also measures the stub.
 *
 * Run: npm run build && npx tsx bench/calls/calls.ts [embedded|server]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import { HttpClient } from '../../dist/http/index.js';
import { benchDatabase } from '../database.js';
import { warnIfBusy } from '../machine.js';
import { printSpeeds, ratios, throughput } from '../throughput.js';
import { connect } from './connected.js';

const GOAL = 0.5;
const BARE = 'undici.request';
const PATH = '/1/user/-/profile.json?units=metric';

const stub = fork(fileURLToPath(new URL('../http/stub.ts', import.meta.url)));
const [port] = (await once(stub, 'message')) as [number];
const api = `http://127.0.0.1:${port}`;
const headers = { authorization: 'Bearer access-token', accept: 'application/json', 'user-agent': 'bench' };

const kind = process.argv[2] === 'server' ? 'server' : 'embedded';
const { database, close } = await benchDatabase(kind);
const dispatcher = new Agent();
const http = new HttpClient();
const pooled = http.fetch();
const usual = await connect(database, api, 1_000);
const forgetful = await connect(database, api, 0);
const oauth1 = await usual.clients.for(usual.userId, 'first');
const oauth2 = await usual.clients.for(usual.userId, 'second');

const mustReach = {
  'OAuth 2, client.fetch': async () => (await oauth2.fetch(PATH)).json(),
  'OAuth 2, clients.for(…) and fetch': async () =>
    (await (await usual.clients.for(usual.userId, 'second')).fetch(PATH)).json(),
  'OAuth 1, client.fetch': async () => (await oauth1.fetch(PATH)).json(),
  'OAuth 1, clients.for(…) and fetch': async () =>
    (await (await usual.clients.for(usual.userId, 'first')).fetch(PATH)).json(),
};
const fast = {
  [BARE]: async () => (await request(api + PATH, { headers, dispatcher })).body.json(),
  'HttpClient.fetch, nothing signed': async () => (await pooled(api + PATH, { headers })).json(),
  ...mustReach,
};
const slow = {
  [BARE]: fast[BARE],
  'OAuth 2, row read and opened each time': async () =>
    (await (await forgetful.clients.for(forgetful.userId, 'second')).fetch(PATH)).json(),
  'OAuth 1, row read and opened each time': async () =>
    (await (await forgetful.clients.for(forgetful.userId, 'first')).fetch(PATH)).json(),
};

warnIfBusy();
console.log(`Database: ${kind}`);
for (const concurrency of [1, 16]) {
  const speeds = await throughput({ variants: fast, concurrency, rounds: 40, calls: 500 });
  printSpeeds(`${concurrency} at once`, speeds, BARE);
  if (concurrency === 1) continue;
  const missed = [...ratios(speeds, BARE)].filter(([name, ratio]) => name in mustReach && !(ratio >= GOAL));
  for (const [name] of missed) console.log(`  MISSED: ${name} is below ${GOAL}`);
  if (missed.length > 0) process.exitCode = 1;
}
printSpeeds(
  '16 at once, without what was read before (for comparison)',
  await throughput({ variants: slow, concurrency: 16, rounds: 8, calls: 100 }),
  BARE,
);

await Promise.all([usual.close(), forgetful.close(), http.close(), dispatcher.close()]);
await close();
stub.kill();
