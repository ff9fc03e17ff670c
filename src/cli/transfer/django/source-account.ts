/** What the readers of the Django models have in common: an account of a person elsewhere, or the reason why a row is none. */
import { createHash } from 'node:crypto';
import { type AccountFacts, type Credentials, labelOf, profileOf, subjectOf } from '../../../connections/index.js';
import { TokenCredentials } from '../../../oauth1/index.js';
import { OAuth2Token, type OAuth2TokenFields } from '../../../oauth2/index.js';
import type { ProviderDefinition } from '../../../providers/index.js';

/** Why a row stays behind. The sentences are in report.ts. */
export type SkipReason =
  | 'account_deleting'
  | 'ambiguous_provider'
  | 'belongs_to_somebody_else'
  | 'empty_secret'
  | 'empty_token'
  | 'maybe_truncated'
  | 'no_person'
  | 'no_token'
  | 'older_start'
  | 'request_token'
  | 'subject_is_an_address'
  | 'subject_missing'
  | 'superseded'
  | 'two_people'
  | 'unknown_provider'
  | 'unreadable_row';

export interface SkippedRow {
  readonly place: string;
  readonly person: string | undefined;
  /** The source's name for it. */
  readonly provider: string;
  readonly skip: SkipReason;
}

export interface SourceAccount {
  readonly place: string;
  /** The person's key in the source. */
  readonly person: string;
  readonly definition: ProviderDefinition;
  readonly account: AccountFacts;
  /** Whether the source got the subject from the provider while this very person was signing in there; nothing else may sign in. */
  readonly subjectProven: boolean;
  /** Undefined where the source kept only who somebody is. */
  readonly credentials: Credentials | undefined;
  /** Our client at the provider when the token was issued, where the source tells. */
  readonly clientId: string | undefined;
  /** Of several rows for one account the greatest is kept. */
  readonly age: readonly [number, number];
}

export type SourceRow = SourceAccount | SkippedRow;

export function isSkipped(row: SourceRow): row is SkippedRow {
  return 'skip' in row;
}

/** Facts of any spelling; everything in them is cleaned and capped as a provider's own answer is. */
export interface LooseFacts {
  readonly uid: string;
  readonly name?: string | undefined;
  readonly username?: string | undefined;
  readonly picture?: string | undefined;
}

/** @returns undefined when the uid is no possible subject */
export function accountOf(definition: ProviderDefinition, facts: LooseFacts): AccountFacts | undefined {
  try {
    const subject = subjectOf({ ...definition, profile: { subject: 'uid' } }, facts);
    const profile = profileOf({ name: 'name', username: 'username', picture: 'picture' }, facts, false);
    return { subject, label: labelOf(subject, profile), profile };
  } catch {
    // SubjectMissing says no more than that.
    return undefined;
  }
}

/** How every stand-in begins. */
export const STAND_IN = 'imported:';

/**
 * Stands in for an account id that the source never kept. The same row gives the same one on every run, no provider gives such an id, and
 * it tells nothing about the person. It is no proof of who somebody is, so it never becomes a way to sign in.
 * @param source which site the dump is of, because two sites may both have a person 1
 */
export function standInSubject(source: string, person: string, joined: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([source, person, joined]))
    .digest('base64url');
  return `${STAND_IN}${digest.slice(0, 22)}`;
}

export function oauth1Credentials(token: string, tokenSecret: string): Credentials {
  return { protocol: 'oauth1', token: TokenCredentials.from({ token, tokenSecret }) };
}

/** @param token scopes that nobody noted count as none: what the earlier app had asked for is not known */
export function oauth2Credentials({ scopes = [], ...token }: OAuth2TokenFields): Credentials {
  return { protocol: 'oauth2', token: new OAuth2Token({ ...token, scopes }) };
}

/** Of auto-incremented keys the greater is the younger; other keys say nothing. */
export function ageOf(date: Date | undefined, pk: string | undefined): readonly [number, number] {
  return [date?.getTime() ?? 0, /^\d{1,15}$/.test(pk ?? '') ? Number(pk) : 0];
}
