/** `latchkey sandbox`: the stand-in for all providers, alone, with things going wrong as wanted. */
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { createDataDirectory } from '../../data-directory.js';
import type { CommandLine } from '../command-line.js';
import { CliFailure } from '../failure.js';
import { subcommand } from '../subcommand.js';

interface SandboxOptions {
  readonly port?: number;
  readonly autoApprove?: true;
  readonly accessTokenTtl?: number;
  readonly rotate?: boolean;
  readonly clockSkew?: number;
  readonly fail: readonly string[];
}

/** Answers for one path, until the process ends. */
const FOR_EVER = 1_000_000;

export function sandboxCommand(cli: CommandLine): Command {
  return subcommand('sandbox', 'Run the stand-in for all providers, alone.', [
    {
      command: 'latchkey sandbox',
      does: 'on http://localhost:4000; apps use it with SANDBOX_URL=http://localhost:4000',
    },
    {
      command: 'latchkey sandbox --auto-approve --access-token-ttl 30',
      does: 'nobody has to click, and tokens run out quickly',
    },
    {
      command: 'latchkey sandbox --fail /oauth2.googleapis.com/token=503',
      does: 'every token request there is answered with 503',
    },
  ])
    .option('-p, --port <port>', 'where it listens (default: SANDBOX_PORT, 4000)', portNumber)
    .option('--auto-approve', 'consent at once, without a page')
    .option('--access-token-ttl <seconds>', 'life of access tokens', seconds)
    .option('--rotate', 'each refresh token works once')
    .option('--no-rotate', 'refresh tokens stay the same')
    .option('--clock-skew <seconds>', 'how far its clock is ahead, negative for behind', skew)
    .option('--fail <path=status>', 'answer this path with a status or with "hang"; may be repeated', collected, [])
    .action(async (options: SandboxOptions) => run(cli, options));
}

async function run(cli: CommandLine, options: SandboxOptions): Promise<void> {
  const { config, definitions } = cli.installation;
  const port = options.port ?? (config.sandbox.kind === 'own' ? config.sandbox.port : 4000);
  createDataDirectory(config.dataDir);
  const { createSandbox } = await import('../../sandbox/index.js');
  const sandbox = await createSandbox({
    definitions,
    dataDir: join(config.dataDir, 'sandbox'),
    redirectBasePaths: ['', new URL(config.baseUrl).pathname.replace(/\/+$/, '')],
  });
  cli.defer(() => sandbox.close());
  const { origin } = await listening(sandbox, port);
  await control(origin, 'behaviour', {
    ...(options.autoApprove ? { autoApprove: true } : {}),
    ...(options.accessTokenTtl === undefined ? {} : { accessTokenTtl: options.accessTokenTtl }),
    ...(options.rotate === undefined ? {} : { rotateRefreshTokens: options.rotate }),
    ...(options.clockSkew === undefined ? {} : { clockSkewSeconds: options.clockSkew }),
  });
  for (const fault of options.fail) await control(origin, 'next', scriptOf(fault));
  cli.show({ url: origin }, () => `Sandbox: ${origin} (no real account is involved)`);
  // Until Ctrl-C, which is how it is meant to end: closing is then done by whoever runs the command.
  cli.leaveSignals();
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    cli.signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function listening(sandbox: { listen(port: number): Promise<{ origin: string }> }, port: number) {
  try {
    return await sandbox.listen(port);
  } catch (cause) {
    throw new CliFailure(
      'sandbox_port_taken',
      `The sandbox cannot listen on port ${port}.`,
      'Another program may listen there (perhaps a sandbox). Choose another one with --port.',
      { cause },
    );
  }
}

async function control(origin: string, action: string, body: object): Promise<void> {
  const response = await fetch(`${origin}/_control/${action}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.ok) return;
  const { error } = (await response.json()) as { error?: string };
  throw new CliFailure('fault_refused', `The sandbox does not take that: ${error ?? response.status}`);
}

/** `path=503` or `path=hang` as the control API wants it. */
function scriptOf(fault: string): object {
  const [, path = '', what = ''] = /^(.*)=([^=]+)$/.exec(fault) ?? [];
  if (what === 'hang') return { path, times: FOR_EVER, hang: true };
  return { path, times: FOR_EVER, status: Number(what), body: { error: 'scripted', status: Number(what) } };
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('It must be a port number.');
  return port;
}

function seconds(text: string): number {
  if (!/^\d{1,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of seconds.');
  return Number(text);
}

function skew(text: string): number {
  if (!/^-?\d{1,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of seconds.');
  return Number(text);
}

function collected(text: string, before: readonly string[]): readonly string[] {
  if (!/^\/.*=(hang|[2-5]\d\d)$/.test(text)) {
    throw new InvalidArgumentError('It must look like /api.example.com/token=503 or …=hang.');
  }
  return [...before, text];
}
