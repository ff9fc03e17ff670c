/** All commands under one roof. */
import { readFileSync } from 'node:fs';
import { Command, Help, type Option } from 'commander';
import type { CommandLine } from './command-line.js';
import { callCommand } from './commands/call.js';
import { connectCommand } from './commands/connect.js';
import { connectionsCommand } from './commands/connections.js';
import { disconnectCommand } from './commands/disconnect.js';
import { doctorCommand } from './commands/doctor.js';
import { migrateCommand } from './commands/migrate.js';
import { providersCommand } from './commands/providers.js';
import { refreshCommand } from './commands/refresh.js';
import { sandboxCommand } from './commands/sandbox.js';
import { serveCommand } from './commands/serve.js';
import { signCommand } from './commands/sign.js';
import { exportCommand } from './transfer/export-command.js';
import { importCommand } from './transfer/import-command.js';
import { vaultCommand } from './vault-command.js';

/** In the order of the help. */
const COMMANDS: readonly ((cli: CommandLine) => Command)[] = [
  providersCommand,
  connectCommand,
  connectionsCommand,
  callCommand,
  refreshCommand,
  disconnectCommand,
  signCommand,
  serveCommand,
  migrateCommand,
  doctorCommand,
  sandboxCommand,
  vaultCommand,
  exportCommand,
  importCommand,
];

export function createProgram(cli: CommandLine): Command {
  const { terminal } = cli;
  const program = new Command('latchkey')
    .description('Connect your accounts elsewhere, keep their tokens fresh, and call their APIs.')
    .usage('<command> [options]')
    .version(release(), '-V, --version', 'which release this is')
    .helpCommand('help [command]', 'how a command is used')
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ minWidthToWrap: 20, optionDescription: describedOption })
    .configureOutput({
      writeOut: (text) => terminal.result(text.trimEnd()),
      writeErr: (text) => terminal.say(text.trimEnd()),
      getOutHelpWidth: () => terminal.width ?? 100,
      getErrHelpWidth: () => terminal.wordsWidth ?? 100,
      outputError: (text, write) => write(text.replace(/^error: /, `${terminal.paintWords('red', 'latchkey:')} `)),
    })
    .addHelpText(
      'after',
      `
Examples:
  $ latchkey connect google-health
      connects an account: opens the provider's page and waits for you to come back
  $ latchkey call google-health /v4/users/me/identity
      calls its API as that account
  $ latchkey help call
      everything about one command

It works on the database of DATABASE_URL, or on the embedded one in DATA_DIR (./data). Settings come from the environment and from .env.`,
    );
  for (const make of COMMANDS) program.addCommand(make(cli));
  for (const command of everyCommand(program)) {
    command.exitOverride().showHelpAfterError('(add --help for how it is used)').copyInheritedSettings(program);
  }
  program.hook('preAction', (_program, command) => {
    // `import django --json`: an option that a command above knows too is that one’s.
    cli.json = command.optsWithGlobals().json === true;
  });
  return program;
}

/** From package.json, which stands as far above dist/cli as above src/cli. */
function release(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return String(version);
}

/** Where a list is empty unless something is said, that is nothing to read about. */
function describedOption(option: Option): string {
  const empty = Array.isArray(option.defaultValue) && option.defaultValue.length === 0;
  return new Help().optionDescription(empty ? Object.create(option, { defaultValue: {} }) : option);
}

/** Commands and theirs, without the program itself. */
export function everyCommand(parent: Command): readonly Command[] {
  return parent.commands.flatMap((command) => [command, ...everyCommand(command)]);
}
