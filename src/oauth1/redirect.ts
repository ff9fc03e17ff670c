/** Where a redirect may lead with a signature (RFC 9110 section 15.4): to the same origin, signed anew, and nowhere else. */
import { OAuth1Error } from './errors.js';
import type { OutgoingCall } from './outgoing-call.js';
import { parseHttpUrl } from './request-target.js';

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * The call that follows a redirect, or undefined when the answer is none or the caller wants to see it.
 *
 * @throws OAuth1Error `oauth1_redirect_refused` for another origin, an unusable Location or `redirect: 'error'`;
 *   `oauth1_body_not_replayable` when a stream would have to be sent a second time
 */
export function followRedirect(call: OutgoingCall, answer: Response): OutgoingCall | undefined {
  const location = answer.headers.get('location');
  if (!REDIRECTS.has(answer.status) || location === null || call.redirect === 'manual') return undefined;
  if (call.redirect === 'error') throw refuse(answer, 'The provider answered with a redirect.');
  const current = parseHttpUrl(call.url);
  if (!URL.canParse(location, current.href)) throw refuse(answer, 'The redirect leads to no URL.');
  const next = new URL(location, current.href);
  if (next.origin !== current.origin || next.username !== '' || next.password !== '') {
    throw refuse(answer, 'The redirect leads to another origin, where this signature must not go.');
  }
  const url = withoutProtocolParameters(next);
  if (!becomesGet(answer.status, call.method)) {
    if (call.body.kind === 'once') {
      throw new OAuth1Error('oauth1_body_not_replayable', 'The provider redirects a streamed body, which is spent.');
    }
    return { ...call, url };
  }
  const headers = Object.entries(call.headers).filter(([name]) => !name.toLowerCase().startsWith('content-'));
  return { ...call, url, method: 'GET', headers: Object.fromEntries(headers), body: { kind: 'none' } };
}

/** As `fetch` does it. */
function becomesGet(status: number, method: string): boolean {
  const name = method.toUpperCase();
  return status === 303 ? name !== 'GET' && name !== 'HEAD' : status < 303 && name === 'POST';
}

/** With query placement, providers tend to send the old signature back to us. */
function withoutProtocolParameters(url: URL): string {
  const kept = url.search.slice(1).split('&');
  // With its mark: the setter would take a "?" that begins the first name for it.
  url.search = `?${kept.filter((piece) => !piece.startsWith('oauth_')).join('&')}`;
  return url.href;
}

function refuse(answer: Response, message: string): OAuth1Error {
  return new OAuth1Error('oauth1_redirect_refused', message, { status: answer.status });
}
