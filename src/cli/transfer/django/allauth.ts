/**
 * django-allauth: SocialAccount (user, provider, uid) says who, SocialToken (account, app, token, token_secret, expires_at) holds the
 * credentials of either protocol; with OAuth 2 the refresh token stands in `token_secret`. SocialApp names our client.
 * Tokens are kept only with SOCIALACCOUNT_STORE_TOKENS, so that an account without one is usual.
 */
import { type DumpRecord, dateOf, modelName, referenceOf, textOf } from './dump-record.js';
import { factsIn, readExtraData } from './extra-data.js';
import type { ProviderNames, SourceProtocol } from './provider-names.js';
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

export function readAllauth(
  records: readonly DumpRecord[],
  people: SourcePeople,
  names: ProviderNames,
): readonly SourceRow[] {
  const accounts = byKey(records.filter((record) => modelName(record) === 'socialaccount'));
  const apps = byKey(records.filter((record) => modelName(record) === 'socialapp'));
  const tokens = records.filter((record) => modelName(record) === 'socialtoken');
  const withToken = new Set(tokens.map((token) => referenceOf(token.fields, 'account')));
  const bare = [...accounts].filter(([key]) => !withToken.has(key)).map(([, account]) => account);
  return [
    ...tokens.map((token) => {
      const account = accounts.get(referenceOf(token.fields, 'account') ?? '');
      return readRow(people, names, { account, token, app: apps.get(referenceOf(token.fields, 'app') ?? '') });
    }),
    ...bare.map((account) => readRow(people, names, { account, token: undefined, app: undefined })),
  ];
}

interface Parts {
  readonly account: DumpRecord | undefined;
  readonly token: DumpRecord | undefined;
  readonly app: DumpRecord | undefined;
}

function readRow(people: SourcePeople, names: ProviderNames, { account, token, app }: Parts): SourceRow {
  const place = (token ?? account)?.place ?? 'socialtoken';
  const name = textOf(account?.fields ?? {}, 'provider') ?? textOf(app?.fields ?? {}, 'provider') ?? 'unknown';
  const reference = account && referenceOf(account.fields, 'user');
  const skip = (reason: SkipReason): SourceRow => ({ place, person: reference, provider: name, skip: reason });
  const person = people.find(reference);
  if (!account || !person) return skip('no_person');
  const extra = readExtraData(account.fields.extra_data);
  const uid = textOf(account.fields, 'uid');
  if (!uid) return skip('subject_missing');
  const expiresAt = token && dateOf(token.fields, 'expires_at');
  const named = names.resolve(name, expiresAt ? 'oauth2' : undefined);
  if ('problem' in named) return skip(named.problem);
  const { definition, protocol } = named;
  const facts = accountOf(definition, { uid, ...factsIn(extra ?? {}) });
  if (!facts) return skip('subject_missing');
  const credentials = token && readCredentials(token, protocol, expiresAt);
  if (typeof credentials === 'string') return skip(credentials);
  return {
    place,
    person: person.key,
    definition,
    account: facts,
    subjectProven: true,
    credentials,
    clientId: app && textOf(app.fields, 'client_id'),
    age: ageOf(expiresAt, token?.pk),
  };
}

function readCredentials(
  { fields }: DumpRecord,
  protocol: SourceProtocol,
  expiresAt: Date | undefined,
): Exclude<SourceAccount['credentials'], undefined> | SkipReason {
  const token = textOf(fields, 'token');
  const secret = textOf(fields, 'token_secret');
  if (!token) return 'empty_token';
  if (protocol === 'oauth1') return secret ? oauth1Credentials(token, secret) : 'empty_secret';
  return oauth2Credentials({ accessToken: token, refreshToken: secret, expiresAt });
}

function byKey(records: readonly DumpRecord[]): ReadonlyMap<string, DumpRecord> {
  return new Map(records.flatMap((record) => (record.pk === undefined ? [] : [[record.pk, record] as const])));
}
