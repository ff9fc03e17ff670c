/** The built command line as a process of its own; `npm run build` (or `npm ci`) must have run before. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const CLI = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

export interface CliProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly out: () => string;
  readonly words: () => string;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/**
 * @param environment besides PATH and HOME, this is all the process sees
 * @param cwd where its `.env` would be
 */
export function startCli(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  cwd: string,
): CliProcess {
  if (!existsSync(CLI)) throw new Error('dist/cli/main.js is missing: run "npm run build" first.');
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [CLI, ...args], { cwd, env: { PATH, HOME, ...environment } });
  let out = '';
  let words = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    words += chunk;
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  return { child, out: () => out, words: () => words, ended };
}

/** Runs it to its end. */
export async function runCli(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  cwd: string,
  input = '',
): Promise<{ code: number | NodeJS.Signals | null; out: string; words: string }> {
  const { child, ended, out, words } = startCli(args, environment, cwd);
  child.stdin.on('error', () => undefined).end(input);
  const code = await ended;
  return { code, out: out(), words: words() };
}
