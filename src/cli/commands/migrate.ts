/** `latchkey migrate`: brings the database up to this release, as a start of the server does. */
import type { Command } from 'commander';
import { migrate } from '../../db/index.js';
import type { CommandLine } from '../command-line.js';
import { subcommand } from '../subcommand.js';

export function migrateCommand(cli: CommandLine): Command {
  return subcommand('migrate', 'Bring the database up to this release.', [
    {
      command: 'latchkey migrate',
      does: 'the embedded database, or that of DATABASE_URL; several processes may do it at once',
    },
  ]).action(async () => {
    const database = await cli.openDatabase('latchkey migrate');
    const { applied, ahead } = await migrate(database);
    cli.show({ applied, ahead }, () => words(applied, ahead));
  });
}

function words(applied: readonly string[], ahead: readonly string[]): string {
  const done = applied.length === 0 ? 'The database is up to date.' : `Applied: ${applied.join(', ')}.`;
  return ahead.length === 0 ? done : `${done} A newer release has migrated it further: ${ahead.join(', ')}.`;
}
