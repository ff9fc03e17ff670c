/** What an API's 401 means where no refresh token can mend it: that the access is over, or only that this call was refused (sec-H4). */
import { problemIn } from '../oauth1/index.js';
import { isInvalidTokenChallenge } from '../oauth2/index.js';
import type { Provider } from '../providers/index.js';
import type { Credentials } from './credentials.js';

/** What the problem reporting extension of OAuth 1 says of an access token that is over. */
const TOKEN_PROBLEMS: ReadonlySet<string> = new Set(['token_revoked', 'token_rejected', 'token_expired']);

export interface RefusedCall {
  readonly provider: Provider;
  readonly credentials: Credentials;
  /** Whether it only asked whose account it is, which the same token was good for when it was stored. */
  readonly wasProfileCall: () => Promise<boolean>;
}

export function isRenewable(credentials: Credentials): boolean {
  return credentials.protocol === 'oauth2' && credentials.token.refreshToken !== undefined;
}

/**
 * A signed call may as well be refused for our own client's sake, so then the provider has to say that it is the token. A bearer token, or the
 * API key that some services give by OAuth 1, is all that a call shows.
 * @param answer with status 401; stays readable
 */
export async function saysAccessIsOver(answer: Response, call: RefusedCall): Promise<boolean> {
  const isSigned = call.credentials.protocol === 'oauth1' && call.provider.definition.api.token === undefined;
  if (!isSigned) return isInvalidTokenChallenge(answer) || (await call.wasProfileCall());
  const problem = await problemIn(answer);
  if (problem === undefined) return false;
  return TOKEN_PROBLEMS.has(problem) || (call.provider.definition.oauth1?.tokenProblems ?? []).includes(problem);
}
