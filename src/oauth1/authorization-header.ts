/** The `Authorization: OAuth …` header, written and read (RFC 5849 section 3.5.1). */
import { OAuth1Error } from './errors.js';
import type { EncodedParameter } from './parameters.js';
import { respellFormEncoded } from './percent-encoding.js';

/** Text that may stand in a quoted-string once `"` and `\` are escaped (RFC 9110 section 5.6.4). */
const QUOTABLE = /^[\t -~\u0080-\u00ff]*$/;
/** One `name="value"` or `name=value` with the comma behind it. Every character has one place: no backtracking. */
const FIELD = /[ \t]*([^\s"=,]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",]*))[ \t]*(,|$)/y;

/** What an `Authorization` header of the OAuth scheme says. */
export interface AuthorizationFields {
  /** The realm as text; not part of any signature. */
  readonly realm: string | undefined;
  /** Every other field, in order, duplicates included. */
  readonly fields: readonly EncodedParameter[];
}

/**
 * @param fields the protocol parameters with the signature
 * @param realm written as a quoted string; left out when undefined
 * @throws OAuth1Error `oauth1_invalid_option` when the realm cannot be sent in a header
 */
export function writeAuthorization(fields: readonly EncodedParameter[], realm?: string): string {
  let header = realm === undefined ? 'OAuth ' : `OAuth realm="${escapeQuoted(realm)}", `;
  let separator = '';
  for (const { name, value } of fields) {
    header += `${separator}${name}="${value}"`;
    separator = ', ';
  }
  return header;
}

/** Whether a header value uses the OAuth 1 scheme, in any case. */
export function isOAuthScheme(header: string): boolean {
  return /^[ \t]*oauth(?:[ \t]|$)/i.test(header);
}

/**
 * Reads a header of the OAuth scheme. Fields keep their order and their duplicates: judging them is the verifier's work.
 *
 * @returns undefined when the header is not of this scheme or is malformed
 */
export function readAuthorization(header: string): AuthorizationFields | undefined {
  if (!isOAuthScheme(header)) return undefined;
  const text = header.trim().slice('oauth'.length).trim();
  const fields: EncodedParameter[] = [];
  let realm: string | undefined;
  let more = text !== '';
  FIELD.lastIndex = 0;
  while (more) {
    const match = FIELD.exec(text);
    if (match === null) return undefined;
    const [, name = '', quoted, bare = '', end] = match;
    const value = quoted === undefined ? bare : quoted.replaceAll(/\\(.)/g, '$1');
    if (name.toLowerCase() === 'realm') {
      if (realm !== undefined) return undefined;
      realm = value;
    } else {
      fields.push({ name: respellPercentEncoded(name), value: respellPercentEncoded(value) });
    }
    more = end === ',';
  }
  return { realm, fields };
}

/** A header is percent-encoded but no form: "+" is a plus sign here. */
function respellPercentEncoded(encoded: string): string {
  return respellFormEncoded(encoded.replaceAll('+', '%2B'));
}

/** Escapes text for a quoted-string. @throws OAuth1Error `oauth1_invalid_option` for text no header can hold */
export function escapeQuoted(realm: string): string {
  if (!QUOTABLE.test(realm))
    throw new OAuth1Error('oauth1_invalid_option', 'The realm contains characters no header can hold.');
  return realm.replaceAll(/["\\]/g, '\\$&');
}
