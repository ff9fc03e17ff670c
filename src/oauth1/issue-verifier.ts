/** What a provider needs between the first and the third leg (RFC 5849 section 2.2). */
import { randomBytes as systemRandomBytes } from 'node:crypto';
import { createNonceSource } from './nonce.js';
import { parseHttpUrl } from './request-target.js';

/** A verifier nobody can guess: 130 random bits in 26 letters and digits, which people can type. */
export function generateVerifier(randomBytes: (size: number) => Uint8Array = systemRandomBytes): string {
  return createNonceSource(randomBytes)();
}

/**
 * Where the person is sent after agreeing; the callback's own query is kept.
 *
 * @param callback the `oauth_callback` of the temporary-credential request, not `oob`
 * @throws OAuth1Error for a callback that is no http(s) URL
 */
export function buildCallbackUrl(callback: string, token: string, verifier: string): string {
  const url = parseHttpUrl(callback);
  const added = new URLSearchParams({ oauth_token: token, oauth_verifier: verifier }).toString();
  url.search = url.search === '' ? added : `${url.search}&${added}`;
  return url.href;
}
