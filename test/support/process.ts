/** The built app as a process of its own, as `npm start` runs it; `npm run build` (or `npm ci`) must have run before. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const START_MS = 60_000;

export interface AppProcess {
  readonly url: string;
  readonly pid: number;
  /** What it wrote so far, stdout and stderr together. */
  output(): string;
  /** Sends the signal and waits until the process is gone. @returns its exit code, or the signal that ended it */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

/** @param environment besides PATH and HOME, this is all the process sees */
export function spawnApp(environment: Record<string, string>): ChildProcess & { output(): string } {
  const entry = `${ROOT}dist/main.js`;
  if (!existsSync(entry)) throw new Error('dist/main.js is missing: run "npm run build" first.');
  const { PATH = '', HOME = '' } = process.env;
  // A suite asks more often than any person; production does not let it.
  const unlimited = environment.NODE_ENV === 'production' ? {} : { RATE_LIMIT: 'off' };
  const child = spawn(process.execPath, [entry], {
    // A directory without a .env file, so that the developer's own settings stay out.
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { PATH, HOME, LOG_LEVEL: 'warn', ...unlimited, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout?.on('data', (chunk) => {
    text += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    text += chunk;
  });
  return Object.assign(child, { output: () => text });
}

/** Starts it and waits until `/readyz` answers 200. */
export async function startProcess(environment: Record<string, string> & { PORT: string }): Promise<AppProcess> {
  const child = spawnApp(environment);
  const url = `http://localhost:${environment.PORT}`;
  const deadline = Date.now() + START_MS;
  while (!(await isReady(url))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`The app did not become ready:\n${child.output()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url,
    pid: child.pid ?? 0,
    output: () => child.output(),
    async stop(signal = 'SIGTERM') {
      const before = child.exitCode ?? child.signalCode;
      if (before !== null) return before;
      const ended = once(child, 'exit');
      child.kill(signal);
      const [code, by] = await ended;
      return code ?? by;
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/readyz`);
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** Runs it until it ends by itself, for starts that are refused. */
export async function runToEnd(environment: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const child = spawnApp(environment);
  const [code] = await once(child, 'exit');
  return { code, output: child.output() };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return String(typeof address === 'object' && address ? address.port : 0);
}
