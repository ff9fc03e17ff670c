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

const ROUNDS = 7;
const CALLS = 4_000;

const stub = fork(fileURLToPath(new URL('./stub.ts', import.meta.url)));
const [port] = (await once(stub, 'message')) as [number];
const url = `http://127.0.0.1:${port}/1/user/-/profile.json?units=metric`;
const headers = { authorization: 'Bearer 0123456789abcdef', accept: 'application/json', 'user-agent': 'bench' };

const dispatcher = new Agent();
const client = new HttpClient();
const pooled = client.fetch({ origins: [url] });
const fresh = client.fetch({ origins: [url], freshConnection: true });

const variants: Record<string, () => Promise<unknown>> = {
  'undici.request': async () => (await request(url, { headers, dispatcher })).body.json(),
  'HttpClient.fetch': async () => (await pooled(url, { headers })).json(),
  'built-in fetch': async () => (await fetch(url, { headers })).json(),
  'HttpClient.fetch, fresh connection': async () => (await fresh(url, { headers })).json(),
};

async function callsPerSecond(call: () => Promise<unknown>, concurrency: number): Promise<number> {
  let left = CALLS;
  const start = performance.now();
  const worker = async () => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return (CALLS / (performance.now() - start)) * 1_000;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

for (const concurrency of [1, 16]) {
  const results = new Map<string, number[]>(Object.keys(variants).map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, call] of Object.entries(variants)) {
      const speed = await callsPerSecond(call, concurrency);
      // The first round only warms up.
      if (round > 0) results.get(name)?.push(speed);
    }
  }
  const bare = median(results.get('undici.request') ?? []);
  console.log(`${concurrency} at once`);
  for (const [name, speeds] of results) {
    const speed = median(speeds);
    console.log(`  ${name.padEnd(36)} ${Math.round(speed).toString().padStart(7)}/s   ${(speed / bare).toFixed(2)}`);
  }
}

await client.close();
await dispatcher.close();
stub.kill();
