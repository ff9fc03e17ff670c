/**
 * The part of a request's URL that is signed (RFC 5849 section 3.4.1.2), read with the URL parser that also sends it, so
 * that what is signed is what goes over the wire.
 */
import { OAuth1Error } from './errors.js';
import { assertWellFormed } from './percent-encoding.js';

/** A URL taken apart for signing. */
export interface RequestTarget {
  /** The URL to send, canonical and without a fragment. */
  readonly href: string;
  /** Scheme, authority and path: lower case, no default port, path as it is sent. */
  readonly baseUri: string;
  /** The query without its "?", still encoded. */
  readonly query: string;
}

/**
 * @param url an absolute http or https URL
 * @param host the request's Host header when it differs from the URL, as it does for requests through a proxy
 * @throws OAuth1Error `oauth1_invalid_url`, `oauth1_unsupported_scheme`, `oauth1_credentials_in_url`,
 *   `oauth1_malformed_text`
 */
export function parseRequestTarget(url: string, host?: string): RequestTarget {
  const parsed = parseHttpUrl(url);
  if (parsed.hash !== '') parsed.hash = '';
  const { href } = parsed;
  const mark = href.indexOf('?');
  const end = mark < 0 ? href.length : mark;
  return {
    href,
    baseUri: host === undefined ? href.slice(0, end) : originOf(parsed.protocol, host) + parsed.pathname,
    query: href.slice(end + 1),
  };
}

/** True for https, and for http on this very machine, where nobody can listen in between. */
export function isSecure({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || isLoopbackHost(hostname);
}

/** Parses an absolute http(s) URL without credentials; see {@link parseRequestTarget} for the errors. */
export function parseHttpUrl(url: string): URL {
  if (typeof url !== 'string') throw new OAuth1Error('oauth1_invalid_url', 'The URL must be a string.');
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    // The platform's error carries the whole input, and a query may hold a token: it is not passed on.
    throw new OAuth1Error('oauth1_invalid_url', 'The URL is not an absolute URL.');
  }
  // The parser sends U+FFFD in place of a lone surrogate: somebody else's data, signed.
  if (parsed.href.includes('%EF%BF%BD')) assertWellFormed(url);
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') {
    throw new OAuth1Error('oauth1_unsupported_scheme', 'Only http and https URLs can be signed.');
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new OAuth1Error('oauth1_credentials_in_url', 'The URL contains a user name or password.');
  }
  if (parsed.port === '0') throw new OAuth1Error('oauth1_invalid_url', 'Port 0 cannot be requested.');
  return parsed;
}

/** Whether a URL's host name is this machine: `localhost`, 127.0.0.0/8 or `[::1]`. */
export function isLoopbackHost(hostname: string): boolean {
  // The URL parser has already turned every spelling of an IPv4 address into four decimal numbers.
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function originOf(protocol: string, host: string): string {
  const parsed = parseHttpUrl(`${protocol}//${host}`);
  if (parsed.pathname !== '/' || parsed.search !== '' || parsed.hash !== '') {
    throw new OAuth1Error('oauth1_invalid_url', 'The Host header is not a host.');
  }
  return parsed.origin;
}
