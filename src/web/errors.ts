/** The last handler: every failure becomes a page (or JSON for programs) with fixed words, and a log line with the cause. */
import type { ErrorRequestHandler, Request, Response } from 'express';
import { DatabaseAway } from '../connections/index.js';
import { isDatabaseUnavailable } from '../db/index.js';
import { type FlowRefusalCode, FlowRefused } from '../flows/index.js';
import type { Provider } from '../providers/index.js';
import type { Log } from './log.js';
import { secondTry } from './start-again.js';
import { flowMessage, type Message, webMessage } from './texts.js';
import type { Views } from './views.js';
import { WebError, type WebErrorCode } from './web-error.js';

const flowStatus: Readonly<Record<FlowRefusalCode, number>> = {
  denied: 200,
  flow_unknown: 400,
  flow_spent: 400,
  flow_expired: 400,
  callback_malformed: 400,
  provider_mismatch: 400,
  user_mismatch: 400,
  provider_error: 502,
  provider_unreachable: 502,
  provider_failing: 502,
  provider_busy: 502,
  provider_nonsense: 502,
  provider_misconfigured: 502,
  clock_disagrees: 502,
  flow_too_large: 502,
  provider_timeout: 504,
};

interface Failure {
  readonly status: number;
  readonly code: string;
  readonly message: Message;
  readonly headers?: Readonly<Record<string, string>>;
}

export function errorPages(views: Views, log: Log): ErrorRequestHandler {
  return (error, req, res, next) => {
    // Set by the routes that have a provider in their path.
    const failure = failureOf(error, res.locals.provider);
    if (failure.status >= 500) log.failed(req, failure.code, error);
    else log.refused(res, failure.code);
    // Too late for a page: cutting the connection is the only honest signal left.
    if (res.headersSent) return next(error);
    for (const [name, value] of Object.entries(failure.headers ?? {})) res.setHeader(name, value);
    if (failure.status === 503) res.setHeader('Retry-After', '5');
    res.status(failure.status);
    try {
      showMessage(views, req, res, failure.code, failure.message);
    } catch (broken) {
      // Whoever takes it from here has no page and no log.
      log.failed(req, 'internal', broken);
      next(broken);
    }
  };
}

/** A page with a title, a sentence and a way on; JSON for programs. The status is set by the caller. */
export function showMessage(views: Views, req: Request, res: Response, code: string, message: Message): void {
  const requestId = String(res.locals.requestId ?? '');
  if (req.accepts(['html', 'json']) === 'json') {
    res.json({ error: code, message: `${message.title}. ${message.text}`, requestId });
    return;
  }
  views.render(req, res, 'message', {
    title: message.title,
    text: message.text,
    again: secondTry(req, res, code),
    // Set for those who may look into an attempt that failed.
    timeline: res.locals.timeline,
    requestId,
    // Whoever asks for help can name the line in the log. Of what is not there, every page has to look alike (sec-F8).
    failed: res.statusCode >= 400 && res.statusCode !== 404,
  });
}

function failureOf(error: unknown, provider: Provider | undefined): Failure {
  if (error instanceof FlowRefused) {
    const message = flowMessage(error.code, provider?.name ?? 'The provider');
    return { status: flowStatus[error.code], code: error.code, message };
  }
  const web = asWebError(error);
  return {
    status: web.status,
    code: web.code,
    message: webMessage(web.code, provider?.definition),
    headers: web.headers,
  };
}

function asWebError(error: unknown): WebError {
  if (error instanceof WebError) return error;
  // First, because a client that goes away in the middle of a form looks like a connection of ours that broke.
  const parserCode = requestFault(error);
  if (parserCode) return new WebError(parserStatus[parserCode] ?? 400, parserCode, { cause: error });
  if (isOutage(error)) {
    return new WebError(503, 'unavailable', { cause: error });
  }
  return new WebError(500, 'internal', { cause: error });
}

const parserStatus: Readonly<Partial<Record<WebErrorCode, number>>> = { too_large: 413, unsupported_type: 415 };

/** Our database is away; nobody did anything wrong. */
export function isOutage(error: unknown): boolean {
  return error instanceof DatabaseAway || isDatabaseUnavailable(error) || codeOf(error) === 'session_store_unavailable';
}

/** Express and its body parser mark what the client did wrong with a 4xx status. */
function requestFault(error: unknown): WebErrorCode | undefined {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return undefined;
  if (error.status === 413) return 'too_large';
  if (error.status === 415) return 'unsupported_type';
  return error.status >= 400 && error.status < 500 ? 'bad_request' : undefined;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
