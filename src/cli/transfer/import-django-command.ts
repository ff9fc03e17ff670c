/** `latchkey import django`: the tokens of an earlier Django application move in. Says what it would do before it does anything. */
import type { Command } from 'commander';
import type { CommandLine } from '../command-line.js';
import { CliFailure } from '../failure.js';
import { type OpenInstallation, openInstallation } from '../open-installation.js';
import { subcommand } from '../subcommand.js';
import { progress } from '../terminal/progress.js';
import { importer, type RowOutcome } from './django/apply.js';
import { type ImportPlan, planImport } from './django/plan.js';
import { providerNames } from './django/provider-names.js';
import { readDump } from './django/read-dump.js';
import { type ImportReport, importReport, reportWords } from './django/report.js';

interface Options {
  readonly apply?: true;
  readonly allowSignIn?: true;
  readonly map: readonly string[];
  readonly source: string;
}

export function importDjangoCommand(cli: CommandLine): Command {
  return subcommand('django <files...>', 'Import the accounts of an earlier Django application.', [
    {
      command: 'latchkey import django dumpdata.json',
      does: 'says what it would do; on a terminal, asks whether to do it',
    },
    { command: 'latchkey import django dumpdata.json --apply', does: 'does it, without asking' },
    {
      command: 'latchkey import django users.csv profiles.csv --map twitter=x --json',
      does: 'from tables with a line of column names; a name of the old application leads to another provider',
    },
  ])
    .option('--apply', 'write to the database; without it nothing is changed')
    .option('--allow-sign-in', 'accounts that were a way to sign in there become one here')
    .option('--map <old=new>', 'what a provider of the dump is called here; may be repeated', collect, [])
    .option('--source <name>', 'keeps apart several Django sites that move into one installation', 'django')
    .addHelpText(
      'after',
      `
Make the dump on the old site with:
  manage.py dumpdata auth.user socialaccount social_django <your app> --output dumpdata.json

Read are FitBitAPI and Profile, django-allauth (socialaccount) and python-social-auth (UserSocialAuth). No provider is called, passwords stay
behind, and a second run changes nothing. The dump holds tokens in the clear: delete it afterwards.

--allow-sign-in gives a way to sign in only to accounts whose id the provider told while their person was signing in.
Without it the connections are there, but nobody can reach them by signing in, until a later run allows it.`,
    )
    .action(async (files: readonly string[], options: Options) => {
      const names = providerNames(cli.installation.definitions, options.map);
      const plan = planImport(await readDump(files), { names, source: options.source, now: cli.now() });
      if (plan.rows === 0) throw nothingFound(plan);
      const open = await openInstallation(cli, { command: 'latchkey import django', online: false });
      const work = new DjangoImport(cli, open, plan, options);
      let report = await work.run(options.apply !== true);
      if (report.dryRun && report.counts.imported > 0 && cli.terminal.interactive && !cli.json) {
        cli.terminal.say(wordsOf(cli, report));
        if (!(await cli.terminal.confirm('Import these?'))) {
          cli.terminal.say('Nothing was changed.');
          return;
        }
        report = await work.run(false);
      }
      cli.show(report, () => wordsOf(cli, report));
      if (report.dryRun) cli.terminal.say('Nothing was changed. Add --apply to import.');
    });
}

class DjangoImport {
  readonly #cli: CommandLine;
  readonly #open: OpenInstallation;
  readonly #plan: ImportPlan;
  readonly #options: Options;

  constructor(cli: CommandLine, open: OpenInstallation, plan: ImportPlan, options: Options) {
    this.#cli = cli;
    this.#open = open;
    this.#plan = plan;
    this.#options = options;
  }

  async run(dryRun: boolean): Promise<ImportReport> {
    const { prisma, vault, catalogue } = this.#open;
    const { definitions } = this.#cli.installation;
    const allowSignIn = this.#options.allowSignIn === true;
    const apply = importer({ prisma, vault, definitions, allowSignIn, dryRun, now: this.#cli.now });
    const bar = progress(this.#cli.terminal, dryRun ? 'looking at people' : 'importing people');
    const outcomes: RowOutcome[] = [];
    let created = 0;
    try {
      for (const [index, person] of this.#plan.people.entries()) {
        this.#cli.signal.throwIfAborted();
        const outcome = await apply(person);
        created += Number(outcome.created);
        for (const row of outcome.rows) outcomes.push(row);
        bar.at(index + 1, this.#plan.people.length);
      }
    } finally {
      bar.end();
    }
    const real = catalogue.all.filter(({ sandbox }) => !sandbox);
    const clientIds = new Map(real.map(({ id, client }) => [id, client.clientId]));
    return importReport({ plan: this.#plan, outcomes, created, dryRun, clientIds });
  }
}

function wordsOf(cli: CommandLine, report: ImportReport): string {
  const { width, paint } = cli.terminal;
  return reportWords(report, { width, paint });
}

function nothingFound({ otherModels }: ImportPlan): CliFailure {
  const seen = [...otherModels.keys()].slice(0, 5).join(', ');
  return new CliFailure(
    'nothing_to_import',
    `There is nothing to import in it${seen === '' ? '' : `: it holds ${seen}`}.`,
    'Dump the models that hold tokens; latchkey import django --help names them.',
  );
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
