/** From the rows of a dump to people with their accounts: what an import would do before it has looked at the database. Pure. */
import type { ProviderDefinition } from '../../../providers/index.js';
import { readAllauth } from './allauth.js';
import { type DumpRecord, modelName } from './dump-record.js';
import { isEarlierModel, readEarlierModels } from './fitbit-and-profile.js';
import type { ProviderNames } from './provider-names.js';
import { readSocialAuth } from './social-auth.js';
import { isSkipped, type SkippedRow, type SourceAccount } from './source-account.js';
import { type SourcePerson, sourcePeople } from './source-people.js';

export interface PlannedPerson {
  readonly person: SourcePerson;
  readonly accounts: readonly SourceAccount[];
}

export interface ImportPlan {
  readonly people: readonly PlannedPerson[];
  readonly skipped: readonly SkippedRow[];
  /** Rows of the models that are read here. */
  readonly rows: number;
  /** People in the dump, with accounts or without. */
  readonly peopleInDump: number;
  /** Models that hold nothing for us, with their number of rows. */
  readonly otherModels: ReadonlyMap<string, number>;
}

export interface PlanOptions {
  readonly names: ProviderNames;
  /** Name of the site, which keeps apart the stand-ins of two sites' people. */
  readonly source: string;
  /** ms since the epoch. */
  readonly now: number;
}

export function planImport(records: readonly DumpRecord[], { names, source, now }: PlanOptions): ImportPlan {
  const people = sourcePeople(records);
  const rows = [
    ...readEarlierModels(records, people, names, source),
    ...readAllauth(records, people, names),
    ...readSocialAuth(records, people, names, now),
  ];
  const skipped = rows.filter(isSkipped);
  const accounts = oneForEach(
    rows.filter((row): row is SourceAccount => !isSkipped(row)),
    skipped,
  );
  const grouped = new Map<string, SourceAccount[]>();
  for (const account of accounts) {
    const group = grouped.get(account.person);
    if (group) group.push(account);
    else grouped.set(account.person, [account]);
  }
  return {
    people: [...grouped].flatMap(([key, group]) => {
      const person = people.find(key);
      return person ? [{ person, accounts: group }] : [];
    }),
    skipped,
    rows: rows.length,
    peopleInDump: people.count || grouped.size,
    otherModels: countOthers(records),
  };
}

/** @param skipped gets what is left out */
function oneForEach(accounts: readonly SourceAccount[], skipped: SkippedRow[]): readonly SourceAccount[] {
  const leaveOut = (row: SourceAccount, skip: SkippedRow['skip']) =>
    skipped.push({ place: row.place, person: row.person, provider: row.definition.id, skip });
  // Of two people with one account the second has to connect it: whose it is cannot be decided here.
  const owners = new Map<string, string>();
  const undisputed = accounts.filter((row) => {
    const key = accountKey(namespaceOf(row.definition), row);
    const owner = owners.get(key) ?? row.person;
    owners.set(key, owner);
    if (owner !== row.person) leaveOut(row, 'two_people');
    return owner === row.person;
  });
  const youngest = new Map<string, SourceAccount>();
  for (const row of undisputed) {
    const key = accountKey(row.definition.id, row);
    const rival = youngest.get(key);
    if (rival) leaveOut(isYounger(row, rival) ? rival : row, 'superseded');
    if (!rival || isYounger(row, rival)) youngest.set(key, row);
  }
  return [...youngest.values()];
}

function accountKey(space: string, { account }: SourceAccount): string {
  return `${space}\n${account.subject}`;
}

function isYounger(row: SourceAccount, rival: SourceAccount): boolean {
  if (!row.credentials || !rival.credentials) return row.credentials !== undefined && !rival.credentials;
  const [date, pk] = row.age;
  const [rivalDate, rivalPk] = rival.age;
  return date === rivalDate ? pk > rivalPk : date > rivalDate;
}

export function namespaceOf(definition: ProviderDefinition): string {
  return definition.namespace ?? definition.id;
}

const OURS = /^(usersocialauth|socialaccount|socialtoken|socialapp|user)$/;

function countOthers(records: readonly DumpRecord[]): ReadonlyMap<string, number> {
  const others = new Map<string, number>();
  for (const record of records) {
    if (OURS.test(modelName(record)) || isEarlierModel(record)) continue;
    others.set(record.model, (others.get(record.model) ?? 0) + 1);
  }
  return others;
}
