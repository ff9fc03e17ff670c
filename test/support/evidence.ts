/**
 * What providers document: requests and answers retyped from their pages into test/providers/<id>.json, with source and date. Facts of
 * their own, never made from the definitions they are compared with.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Evidence {
  readonly provider: string;
  /** When the sources were last read. */
  readonly checked: string;
  /** `documented`: read in the provider's own pages. `reported`: seen in others' programs and bug reports. */
  readonly confidence: 'documented' | 'reported';
  readonly notes?: readonly string[];
  /** Scopes that exist, and what separates them in a request. */
  readonly scopes?: { readonly separator: string; readonly known: readonly string[] };
  readonly sources: readonly Source[];
  /** Claims of an ID token, where answers hold `{id_token}`. */
  readonly idToken?: Readonly<Record<string, unknown>>;
  readonly examples: readonly Example[];
}

export interface Source {
  readonly claim: string;
  readonly url: string;
  /** The date of the text, or of the day it was read where it bears none. */
  readonly date?: string;
  /**
   * `read`: in a stored copy, for these examples. `collected`: in the facts that were gathered before. `recalled`: known to be told there; the page was
   * not at hand. No provider was called for any of it.
   */
  readonly basis: 'read' | 'collected' | 'recalled';
}

export interface Example {
  readonly name: string;
  readonly step: 'discovery' | 'temporary' | 'authorize' | 'token' | 'profile' | 'api' | 'refresh' | 'revoke' | 'error';
  /** With `error`: which step is answered so. */
  readonly during?: 'temporary' | 'callback' | 'token' | 'profile' | 'refresh';
  /** With `authorize`: which of two pages. */
  readonly intent?: 'sign-in' | 'connect';
  /** With `api`: the definition's reading that makes this request. */
  readonly reading?: string;
  readonly request?: DocumentedRequest;
  readonly response?: DocumentedResponse;
  /** What reading the answer must yield. */
  readonly expected?: Readonly<Record<string, unknown>>;
}

/** Values may hold placeholders: `{client_id}`, `{state}`, `{code}` …; `{any}` is any text but none. */
export interface DocumentedRequest {
  readonly method: string | readonly string[];
  readonly url: string;
  readonly auth?: 'basic' | 'form' | 'bearer' | 'query' | 'none' | 'oauth1';
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** In the query of a GET, in the body of a POST. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Documented elsewhere, by a standard or another page: may be sent as well. */
  readonly optional?: readonly string[];
  /** Protocol parameters of OAuth 1 beside nonce, timestamp, version and signature. */
  readonly signature?: Readonly<Record<string, string>>;
}

export interface DocumentedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Text as it is, anything else as JSON. */
  readonly body?: unknown;
}

const DIRECTORY = join(import.meta.dirname, '../providers');

export const allEvidence: readonly Evidence[] = readdirSync(DIRECTORY)
  .filter((file) => file.endsWith('.json'))
  .sort()
  .map((file) => JSON.parse(readFileSync(join(DIRECTORY, file), 'utf8')) as Evidence);

/** Replaces `{name}` by what is known under that name, in every text of a value; what is not known stays. */
export function fill<T>(value: T, known: Readonly<Record<string, string>>): T {
  if (typeof value === 'string') {
    return value.replace(/\{([\w+-]+)\}/g, (whole, name: string) => known[name] ?? whole) as T;
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, known)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fill(item, known)])) as T;
}
