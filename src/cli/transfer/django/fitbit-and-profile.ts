/**
 * The two models of the earlier systems' own: FitBitAPI (user, access_token, access_token_secret) and Profile (user, oauth_token,
 * oauth_secret), both OAuth 1 (cap-H1, cap-H2).
 *
 * FitBitAPI has a fault that no reader can undo: the start of a flow stored the request token in the columns of the access token, in a new
 * row each time. So of several rows of one person only the newest can be their access token, and an abandoned first start looks like one.
 */
import { captured, type ProviderDefinition } from '../../../providers/index.js';
import { type DumpRecord, modelName, referenceOf, textOf } from './dump-record.js';
import type { ProviderNames } from './provider-names.js';
import {
  accountOf,
  ageOf,
  isSkipped,
  oauth1Credentials,
  type SkipReason,
  type SourceAccount,
  type SourceRow,
  standInSubject,
} from './source-account.js';
import type { SourcePeople, SourcePerson } from './source-people.js';

interface Columns {
  readonly token: string;
  readonly secret: string;
  /** The service the model was written for. */
  readonly provider: string;
  /** Longer tokens did not fit, and some databases cut them off without a word. */
  readonly maxLength: number;
}

const MODELS: Readonly<Record<string, Columns>> = {
  fitbitapi: { token: 'access_token', secret: 'access_token_secret', provider: 'fitbit', maxLength: 128 },
  profile: { token: 'oauth_token', secret: 'oauth_secret', provider: 'twitter', maxLength: 200 },
};

/** A project's other models called Profile have no tokens. */
export function isEarlierModel(record: DumpRecord): boolean {
  const columns = MODELS[modelName(record)];
  return columns !== undefined && columns.token in record.fields && columns.secret in record.fields;
}

/** @param source name of the site, see {@link standInSubject} */
export function readEarlierModels(
  records: readonly DumpRecord[],
  people: SourcePeople,
  names: ProviderNames,
  source: string,
): readonly SourceRow[] {
  const read = records.filter(isEarlierModel).map((record) => {
    const row = readRow(record, people, names, source);
    return { row, slot: `${modelName(record)} ${row.person}` };
  });
  const newest = new Map<string, SourceAccount>();
  for (const { row, slot } of read) {
    if (isSkipped(row)) continue;
    const rival = newest.get(slot);
    if (!rival || rival.age[1] < row.age[1]) newest.set(slot, row);
  }
  return read.map(({ row, slot }) => {
    if (isSkipped(row) || newest.get(slot) === row) return row;
    return { place: row.place, person: row.person, provider: row.definition.id, skip: 'older_start' };
  });
}

function readRow(record: DumpRecord, people: SourcePeople, names: ProviderNames, source: string): SourceRow {
  const { place, fields } = record;
  const columns = MODELS[modelName(record)] as Columns;
  const reference = referenceOf(fields, 'user');
  const skip = (reason: SkipReason): SourceRow => ({
    place,
    person: reference,
    provider: columns.provider,
    skip: reason,
  });
  const person = people.find(reference);
  if (!person) return skip('no_person');
  const token = textOf(fields, columns.token);
  const secret = textOf(fields, columns.secret);
  if (!token) return skip('empty_token');
  if (!secret) return skip('empty_secret');
  if (isUnfinished(fields)) return skip('request_token');
  if (token.length === columns.maxLength || secret.length === columns.maxLength) return skip('maybe_truncated');
  const named = names.resolve(columns.provider, 'oauth1');
  if ('problem' in named) return skip(named.problem);
  const { definition } = named;
  const known = subjectInToken(definition, token);
  const uid = known ?? standInSubject(source, person.key, person.joined);
  const account = accountOf(definition, { uid, username: displayName(person) });
  if (!account) return skip('subject_missing');
  return {
    place,
    person: person.key,
    definition,
    account,
    subjectProven: known !== undefined,
    credentials: oauth1Credentials(token, secret),
    clientId: undefined,
    age: ageOf(undefined, record.pk),
  };
}

/** Some copies of the model got a column that tells; without one a request token cannot be told from an access token. */
function isUnfinished(fields: Readonly<Record<string, unknown>>): boolean {
  const flags = ['oauth_callback_confirmed', 'is_request_token'].map((name) => fields[name]);
  const finished = ['authorized', 'is_authorized', 'completed', 'connected'].map((name) => fields[name]);
  return flags.some((flag) => flag === true || flag === 'true') || finished.includes(false);
}

/**
 * Neither model kept whose account it was. Some providers' tokens tell; no user name is ever taken for a subject: it may be somebody else's by
 * now.
 */
function subjectInToken({ oauth1 }: ProviderDefinition, token: string): string | undefined {
  return oauth1?.subjectInToken === undefined ? undefined : captured(oauth1.subjectInToken, token);
}

function displayName(person: SourcePerson): string {
  return person.username ?? `person ${person.key}`;
}
