/** `latchkey providers check`: runs a whole connection at one provider, real or in the sandbox, and writes down what happened. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { FLOW_LIFE_SECONDS } from '../../flows/index.js';
import type { Provider } from '../../providers/index.js';
import { agreeInSandbox } from '../check/agree-in-sandbox.js';
import { checkProvider } from '../check/check-provider.js';
import { type CheckReport, type CheckStep, reportName } from '../check/report.js';
import type { CommandLine } from '../command-line.js';
import type { Way } from '../connect/connect-account.js';
import { CliFailure, EXIT } from '../failure.js';
import { openInstallation } from '../open-installation.js';
import { personOf } from '../person.js';
import { instanceOf, providerOf } from '../provider-of.js';
import { subcommand } from '../subcommand.js';
import { table } from '../terminal/table.js';

interface Options {
  readonly manual?: true;
  readonly device?: true;
  readonly instance?: string;
  readonly yes?: true;
  readonly report: string;
  readonly path?: string;
}

/** Whose connection it is while it lives. */
const CHECKER = 'provider check';

export function providersCheckCommand(cli: CommandLine): Command {
  return subcommand('check <provider>', 'Connect, read, renew and revoke at a provider, and write a report.', [
    { command: 'latchkey providers check google-health', does: 'in the sandbox, by itself' },
    {
      command: 'GITHUB_CLIENT_ID=… GITHUB_CLIENT_SECRET_FILE=… latchkey providers check github --report reports',
      does: 'at the real provider: you agree in the browser, and the grant is revoked at the end',
    },
  ])
    .option('--device', 'with a code that you type on any device')
    .option('--manual', 'bring the number, or the address you end up at, by hand')
    .option('--instance <host>', 'your server, at providers with many')
    .option('--path <path>', 'what to call besides the profile')
    .option('--report <directory>', 'where the report is written', '.')
    .option('-y, --yes', 'do not ask before the account is used')
    .action((id: string, options: Options) => check(cli, id, options));
}

async function check(cli: CommandLine, id: string, options: Options): Promise<void> {
  const open = await openInstallation(cli, { command: 'latchkey providers check', online: true });
  const provider = providerOf(open.catalogue, id);
  if (!provider.sandbox && !options.yes) await agree(cli, provider);
  const userId = await personOf(open.prisma, CHECKER, true);
  const way: Way | undefined = options.device ? 'device' : options.manual ? 'manual' : undefined;
  const origin = provider.sandbox ? open.catalogue.sandboxOrigin : undefined;
  if (origin) cli.defer(await agreeInSandbox(origin));
  const report = await checkProvider(cli, open, {
    provider,
    userId,
    way,
    instance: instanceOf(provider, options.instance ?? provider.definition.instance?.default),
    path: options.path,
    browser: origin === undefined,
    port: 0,
    timeoutMs: FLOW_LIFE_SECONDS * 1000,
    ...(origin ? { visit: followInSandbox } : {}),
  });
  const file = write(report, options.report);
  if (!report.passed) cli.exitCode = EXIT.failure;
  cli.show({ ...report, file }, () => words(cli, report, file));
}

/** With an account of a person, this is something to be asked about. */
async function agree(cli: CommandLine, { name }: Provider): Promise<void> {
  const question = `This uses a real account at ${name}, and at the end withdraws our access to it, which may end other connections of it too. Go on?`;
  if (cli.json || !cli.terminal.interactive) {
    throw new CliFailure('confirmation_needed', 'Using a real account has to be confirmed.', 'Add --yes.');
  }
  if (!(await cli.terminal.confirm(question))) throw new CliFailure('not_confirmed', 'Nothing was checked.');
}

/** Nobody has to look at a page that agrees by itself. */
async function followInSandbox(url: string): Promise<void> {
  const response = await fetch(url);
  await response.body?.cancel();
}

/** @returns its path */
function write(report: CheckReport, directory: string): string {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, reportName(report));
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`, { mode: 0o600 });
  return file;
}

function words(cli: CommandLine, report: CheckReport, file: string): string {
  const { paint, width } = cli.terminal;
  const columns = [
    { title: 'STEP', of: ({ step }: CheckStep) => step },
    { title: 'OUTCOME', of: ({ outcome }: CheckStep) => outcome },
    { title: 'MS', of: ({ tookMs }: CheckStep) => String(tookMs), right: true },
    { title: 'DETAIL', of: ({ detail }: CheckStep) => detail },
  ];
  const where = report.sandbox ? ' in the sandbox' : '';
  const verdict = report.passed ? 'All is well' : 'Not all is well';
  return `${table(report.steps, columns, { width, paint })}\n\n${verdict} at ${report.provider}${where}. Report: ${file}`;
}
