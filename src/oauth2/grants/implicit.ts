/** The implicit grant's answer (RFC 6749 section 4.2.2): a token in the fragment of the callback. For old services only: see risks.ts. */
import { authorizationError, callbackParameters, checkIssuer, checkState } from '../authorization-response.js';
import type { ClientContext } from '../client-context.js';
import { OAuth2Error } from '../errors.js';
import { assertPending, type PendingAuthorization } from '../pending-authorization.js';
import { createRedactor } from '../redaction.js';
import type { OAuth2Token } from '../token.js';
import { parseTokenResponse } from '../token-response.js';

/**
 * @param callback the whole URL, or its fragment with or without `#`
 * @throws OAuth2Error like the checks of a code callback, and those of a token response
 */
export async function tokenFromFragment(
  context: ClientContext,
  callback: string,
  pending: PendingAuthorization | undefined,
): Promise<OAuth2Token> {
  assertPending(pending);
  const fragment = callback.includes('#') ? callback.slice(callback.indexOf('#') + 1) : callback;
  const parameters = callbackParameters(new URLSearchParams(fragment));
  checkState(parameters.get('state') ?? undefined, pending.state);
  checkIssuer(context, parameters.get('iss') ?? undefined, pending.issuer);
  if (parameters.has('error')) throw authorizationError(parameters, pending, context.options.denials);
  if (parameters.has('code') || parameters.has('id_token')) {
    throw new OAuth2Error(
      'oauth2_callback_malformed',
      'The fragment carries more than the access token that was asked for.',
    );
  }
  // The token is not bound to this client by anything but the state: a refresh token has no place here (section 4.2.2).
  for (const name of ['state', 'iss', 'refresh_token']) parameters.delete(name);
  const raw = {
    status: 200,
    headers: new Headers({ 'content-type': 'application/x-www-form-urlencoded' }),
    text: parameters.toString(),
  };
  const redact = createRedactor([pending.state, parameters.get('access_token') ?? undefined]);
  return await parseTokenResponse(raw, {
    endpoint: 'callback',
    redact,
    nowMs: context.now(),
    rules: context.options.tokenRules,
  });
}
