/** Reads the one thing that matters of a 401's challenge (RFC 6750 section 3.1): whether the token itself is the trouble. */

/**
 * True for status 401 with `Bearer … error="invalid_token"`. Some providers leave out the quotes or the commas; a 401 for another reason
 * (missing permission, wrong realm) is not mended by a new token.
 */
export function isInvalidTokenChallenge(response: Pick<Response, 'status' | 'headers'>): boolean {
  const challenge = response.headers.get('www-authenticate') ?? '';
  return response.status === 401 && /\bbearer\b/i.test(challenge) && /\berror\s*=\s*"?invalid_token\b/i.test(challenge);
}
