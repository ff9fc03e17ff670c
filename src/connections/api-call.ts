/**
 * One API call as its caller made it, in a form that can be sent after other work has been done, and sent again. What the caller could still
 * change is copied at once, as `fetch` does it. A `Request` is not made on the way: that would cost more than signing the call does.
 */

/** Where a connection's calls go, and what all of them need. */
export interface ApiTarget {
  readonly session: ApiSession;
  /** What a path is taken relative to. */
  readonly baseUrl: string | undefined;
  /** Sent unless the caller says otherwise; lower-case names. */
  readonly headers: Readonly<Record<string, string>> | undefined;
}

/** The part of a session client that sends. */
export interface ApiSession {
  fetch(input: Request | string, init?: RequestInit): Promise<Response>;
}

export interface ApiCall {
  /** A stream is gone after the first try. */
  readonly repeatable: boolean;
  /** Absolute, whatever the caller gave. */
  url(target: Pick<ApiTarget, 'baseUrl'>): string;
  /** @param url as `url` gave it */
  send(target: ApiTarget, url: string): Promise<Response>;
}

/** @throws TypeError for what `fetch` would not take either */
export function apiCall(input: string | URL | Request, init?: RequestInit): ApiCall {
  if (input instanceof Request) return new RequestCall(new Request(input, init));
  return new PlainCall(input instanceof URL ? input.href : input, init);
}

class PlainCall implements ApiCall {
  readonly repeatable: boolean;
  readonly #address: string;
  readonly #init: RequestInit;

  constructor(address: string, init: RequestInit = {}) {
    const { body, headers } = init;
    const kept: RequestInit = { ...init };
    if (body !== undefined && body !== null) kept.body = copyOf(body);
    if (headers !== undefined) kept.headers = plain(headers);
    this.repeatable = !isStream(body);
    this.#address = address;
    this.#init = kept;
  }

  url({ baseUrl }: Pick<ApiTarget, 'baseUrl'>): string {
    return absolute(this.#address, baseUrl);
  }

  send({ session, headers }: ApiTarget, url: string): Promise<Response> {
    if (headers === undefined) return session.fetch(url, this.#init);
    return session.fetch(url, { ...this.#init, headers: withDefaults(this.#init.headers, headers) });
  }
}

class RequestCall implements ApiCall {
  readonly repeatable: boolean;
  readonly #request: Request;

  constructor(request: Request) {
    // Whatever its body was made from, it is a stream by now.
    this.repeatable = request.body === null;
    this.#request = request;
  }

  url(): string {
    return this.#request.url;
  }

  send({ session, headers }: ApiTarget): Promise<Response> {
    for (const [name, value] of Object.entries(headers ?? {})) {
      if (!this.#request.headers.has(name)) this.#request.headers.set(name, value);
    }
    return session.fetch(this.#request);
  }
}

/** Joined as text, because a base may have a path of its own (the sandbox's always does). */
function absolute(address: string, baseUrl = ''): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(address)) return address;
  return `${baseUrl.replace(/\/+$/, '')}/${address.replace(/^\/+/, '')}`;
}

function withDefaults(
  given: RequestInit['headers'],
  defaults: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return given === undefined ? defaults : { ...defaults, ...Object.fromEntries(new Headers(given)) };
}

function plain(headers: NonNullable<RequestInit['headers']>): Record<string, string> {
  if (Symbol.iterator in headers) return Object.fromEntries(new Headers(headers));
  return { ...(headers as Record<string, string>) };
}

type Body = NonNullable<RequestInit['body']>;

function copyOf(body: Body): Body {
  if (typeof body === 'string') return body;
  if (body instanceof URLSearchParams) return new URLSearchParams(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice();
  if (body instanceof ArrayBuffer) return body.slice(0);
  if (body instanceof FormData) {
    const copy = new FormData();
    for (const [name, value] of body) copy.append(name, value);
    return copy;
  }
  return body;
}

function isStream(body: RequestInit['body'] | undefined): boolean {
  return body instanceof ReadableStream || (typeof body === 'object' && body !== null && isGenerator(body));
}

/** Such as a Node stream; the standard bodies that can be walked through are no streams. */
function isGenerator(body: object): boolean {
  return Symbol.asyncIterator in body;
}
