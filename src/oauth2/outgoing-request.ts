/** An API request as the caller gave it, in the one form that can be checked, signed, sent and, where its body allows, sent again. */
import { OAuth2Error } from './errors.js';

/** What `fetch` takes, and whether this one request goes out without the token. */
export interface AuthorizedRequestInit extends RequestInit {
  readonly withholdToken?: boolean;
}

export interface OutgoingRequest {
  readonly url: URL;
  readonly method: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RequestInit['body'] | undefined;
  /** The body can be sent a second time: a stream is gone after the first. */
  readonly replayable: boolean;
  readonly redirect: NonNullable<RequestInit['redirect']>;
  readonly signal: AbortSignal | undefined;
  /** Everything else of the init, handed on unchanged. */
  readonly rest: RequestInit;
}

/** @throws OAuth2Error `oauth2_invalid_option` for what is no absolute URL */
export function outgoingRequest(input: Request | URL | string, init: AuthorizedRequestInit = {}): OutgoingRequest {
  const { method, headers, body, redirect, signal, withholdToken: _handledBySession, ...rest } = init;
  const source = input instanceof Request ? input : undefined;
  const address = input instanceof Request ? input.url : String(input);
  if (!URL.canParse(address)) throw new OAuth2Error('oauth2_invalid_option', 'A request needs an absolute URL.');
  const merged = new Headers(headers ?? source?.headers);
  const given = body === undefined ? (source?.body ?? undefined) : body;
  // A form as text, so that hooks can read it; the header is what fetch would have set.
  const isForm = given instanceof URLSearchParams;
  if (isForm && !merged.has('content-type'))
    merged.set('content-type', 'application/x-www-form-urlencoded;charset=UTF-8');
  return {
    url: new URL(address),
    method: (method ?? source?.method ?? 'GET').toUpperCase(),
    headers: Object.fromEntries(merged),
    body: isForm ? given.toString() : given,
    replayable: !(given instanceof ReadableStream) && !isAsyncIterable(given),
    redirect: redirect ?? source?.redirect ?? 'follow',
    signal: signal ?? source?.signal ?? undefined,
    rest,
  };
}

function isAsyncIterable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
