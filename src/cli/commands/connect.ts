/** `latchkey connect`: connects an account from the terminal. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { FLOW_LIFE_SECONDS } from '../../flows/index.js';
import type { CommandLine } from '../command-line.js';
import { connectAccount, type Way } from '../connect/connect-account.js';
import { CliFailure } from '../failure.js';
import { openInstallation } from '../open-installation.js';
import { personOf, userOption } from '../person.js';
import { instanceOf, providerOf } from '../provider-of.js';
import { subcommand } from '../subcommand.js';
import { visibleLine } from '../terminal/visible.js';

interface Options {
  readonly user: string;
  readonly scope: readonly string[];
  readonly device?: true;
  readonly manual?: true;
  readonly browser: boolean;
  readonly port: number;
  readonly timeout: number;
  readonly instance?: string;
}

export function connectCommand(cli: CommandLine): Command {
  return subcommand('connect <provider>', 'Connect an account: you agree on the provider’s page, and come back.', [
    { command: 'latchkey connect google-health', does: 'opens the browser, or says what to open where' },
    { command: 'latchkey connect twitter --manual', does: 'shows an address and asks for the number you get there' },
    { command: 'latchkey connect github --device', does: 'with a code that you type on any device' },
    {
      command: 'latchkey connect google --user ada --scope openid --scope email',
      does: 'for somebody else, asking for less',
    },
  ])
    .addOption(userOption())
    .option('-s, --scope <scope>', 'ask for this instead of the usual scopes; may be repeated', collected, [])
    .option('--device', 'with a code that you type on any device (RFC 8628)')
    .option('--manual', 'bring the number, or the address you end up at, by hand')
    .option('--no-browser', 'show the address instead of opening it')
    .addOption(
      new Option('--port <port>', 'where to come back to on 127.0.0.1, for providers that want the exact address')
        .argParser(port)
        .default(0, 'any free one'),
    )
    .option('--timeout <seconds>', 'how long to wait', seconds, FLOW_LIFE_SECONDS)
    .option('--instance <host>', 'your server, at providers with many')
    .action((providerId: string, options: Options) => connect(cli, providerId, options));
}

async function connect(cli: CommandLine, providerId: string, options: Options): Promise<void> {
  if (options.device && options.manual) {
    throw new CliFailure('options_conflict', 'Either --device or --manual, not both.', undefined, { exitCode: 2 });
  }
  const open = await openInstallation(cli, { command: 'latchkey connect', online: true });
  const provider = providerOf(open.catalogue, providerId);
  const instance = instanceOf(provider, options.instance);
  const userId = await personOf(open.prisma, options.user, true);
  const way: Way | undefined = options.device ? 'device' : options.manual ? 'manual' : undefined;
  const { id, created, grant } = await connectAccount(cli, open, {
    provider,
    userId,
    way,
    instance,
    scopes: options.scope.length > 0 ? options.scope : undefined,
    browser: options.browser,
    port: options.port,
    timeoutMs: options.timeout * 1000,
  });
  const { label, subject } = grant.account;
  const row = await open.prisma.connection.findUnique({ where: { id }, select: { scopes: true } });
  const result = {
    id,
    created,
    user: userId,
    provider: provider.id,
    sandbox: provider.sandbox,
    subject,
    label,
    scopes: row?.scopes ?? [],
  };
  cli.show(result, () => {
    const where = provider.sandbox ? ` in the sandbox, where no real account is involved` : '';
    return `${created ? 'Connected' : 'Connected again:'} ${visibleLine(label)} at ${provider.name}${where}.\nConnection ${id}`;
  });
}

function collected(text: string, before: readonly string[]): readonly string[] {
  return [...before, ...text.split(' ').filter((scope) => scope !== '')];
}

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('It must be a port number.');
  return Number(text);
}

function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d{1,4}$/.test(text) || value < 1 || value > FLOW_LIFE_SECONDS) {
    throw new InvalidArgumentError(`It must be from 1 to ${FLOW_LIFE_SECONDS} seconds.`);
  }
  return value;
}
