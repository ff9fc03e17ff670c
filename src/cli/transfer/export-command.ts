/** `latchkey export`: people, ways to sign in, connections and events into one file, for another installation. */
import type { Command } from 'commander';
import type { CommandLine } from '../command-line.js';
import { openInstallation } from '../open-installation.js';
import { subcommand } from '../subcommand.js';
import { counted } from '../terminal/counted.js';
import { progress } from '../terminal/progress.js';
import { type ExportReport, writeArchive } from './archive/write-archive.js';

interface Options {
  readonly force?: true;
  readonly showSecrets?: true;
}

export function exportCommand(cli: CommandLine): Command {
  return subcommand('export <file>', 'Write people, connections and events into a file for another installation.', [
    {
      command: 'latchkey export latchkey.jsonl',
      does: 'sealed: only an installation with the same VAULT_KEYS can import it',
    },
    { command: 'latchkey export latchkey.jsonl --force', does: 'replaces a file of that name' },
  ])
    .option('--force', 'replace the file if it is there')
    .option('--show-secrets', 'write the tokens readable, for an installation with other keys')
    .addHelpText(
      'after',
      `
Stop the app first: a token that is refreshed after it was exported may be dead in the file. Rows of the sandbox stay behind, and so do
sessions. The file can be read by its owner only, and nothing in it without VAULT_KEYS.`,
    )
    .action(async (file: string, options: Options) => {
      const { prisma, vault } = await openInstallation(cli, { command: 'latchkey export', online: false });
      const showSecrets = options.showSecrets === true;
      if (showSecrets)
        cli.terminal.say('Note: whoever reads this file can act as these people. Delete it after the import.');
      const bar = progress(cli.terminal, 'exporting people');
      const work = writeArchive({
        prisma,
        vault,
        file,
        showSecrets,
        overwrite: options.force === true,
        now: cli.now,
        signal: cli.signal,
        onProgress: (done, total) => bar.at(done, total),
      }).finally(() => bar.end());
      // Cancelled, it still removes its unfinished file before the database closes.
      cli.defer(() => work.catch(() => undefined));
      const report = await work;
      cli.show({ file, sealed: !showSecrets, ...report }, () => words(file, report));
    });
}

function words(file: string, { counts, unreadable, staysBehind }: ExportReport): string {
  const { people, sandboxConnections, sandboxIdentities } = staysBehind;
  const moved = [
    peopleOf(counts.user),
    waysOf(counts.identity),
    connectionsOf(counts.connection),
    eventsOf(counts.event),
  ];
  const left = `${connectionsOf(sandboxConnections)} and ${waysOf(sandboxIdentities)} of the sandbox`;
  return [
    `${file}: ${moved.join(', ')}.`,
    `Left behind: ${left}, ${peopleOf(people)} with nothing else.`,
    ...(unreadable > 0
      ? [`Without readable tokens, because no key of the ring opens them: ${connectionsOf(unreadable)}.`]
      : []),
  ].join('\n');
}

const peopleOf = (count: number) => counted(count, 'person', 'people');
const waysOf = (count: number) => counted(count, 'way to sign in', 'ways to sign in');
const connectionsOf = (count: number) => counted(count, 'connection', 'connections');
const eventsOf = (count: number) => counted(count, 'event', 'events');
