/**
 * Where a person lands after a flow. Only a path of this origin is accepted, checked when the flow starts and again when it ends:
 * parsed by the same URL parser as browsers use, because prefix checks lose against `/\evil`, `//evil` and their encoded cousins.
 */

const MAX_LENGTH = 200;

/**
 * @param value what the form or the cookie says
 * @param origin our own origin
 * @returns the path with its query, re-written by the parser, or undefined when it is not acceptable
 */
export function safeReturnTo(value: unknown, origin: string): string | undefined {
  if (typeof value !== 'string' || value.length > MAX_LENGTH) return undefined;
  // A single slash first; no backslash, white space, control or non-ASCII character anywhere, encoded ones in the path included.
  if (!/^\/(?![/\\])[\x21-\x7e]*$/.test(value) || value.includes('\\')) return undefined;
  if (!URL.canParse(value, origin)) return undefined;
  const url = new URL(value, origin);
  if (url.origin !== origin || url.username || url.password) return undefined;
  if (/^\/\/|\/\/$|%(?:2f|5c|0[0-9a-f]|1[0-9a-f]|7f)/i.test(url.pathname)) return undefined;
  const path = `${url.pathname}${url.search}`;
  return path.length <= MAX_LENGTH ? path : undefined;
}
