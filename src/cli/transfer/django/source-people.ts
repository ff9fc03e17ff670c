/** The people of a Django site: `auth.user`, or whatever model the project put in its place. */
import { type DumpRecord, dateOf, isTrue, modelName, naturalKey, textOf } from './dump-record.js';

export interface SourcePerson {
  /** How rows refer to them after {@link SourcePeople.find}. */
  readonly key: string;
  readonly username: string | undefined;
  readonly name: string | undefined;
  /** Display text, verified by nobody we trust. */
  readonly email: string | undefined;
  readonly active: boolean;
  /** As text, to tell apart two people who had the same key at different times. */
  readonly joined: string;
}

export interface SourcePeople {
  /**
   * @param reference a foreign key
   * @returns a person known by their key alone when the dump has no people at all; undefined for a reference to nobody
   */
  find(reference: string | undefined): SourcePerson | undefined;
  readonly count: number;
}

export function sourcePeople(records: readonly DumpRecord[]): SourcePeople {
  const known = new Map<string, SourcePerson>();
  let count = 0;
  for (const record of records.filter(isPerson)) {
    const username = textOf(record.fields, 'username');
    const natural = username === undefined ? undefined : naturalKey(username);
    const key = record.pk ?? natural;
    if (key === undefined) continue;
    const person = toPerson(key, username, record);
    count += 1;
    known.set(key, person);
    if (natural !== undefined) known.set(natural, person);
  }
  return {
    count,
    find(reference) {
      if (reference === undefined) return undefined;
      if (count > 0) return known.get(reference);
      const username = /^\["(.*)"\]$/.exec(reference)?.[1];
      return { key: reference, username, name: undefined, email: undefined, active: true, joined: '' };
    },
  };
}

/** A project may have a user model of its own, which keeps Django's columns. */
function isPerson(record: DumpRecord): boolean {
  const { fields } = record;
  return (
    record.model === 'auth.user' ||
    (/user|account|member|person/.test(modelName(record)) && 'password' in fields && 'last_login' in fields)
  );
}

function toPerson(key: string, username: string | undefined, { fields }: DumpRecord): SourcePerson {
  const name = [textOf(fields, 'first_name'), textOf(fields, 'last_name')].filter(Boolean).join(' ');
  return {
    key,
    username,
    name: name === '' ? undefined : name,
    email: ownAddress(textOf(fields, 'email'), username),
    active: isTrue(fields, 'is_active'),
    joined: dateOf(fields, 'date_joined')?.toISOString() ?? '',
  };
}

/** The earlier sign-in with Twitter made addresses up, `screen_name@twitter.com`: nobody's, so they are not kept. */
function ownAddress(email: string | undefined, username: string | undefined): string | undefined {
  const invented = username !== undefined && email?.toLowerCase() === `${username.toLowerCase()}@twitter.com`;
  return invented ? undefined : email;
}
