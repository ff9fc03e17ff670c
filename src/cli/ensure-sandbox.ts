/** Sees to it that the sandbox answers: one that runs already is used, otherwise one is started for as long as this command takes. */
import { join } from 'node:path';
import { createDataDirectory } from '../data-directory.js';
import { originOfSandbox } from '../installation.js';
import type { CommandLine } from './command-line.js';
import { CliFailure } from './failure.js';

const PROBE_MS = 2_000;

/** @throws CliFailure when the sandbox is wanted and cannot be had */
export async function ensureSandbox(cli: CommandLine): Promise<void> {
  const { config, definitions } = cli.installation;
  const origin = originOfSandbox(config);
  if (origin === undefined || (await isSandbox(origin))) return;
  if (config.sandbox.kind !== 'own') {
    throw new CliFailure(
      'sandbox_unreachable',
      `The sandbox of SANDBOX_URL does not answer at ${origin}.`,
      'Start it there with: latchkey sandbox',
    );
  }
  createDataDirectory(config.dataDir);
  // Loaded only here: most commands never need a whole provider.
  const { createSandbox } = await import('../sandbox/index.js');
  const sandbox = await createSandbox({
    definitions,
    dataDir: join(config.dataDir, 'sandbox'),
    redirectBasePaths: ['', new URL(config.baseUrl).pathname.replace(/\/+$/, '')],
  });
  cli.defer(() => sandbox.close());
  try {
    await sandbox.listen(config.sandbox.port);
  } catch (cause) {
    throw new CliFailure(
      'sandbox_port_taken',
      `The sandbox cannot listen on port ${config.sandbox.port}.`,
      'Set SANDBOX_PORT to a free port, or SANDBOX_URL to a sandbox that runs already.',
      { cause },
    );
  }
}

/** Asks for something only a sandbox has: another program may well answer on that port. */
export async function isSandbox(origin: string): Promise<boolean> {
  try {
    const response = await fetch(`${origin}/_control/calls?path=/`, { signal: AbortSignal.timeout(PROBE_MS) });
    const answer: unknown = await response.json();
    return typeof answer === 'object' && answer !== null && 'calls' in answer && Array.isArray(answer.calls);
  } catch {
    return false;
  }
}
