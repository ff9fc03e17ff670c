/** Where the protocol parameters travel: header, query or form body (RFC 5849 section 3.5), always in one place only. */
import { isOAuthScheme, writeAuthorization } from './authorization-header.js';
import { OAuth1Error } from './errors.js';
import { FORM_TYPE, findHeader } from './form-body.js';
import { type EncodedParameter, serializeParameters } from './parameters.js';
import type { RequestTarget } from './request-target.js';
import type { Placement, SignedRequest, UnsignedRequest } from './signing-types.js';

/** What besides the request decides how the signed one looks. */
export interface PlacementDetails {
  readonly placement: Placement;
  readonly realm: string | undefined;
  readonly signature: string;
  readonly baseString: string;
}

/**
 * @throws OAuth1Error `oauth1_already_signed` when the request carries an OAuth header, or any Authorization header where
 *   ours has to go
 */
export function assertUnsigned(headers: Record<string, string> | undefined, placement: Placement): void {
  const present = findHeader(headers, 'authorization');
  if (present !== undefined && (placement === 'header' || isOAuthScheme(present))) {
    throw new OAuth1Error('oauth1_already_signed', 'The request already has an Authorization header.');
  }
}

/** Writes the protocol parameters, signature included, into a copy of the request. */
export function placeFields(
  request: UnsignedRequest,
  target: RequestTarget,
  fields: readonly EncodedParameter[],
  { placement, realm, signature, baseString }: PlacementDetails,
): SignedRequest {
  const headers = declaredHeaders(request);
  const body = request.body?.toString();
  const signed: SignedRequest = {
    url: placement === 'query' ? appendToQuery(target, fields) : target.href,
    headers: placement === 'header' ? { ...headers, Authorization: writeAuthorization(fields, realm) } : { ...headers },
    signature,
    baseString,
  };
  if (body !== undefined) signed.body = body;
  if (placement === 'body') {
    signed.body = (body ? `${body}&` : '') + serializeParameters(fields);
    // A length that was counted before the body grew would cut it off.
    for (const name of Object.keys(signed.headers))
      if (name.toLowerCase() === 'content-length') delete signed.headers[name];
  }
  return signed;
}

/** Parameters given as such declare themselves a form. */
function declaredHeaders({ headers, body }: UnsignedRequest): Record<string, string> | undefined {
  if (!(body instanceof URLSearchParams) || findHeader(headers, 'content-type') !== undefined) return headers;
  return { ...headers, 'Content-Type': FORM_TYPE };
}

/** The request's own parameters come first (sections 3.5.2 and 3.5.3). */
function appendToQuery({ href, query }: RequestTarget, fields: readonly EncodedParameter[]): string {
  const start = href.includes('?') ? href : `${href}?`;
  // Only an "&" may be left out: a "?" at the end can belong to a value.
  const separator = query === '' || query.endsWith('&') ? '' : '&';
  return start + separator + serializeParameters(fields);
}
