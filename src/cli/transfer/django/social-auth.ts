/**
 * UserSocialAuth (user, provider, uid, extra_data) of django-social-auth, python-social-auth and social-app-django. What `extra_data` holds
 * has changed over the years:
 * - OAuth 1, first: `access_token` is the provider's answer as it came, `oauth_token=…&oauth_token_secret=…`
 * - OAuth 1, later: `access_token` is an object of those fields; some backends put them at the top
 * - OAuth 2: `access_token`, `refresh_token`, `expires` (or `expires_in`), which is seconds counted from `auth_time`, or a moment
 */
import { type DumpRecord, dateOf, modelName, referenceOf, textOf } from './dump-record.js';
import { type ExtraData, factsIn, readExtraData, scopesIn } from './extra-data.js';
import type { ProviderNames } from './provider-names.js';
import {
  accountOf,
  ageOf,
  oauth1Credentials,
  oauth2Credentials,
  type SkipReason,
  type SourceAccount,
  type SourceRow,
} from './source-account.js';
import type { SourcePeople } from './source-people.js';

/** @param now ms since the epoch: when a lifetime began that nobody noted */
export function readSocialAuth(
  records: readonly DumpRecord[],
  people: SourcePeople,
  names: ProviderNames,
  now: number,
): readonly SourceRow[] {
  return records
    .filter((record) => modelName(record) === 'usersocialauth')
    .map((record) => readRow(record, people, names, now));
}

function readRow(record: DumpRecord, people: SourcePeople, names: ProviderNames, now: number): SourceRow {
  const { place, fields } = record;
  const name = textOf(fields, 'provider') ?? 'unknown';
  const reference = referenceOf(fields, 'user');
  const skip = (reason: SkipReason): SourceRow => ({ place, person: reference, provider: name, skip: reason });
  const person = people.find(reference);
  if (!person) return skip('no_person');
  const extra = readExtraData(fields.extra_data);
  if (!extra) return skip('unreadable_row');
  const tokens = tokensIn(extra);
  const named = names.resolve(name, tokens?.protocol);
  if ('problem' in named) return skip(named.problem);
  const { definition } = named;
  const uid = subjectIn(textOf(fields, 'uid'), extra);
  if (!uid) return skip(textOf(fields, 'uid') ? 'subject_is_an_address' : 'subject_missing');
  const told = tokens?.protocol === 'oauth1' ? { ...extra, access_token: tokens.fields } : extra;
  const account = accountOf(definition, { uid, ...factsIn(told) });
  if (!account) return skip('subject_missing');
  const changed = dateOf(fields, 'modified', 'created');
  const credentials = tokens && readCredentials(tokens, extra, changed, now);
  if (typeof credentials === 'string') return skip(credentials);
  return {
    place,
    person: person.key,
    definition,
    account,
    subjectProven: true,
    credentials,
    clientId: undefined,
    age: ageOf(changed, record.pk),
  };
}

/** Backends for Google used the e-mail address as uid, which may change hands; the account id may stand beside it. */
function subjectIn(uid: string | undefined, extra: ExtraData): string | undefined {
  if (!uid?.includes('@')) return uid;
  return [textOf(extra, 'sub'), textOf(extra, 'id'), textOf(extra, 'user_id')].find((id) => id && !id.includes('@'));
}

type Tokens =
  | { readonly protocol: 'oauth1'; readonly fields: ExtraData }
  | { readonly protocol: 'oauth2'; readonly accessToken: string };

function tokensIn(extra: ExtraData): Tokens | undefined {
  const { access_token: value } = extra;
  if (typeof value === 'object' && value !== null) return { protocol: 'oauth1', fields: value as ExtraData };
  if (typeof value === 'string' && /(^|&)oauth_token(_secret)?=/.test(value)) {
    return { protocol: 'oauth1', fields: Object.fromEntries(new URLSearchParams(value)) };
  }
  if ('oauth_token' in extra && 'oauth_token_secret' in extra) return { protocol: 'oauth1', fields: extra };
  return typeof value === 'string' && value.trim() !== ''
    ? { protocol: 'oauth2', accessToken: value.trim() }
    : undefined;
}

function readCredentials(
  tokens: Tokens,
  extra: ExtraData,
  changed: Date | undefined,
  now: number,
): Exclude<SourceAccount['credentials'], undefined> | SkipReason {
  if (tokens.protocol === 'oauth1') {
    const token = textOf(tokens.fields, 'oauth_token');
    const secret = textOf(tokens.fields, 'oauth_token_secret');
    if (!token) return 'empty_token';
    if (!secret) return 'empty_secret';
    // Only the first answer of a flow has this field: RFC 5849 section 2.1.
    if ('oauth_callback_confirmed' in tokens.fields) return 'request_token';
    return oauth1Credentials(token, secret);
  }
  return oauth2Credentials({
    accessToken: tokens.accessToken,
    refreshToken: textOf(extra, 'refresh_token'),
    tokenType: tokenTypeIn(extra),
    scopes: scopesIn(extra.scope),
    expiresAt: expiryIn(extra, changed, now),
  });
}

/** RFC 6749 section 5.1: the type is spelled in any case. */
function tokenTypeIn(extra: ExtraData): string | undefined {
  const type = textOf(extra, 'token_type');
  return type?.toLowerCase() === 'bearer' ? undefined : type;
}

/** Greater than any lifetime, smaller than any moment since 2001. */
const MOMENT_SECONDS = 1_000_000_000;
/** Greater than any moment until the year 5000; what is beyond was noted in milliseconds. */
const MOMENT_MS = 100_000_000_000;

/** @returns undefined when nothing was noted, which means that nobody knows */
function expiryIn(extra: ExtraData, changed: Date | undefined, now: number): Date | undefined {
  const seconds = numberIn(extra, 'expires') ?? numberIn(extra, 'expires_in');
  if (seconds === undefined) return undefined;
  if (seconds >= MOMENT_MS) return new Date(Math.min(seconds, MOMENT_MS * 1000));
  if (seconds >= MOMENT_SECONDS) return new Date(seconds * 1000);
  const authTime = numberIn(extra, 'auth_time');
  const from = authTime === undefined ? changed?.getTime() : authTime * 1000;
  // A life that began some time before the dump is over sooner than it says; taken for over, the worst is one refresh too many.
  return new Date(from === undefined ? now : from + seconds * 1000);
}

function numberIn(extra: ExtraData, name: string): number | undefined {
  const value = Number(extra[name] ?? Number.NaN);
  return Number.isFinite(value) && value > 0 ? value : undefined;
}
