/** The frame of every command: its words, its examples, and the options that all of them have. */
import { Command } from 'commander';

export interface Example {
  /** As typed, without the `$`. */
  readonly command: string;
  readonly does: string;
}

const examplesOf = new WeakMap<Command, readonly Example[]>();

/**
 * @param name with its arguments, `call <connection> <path>`
 * @param summary one sentence with its full stop
 */
export function subcommand(name: string, summary: string, examples: readonly Example[]): Command {
  const command = new Command(name.split(' ', 1)[0] ?? '');
  for (const argument of name.split(' ').slice(1)) command.argument(argument);
  command.description(summary);
  command.option('--json', 'print the result as JSON');
  const listed = examples.map(({ command: typed, does }) => `  $ ${typed}\n      ${does}`).join('\n');
  if (examples.length > 0) command.addHelpText('after', `\nExamples:\n${listed}`);
  examplesOf.set(command, examples);
  return command;
}

/** For the documentation. */
export function examples(command: Command): readonly Example[] {
  return examplesOf.get(command) ?? [];
}
