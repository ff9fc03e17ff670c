/**
 * Reads a request on the verifying side: where its protocol parameters are (RFC 5849 section 3.5: exactly one of header,
 * query and form body), what they say, and which other parameters were signed with them.
 */
import { isOAuthScheme, readAuthorization } from './authorization-header.js';
import { assertMethod } from './base-string.js';
import { OAuth1Error } from './errors.js';
import { FORM_TYPE, mediaTypeOf } from './form-body.js';
import { collectFormEncoded, compareParameters, type EncodedParameter } from './parameters.js';
import { percentDecode } from './percent-encoding.js';
import { parseRequestTarget, type RequestTarget } from './request-target.js';
import type { Placement } from './signing-types.js';

/** A request as a server received it. */
export interface IncomingRequest {
  method: string;
  /** The absolute URL the client called: behind a proxy, the public one. */
  url: string;
  headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body exactly as received; a parsed body cannot be verified. */
  body?: string | Uint8Array | undefined;
}

/** Why a request cannot be read; part of {@link RefusalReason}. */
export type UnreadableReason =
  | 'malformed_request'
  | 'no_credentials'
  | 'several_placements'
  | 'malformed_authorization'
  | 'repeated_parameter';

/** A request taken apart. Nothing in it has been verified yet. */
export interface ReadRequest {
  readonly target: RequestTarget;
  readonly placement: Placement;
  readonly realm: string | undefined;
  /** `oauth_…` parameters but the signature, percent-encoded, sorted. */
  readonly fields: readonly EncodedParameter[];
  /** The same ones and the signature, decoded. */
  readonly protocolParameters: ReadonlyMap<string, string>;
  /** Every other signed parameter. */
  readonly parameters: readonly EncodedParameter[];
  /** Everything again by the place it was found in. */
  readonly found: Readonly<Record<Placement, readonly EncodedParameter[]>>;
  readonly isForm: boolean;
}

/** Takes a request apart, or says why that cannot be done. */
export function readIncomingRequest(request: IncomingRequest): ReadRequest | UnreadableReason {
  const authorization = allValues(request.headers, 'authorization');
  const oauthHeaders = authorization.filter(isOAuthScheme);
  if (authorization.length > 1) return 'malformed_authorization';
  const target = readTarget(request);
  const form = readForm(request);
  if (target === undefined || form === undefined) return 'malformed_request';

  const query: EncodedParameter[] = [];
  collectFormEncoded(target.query, query);
  const body: EncodedParameter[] = [];
  collectFormEncoded(form.text, body);
  const header = oauthHeaders[0] === undefined ? undefined : readAuthorization(oauthHeaders[0]);
  if (oauthHeaders.length > 0 && header === undefined) return 'malformed_authorization';

  const placements: Placement[] = [];
  if (header !== undefined) placements.push('header');
  if (query.some(isProtocolParameter)) placements.push('query');
  if (body.some(isProtocolParameter)) placements.push('body');
  const [placement] = placements;
  if (placement === undefined) return 'no_credentials';
  if (placements.length > 1) return 'several_placements';

  const found = { header: header?.fields ?? [], query, body };
  const all = [...found.header, ...query, ...body];
  const protocolParameters = new Map<string, string>();
  for (const { name, value } of all.filter(isProtocolParameter)) {
    // Section 3.1: a protocol parameter appears once. Two would leave it to chance which one was checked.
    if (protocolParameters.has(name)) return 'repeated_parameter';
    protocolParameters.set(name, percentDecode(value));
  }
  return {
    target,
    placement,
    realm: header?.realm,
    fields: all.filter((one) => isProtocolParameter(one) && one.name !== 'oauth_signature').sort(compareParameters),
    protocolParameters,
    parameters: all.filter((one) => !isProtocolParameter(one)),
    found,
    isForm: form.isForm,
  };
}

function isProtocolParameter({ name }: EncodedParameter): boolean {
  return name.startsWith('oauth_');
}

function readTarget(request: IncomingRequest): RequestTarget | undefined {
  try {
    assertMethod(request.method);
    return parseRequestTarget(request.url);
  } catch (error) {
    if (error instanceof OAuth1Error) return undefined;
    throw error;
  }
}

function readForm(request: IncomingRequest): { readonly isForm: boolean; readonly text: string } | undefined {
  const isForm = mediaTypeOf(allValues(request.headers, 'content-type')[0]) === FORM_TYPE;
  const { body = '' } = request;
  if (!isForm) return { isForm, text: '' };
  try {
    const text =
      typeof body === 'string' ? body : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    return /\p{Cs}/u.test(text) ? undefined : { isForm, text };
  } catch {
    return undefined;
  }
}

function allValues(headers: IncomingRequest['headers'], name: string): string[] {
  if (headers instanceof Headers) {
    const value = headers.get(name);
    return value === null ? [] : [value];
  }
  return Object.entries(headers)
    .filter(([key, value]) => key.toLowerCase() === name && value !== undefined)
    .flatMap(([, value]) => value ?? []);
}
