/**
 * The header fields of an outgoing request: the caller's, checked, plus the few this client adds (RFC 9110 sections 5 and 7.6.1).
 */
import { HttpError } from './http-error.js';

/**
 * Fields that frame the message or choose its recipient. They are decided by the URL, the body and the connection alone: a caller that could
 * set them could smuggle a second request or reach another virtual host with the credentials of this one (sec-J1, sec-J10).
 */
const RESERVED = new Set([
  'connection',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * @param userAgent for callers that name none
 * @returns one object, lower-case names, ready for undici
 * @throws HttpError `http_invalid_request`, naming the field at most: the built-in error quotes the value, which may be a credential
 */
export function requestHeaders(
  init: RequestInit['headers'] | Headers,
  userAgent: string,
  host: string,
): Record<string, string> {
  const headers: Record<string, string> = {
    accept: '*/*',
    'accept-encoding': 'gzip, deflate, br',
    'user-agent': userAgent,
  };
  if (init === undefined) return headers;
  for (const [name, value] of plainFields(init) ?? normalise(init, host)) {
    if (RESERVED.has(name)) {
      const message = `A request to ${host} must not set the header field ${name} itself`;
      throw new HttpError('http_invalid_request', message, { host, phase: 'connect' });
    }
    headers[name] = value;
  }
  return headers;
}

/** Token (RFC 9110 section 5.6.2). */
const PLAIN_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible ASCII, with spaces and tabs inside only. */
const PLAIN_VALUE = /^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/;

/**
 * Our own session clients bring fields that are nearly in their final form already; looking is much cheaper than `Headers`.
 * @returns undefined when any of them needs to be normalised, joined with another of its name, or refused
 */
function plainFields(init: NonNullable<RequestInit['headers']> | Headers): [string, string][] | undefined {
  if (Symbol.iterator in init) return undefined;
  const fields: [string, string][] = [];
  for (const [name, value] of Object.entries(init) as [string, unknown][]) {
    if (!PLAIN_NAME.test(name) || typeof value !== 'string' || !PLAIN_VALUE.test(value)) return undefined;
    const lower = name.toLowerCase();
    if (fields.some(([other]) => other === lower)) return undefined;
    fields.push([lower, value]);
  }
  return fields;
}

function normalise(init: NonNullable<RequestInit['headers']> | Headers, host: string): Headers {
  try {
    return new Headers(init);
  } catch {
    const message = `A request to ${host} has a header field that cannot be sent`;
    throw new HttpError('http_invalid_request', message, { host, phase: 'connect' });
  }
}
