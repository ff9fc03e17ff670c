/** What one stood-in service knows about itself: its hosts, its account ids, its error shapes, its quirks and its sample data. */
import type { Answer } from '../answer.js';
import type { Person } from '../people.js';

/** Why an API call was turned away with 401. */
export type CredentialProblem = 'missing' | 'invalid' | 'expired' | 'signature';

/** A call to an API path by somebody whose credentials were found good. */
export interface ApiCall {
  readonly method: string;
  readonly host: string;
  /** Path on the real host, `/1/user/-/profile.json`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  readonly person: Person;
  /** The person's account ids at related services, by namespace. */
  readonly elsewhere: Readonly<Record<string, string>>;
  /** Whether the person granted at least one of these scopes; always true with OAuth 1, which has none. */
  allows(...scopes: string[]): boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** How a service's token endpoint departs from RFC 6749. */
export interface TokenQuirks {
  readonly accessTokenTtlSeconds?: number;
  readonly tokenType?: string;
  /** Status of error answers where the service always uses the same. */
  readonly errorStatus?: number;
  readonly errorNames?: Readonly<Record<string, string>>;
  /** Answers are form-encoded unless JSON is asked for. */
  readonly formUnlessJsonAccepted?: boolean;
  /** The scopes as the service reports them. */
  reportScope?(scope: string): string;
  /** Fields beside the tokens of a code exchange or a refresh. */
  extras?(person: Person): Readonly<Record<string, string>>;
  /** Withholds the refresh token from somebody who consented before, unless consent was asked for again. */
  readonly refreshTokenOnlyOnFirstConsent?: boolean;
  readonly revoked?: unknown;
}

export interface Service {
  /** Real hosts this file speaks for. */
  readonly hosts: readonly string[];
  /** The default person's id, where the service's ids have a form worth showing. */
  readonly defaultAccountId?: string;
  /** An id in this service's usual form, always the same one for the same seed. */
  accountId(seed: string): string;
  /** Namespaces of services that tell the ids of the same human. */
  readonly related: readonly string[];
  readonly tokens: TokenQuirks;
  /** Fields beside the tokens in the answer to an OAuth 1 access token request. */
  oauth1Extras?(person: Person): Readonly<Record<string, string>>;
  /** Where the issuer keeps its key set, when not under the issuer itself. */
  readonly jwksUrl?: string;
  unauthorized(problem: CredentialProblem, path: string): { status: number; body: unknown };
  /** Undefined where this service has no sample data. */
  answer(call: ApiCall): Answer | undefined;
}

/** A path segment as it was meant; one that is badly encoded means nothing we know. */
export function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
