/** docs/cli.md as text: what every command takes and does, in the order of the help. */
import type { Command, Option } from 'commander';
import { CommandLine } from '../../src/cli/command-line.js';
import { createProgram } from '../../src/cli/program.js';
import { examples } from '../../src/cli/subcommand.js';

export function cliPage(): string {
  const commands = program().commands.flatMap(withTheirs);
  const contents = commands.map(({ path }) => `[${path}](#latchkey-${path.replaceAll(' ', '-')})`).join(' · ');
  return `${INTRODUCTION}\n\n${contents}\n\n${commands.map(section).join('\n\n')}\n`;
}

interface Listed {
  /** `providers check` */
  readonly path: string;
  readonly command: Command;
}

/** Groups that do nothing by themselves are named in what belongs to them. */
function withTheirs(command: Command): readonly Listed[] {
  const theirs = command.commands
    .flatMap(withTheirs)
    .map((each) => ({ ...each, path: `${command.name()} ${each.path}` }));
  return command.options.length > 0 ? [{ path: command.name(), command }, ...theirs] : theirs;
}

function section({ path, command }: Listed): string {
  const args = command.registeredArguments.map(
    (argument) => ` ${argument.required ? `<${argument.name()}>` : `[${argument.name()}]`}`,
  );
  const typed = examples(command).map((example) => `# ${example.does}\n${example.command}`);
  return `## latchkey ${path}

${command.description()}

\`latchkey ${path}${args.join('')} [options]\`

| option | meaning |
|---|---|
${command.options.map(row).join('\n')}

\`\`\`sh
${typed.join('\n\n')}
\`\`\``;
}

function row(option: Option): string {
  const { flags, description, defaultValue, defaultValueDescription, argChoices } = option;
  const choices = argChoices ? ` (${argChoices.join(', ')})` : '';
  const plain =
    typeof defaultValue === 'string' || typeof defaultValue === 'number' ? `\`${defaultValue}\`` : undefined;
  const usual = defaultValueDescription ?? plain;
  return `| \`${flags}\` | ${`${description}${choices}${usual === undefined ? '' : `; default ${usual}`}`.replaceAll('|', '\\|').replaceAll('<', '&lt;')} |`;
}

/** Nothing is read or opened by making the commands. */
function program(): Command {
  const streams = { input: process.stdin, output: process.stdout, words: process.stderr };
  const cli = new CommandLine({
    streams,
    environment: {},
    signal: new AbortController().signal,
    leaveSignals: () => undefined,
  });
  return createProgram(cli);
}

const INTRODUCTION = `# The command line

<!-- Written by scripts/cli-page.ts from the commands; change those instead. -->

\`npx latchkey <command>\` works on the same database, vault and providers as the web app, with no server running: the embedded database in \`DATA_DIR\`, or the
PostgreSQL of \`DATABASE_URL\` beside any number of servers. Settings come from the environment and from \`.env\`; README lists them.

* **The embedded database is opened by one process at a time.** While a server (or another command) has it, a command says which process that is and ends.
* **Results go to stdout, words for people to stderr.** \`--json\` makes the result one JSON document everywhere, an error too:
  \`{"error":{"code","message","advice"}}\`. Colours appear on terminals only, and not with \`NO_COLOR\`.
* **Exit codes:** 0 success, and only then · 1 failure · 2 a command line that makes no sense · 130 cancelled · \`call\`: 3, 4 or 5, the first digit of the answer's status.
* **People:** whoever connects something on the command line is known there by a name (\`--user\`, default \`local\`) and cannot sign in on the web. \`--user\` also takes the
  id of a person of the web app, or \`<namespace>:<subject>\` of how they sign in; then the web app's rules about whose an account is hold.
* **Secrets** are never taken from a command line, which others on the machine can see, and never printed without \`--show-secrets\`. Files are readable for their owner only.
* **The sandbox** stands in where no provider is configured: one that runs already (\`SANDBOX_URL\`, or on \`SANDBOX_PORT\`) is used, otherwise the command brings one along.
* **How \`connect\` comes back:** with a browser on this machine, to a listener on 127.0.0.1 (RFC 8252; register \`http://127.0.0.1/auth/<provider>/callback\`, with a port and \`--port\` where the
  provider compares the whole address); without one, by a code typed on any device (RFC 8628) where the provider has that, or by a number typed (OAuth 1) or an address pasted.`;
