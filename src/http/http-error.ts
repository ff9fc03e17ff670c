/**
 * The one error class of outbound HTTP. Its `code` is stable and meant for decisions; its message names the host and nothing else of the
 * request: paths, queries, headers and bodies may hold secrets.
 */

/**
 * What went wrong:
 * - `http_unreachable`: name resolution, connection or TLS failed before a connection stood
 * - `http_timeout`: the connection, the total deadline or the silence between body bytes took too long (see `phase`)
 * - `http_reset`: the connection closed before the response was complete
 * - `http_too_large`: response headers or the decompressed body passed a limit
 * - `http_malformed`: what came back is no valid HTTP response, or its content coding is broken
 * - `http_origin_not_allowed`: the URL's origin is not on the list this fetch was made for
 * - `http_insecure`: plain http beyond loopback, another scheme, or credentials in the URL
 * - `http_invalid_request`: the caller's URL, method, headers or body cannot be sent
 * - `http_aborted`: the caller's signal, request body or `close()` ended the request
 */
export type HttpErrorCode =
  | 'http_unreachable'
  | 'http_timeout'
  | 'http_reset'
  | 'http_too_large'
  | 'http_malformed'
  | 'http_origin_not_allowed'
  | 'http_insecure'
  | 'http_invalid_request'
  | 'http_aborted';

/** How far the exchange had come: waiting for a connection, waiting for response headers, or reading the body. */
export type HttpPhase = 'connect' | 'headers' | 'body';

export interface HttpErrorDetails {
  /** Host and port of the target; empty when the URL could not be read. */
  host: string;
  phase: HttpPhase;
  /** Evidence; must hold nothing secret. */
  cause?: unknown;
}

/** Thrown (as a rejection, or as the error of a body stream) by everything in this room. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: HttpErrorCode;
  /** Host and port of the target; empty when the URL could not be read. */
  readonly host: string;
  readonly phase: HttpPhase;
  /**
   * Whether bytes of the request may have reached the server. `false` is certain: nothing was written, so the attempt had no effect there and
   * may be repeated. `true` means the outcome is unknown to us.
   */
  readonly sent: boolean;

  constructor(code: HttpErrorCode, message: string, details: HttpErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.host = details.host;
    this.phase = details.phase;
    this.sent = details.phase !== 'connect';
  }
}
