/**
 * Reads what an account is called from a provider's profile answer, by the paths of its definition. Everything in it is hostile input and
 * becomes display text that is cleaned and capped; who the account is, is read in account-subject.ts.
 */
import type { ProviderDefinition } from '../providers/index.js';
import { type BesideTheAnswer, factAt } from './account-subject.js';

export interface AccountFacts {
  /** The provider's stable account id, exactly as it was told. */
  readonly subject: string;
  /** What people call the account; never empty. */
  readonly label: string;
  readonly profile: AccountProfile;
  /** Who this person was at an earlier generation of the service, where the provider tells. */
  readonly earlier?: { readonly namespace: string; readonly subject: string } | undefined;
}

export interface AccountProfile {
  readonly name?: string;
  readonly username?: string;
  readonly email?: string;
  /** Only true when the provider says so with a boolean `true`, or the definition vouches for the field. */
  readonly emailVerified?: boolean;
  readonly picture?: string;
}

type AccountPaths = Omit<NonNullable<ProviderDefinition['profile']['more']>[number], 'url' | 'select' | 'list'>;

const TEXT_LENGTH = 200;
/** A name of a megabyte is not worth the work of cleaning it. */
const LOOKED_AT_TIMES = 20;
const URL_LENGTH = 1000;

/** @param sandbox pictures on loopback http are accepted only there */
export function profileOf(
  paths: AccountPaths,
  answer: unknown,
  sandbox: boolean,
  beside: BesideTheAnswer = {},
): AccountProfile {
  const at = (path: string) => factAt(answer, path, beside);
  const text = (path: string | undefined) => (path ? cleanText(at(path)) : undefined);
  const email = text(paths.email);
  // What was verified is the address as the provider spells it, so one that had to be cleaned is profile text and no more.
  const verified = email !== undefined && isAddress(email) && at(paths.email ?? '') === email;
  return compact({
    name: cleanText(composed(paths.name, at)),
    username: text(paths.username),
    email,
    emailVerified: verified && isVouchedFor(paths.emailVerified, at) ? true : undefined,
    picture: pictureUrl(composed(paths.picture, at), sandbox),
  });
}

type ValueAt = (path: string) => unknown;

/** A fact that may be put together from several; nothing at all when a part of a template is missing. */
function composed(fact: AccountPaths['name'], at: ValueAt): unknown {
  if (fact === undefined || typeof fact === 'string') return fact === undefined ? undefined : at(fact);
  if (Array.isArray(fact)) return fact.map(at).filter(isText).join(' ');
  const paths = [...fact.template.matchAll(/\{([^{}]+)\}/g)].map(([, path = '']) => path);
  if (!paths.every((path) => isText(at(path)))) return undefined;
  return fact.template.replace(/\{([^{}]+)\}/g, (_whole, path: string) => String(at(path)));
}

function isText(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number';
}

function isVouchedFor(flag: AccountPaths['emailVerified'], at: ValueAt): boolean {
  if (flag === undefined || flag === true) return flag === true;
  if (typeof flag === 'string') return at(flag) === true;
  return flag.values.includes(at(flag.path) as string | number | boolean);
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
 * @param length of the result at most, in characters
 * @returns undefined for what is no text, or nothing once it is clean
 */
export function cleanText(value: unknown, length = TEXT_LENGTH): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value)
    .slice(0, LOOKED_AT_TIMES * length)
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}\u200b\u200c\u2028\u2029\u2060-\u2065\ufeff]/gu, '')
    .replace(/(?<!\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)\u200d|\u200d(?!\p{Extended_Pictographic})/gu, '')
    .trim();
  return text ? [...text].slice(0, length).join('') : undefined;
}

/** One mailbox at one domain, nothing around it, and nothing that only looks like an `@` or a dot. */
function isAddress(text: string): boolean {
  const spelled = /^[^\s@"(),:;<>[\]\\]{1,64}@[\p{L}\p{M}\p{N}-]+(\.[\p{L}\p{M}\p{N}-]+)*$/u.test(text);
  return spelled && text.normalize('NFKC') === text;
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
