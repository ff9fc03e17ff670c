/** What may be kept of a provider's unusable answer: a short excerpt without control characters and without secrets. */
import { percentEncode } from './percent-encoding.js';
import { REDACTED } from './redacted.js';

const EXCERPT_LENGTH = 200;
/**
 * Values after a name that smells of a secret, in form, JSON, header or base string spelling. Bounded everywhere, so that a
 * hostile answer cannot make it slow.
 */
const SECRET_VALUES =
  /((?:token|secret|verifier|signature|password|nonce|handle|consumer_key|api_?key)[\w-]{0,40}["']?\s{0,4}(?:=|:|%3D|%253D)\s{0,4}["']?)[^"'&,;\s<>]+/gi;

/** @param secrets values known to be secret, wherever they stand and however they are encoded */
export function excerpt(text: string, secrets: readonly (string | undefined)[]): string {
  let safe = text;
  for (const secret of secrets) {
    if (secret === undefined || secret === '') continue;
    const once = encodedOrEmpty(secret);
    for (const spelling of [secret, once, encodedOrEmpty(once)]) {
      if (spelling !== '') safe = safe.replaceAll(spelling, REDACTED);
    }
  }
  return safe
    .replaceAll(SECRET_VALUES, `$1${REDACTED}`)
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, EXCERPT_LENGTH);
}

function encodedOrEmpty(text: string): string {
  try {
    return percentEncode(text);
  } catch {
    return '';
  }
}
