/** What an endpoint of the sandbox answers, as a value: endpoints decide, delivery.ts sends (and disturbs, when told to). */
import { exactJson } from './exact-json.js';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
}

type Headers = Readonly<Record<string, string>>;

export function json(status: number, value: unknown, headers: Headers = {}): Answer {
  return { status, headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers }, body: exactJson(value) };
}

export function formEncoded(
  status: number,
  fields: Iterable<readonly [string, string]>,
  headers: Headers = {},
): Answer {
  const query = new URLSearchParams();
  for (const [name, value] of fields) query.append(name, value);
  const body = query.toString();
  return { status, headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8', ...headers }, body };
}

export function empty(status: number, headers: Headers = {}): Answer {
  return { status, headers, body: '' };
}

/** 303 is right after a POST and harmless after a GET (RFC 9700 section 4.12 asks for it where a form carried secrets). */
export function seeOther(location: string): Answer {
  return { status: 303, headers: { Location: location, 'Cache-Control': 'no-store' }, body: '' };
}

/** RFC 6749 section 5.1: nothing that carries a token may be cached. */
export const notCached: Headers = { 'Cache-Control': 'no-store', Pragma: 'no-cache' };

/** Appends parameters to an address that has been checked to carry no query of its own. */
export function withQuery(address: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.append(name, value);
  return `${address}?${query}`;
}
