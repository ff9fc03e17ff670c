/** `latchkey import`: brings in what `latchkey export` wrote elsewhere, for example from the embedded database to PostgreSQL. */
import type { Command } from 'commander';
import type { CommandLine } from '../command-line.js';
import { openInstallation } from '../open-installation.js';
import { subcommand } from '../subcommand.js';
import { progress } from '../terminal/progress.js';
import { RECORD_KINDS } from './archive/archive-format.js';
import { archiveBatches, checkArchive } from './archive/read-archive.js';
import { ArchiveStore, type StoredReport } from './archive/store-archive.js';
import { importDjangoCommand } from './import-django-command.js';

export function importCommand(cli: CommandLine): Command {
  return (
    subcommand('import <file>', 'Import what "latchkey export" wrote.', [
      {
        command: 'DATABASE_URL=postgresql://… VAULT_KEYS=k1:…,dev:… latchkey import latchkey.jsonl',
        does: 'into PostgreSQL; the key that sealed the file stands behind the new one, and may go afterwards',
      },
      {
        command: 'latchkey import django dumpdata.json',
        does: 'from an earlier Django application: latchkey help import',
      },
    ])
      .addHelpText(
        'after',
        `
The whole file is checked before anything is written. What is there already is left as it is, so that an import that was interrupted, or that is
run twice, does no harm. Credentials are sealed anew with the first of VAULT_KEYS.`,
      )
      // So that `import django … --json` gives the option to django.
      .enablePositionalOptions()
      .addCommand(importDjangoCommand(cli))
      .action(async (file: string) => {
        const { prisma, vault } = await openInstallation(cli, { command: 'latchkey import', online: false });
        const { header, counts } = await checkArchive(file, vault, cli.signal);
        if (!header.sealed)
          cli.terminal.say('Note: the tokens in this file can be read by anybody. Delete it afterwards.');
        const store = new ArchiveStore(prisma, vault);
        const bar = progress(cli.terminal, 'importing');
        const total = RECORD_KINDS.reduce((sum, kind) => sum + counts[kind], 0);
        let done = 0;
        try {
          for await (const batch of archiveBatches(file, vault)) {
            cli.signal.throwIfAborted();
            await store.store(batch);
            done += Object.values(batch).reduce((sum, records) => sum + records.length, 0);
            bar.at(done, total);
          }
        } finally {
          bar.end();
        }
        const { stored, conflicts, unreadable } = store.report;
        cli.show({ exportedAt: header.exportedAt, ...stored, conflicts, unreadable }, () => words(store.report));
      })
  );
}

const NAMES = {
  user: 'people',
  identity: 'ways to sign in',
  connection: 'connections',
  successor: 'successors',
  event: 'events',
};

function words({ stored, conflicts, unreadable }: StoredReport): string {
  const lines = RECORD_KINDS.map((kind) => {
    const { imported, there, skipped } = stored[kind];
    return `${NAMES[kind]}: ${imported} imported, ${there} already there${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  });
  const owned = conflicts.map(
    ({ namespace, subject }) => `- ${namespace}:${subject} is somebody else’s here; nothing changed for either`,
  );
  const lost =
    unreadable > 0 ? [`${unreadable} connections came without readable tokens: their people connect again.`] : [];
  return [...lines, ...owned, ...lost].join('\n');
}
