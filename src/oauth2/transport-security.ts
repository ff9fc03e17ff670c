/**
 * Where credentials may travel: https only (RFC 6749 sections 3.1, 3.1.2.1 and 3.2), except on the loopback interface (RFC 8252 section 7.3),
 * where there is no wire to listen on.
 */
import { OAuth2Error } from './errors.js';

/** Loopback names and addresses as the URL parser spells them. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/**
 * @param what names the URL in the error message, such as `token endpoint`
 * @returns the parsed URL
 * @throws OAuth2Error `oauth2_insecure_transport` for http beyond loopback and for other schemes, `oauth2_invalid_option` for what is no URL or
 *   carries a user name or password
 */
export function assertSecureUrl(value: string | URL, what: string): URL {
  const url = parseUrl(value, what);
  if (url.username !== '' || url.password !== '') {
    throw new OAuth2Error('oauth2_invalid_option', `The ${what} must not contain a user name or password.`);
  }
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return url;
  throw new OAuth2Error('oauth2_insecure_transport', `The ${what} must use https (http is for loopback hosts only).`, {
    scheme: url.protocol,
    host: url.hostname,
  });
}

/**
 * A redirect URI may also be a private-use scheme of an installed app, which RFC 8252 section 7.1 wants to be a reversed domain name, or the
 * out-of-band name that a few providers still show a code for.
 */
export function assertRedirectUri(value: string): void {
  if (value === 'urn:ietf:wg:oauth:2.0:oob') return;
  const url = parseUrl(value, 'redirect URI');
  if (url.hash !== '' || value.includes('#')) {
    throw new OAuth2Error(
      'oauth2_invalid_option',
      'The redirect URI must not contain a fragment (RFC 6749 section 3.1.2).',
    );
  }
  if (/^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(url.protocol)) return;
  assertSecureUrl(url, 'redirect URI');
}

function parseUrl(value: string | URL, what: string): URL {
  if (value instanceof URL) return value;
  if (!URL.canParse(value)) throw new OAuth2Error('oauth2_invalid_option', `The ${what} is not an absolute URL.`);
  return new URL(value);
}
