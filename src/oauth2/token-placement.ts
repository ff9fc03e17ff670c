/**
 * Where the access token stands in an API request (RFC 6750 section 2). The Authorization header is the right place; the others exist because
 * some providers accept nothing else. A token in a query ends up in logs, so use that only where a definition has to.
 */
import type { ProtectedRequest } from './hooks.js';

export type TokenPlacement =
  /** Default: `{ in: 'header', name: 'authorization', scheme: 'Bearer' }`. An empty scheme sends the bare token. */
  | { readonly in: 'header'; readonly name?: string; readonly scheme?: string }
  | { readonly in: 'query'; readonly name: string }
  /** In a form body; requests without one get it in the query. */
  | { readonly in: 'form'; readonly name: string };

const FORM = 'application/x-www-form-urlencoded';

/** Pure: gives a new request with the token in it. A value that the caller already put there stays. */
export function placeToken(
  request: ProtectedRequest,
  accessToken: string,
  placement: TokenPlacement = { in: 'header' },
): ProtectedRequest {
  if (placement.in === 'header') {
    const { name = 'authorization', scheme = 'Bearer' } = placement;
    const value = scheme === '' ? accessToken : `${scheme} ${accessToken}`;
    return { ...request, headers: { ...request.headers, [name.toLowerCase()]: value } };
  }
  const isForm = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() === FORM;
  if (placement.in === 'form' && isForm && request.body !== undefined) {
    const form = new URLSearchParams(request.body);
    if (form.has(placement.name)) return request;
    form.append(placement.name, accessToken);
    return { ...request, body: form.toString() };
  }
  const url = new URL(request.url);
  if (url.searchParams.has(placement.name)) return request;
  // Appended to the text, not through searchParams, which would spell the caller's own query anew.
  const separator = url.search === '' ? '?' : '&';
  url.search = `${url.search}${separator}${encodeURIComponent(placement.name)}=${encodeURIComponent(accessToken)}`;
  return { ...request, url: url.href };
}
