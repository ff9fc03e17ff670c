/**
 * One authenticated POST to an endpoint of the authorization server. oauth4webapi builds the request and authenticates the client; here it is
 * passed through the definition's rules and hooks, sent with the injected fetch, and read. Whatever goes wrong on the way says whether the
 * request may have reached the server, because that decides whether a refresh token may have been used up.
 */
import * as oauth from 'oauth4webapi';
import type { ClientContext } from './client-context.js';
import { OAuth2Error, OAuth2RequestError } from './errors.js';
import { applyHooks, type TokenEndpointRequest, type TokenEndpointResponse } from './hooks.js';
import { createRedactor, type Redactor, safeText } from './redaction.js';
import { requestWasSent } from './request-was-sent.js';
import { type RawResponse, readResponse } from './response-body.js';

export interface EndpointAnswer {
  readonly raw: RawResponse;
  /** Knows every secret of the request. */
  readonly redact: Redactor;
  /** When the answer arrived, ms since the epoch. */
  readonly receivedAtMs: number;
}

export interface EndpointCall {
  /** For messages, `token endpoint`. */
  readonly endpoint: string;
  /** Sends through oauth4webapi with the given options, which hold the fetch to use. */
  readonly send: (options: SendOptions) => Promise<Response>;
  readonly requestHooks?: readonly ((request: TokenEndpointRequest) => TokenEndpointRequest)[] | undefined;
  readonly responseHooks?: readonly ((response: TokenEndpointResponse) => TokenEndpointResponse)[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Headers, parameters and format of the definition's token requests; only the token endpoint wants them. */
  readonly tokenRules?: boolean;
}

export interface SendOptions {
  readonly [oauth.customFetch]: (
    url: string,
    init: oauth.CustomFetchOptions<'POST', URLSearchParams>,
  ) => Promise<Response>;
  readonly [oauth.allowInsecureRequests]: boolean;
  readonly signal?: AbortSignal;
}

/** Parameters that are no secret; everything else in a request is kept out of errors. */
const HARMLESS = new Set([
  ...[
    'grant_type',
    'client_id',
    'redirect_uri',
    'scope',
    'resource',
    'audience',
    'token_type_hint',
    'client_assertion_type',
  ],
  ...['subject_token_type', 'actor_token_type', 'requested_token_type', 'response_type', 'code_challenge_method'],
]);

/** @throws OAuth2RequestError when there is no complete answer */
export async function callEndpoint(context: ClientContext, call: EndpointCall): Promise<EndpointAnswer> {
  let redact = createRedactor([context.options.clientSecret]);
  let host = '';
  const send: SendOptions[typeof oauth.customFetch] = (url, init) => {
    const request = prepare(context, call, url, init);
    host = new URL(request.url).host;
    redact = createRedactor(secretsOf(context, request));
    return context.options.fetch(addressOf(request), {
      ...messageOf(request),
      redirect: 'manual',
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
  };
  try {
    if (call.signal?.aborted) throw new NeverStarted(call.signal.reason);
    const response = await call.send({ [oauth.customFetch]: send, [oauth.allowInsecureRequests]: true });
    const read = await readResponse(response);
    return { raw: withResponseHooks(read, call), redact, receivedAtMs: context.now() };
  } catch (error) {
    if (error instanceof OAuth2Error) throw error;
    const sent = !(error instanceof NeverStarted) && requestWasSent(error);
    throw new OAuth2RequestError(
      sent
        ? `No complete answer came from the ${call.endpoint}${host === '' ? '' : ` at ${host}`}.`
        : `The request to the ${call.endpoint} could not be sent.`,
      sent,
      evidenceOf(error instanceof NeverStarted ? error.cause : error, redact),
    );
  }
}

class NeverStarted extends Error {
  constructor(reason: unknown) {
    super('aborted before the request', { cause: reason });
  }
}

function prepare(
  context: ClientContext,
  call: EndpointCall,
  url: string,
  init: oauth.CustomFetchOptions<'POST', URLSearchParams>,
): TokenEndpointRequest {
  const rules = call.tokenRules ? context.options.tokenRequest : undefined;
  const headers = new Headers(init.headers);
  // Which program is calling is the business of the fetch that was handed in.
  headers.delete('user-agent');
  headers.delete('content-type');
  for (const [name, value] of Object.entries(rules?.headers ?? {})) headers.set(name, value);
  const parameters = [...init.body, ...Object.entries(rules?.parameters ?? {})] as const;
  return applyHooks<TokenEndpointRequest>(
    {
      url,
      headers: Object.fromEntries(headers),
      parameters,
      format: rules?.format ?? 'form',
      method: rules?.method ?? 'POST',
    },
    call.requestHooks,
  );
}

function addressOf(request: TokenEndpointRequest): string {
  if (request.method === 'POST') return request.url;
  const url = new URL(request.url);
  for (const [name, value] of request.parameters) url.searchParams.append(name, value);
  return url.href;
}

function messageOf(request: TokenEndpointRequest): RequestInit {
  if (request.method === 'GET') return { method: 'GET', headers: { ...request.headers } };
  return {
    method: 'POST',
    headers: { ...request.headers, 'content-type': contentTypeOf(request) },
    body: encode(request),
  };
}

function encode(request: TokenEndpointRequest): string {
  const pairs = request.parameters.map(([name, value]): [string, string] => [name, value]);
  return request.format === 'json' ? JSON.stringify(Object.fromEntries(pairs)) : new URLSearchParams(pairs).toString();
}

function contentTypeOf(request: TokenEndpointRequest): string {
  return request.format === 'json' ? 'application/json' : 'application/x-www-form-urlencoded';
}

function withResponseHooks(raw: RawResponse, call: EndpointCall): RawResponse {
  if (!call.responseHooks || call.responseHooks.length === 0) return raw;
  const changed = applyHooks<TokenEndpointResponse>(
    { status: raw.status, headers: Object.fromEntries(raw.headers), text: raw.text },
    call.responseHooks,
  );
  return { status: changed.status, headers: new Headers({ ...changed.headers }), text: changed.text };
}

function secretsOf(context: ClientContext, request: TokenEndpointRequest): (string | undefined)[] {
  const sent = request.parameters.filter(([name]) => !HARMLESS.has(name)).map(([, value]) => value);
  const authorization = request.headers.authorization?.replace(/^\w+ /, '');
  return [context.options.clientSecret, authorization, ...sent];
}

/** Name, code and cleaned message along the chain of causes: the error itself may carry the whole request. */
function evidenceOf(error: unknown, redact: Redactor, depth = 5): Record<string, unknown> {
  if (typeof error !== 'object' || error === null) return { reason: safeText(String(error), redact) };
  const text = (name: string) => {
    const value: unknown = Reflect.get(error, name);
    return typeof value === 'string' && value !== '' ? { [name]: safeText(value, redact) } : {};
  };
  const cause: unknown = Reflect.get(error, 'cause');
  const deeper = depth > 0 && typeof cause === 'object' && cause !== null;
  return {
    ...text('name'),
    ...text('code'),
    ...text('message'),
    ...(deeper ? { cause: evidenceOf(cause, redact, depth - 1) } : {}),
  };
}
