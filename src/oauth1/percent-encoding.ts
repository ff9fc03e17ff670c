/**
 * Percent-encoding as OAuth 1 wants it (RFC 5849 section 3.6): UTF-8, upper-case hex, everything encoded but the
 * unreserved characters, a space as %20 and never as "+".
 */
import { OAuth1Error } from './errors.js';

const NOT_UNRESERVED = /[^A-Za-z0-9\-._~]/;
const LEFT_BY_THE_PLATFORM = /[!'()*]/;
const LEFT_BY_THE_PLATFORM_ALL = /[!'()*]/g;
const FORM_ENCODED_PIECES = /\+|%[0-9A-Fa-f]{2}|%|[^A-Za-z0-9\-._~%+]+/g;
const LONE_SURROGATE = /\p{Cs}/u;

/**
 * Encodes text.
 *
 * @throws OAuth1Error `oauth1_malformed_text` for a lone surrogate, which has no UTF-8 form.
 */
export function percentEncode(text: string): string {
  if (!NOT_UNRESERVED.test(text)) return text;
  let encoded: string;
  try {
    encoded = encodeURIComponent(text);
  } catch {
    throw malformedText();
  }
  return LEFT_BY_THE_PLATFORM.test(encoded) ? encoded.replaceAll(LEFT_BY_THE_PLATFORM_ALL, encodeAscii) : encoded;
}

/**
 * Re-spells a name or value that is already form-encoded ("+" is a space) in the one spelling signatures use. It works on
 * the encoded bytes and never decodes to text, so that bytes which are no UTF-8 are signed as they are sent, and nothing
 * is decoded twice. A "%" that begins no escape stands for itself, as it does for URL parsers.
 */
export function respellFormEncoded(encoded: string): string {
  if (!NOT_UNRESERVED.test(encoded)) return encoded;
  return encoded.replace(FORM_ENCODED_PIECES, (piece) => {
    if (piece === '+') return '%20';
    if (piece === '%') return '%25';
    if (piece.charCodeAt(0) !== 0x25) return percentEncode(piece);
    const decoded = String.fromCharCode(Number.parseInt(piece.slice(1), 16));
    return NOT_UNRESERVED.test(decoded) ? piece.toUpperCase() : decoded;
  });
}

/** Decodes one percent-encoded name or value; malformed escapes stand for themselves, invalid UTF-8 becomes U+FFFD. */
export function percentDecode(encoded: string): string {
  if (!encoded.includes('%')) return encoded;
  try {
    return decodeURIComponent(encoded);
  } catch {
    // Not UTF-8, or a stray "%": the platform's form decoder is total. A literal "+" must not become a space here.
    return new URLSearchParams(`v=${encoded.replaceAll('+', '%2B').replaceAll('&', '%26')}`).get('v') ?? '';
  }
}

/** @throws OAuth1Error `oauth1_malformed_text` when the text contains a lone surrogate. */
export function assertWellFormed(text: string): void {
  if (LONE_SURROGATE.test(text)) throw malformedText();
}

function malformedText(): OAuth1Error {
  return new OAuth1Error('oauth1_malformed_text', 'The text contains a lone surrogate, which cannot be sent as UTF-8.');
}

function encodeAscii(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
