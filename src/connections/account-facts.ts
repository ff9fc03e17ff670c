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
/** A name of a megabyte is not worth the work of cleaning it. */
const LOOKED_AT = 20 * TEXT_LENGTH;
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
  // What was verified is the address as the provider spells it, so one that had to be cleaned is profile text and no more.
  const verified = flag && email !== undefined && isAddress(email) && valueAt(answer, paths.email ?? '') === email;
  const picture = paths.picture ? pictureUrl(valueAt(answer, paths.picture), sandbox) : undefined;
  return compact({
    name: text(paths.name),
    username: text(paths.username),
    email,
    emailVerified: verified ? true : undefined,
    picture,
  });
}

/** Facts from a later call fill gaps; they replace nothing. */
export function fillGaps(first: AccountProfile, second: AccountProfile): AccountProfile {
  const { email, emailVerified, ...rest } = second;
  const mail = first.email === undefined ? compact({ email, emailVerified }) : {};
  return { ...rest, ...mail, ...first };
}

/** @returns what to call the account, never empty; an account id is cleaned like any other text before it is shown */
export function labelOf(subject: string, profile: AccountProfile): string {
  return profile.username ?? profile.name ?? profile.email ?? cleanText(subject) ?? encodeURIComponent(subject);
}

/**
 * Control, bidirectional and zero-width characters could disguise a name or break the database. A joiner stays between emoji, where it
 * makes one of them.
 */
function cleanText(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value)
    .slice(0, LOOKED_AT)
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}\u200b\u200c\u2028\u2029\u2060-\u2065\ufeff]/gu, '')
    .replace(/(?<!\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)\u200d|\u200d(?!\p{Extended_Pictographic})/gu, '')
    .trim();
  return text ? [...text].slice(0, TEXT_LENGTH).join('') : undefined;
}

/** One mailbox at one domain, nothing around it, and nothing that only looks like an `@` or a dot. */
function isAddress(text: string): boolean {
  const spelled = /^[^\s@"(),:;<>[\]\\]{1,64}@[\p{L}\p{M}\p{N}-]+(\.[\p{L}\p{M}\p{N}-]+)*$/u.test(text);
  return spelled && text.normalize('NFKC') === text;
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
