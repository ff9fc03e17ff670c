/**
 * Reads who an account is from a provider's profile answer, by the paths of its definition. Everything in it is hostile input: the
 * subject is an exact string or nothing, all else is display text that is cleaned and capped.
 */
import { valueAt } from '../oauth2/index.js';
import type { ProviderDefinition } from '../providers/index.js';

export interface AccountFacts {
  /** The provider's stable account id, exactly as it was told. */
  readonly subject: string;
  /** What people call the account; never empty. */
  readonly label: string;
  readonly profile: AccountProfile;
}

export interface AccountProfile {
  readonly name?: string;
  readonly username?: string;
  readonly email?: string;
  /** Only true when the provider says so with a boolean `true`, or the definition vouches for the field. */
  readonly emailVerified?: boolean;
  readonly picture?: string;
}

/** The profile names no usable account id, so it cannot say who this is. */
export class SubjectMissing extends Error {
  readonly code = 'subject_missing';

  constructor() {
    super('The provider did not say which account this is.');
    this.name = 'SubjectMissing';
  }
}

type AccountPaths = Omit<NonNullable<ProviderDefinition['profile']['more']>[number], 'url' | 'select'>;

const TEXT_LENGTH = 200;
const SUBJECT_LENGTH = 255;
const URL_LENGTH = 1000;

/**
 * @param answer parsed so that integers beyond 2^53 are strings
 * @throws SubjectMissing for 0, empty, null, objects, booleans and anything over 255 characters
 */
export function subjectOf(definition: ProviderDefinition, answer: unknown): string {
  const value = valueAt(answer, definition.profile.subject);
  const subject = typeof value === 'number' && Number.isSafeInteger(value) && value !== 0 ? String(value) : value;
  if (typeof subject !== 'string' || subject === '' || subject === '0') throw new SubjectMissing();
  if (subject.length > SUBJECT_LENGTH || !isStorable(subject)) throw new SubjectMissing();
  return subject;
}

/** @param sandbox pictures on loopback http are accepted only there */
export function profileOf(paths: AccountPaths, answer: unknown, sandbox: boolean): AccountProfile {
  const text = (path: string | undefined) => (path ? cleanText(valueAt(answer, path)) : undefined);
  const email = text(paths.email);
  const flag = paths.emailVerified === true || (paths.emailVerified && valueAt(answer, paths.emailVerified) === true);
  const picture = paths.picture ? pictureUrl(valueAt(answer, paths.picture), sandbox) : undefined;
  return compact({
    name: text(paths.name),
    username: text(paths.username),
    email,
    emailVerified: email !== undefined && flag ? true : undefined,
    picture,
  });
}

/** Facts from a later call fill gaps; they replace nothing. */
export function fillGaps(first: AccountProfile, second: AccountProfile): AccountProfile {
  const { email, emailVerified, ...rest } = second;
  const mail = first.email === undefined ? compact({ email, emailVerified }) : {};
  return { ...rest, ...mail, ...first };
}

export function labelOf(subject: string, profile: AccountProfile): string {
  return profile.username ?? profile.name ?? profile.email ?? subject;
}

/** Control, bidirectional-override and zero-width characters could disguise a name or break the database. */
function cleanText(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value)
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cs}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu, '')
    .trim();
  return text ? [...text].slice(0, TEXT_LENGTH).join('') : undefined;
}

function isStorable(text: string): boolean {
  return !/[\p{Cc}\p{Cs}]/u.test(text);
}

function pictureUrl(value: unknown, sandbox: boolean): string | undefined {
  if (typeof value !== 'string' || value.length > URL_LENGTH || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  const acceptable = url.protocol === 'https:' || (sandbox && url.protocol === 'http:' && url.hostname === 'localhost');
  return acceptable && !url.username && !url.password ? url.href : undefined;
}

function compact<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
