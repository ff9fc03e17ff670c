/** What became of each row of a dump, for people and as JSON. Holds places, providers and labels; never a token. */
import { variablePrefix } from '../../../providers/index.js';
import type { Paint } from '../../terminal/style.js';
import { table } from '../../terminal/table.js';
import type { RowOutcome } from './apply.js';
import type { ImportPlan } from './plan.js';
import { type SkipReason, STAND_IN } from './source-account.js';

/** One sentence each: what was found, and what to do where something can be done. */
const REASONS: Readonly<Record<SkipReason, string>> = {
  account_deleting: 'the person is deleting their account here',
  ambiguous_provider:
    'the name stands for OAuth 1 and OAuth 2 and the row does not tell which; say --map <name>=<provider>',
  belongs_to_somebody_else: 'the person’s accounts belong to two people here already',
  empty_secret: 'the secret is empty: the flow was never finished',
  empty_token: 'the token is empty: the flow was never finished',
  maybe_truncated: 'the token fills its column to the last character and was probably cut off',
  no_person: 'it belongs to nobody in the dump',
  no_token: 'it holds no token, and signing in was not allowed; see --allow-sign-in',
  older_start:
    'every start of the earlier application added a row with its request token; only the person’s newest row can hold an access token',
  request_token: 'it holds a request token: the flow was started and never finished',
  subject_is_an_address: 'it is known by an e-mail address only, which may change hands; the person connects again',
  subject_missing: 'it names no account of the provider',
  superseded: 'a younger row of the same person holds the account',
  two_people: 'another person of the dump holds the same account',
  unknown_provider: 'there is no such provider here; say --map <name>=<provider>, or describe it in PROVIDERS_DIR',
  unreadable_row: 'its extra_data is no JSON',
};

export interface ReportRow {
  readonly place: string;
  readonly person: string | null;
  readonly provider: string;
  readonly label: string | null;
  readonly outcome: RowOutcome['outcome'];
  readonly reason: SkipReason | null;
  readonly why: string | null;
  readonly signIn: boolean;
  readonly expired: boolean;
}

export interface ImportReport {
  readonly dryRun: boolean;
  readonly people: { readonly inDump: number; readonly withAccounts: number; readonly created: number };
  readonly counts: { readonly imported: number; readonly there: number; readonly skipped: number };
  /** Active people of the dump who cannot sign in here afterwards, although they could there. */
  readonly withoutWayToSignIn: number;
  readonly notes: readonly string[];
  readonly rows: readonly ReportRow[];
}

export interface ReportFacts {
  readonly plan: ImportPlan;
  readonly outcomes: readonly RowOutcome[];
  readonly created: number;
  readonly dryRun: boolean;
  /** Our client id at each provider that is configured. */
  readonly clientIds: ReadonlyMap<string, string>;
}

export function importReport({ plan, outcomes, created, dryRun, clientIds }: ReportFacts): ImportReport {
  const done = outcomes.map(({ place, person, provider, label, outcome, reason, signIn, expired }): ReportRow => {
    return { place, person, provider, label, outcome, reason: reason ?? null, why: why(reason), signIn, expired };
  });
  const left = plan.skipped.map(({ place, person, provider, skip }): ReportRow => {
    const row = { place, person: person ?? null, provider, label: null, outcome: 'skipped', reason: skip } as const;
    return { ...row, why: why(skip), signIn: false, expired: false };
  });
  const rows = [...done, ...left];
  const count = (outcome: RowOutcome['outcome']) => rows.filter((row) => row.outcome === outcome).length;
  const signingIn = new Set(done.filter(({ signIn }) => signIn).map(({ person }) => person));
  const active = plan.people.filter(({ person }) => person.active);
  return {
    dryRun,
    people: { inDump: plan.peopleInDump, withAccounts: plan.people.length, created },
    counts: { imported: count('imported'), there: count('there'), skipped: count('skipped') },
    withoutWayToSignIn: active.filter(({ person }) => !signingIn.has(person.key)).length,
    notes: notes(plan, done, clientIds),
    rows,
  };
}

function why(reason: SkipReason | undefined): string | null {
  return reason === undefined ? null : REASONS[reason];
}

function notes(plan: ImportPlan, rows: readonly ReportRow[], clientIds: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  const accounts = plan.people.flatMap((person) => person.accounts);
  for (const id of [...new Set(accounts.map(({ definition }) => definition.id))].sort()) {
    const here = clientIds.get(id);
    const earlier = new Set(
      accounts.flatMap(({ definition, clientId }) => (definition.id === id && clientId ? [clientId] : [])),
    );
    if (here === undefined) {
      found.push(`${id} has no client here yet: its connections wait until ${variableOf(id)} is set.`);
    } else if (earlier.size > 0 && !earlier.has(here)) {
      found.push(
        `${id} tokens were issued to client ${[...earlier].join(', ')}, but ${variableOf(id)} names another: calls and refreshes will be refused.`,
      );
    }
  }
  const expired = rows.filter((row) => row.expired).length;
  if (expired > 0) found.push(`Over, with nothing to renew them: ${expired}. Their people are asked to connect again.`);
  const standIns = accounts.filter(({ account }) => account.subject.startsWith(STAND_IN)).length;
  if (standIns > 0) {
    found.push(
      `Without the provider’s account id: ${standIns}. They can be used, but never to sign in; connecting again adds a second connection.`,
    );
  }
  return found;
}

function variableOf(id: string): string {
  return `${variablePrefix(id)}_CLIENT_ID`;
}

/** More than this and only what was left behind is listed; `--json` always lists all. */
const ROWS_SHOWN = 60;

export function reportWords(report: ImportReport, look: { width: number | undefined; paint: Paint }): string {
  const { counts, people, dryRun, rows } = report;
  const shown =
    rows.length <= ROWS_SHOWN ? rows : rows.filter(({ outcome }) => outcome === 'skipped').slice(0, ROWS_SHOWN);
  const columns = [
    { title: 'ROW', of: (row: ReportRow) => row.place },
    { title: 'PERSON', of: (row: ReportRow) => row.person ?? '–' },
    { title: 'PROVIDER', of: (row: ReportRow) => row.provider },
    { title: 'ACCOUNT', of: (row: ReportRow) => row.label ?? '–' },
    { title: dryRun ? 'WOULD BE' : 'WAS', of: (row: ReportRow) => outcomeWords(row) },
  ];
  const unlisted = rows.length - shown.length;
  const total = `${counts.imported} ${dryRun ? 'to import' : 'imported'}, ${counts.there} already there, ${counts.skipped} skipped; ${people.withAccounts} people, ${people.created} of them new.`;
  return [
    ...(shown.length > 0 ? [table(shown, columns, look), ''] : []),
    ...(unlisted > 0 ? [`(${unlisted} more rows; --json lists all)`, ''] : []),
    look.paint('bold', total),
    ...report.notes.map((note) => `- ${note}`),
    ...(report.withoutWayToSignIn > 0
      ? [
          `- Active people who cannot sign in here with any of these accounts: ${report.withoutWayToSignIn} (--allow-sign-in).`,
        ]
      : []),
  ].join('\n');
}

function outcomeWords({ outcome, why: because, signIn, expired }: ReportRow): string {
  const extras = [signIn ? 'may sign in' : '', expired ? 'has to be connected again' : ''].filter(Boolean).join(', ');
  if (outcome === 'skipped') return `skipped: ${because ?? ''}`;
  const word = outcome === 'there' ? 'already there' : 'imported';
  return extras === '' ? word : `${word} (${extras})`;
}
