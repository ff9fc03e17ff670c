/**
 * A call to the provider's API with the token in it (RFC 6750), sent only to allowed origins and never carried to another one by a redirect.
 */
import type { ClientContext } from './client-context.js';
import { OAuth2Error } from './errors.js';
import { applyHooks, type ProtectedRequest } from './hooks.js';
import type { OutgoingRequest } from './outgoing-request.js';
import { discardBody } from './response-body.js';
import type { OAuth2Token } from './token.js';
import { placeToken } from './token-placement.js';
import { assertSecureUrl } from './transport-security.js';

const REDIRECTS_AT_MOST = 3;
const REDIRECT_STATUS = new Set([301, 302, 303, 307, 308]);

/**
 * @param token undefined sends the request bare
 * @throws OAuth2Error `oauth2_origin_not_allowed`, `oauth2_insecure_transport`, `oauth2_redirect_refused`; failures of fetch pass unchanged
 */
export async function sendProtected(
  context: ClientContext,
  outgoing: OutgoingRequest,
  token: OAuth2Token | undefined,
): Promise<Response> {
  let url = outgoing.url;
  for (let redirects = 0; ; redirects += 1) {
    const response = await sendOnce(context, { ...outgoing, url }, token);
    const location = response.headers.get('location');
    if (!REDIRECT_STATUS.has(response.status) || location === null || outgoing.redirect === 'manual') return response;
    discardBody(response);
    url = redirectTarget(outgoing, url, location, redirects);
  }
}

async function sendOnce(
  context: ClientContext,
  outgoing: OutgoingRequest,
  token: OAuth2Token | undefined,
): Promise<Response> {
  assertAllowed(context, outgoing.url);
  const { hooks, tokenPlacement, fetch } = context.options;
  const isText = typeof outgoing.body === 'string';
  const bare: ProtectedRequest = {
    url: outgoing.url.href,
    method: outgoing.method,
    headers: outgoing.headers,
    body: typeof outgoing.body === 'string' ? outgoing.body : undefined,
  };
  const placed = token ? placeToken(bare, token.accessToken, tokenPlacement) : bare;
  const request = token ? applyHooks(placed, hooks?.protectedRequest) : placed;
  // Hooks may have built another URL; the token goes only where it was meant to go all the same.
  const url = request.url === bare.url ? outgoing.url : assertAllowed(context, request.url);
  const body = isText || request.body !== undefined ? request.body : outgoing.body;
  return await fetch(url.href, {
    ...outgoing.rest,
    method: request.method,
    headers: { ...request.headers },
    redirect: 'manual',
    ...(body === undefined || body === null ? {} : { body }),
    ...(outgoing.replayable ? {} : { duplex: 'half' }),
    ...(outgoing.signal === undefined ? {} : { signal: outgoing.signal }),
  });
}

function assertAllowed(context: ClientContext, address: string | URL): URL {
  const url = assertSecureUrl(address, 'resource URL');
  if (!context.allowedOrigins.has(url.origin)) {
    throw new OAuth2Error('oauth2_origin_not_allowed', 'The token is not for this origin.', {
      origin: url.origin,
      allowed: [...context.allowedOrigins],
    });
  }
  return url;
}

/** Same origin, GET or HEAD, three times at most: everything else is the caller's decision (`redirect: 'manual'`). */
function redirectTarget(outgoing: OutgoingRequest, from: URL, location: string, redirects: number): URL {
  const refuse = (message: string) =>
    new OAuth2Error('oauth2_redirect_refused', message, { from: from.origin, redirects });
  if (outgoing.redirect === 'error') throw refuse('The provider redirects, and the request does not allow that.');
  if (!URL.canParse(location, from.href)) throw refuse('The provider redirects to what is no URL.');
  const target = new URL(location, from);
  if (target.origin !== from.origin)
    throw refuse('The provider redirects to another origin; the token is not taken there.');
  if (outgoing.method !== 'GET' && outgoing.method !== 'HEAD')
    throw refuse(`A ${outgoing.method} request is not redirected.`);
  if (redirects >= REDIRECTS_AT_MOST) throw refuse('The provider redirects too often.');
  return target;
}
