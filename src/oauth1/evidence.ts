/** What may be kept of a provider's unusable answer: a short excerpt without control characters and without secrets. */
import { percentEncode } from './percent-encoding.js';
import { REDACTED } from './redacted.js';

const EXCERPT_LENGTH = 200;
/** Values after a name that smells of a secret, in form, JSON, header or base string spelling. */
const SECRET_VALUES =
  /((?:token|secret|verifier|signature|password|nonce|handle|consumer_key|api_?key)[\w-]*["']?\s*(?:=|:|%3D|%253D)\s*["']?)[^"'&,;\s<>]+/gi;

/** @param secrets values known to be secret, wherever they stand and however they are encoded */
export function excerpt(text: string, secrets: readonly (string | undefined)[]): string {
  let safe = text.slice(0, 20 * EXCERPT_LENGTH);
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
