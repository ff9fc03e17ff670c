/** What the sandbox's tests share: a sandbox on a free port, with a clock of its own. */
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtInDefinitions, type ProviderDefinition } from '../../src/providers/index.js';
import { createSandbox, type Sandbox } from '../../src/sandbox/index.js';

export * from './client.js';

export interface Running {
  readonly origin: string;
  readonly port: number;
  readonly dataDir: string;
  readonly sandbox: Sandbox;
  /** The sandbox's clock, which stands still unless a test moves it. */
  readonly clock: { now: number };
  control(name: string, body?: unknown): Promise<Record<string, unknown>>;
  calls(path?: string): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

export const startOfTests = Date.parse('2026-11-20T15:00:00Z');

export interface StartOptions {
  readonly definitions?: readonly ProviderDefinition[];
  readonly dataDir?: string;
  readonly redirectBasePaths?: readonly string[];
  readonly now?: number;
  /** Let the sandbox make its signing key, which takes a while; otherwise it finds one that the tests share. */
  readonly ownKey?: boolean;
}

let sharedKey: string | undefined;

function lendKey(dataDir: string): void {
  const file = join(dataDir, 'id-token.pem');
  if (existsSync(file)) return;
  sharedKey ??= generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
  writeFileSync(file, sharedKey, { mode: 0o600 });
}

export async function start(options: StartOptions = {}): Promise<Running> {
  const dataDir = options.dataDir ?? freshFolder();
  if (!options.ownKey) lendKey(dataDir);
  const clock = { now: options.now ?? startOfTests };
  const sandbox = await createSandbox({
    definitions: options.definitions ?? builtInDefinitions,
    dataDir,
    now: () => clock.now,
    ...(options.redirectBasePaths ? { redirectBasePaths: options.redirectBasePaths } : {}),
  });
  const { port } = await sandbox.listen(0);
  return running(sandbox, port, dataDir, clock);
}

function running(sandbox: Sandbox, port: number, dataDir: string, clock: { now: number }): Running {
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    port,
    dataDir,
    sandbox,
    clock,
    async control(name, body = {}) {
      const response = await post(`${origin}/_control/${name}`, body);
      const answer = (await response.json()) as Record<string, unknown>;
      if (response.status !== 200) throw new Error(`_control/${name}: ${response.status} ${JSON.stringify(answer)}`);
      return answer;
    },
    async calls(path) {
      const query = path === undefined ? '' : `?path=${encodeURIComponent(path)}`;
      const response = await fetch(`${origin}/_control/calls${query}`);
      return ((await response.json()) as { calls: Record<string, unknown>[] }).calls;
    },
    stop: () => sandbox.close(),
  };
}

export function freshFolder(): string {
  return mkdtempSync(join(tmpdir(), 'sandbox-test-'));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

/** Waits until a path was called so often; every look is a request of its own, so no time has to be guessed. */
export async function untilCalled({ calls }: Running, path: string, times: number): Promise<void> {
  while ((await calls(path)).length < times) await new Promise(setImmediate);
}
