/**
 * Turns the many ways in which undici, sockets and TLS fail into one `HttpError`. What the caller must be able to tell apart is whether the
 * request may have reached the server (sec-S5: an ambiguous attempt), so failures before a connection stood never share a code with later ones.
 */
import { HttpError, type HttpErrorCode, type HttpPhase } from './http-error.js';

export interface FailurePlace {
  host: string;
  phase: HttpPhase;
  /** Whether the connection was to be TLS. */
  secure: boolean;
}

/** In words a person can act on; what each is in OpenSSL's language stays in `cause`. */
const TLS_TROUBLE: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate chain ends in a self-signed certificate',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate comes from an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an unknown authority or its chain is incomplete',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  CERT_REVOKED: 'its certificate was revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate belongs to another host',
};

const CONNECT_TROUBLE: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name does not exist',
  EAI_AGAIN: 'its name could not be looked up',
  ECONNREFUSED: 'it refused the connection',
  ECONNRESET: 'it closed the connection at once',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ETIMEDOUT: 'it did not answer',
  ADDRESS_NOT_PUBLIC: 'it has no public address',
};

/** Classifies an error that undici reported for a request at `place`. */
export function classify(error: unknown, place: FailurePlace): HttpError {
  const { host, phase, secure } = place;
  const code = codeOf(error);
  const fail = (kind: HttpErrorCode, message: string) =>
    new HttpError(kind, message, { host, phase, cause: evidence(error) });

  if (code === 'UND_ERR_CONNECT_TIMEOUT') return fail('http_timeout', `${host} did not accept a connection in time`);
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return fail('http_too_large', `${host} sent too many response headers`);
  if (code === 'UND_ERR_CLOSED' || code === 'UND_ERR_DESTROYED') {
    return fail('http_aborted', `The request to ${host} ended because the HTTP client was closed`);
  }
  if (phase === 'connect') {
    if (
      code === 'UND_ERR_INVALID_ARG' ||
      code === 'UND_ERR_NOT_SUPPORTED' ||
      code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'
    ) {
      return fail('http_invalid_request', `A request to ${host} cannot be sent as it is`);
    }
    return fail('http_unreachable', `${host} cannot be reached: ${connectTrouble(code, secure)}`);
  }
  if (code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH' || code === 'UND_ERR_ABORTED') {
    return fail('http_aborted', `The request body for ${host} ended before or after its announced length`);
  }
  if (isMalformed(error, code, phase)) return fail('http_malformed', `${host} sent a response that is not valid HTTP`);
  return fail('http_reset', `${host} closed the connection before its response was complete`);
}

/**
 * What may be kept of a foreign error. Its own properties stay behind: undici's parser errors carry the bytes around the fault (perhaps a
 * token response), TLS errors the whole certificate.
 */
export function evidence(error: unknown): Error {
  const parts = isRecord(error) && Array.isArray(error.errors) ? error.errors.map(messageOf).filter(Boolean) : [];
  const kept: Error & { code?: string } = new Error(parts.length > 0 ? parts.join('; ') : messageOf(error));
  if (isRecord(error) && typeof error.name === 'string') kept.name = error.name;
  kept.stack = `${kept.name}: ${kept.message}`;
  const code = codeOf(error);
  if (code !== '') kept.code = code;
  return kept;
}

/**
 * A response cut short shows up as a parser error too (end of input inside a message), but is a lost connection, not a server speaking nonsense.
 * A wrong length is only meaningful once the headers were accepted; before that undici reports it for any fault behind a Content-Length.
 */
function isMalformed(error: unknown, code: string, phase: HttpPhase): boolean {
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return phase === 'headers';
  const message = messageOf(error);
  if (code === 'UND_ERR_SOCKET') return message.startsWith('bad ');
  // undici 7 leaves `code` of its parser errors empty, so the reason has to be read from the message.
  const isParserError = isRecord(error) && error.name === 'HTTPParserError';
  return isParserError && !message.includes('Invalid EOF state');
}

function connectTrouble(code: string, secure: boolean): string {
  const certificate = TLS_TROUBLE[code];
  if (certificate !== undefined) return `TLS failed, ${certificate}`;
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_'))
    return 'the TLS handshake failed';
  if (secure && code === 'ECONNRESET') return 'it closed the connection during the TLS handshake';
  return CONNECT_TROUBLE[code] ?? 'no connection could be made';
}

function codeOf(error: unknown): string {
  return isRecord(error) && typeof error.code === 'string' ? error.code : '';
}

function messageOf(error: unknown): string {
  return isRecord(error) && typeof error.message === 'string' ? error.message : '';
}

/** Errors are looked at by shape: those of Node's core may stem from another realm, where `instanceof Error` fails. */
function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
