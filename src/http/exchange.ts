/**
 * One request and its response, from the wait for a connection to the last byte of the body: it keeps the time limits, notices the caller's
 * abort, and settles exactly once, either with a complete body or with one `HttpError` (sec-J10, sec-S2 to S5).
 *
 * It speaks undici's dispatch protocol rather than `undici.request` or `undici.fetch`: only there is the moment visible at which the first byte
 * may leave (`sent`), and nothing is parsed, buffered or scheduled twice on the way.
 */
import type { Buffer } from 'node:buffer';
import { setMaxListeners } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Demand } from './connector.js';
import { contentCoding } from './content-coding.js';
import { classify, evidence } from './failure.js';
import { HttpError, type HttpErrorCode, type HttpPhase } from './http-error.js';
import type { ResolvedLimits } from './limits.js';
import { type BodyFeeder, ResponseBody } from './response-body.js';
import { responseHeaders } from './response-headers.js';
import type { Target } from './target.js';
import { type Timed, type TimeLimit, TimeLimits } from './time-limits.js';

/** Interim (1xx) responses have no end of their own. */
const MAX_INTERIM_RESPONSES = 16;

/** Responses that have no body by definition (RFC 9110 sections 6.4.1 and 15.3.6); `Response` refuses one. */
const BODILESS = new Set([204, 205, 304]);

export interface ExchangeOptions {
  target: Target;
  method: string;
  limits: ResolvedLimits;
  signal: AbortSignal | null;
  /** Told while the exchange waits for a connection. */
  demand: Demand;
}

export class Exchange implements Dispatcher.DispatchHandler, BodyFeeder, Timed {
  /** Resolves with the response once its headers are there. */
  readonly response: Promise<Response>;
  readonly #options: ExchangeOptions;
  readonly #time: TimeLimits;
  #waiting = false;
  #resolve: (response: Response) => void = unset;
  #reject: (error: HttpError) => void = unset;
  #phase: HttpPhase = 'connect';
  #over = false;
  #interim = 0;
  #controller: Dispatcher.DispatchController | undefined;
  #body: ResponseBody | undefined;
  #upload: Readable | undefined;

  /** Starts the clock of the total deadline. */
  constructor(options: ExchangeOptions) {
    this.#options = options;
    const { limits, signal } = options;
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#time = new TimeLimits(limits, this);
    if (signal === null) return;
    if (signal.aborted) {
      this.handleEvent();
      return;
    }
    // Any number of requests may share a signal and their listeners go with them, so Node's warning of a leak would be wrong.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', this, { once: true });
  }

  /** Ties the life of a streamed request body to this exchange: it is destroyed when the exchange fails. */
  own(upload: Readable): void {
    this.#upload = upload;
    if (this.#over) upload.destroy();
  }

  /** Hands the request over to undici, unless the exchange ended before. */
  start(dispatcher: Dispatcher, request: Dispatcher.DispatchOptions): void {
    if (this.#over) return;
    this.#time.connecting();
    this.#waiting = true;
    this.#options.demand.add(this.#options.target.origin);
    try {
      dispatcher.dispatch(request, this);
    } catch (error) {
      this.#fail(classify(error, this.#place()));
    }
  }

  /** Ends the exchange; a no-op when it is over. */
  fail(code: HttpErrorCode, message: string, cause?: unknown): void {
    const { host, phase } = this.#place();
    this.#fail(new HttpError(code, message, { host, phase, cause }));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) {
      controller.abort(new Error('given up before a connection stood'));
      return;
    }
    this.#time.connected();
    this.#stopWaiting();
    this.#phase = 'headers';
  }

  onResponseStart(_: unknown, status: number, fields: IncomingHttpHeaders, statusText?: string): void {
    if (this.#over) return;
    const { limits, method, target } = this.#options;
    if (status < 200) {
      this.#interim += 1;
      if (this.#interim > MAX_INTERIM_RESPONSES) {
        this.fail('http_malformed', `${target.host} sent interim responses without end`);
      }
      return;
    }
    if (status > 599) {
      this.fail('http_malformed', `${target.host} answered with status ${status}, which does not exist`);
      return;
    }
    const headers = responseHeaders(fields, limits.maxHeaderBytes);
    if (typeof headers === 'string') {
      const trouble =
        headers === 'http_too_large' ? 'too many response headers' : 'a response header that is not valid';
      this.fail(headers, `${target.host} sent ${trouble}`);
      return;
    }
    this.#phase = 'body';
    const init = { status, headers, statusText: printable(statusText) };
    if (method === 'HEAD' || BODILESS.has(status)) {
      this.#resolve(new Response(null, init));
      return;
    }
    const body = this.#openBody(headers);
    if (body === undefined) return;
    this.#time.startListening();
    this.#resolve(new Response(body.stream, init));
  }

  onResponseData(_: unknown, chunk: Buffer): void {
    if (this.#over) return;
    if (this.#body === undefined) {
      this.fail('http_malformed', `${this.#options.target.host} sent a body where none is allowed`);
      return;
    }
    this.#time.heard();
    this.#body.push(chunk);
  }

  onResponseEnd(): void {
    this.#time.stopListening();
    if (this.#body === undefined) this.#finish();
    else this.#body.end();
  }

  onResponseError(_: unknown, error: Error): void {
    if (this.#over) return;
    if (this.#upload?.errored === error) {
      const message = `The request to ${this.#options.target.host} ended because its body could not be read`;
      this.fail('http_aborted', message, error);
      return;
    }
    this.#fail(classify(error, this.#place()));
  }

  pause(): void {
    // While the reader is slow, silence is not the server's fault; the deadline still holds.
    this.#time.stopListening();
    this.#controller?.pause();
  }

  resume(): void {
    if (this.#over || this.#controller?.paused !== true) return;
    this.#time.startListening();
    this.#controller.resume();
  }

  bodyDone(): void {
    this.#finish();
  }

  bodyCancelled(reason: unknown): void {
    this.fail('http_aborted', `The response of ${this.#options.target.host} was not read to its end`, reason);
  }

  bodyTooLarge(): void {
    const { limits, target } = this.#options;
    this.fail('http_too_large', `${target.host} sent a body of more than ${limits.maxBodyBytes} bytes`);
  }

  bodyUndecodable(cause: unknown): void {
    const message = `${this.#options.target.host} sent a body that is not encoded the way it says`;
    this.fail('http_malformed', message, evidence(cause));
  }

  #openBody(headers: Headers): ResponseBody | undefined {
    const { limits, target } = this.#options;
    const coding = contentCoding(headers.get('content-encoding'));
    if (coding === undefined) {
      this.fail('http_malformed', `${target.host} sent a body in an encoding that was not asked for`);
      return undefined;
    }
    const length = headers.get('content-length');
    if (coding === 'identity' && Number(length) > limits.maxBodyBytes) {
      this.bodyTooLarge();
      return undefined;
    }
    this.#body = new ResponseBody(this, { coding, maxBytes: limits.maxBodyBytes, declaredEmpty: length === '0' });
    return this.#body;
  }

  #stopWaiting(): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#options.demand.remove(this.#options.target.origin);
  }

  expired(limit: TimeLimit): void {
    const { limits, target } = this.#options;
    const missed = { connect: 'accept a connection', headers: 'answer', body: 'finish its response' }[this.#phase];
    const trouble = limit === 'idleMs' ? 'fell silent in the middle of its response' : `did not ${missed}`;
    this.fail('http_timeout', `${target.host} ${trouble} (limit ${limits[limit]} ms)`);
  }

  /** The caller's signal aborts; `EventTarget` takes the object itself as the listener. */
  handleEvent(): void {
    const { signal, target } = this.#options;
    this.fail('http_aborted', `The request to ${target.host} was aborted by its caller`, signal?.reason);
  }

  #place() {
    const { host, secure } = this.#options.target;
    return { host, secure, phase: this.#phase };
  }

  #fail(error: HttpError): void {
    if (this.#over) return;
    this.#finish();
    this.#reject(error);
    this.#body?.fail(error);
    this.#upload?.destroy();
    this.#controller?.abort(error);
  }

  #finish(): void {
    this.#over = true;
    this.#time.stop();
    this.#stopWaiting();
    this.#options.signal?.removeEventListener('abort', this);
  }
}

/** Until the promise hands over its own. */
function unset(): void {}

/** Reason phrases mean nothing (RFC 9112 section 4) and `Response` refuses odd ones, so those are dropped. */
function printable(statusText: string | undefined): string {
  return statusText !== undefined && /^[\t\x20-\x7e]*$/.test(statusText) ? statusText : '';
}
