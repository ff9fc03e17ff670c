/**
 * Where a request may go: https anywhere, http only to this machine, never with credentials in the URL, and only to the origins a fetch was
 * made for (sec-J1). Decided on the parsed URL (WHATWG), which is also what is sent, so no spelling can differ between the two.
 */
import { HttpError } from './http-error.js';

export interface Target {
  origin: string;
  /** Host and port, for messages. */
  host: string;
  /** Path and query as they are written on the request line. */
  path: string;
  secure: boolean;
}

/** An IPv4 host is always dotted decimal here: the URL parser has already rewritten octal, hexadecimal and short forms. */
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * @param input an absolute URL
 * @param origins the only origins allowed; undefined allows every secure one
 * @param publicOnly https on its standard port only, because somebody named the host (sec-J4); which address that is, is checked on connecting
 * @throws HttpError `http_invalid_request`, `http_insecure` or `http_origin_not_allowed`
 */
export function checkTarget(input: string | URL, origins: ReadonlySet<string> | undefined, publicOnly = false): Target {
  const url = parse(input);
  const { host } = url;
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.test(url.hostname))) {
    throw new HttpError('http_insecure', `${describe(url)} must be called over https`, { host, phase: 'connect' });
  }
  if (publicOnly && (url.protocol !== 'https:' || url.port !== '')) {
    throw new HttpError('http_insecure', `${host} must be called over https on its standard port`, {
      host,
      phase: 'connect',
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw new HttpError('http_insecure', `A URL for ${host} must not contain credentials`, { host, phase: 'connect' });
  }
  if (origins !== undefined && !origins.has(url.origin)) {
    const message = `${host} is not one of the origins these requests may go to`;
    throw new HttpError('http_origin_not_allowed', message, { host, phase: 'connect' });
  }
  return { origin: url.origin, host, path: url.pathname + url.search, secure: url.protocol === 'https:' };
}

/**
 * Reads an allow-list. Paths in its entries do not matter; only origins are compared.
 * @throws TypeError when an entry is no http(s) URL
 */
export function originSet(origins: readonly string[]): ReadonlySet<string> {
  return new Set(
    origins.map((entry) => {
      const url = URL.canParse(entry) ? new URL(entry) : undefined;
      if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
        throw new TypeError('An allowed origin must be an http or https URL');
      }
      return url.origin;
    }),
  );
}

/** Without `cause`: the parser's error carries its whole input. */
function parse(input: string | URL): URL {
  if (typeof input !== 'string') return input;
  try {
    return new URL(input);
  } catch {
    const message = 'The URL of a request must be absolute and valid';
    throw new HttpError('http_invalid_request', message, { host: '', phase: 'connect' });
  }
}

/** Schemes without a host (`data:`, `file:`) keep their payload in the path, so only the scheme is named. */
function describe(url: URL): string {
  return url.host === '' ? `A ${url.protocol} URL` : url.host;
}
