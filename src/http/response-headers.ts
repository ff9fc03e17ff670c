/**
 * The header fields of a response, bounded in size and number, as `Headers` (RFC 9110 section 5). Repeated fields such as `Set-Cookie` stay apart.
 */
import type { IncomingHttpHeaders } from 'node:http';

/** More fields than any API sends, and few enough that storing them costs nothing. */
const MAX_FIELDS = 256;

/**
 * @param maxBytes for names and values together
 * @returns the headers, or the code of the error that refuses them
 */
export function responseHeaders(
  fields: IncomingHttpHeaders,
  maxBytes: number,
): Headers | 'http_too_large' | 'http_malformed' {
  const headers = new Headers();
  let count = 0;
  let bytes = 0;
  for (const [name, value] of Object.entries(fields)) {
    for (const item of typeof value === 'string' ? [value] : (value ?? [])) {
      count += 1;
      bytes += name.length + item.length;
      if (count > MAX_FIELDS || bytes > maxBytes) return 'http_too_large';
      try {
        headers.append(name, item);
      } catch {
        return 'http_malformed';
      }
    }
  }
  return headers;
}
