/** One command line from its arguments to its exit code. */
import { CommanderError } from 'commander';
import { CommandLine, type CommandLineOptions } from './command-line.js';
import { complaint } from './complaint.js';
import { Cancelled, EXIT } from './failure.js';
import { createProgram } from './program.js';

/**
 * Never rejects; what went wrong is said on the terminal.
 * @param args without the interpreter and the program
 * @returns the exit code: 0 only on success, 2 for a command line that makes no sense, 130 when it was cancelled
 */
export async function run(args: readonly string[], options: CommandLineOptions): Promise<number> {
  const cli = new CommandLine(options);
  let code: number;
  try {
    const work = createProgram(cli).parseAsync([...args], { from: 'user' });
    work.catch(() => undefined);
    await Promise.race([work, interrupted(cli.signal)]);
    code = cli.exitCode;
  } catch (error) {
    code = tell(cli, error);
  }
  try {
    await cli.close();
  } catch (error) {
    // What was done is done, but something of it may not have been written.
    code = Math.max(tell(cli, error), code);
  }
  return code;
}

function interrupted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const leave = () => reject(new Cancelled());
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
}

/** @returns the exit code */
function tell(cli: CommandLine, error: unknown): number {
  // Commander has printed its own words, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.success : EXIT.usage;
  const { terminal, environment } = cli;
  const { code, message, advice, exitCode } = complaint(error);
  if (cli.json) terminal.result(JSON.stringify({ error: { code, message, ...(advice ? { advice } : {}) } }));
  terminal.say(`${terminal.paintWords('red', 'latchkey:')} ${message}${advice ? `\n${advice}` : ''}`);
  if (environment.LATCHKEY_TRACE === '1' && error instanceof Error) terminal.say(traceOf(error));
  return exitCode;
}

/** Frames without the messages, which may quote what is nobody's business. */
function traceOf(error: Error): string {
  const frames = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  return [error.name, ...frames].join('\n');
}
