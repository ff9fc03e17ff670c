/**
 * The one outbound HTTP client: everything that talks to a provider goes through it. It never follows a redirect, never retries, keeps no
 * cookies, and bounds time and size of every exchange (sec-J1, sec-J3, sec-J10).
 */
import type { Buffer } from 'node:buffer';
import type { LookupFunction } from 'node:net';
import { Agent, type Dispatcher } from 'undici';
import { Demand, demandConnector } from './connector.js';
import { Exchange } from './exchange.js';
import { evidence } from './failure.js';
import { HttpError } from './http-error.js';
import { type HttpLimits, type ResolvedLimits, resolveLimits } from './limits.js';
import { bodyOfRequest, type RequestBody, readAll, requestBody, type UnreadBody } from './request-body.js';
import { requestHeaders } from './request-headers.js';
import { checkTarget, originSet } from './target.js';

export interface HttpClientOptions extends HttpLimits {
  /** `User-Agent` for requests that set none. Default `latchkey`. */
  userAgent?: string;
  /** PEM certificate trusted besides Node's built-in authorities. */
  ca?: string | Buffer;
  /** Finds the addresses of hosts that have to be public; default the system's. */
  lookup?: LookupFunction;
  /**
   * Carries the requests instead of this client's own connections (a proxy, a mock) and stays the caller's to close. Connections are then its
   * business: `ca` has no effect, and `freshConnection` only closes the connection after use.
   */
  dispatcher?: Dispatcher;
}

export interface FetchOptions extends HttpLimits {
  /** The only origins the function may call (`https://api.example.com`). Without it any https or loopback origin. */
  origins?: readonly string[];
  /**
   * Open a connection for this request alone. A pooled one may have been closed by the server unnoticed, which would make a request with
   * effects (a token refresh) ambiguous for no reason.
   */
  freshConnection?: boolean;
  /** Connect to public addresses and the standard port only, because people name the hosts (sec-J4). */
  publicHostsOnly?: boolean;
}

/** A function shaped like the standard `fetch`. Redirects are always handed to the caller, whatever `init.redirect` says. */
export type Fetch = (input: Request | URL | string, init?: RequestInit) => Promise<Response>;

/** Methods that would turn the connection into something else or echo credentials back (Fetch standard, "forbidden method"). */
const FORBIDDEN_METHODS = new Set(['CONNECT', 'TRACE', 'TRACK']);

/** A token in upper case (RFC 9110 section 5.6.2). */
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Z-]+$/;

interface Connections {
  readonly pooled: Dispatcher;
  readonly fresh: Dispatcher;
}

interface Binding {
  limits: ResolvedLimits;
  origins: ReadonlySet<string> | undefined;
  fresh: boolean;
  publicOnly: boolean;
}

export class HttpClient {
  readonly #limits: ResolvedLimits;
  readonly #userAgent: string;
  readonly #demand = new Demand();
  readonly #open: Connections;
  readonly #public: Connections;
  readonly #owned: readonly Dispatcher[];
  #closing: Promise<void> | undefined;

  /** @throws RangeError for a limit that is no positive whole number */
  constructor(options: HttpClientOptions = {}) {
    this.#limits = resolveLimits(options);
    this.#userAgent = options.userAgent ?? 'latchkey';
    const { dispatcher } = options;
    if (dispatcher === undefined) {
      this.#open = this.#connections(options);
      this.#public = this.#connections(options, { lookup: options.lookup });
      this.#owned = [this.#open, this.#public].flatMap(({ pooled, fresh }) => [pooled, fresh]);
    } else {
      this.#open = { pooled: dispatcher, fresh: dispatcher };
      this.#public = this.#open;
      this.#owned = [];
    }
  }

  #connections({ ca }: HttpClientOptions, publicOnly?: { lookup: LookupFunction | undefined }): Connections {
    const { connectMs, maxHeaderBytes } = this.#limits;
    const settings: Agent.Options = {
      connect: demandConnector({ connectMs, ca, ...(publicOnly ? { publicOnly } : {}) }, this.#demand),
      maxHeaderSize: maxHeaderBytes,
      // Each exchange keeps its own time; undici's timers are coarse and per connection.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    // Without pipelining undici announces `Connection: close` and never reuses a socket.
    return { pooled: new Agent(settings), fresh: new Agent({ ...settings, pipelining: 0 }) };
  }

  /**
   * Makes a fetch-shaped function with its own limits. It rejects with `HttpError` only; the body of its responses is a stream that fails with
   * `HttpError` when a limit is passed or the connection is lost.
   * @param options `connectMs` and `maxHeaderBytes` belong to shared connections: here they can only be lower than the client's
   * @throws RangeError for a bad limit, TypeError for a bad origin
   */
  fetch(options: FetchOptions = {}): Fetch {
    const limits = resolveLimits(options, this.#limits);
    for (const name of ['connectMs', 'maxHeaderBytes'] as const) {
      if (limits[name] > this.#limits[name]) throw new RangeError(`${name} must not be above the client's own`);
    }
    const origins = options.origins === undefined ? undefined : originSet(options.origins);
    const { freshConnection: fresh = false, publicHostsOnly: publicOnly = false } = options;
    const binding: Binding = { limits, origins, fresh, publicOnly };
    return async (input, init = {}) =>
      typeof input === 'string' || input instanceof URL
        ? this.#send(binding, input, undefined, init)
        : this.#send(binding, input.url, input, init);
  }

  /** Refuses new requests, waits for running ones (their deadlines bound that) and closes the connections. May be called more than once. */
  close(): Promise<void> {
    this.#closing ??= Promise.all(this.#owned.map((dispatcher) => dispatcher.close())).then(() => undefined);
    return this.#closing;
  }

  #send(binding: Binding, url: URL | string, request: Request | undefined, init: RequestInit): Promise<Response> {
    const target = checkTarget(url, binding.origins, binding.publicOnly);
    const { host, origin, path } = target;
    if (this.#closing !== undefined) {
      throw new HttpError('http_aborted', `${host} was not called: the HTTP client is closed`, {
        host,
        phase: 'connect',
      });
    }
    const method = checkMethod(init.method ?? request?.method ?? 'GET', host);
    const headers = requestHeaders(init.headers ?? request?.headers, this.#userAgent, host);
    const body = takeBody(request, init, method, host);
    if (body.contentType !== undefined) headers['content-type'] ??= body.contentType;
    const signal = init.signal === undefined ? (request?.signal ?? null) : init.signal;

    const exchange = new Exchange({ target, method, limits: binding.limits, signal, demand: this.#demand });
    const start = ({ payload, length }: RequestBody) => {
      if (length !== undefined) headers['content-length'] = String(length);
      if (payload !== null && 'pipe' in payload) exchange.own(payload);
      const options: Dispatcher.DispatchOptions = { origin, path, method, headers, body: payload };
      const { fresh, pooled } = binding.publicOnly ? this.#public : this.#open;
      if (binding.fresh) exchange.start(fresh, { ...options, reset: true });
      else exchange.start(pooled, options);
    };
    if ('payload' in body) {
      start(body);
    } else {
      exchange.own(body.unread);
      readAll(body.unread).then(
        (payload) => start({ payload }),
        (cause) => exchange.fail('http_aborted', `${host} was not called: the request body could not be read`, cause),
      );
    }
    return exchange.response;
  }
}

function checkMethod(method: string, host: string): string {
  const upper = method.toUpperCase();
  if (!METHOD.test(upper) || FORBIDDEN_METHODS.has(upper)) {
    const message = `A request to ${host} has a method that is not allowed`;
    throw new HttpError('http_invalid_request', message, { host, phase: 'connect' });
  }
  return upper;
}

function takeBody(
  request: Request | undefined,
  init: RequestInit,
  method: string,
  host: string,
): RequestBody | UnreadBody {
  try {
    const replaced = init.body !== undefined && init.body !== null;
    const body = request === undefined || replaced ? requestBody(init.body) : bodyOfRequest(request);
    const empty = 'payload' in body && body.payload === null;
    if (!empty && (method === 'GET' || method === 'HEAD')) throw new TypeError(`${method} has no body`);
    return body;
  } catch (cause) {
    const message = `The body of a request to ${host} cannot be sent`;
    throw new HttpError('http_invalid_request', message, { host, phase: 'connect', cause: evidence(cause) });
  }
}
