/** Judges the person's return from the provider (RFC 5849 section 2.2) before anything is asked of the provider again. */
import { constantTimeEqual } from './constant-time.js';
import { OAuth1Error } from './errors.js';
import {
  type AuthorizedTemporaryCredentials,
  proveAuthorized,
  type TemporaryCredentials,
} from './temporary-credentials.js';

const RELEVANT = ['oauth_token', 'oauth_verifier', 'oauth_problem', 'denied', 'error'];
/** Spellings of a refusal: the Problem Reporting extension, and providers that borrow OAuth 2's word. */
const REFUSALS = new Set(['user_refused', 'permission_denied', 'access_denied']);

/**
 * @param callback the URL the person came back to, its query, or either pasted as text
 * @param temporary the credentials this flow was started with
 * @throws OAuth1Error `oauth1_repeated_parameter`, `oauth1_token_mismatch`, `oauth1_denied`, `oauth1_callback_problem`,
 *   `oauth1_verifier_missing`
 */
export function checkCallback(
  callback: URLSearchParams | URL | string,
  temporary: TemporaryCredentials,
): AuthorizedTemporaryCredentials {
  const query = queryOf(callback);
  for (const name of RELEVANT) {
    if (query.getAll(name).length > 1) {
      throw new OAuth1Error('oauth1_repeated_parameter', `The callback repeats ${name}.`);
    }
  }
  const token = query.get('oauth_token');
  if (token !== null && !constantTimeEqual(token, temporary.token)) throw mismatch();
  refuseProblems(query, temporary);
  if (token === null) throw mismatch();
  return authorizeWithVerifier(query.get('oauth_verifier') ?? '', temporary);
}

/**
 * For the out-of-band flow: the number the provider showed to the person.
 *
 * @throws OAuth1Error `oauth1_verifier_missing` when there is none
 */
export function authorizeWithPin(temporary: TemporaryCredentials, pin: string): AuthorizedTemporaryCredentials {
  return authorizeWithVerifier(pin.trim(), temporary);
}

/** Denials are judged only after the token: somebody else's "denied" must not end this flow. */
function refuseProblems(query: URLSearchParams, temporary: TemporaryCredentials): void {
  const refused = ['denied', 'oauth_problem', 'error'].some((name) => query.has(name));
  if (refused && query.has('oauth_verifier')) {
    throw new OAuth1Error('oauth1_callback_contradictory', 'The callback is a refusal and a consent at once.');
  }
  const denied = query.get('denied');
  if (denied !== null) {
    // Where it is used, the value is the temporary token; a bare flag is taken for what it says.
    const isForeign = !/^(?:|1|true|yes)$/i.test(denied) && !constantTimeEqual(denied, temporary.token);
    throw isForeign ? mismatch() : new OAuth1Error('oauth1_denied', 'The person refused.');
  }
  const problem = query.get('oauth_problem') ?? query.get('error');
  if (problem === null) return;
  if (REFUSALS.has(problem)) throw new OAuth1Error('oauth1_denied', 'The person refused.', { problem });
  const code = /^[\w.-]{1,60}$/.test(problem) ? problem : 'unreadable';
  throw new OAuth1Error('oauth1_callback_problem', `The provider reported a problem: ${code}.`, { problem: code });
}

function authorizeWithVerifier(verifier: string, temporary: TemporaryCredentials): AuthorizedTemporaryCredentials {
  if (verifier === '') throw new OAuth1Error('oauth1_verifier_missing', 'There is no verifier.');
  return proveAuthorized(temporary, verifier);
}

function mismatch(): OAuth1Error {
  return new OAuth1Error('oauth1_token_mismatch', 'The callback is not about the token of this flow.');
}

function queryOf(callback: URLSearchParams | URL | string): URLSearchParams {
  if (callback instanceof URLSearchParams) return callback;
  if (callback instanceof URL) return callback.searchParams;
  // A pasted URL may have been wrapped by a terminal or a mail program.
  const text = callback.replaceAll(/\s/g, '').split('#', 1)[0] ?? '';
  const mark = text.indexOf('?');
  if (mark >= 0) return new URLSearchParams(text.slice(mark + 1));
  return new URLSearchParams(/^[a-z][a-z0-9+.-]*:/i.test(text) ? '' : text);
}
