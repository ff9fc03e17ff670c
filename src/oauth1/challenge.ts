/** The answer to a request that did not verify (RFC 5849 section 3.2, RFC 9110 section 15.5.2). */
import { escapeQuoted } from './authorization-header.js';

/** What goes over the wire: the same for every reason, so that it tells an attacker nothing. */
export interface UnauthorizedResponse {
  readonly status: 401;
  readonly headers: Readonly<Record<'WWW-Authenticate' | 'Content-Type' | 'Cache-Control', string>>;
  readonly body: string;
}

/** @param realm names the protected area to the client; left out when undefined */
export function unauthorizedResponse(realm?: string): UnauthorizedResponse {
  return {
    status: 401,
    headers: {
      'WWW-Authenticate': buildChallenge(realm),
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-store',
    },
    body: 'This request needs a valid OAuth signature.\n',
  };
}

/** The value of a `WWW-Authenticate` header. */
export function buildChallenge(realm?: string): string {
  return realm === undefined ? 'OAuth' : `OAuth realm="${escapeQuoted(realm)}"`;
}
