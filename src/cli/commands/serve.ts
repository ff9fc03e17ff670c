/** `latchkey serve`: the web app, as `npm start` runs it. */
import type { Command } from 'commander';
import type { CommandLine } from '../command-line.js';
import { subcommand } from '../subcommand.js';

export function serveCommand(cli: CommandLine): Command {
  return subcommand('serve', 'Run the web app until it is told to stop.', [
    { command: 'latchkey serve', does: 'on http://localhost:3000, with the sandbox when no provider is configured' },
    { command: 'PORT=8080 latchkey serve', does: 'on another port; the README lists all settings' },
  ]).action(async () => {
    const { serve } = await import('../../serve.js');
    // It lets the requests under way finish first.
    cli.leaveSignals();
    const lines: string[] = [];
    const { url } = await serve(cli.environment, (line) => (cli.json ? lines.push(line) : cli.terminal.result(line)));
    if (cli.json) cli.show({ url, lines }, () => '');
  });
}
