/**
 * Which bodies take part in a signature (RFC 5849 section 3.4.1.3.1, third source): form bodies that say so, and no
 * others. The combinations that cannot be signed rightly are refused with a typed error each (cap-A15).
 */
import { OAuth1Error } from './errors.js';
import type { UnsignedRequest } from './signing-types.js';

/** The only media type whose body is signed. */
export const FORM_TYPE = 'application/x-www-form-urlencoded';

/** A query-like text made of the characters a form encoder writes, with at least one named value. */
const LOOKS_LIKE_PARAMETERS =
  /^[A-Za-z0-9\-._~*+%]+=[A-Za-z0-9\-._~*+%]*(?:&[A-Za-z0-9\-._~*+%]+=[A-Za-z0-9\-._~*+%]*)*$/;
/** Spaces, control characters, `"<>\^{|}` and a backtick never leave a form encoder; a "%" always begins an escape. */
const NOT_FORM_ENCODED = /[\p{Cc} "<>\\^`{|}]|%(?![0-9A-Fa-f]{2})|\p{Cs}/u;

/** A header's value by its lower-case name. */
export function findHeader(headers: Readonly<Record<string, string>> | undefined, name: string): string | undefined {
  if (headers === undefined) return undefined;
  for (const key in headers) if (key.length === name.length && key.toLowerCase() === name) return headers[key];
  return undefined;
}

/** The declared type; parameters given as such declare themselves a form, as they do for `fetch`. */
export function contentTypeOf(request: UnsignedRequest): string | undefined {
  return (
    findHeader(request.headers, 'content-type') ?? (request.body instanceof URLSearchParams ? FORM_TYPE : undefined)
  );
}

/** The lower-case media type without its parameters. */
export function mediaTypeOf(contentType: string | undefined): string | undefined {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase();
}

/**
 * The body's form-encoded text when it is to be signed, otherwise undefined. What counts is the declared type; bytes are
 * looked at only to refuse a request whose body and type contradict each other.
 *
 * @throws OAuth1Error `oauth1_form_body_on_get`, `oauth1_multipart_with_parameters`, `oauth1_form_body_undecodable`,
 *   `oauth1_parameters_without_form_type`
 */
export function signedFormBody(
  method: string,
  contentType: string | undefined,
  body: string | URLSearchParams | undefined,
): string | undefined {
  if (body === undefined) return undefined;
  const type = mediaTypeOf(contentType);
  if (typeof body !== 'string') return signedParameters(method, type, body);
  if (body === '') return undefined;
  if (type === FORM_TYPE) {
    refuseBodylessMethod(method);
    if (NOT_FORM_ENCODED.test(body)) {
      throw new OAuth1Error(
        'oauth1_form_body_undecodable',
        `The body is declared as ${FORM_TYPE} but is not encoded so.`,
      );
    }
    return body;
  }
  if (type?.startsWith('multipart/') && !hasDelimiter(contentType, body)) {
    throw new OAuth1Error('oauth1_multipart_with_parameters', 'The body is declared as multipart but has no parts.');
  }
  if ((type === undefined || type === 'application/json') && LOOKS_LIKE_PARAMETERS.test(body)) {
    throw new OAuth1Error('oauth1_parameters_without_form_type', `A body of parameters needs the type ${FORM_TYPE}.`);
  }
  return undefined;
}

/** @throws OAuth1Error `oauth1_body_placement_needs_form` unless protocol parameters may travel in this body (3.5.2). */
export function assertBodyPlacement(method: string, contentType: string | undefined): void {
  if (mediaTypeOf(contentType) !== FORM_TYPE || isBodyless(method)) {
    throw new OAuth1Error('oauth1_body_placement_needs_form', `Body placement needs a body of type ${FORM_TYPE}.`);
  }
}

function signedParameters(method: string, type: string | undefined, body: URLSearchParams): string | undefined {
  if (type?.startsWith('multipart/')) {
    throw new OAuth1Error('oauth1_multipart_with_parameters', 'Parameters cannot be sent as a multipart body.');
  }
  if (type !== undefined && type !== FORM_TYPE) {
    throw new OAuth1Error('oauth1_parameters_without_form_type', `Parameters need the type ${FORM_TYPE}.`);
  }
  refuseBodylessMethod(method);
  return body.toString();
}

function refuseBodylessMethod(method: string): void {
  if (isBodyless(method)) {
    throw new OAuth1Error('oauth1_form_body_on_get', 'GET and HEAD requests cannot carry a form body.');
  }
}

function isBodyless(method: string): boolean {
  return /^(?:GET|HEAD)$/i.test(method);
}

function hasDelimiter(contentType: string | undefined, body: string): boolean {
  const boundary = /;\s*boundary=(?:"([^"]*)"|([^\s;]*))/i.exec(contentType ?? '');
  return body.includes(`--${boundary?.[1] ?? boundary?.[2] ?? ''}`);
}
