/**
 * What the outbound client costs on the API call path: small JSON GETs against a stub on loopback, compared with bare `undici.request` and the
 * built-in fetch in the same run. Only the ratios mean anything. Goal: at least 0.6 of `undici.request`.
 *
 * Run: npx tsx bench/http/client.ts
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import { HttpClient } from '../../src/http/index.js';
import { printSpeeds, ratios, throughput } from '../throughput.js';

const GOAL = 0.6;

const stub = fork(fileURLToPath(new URL('./stub.ts', import.meta.url)));
const [port] = (await once(stub, 'message')) as [number];
const url = `http://127.0.0.1:${port}/1/user/-/profile.json?units=metric`;
const headers = { authorization: 'Bearer 0123456789abcdef', accept: 'application/json', 'user-agent': 'bench' };

const dispatcher = new Agent();
const client = new HttpClient();
const pooled = client.fetch({ origins: [url] });
const fresh = client.fetch({ origins: [url], freshConnection: true });

const variants = {
  'undici.request': async () => (await request(url, { headers, dispatcher })).body.json(),
  'HttpClient.fetch': async () => (await pooled(url, { headers })).json(),
  'built-in fetch': async () => (await fetch(url, { headers })).json(),
  'HttpClient.fetch, fresh connection': async () => (await fresh(url, { headers })).json(),
};

for (const concurrency of [1, 16]) {
  const speeds = await throughput({ variants, concurrency, rounds: 40, calls: 500 });
  printSpeeds(`${concurrency} at once`, speeds, 'undici.request');
  if ((ratios(speeds, 'undici.request').get('HttpClient.fetch') ?? 0) < GOAL) process.exitCode = 1;
}

await client.close();
await dispatcher.close();
stub.kill();
