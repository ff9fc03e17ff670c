/** Device authorization (RFC 8628): the person types a short code on another device while this one asks, at the pace the provider sets. */
import { setTimeout as sleepFor } from 'node:timers/promises';
import * as oauth from 'oauth4webapi';
import { classifyTokenError, type TokenErrorClass } from '../classify-token-error.js';
import { type ClientContext, endpointOf } from '../client-context.js';
import { failure, readAnswer } from '../endpoint-answer.js';
import { callEndpoint } from '../endpoint-request.js';
import { OAuth2Error } from '../errors.js';
import type { OAuth2Token } from '../token.js';
import { expiryOf } from '../token-expiry.js';
import { requestToken, type TokenGrant } from '../token-request.js';
import { assertSecureUrl } from '../transport-security.js';

export interface DeviceAuthorizationOptions {
  readonly scopes?: readonly string[];
  readonly parameters?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface DeviceTokenOptions {
  /** Ends the asking. */
  readonly signal?: AbortSignal;
  /** For tests; waits that many ms, or rejects when the signal is aborted. */
  readonly sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<unknown>;
}

/** Shown to the person; then `token()` waits for their decision. */
export interface DeviceAuthorization {
  readonly userCode: string;
  readonly verificationUri: string;
  /** The same with the code in it, for a QR code or a link. */
  readonly verificationUriComplete: string | undefined;
  /** End of the code's life. */
  readonly expiresAt: Date;
  /** How often the provider wants to be asked at first; ms. */
  readonly intervalMs: number;
  /**
   * Asks until the person has decided.
   * @throws OAuth2Error `oauth2_denied`, `oauth2_device_code_expired`, or the provider's other errors; the signal's reason when aborted
   */
  token(options?: DeviceTokenOptions): Promise<OAuth2Token>;
}

const DEFAULT_INTERVAL_MS = 5_000;
const SLOW_DOWN_MS = 5_000;
/** Backing off by ourselves ends here; a provider may ask for longer pauses. */
const LONGEST_BACKOFF_MS = 60_000;
/** More overflows Node's timers, which then fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const ENDPOINT = 'device authorization endpoint';

/** Section 3.1. @param adopt is given the token when it is there */
export async function startDeviceAuthorization(
  context: ClientContext,
  options: DeviceAuthorizationOptions,
  adopt: (token: OAuth2Token) => void,
): Promise<DeviceAuthorization> {
  endpointOf(context, 'deviceAuthorization');
  const { scopes = [], parameters = {}, signal } = options;
  const form = new URLSearchParams({ client_id: context.options.clientId, ...parameters });
  if (scopes.length > 0) form.set('scope', scopes.join(context.options.scopeSeparator ?? ' '));
  const { raw, redact, receivedAtMs } = await callEndpoint(context, {
    endpoint: ENDPOINT,
    signal,
    send: (sending) =>
      oauth.deviceAuthorizationRequest(context.server, context.client, context.authenticate, form, sending),
  });
  const answer = { endpoint: ENDPOINT, redact, nowMs: receivedAtMs };
  const fields = readAnswer(raw, answer);
  // An early draft, still spoken by some, said "url".
  const uri = fields.verification_uri ?? fields.verification_url;
  const complete = fields.verification_uri_complete ?? fields.verification_url_complete;
  const expiresAt = expiryOf({ expires_in: fields.expires_in }, receivedAtMs);
  const { device_code: deviceCode, user_code: userCode } = fields;
  if (!isText(deviceCode) || !isText(userCode) || !isText(uri) || expiresAt === undefined) {
    throw failure('oauth2_response_malformed', `The ${ENDPOINT} left out something that is needed.`, raw, answer, {
      field: 'device_code, user_code, verification_uri or expires_in',
    });
  }
  const intervalMs = intervalOf(fields.interval);
  return {
    userCode,
    verificationUri: assertSecureUrl(uri, 'verification URI').href,
    verificationUriComplete: isText(complete) ? assertSecureUrl(complete, 'verification URI').href : undefined,
    expiresAt,
    intervalMs,
    token: async (waiting = {}) => {
      const token = await poll(context, deviceGrant(deviceCode), expiresAt, intervalMs, waiting);
      adopt(token);
      return token;
    },
  };
}

/** Sections 3.4 and 3.5. */
async function poll(
  context: ClientContext,
  grant: TokenGrant,
  expiresAt: Date,
  firstIntervalMs: number,
  { signal, sleep = pause }: DeviceTokenOptions,
): Promise<OAuth2Token> {
  let intervalMs = firstIntervalMs;
  let pauseMs = firstIntervalMs;
  for (;;) {
    signal?.throwIfAborted();
    if (context.now() + pauseMs > expiresAt.getTime()) {
      throw new OAuth2Error('oauth2_device_code_expired', 'The code has expired before anybody confirmed it.');
    }
    await sleep(pauseMs, signal);
    signal?.throwIfAborted();
    try {
      return await requestToken(context, grant, { signal });
    } catch (error) {
      signal?.throwIfAborted();
      const { kind, retryAfterMs = 0 } = classifyTokenError(error);
      intervalMs = nextInterval(error, kind, intervalMs);
      // Retry-After is about the next question only, and never shortens the pause.
      pauseMs = Math.max(intervalMs, retryAfterMs);
    }
  }
}

/** @throws the error itself when asking again cannot help */
function nextInterval(error: unknown, kind: TokenErrorClass, intervalMs: number): number {
  if (error instanceof OAuth2Error) {
    if (error.code === 'oauth2_authorization_pending') return intervalMs;
    if (error.code === 'oauth2_slow_down') return intervalMs + SLOW_DOWN_MS;
    const passes = ['oauth2_request_failed', 'oauth2_rate_limited', 'oauth2_server_error'].includes(error.code);
    // Section 3.5 asks for exponential backoff when the connection fails; the provider's own pace stays the least.
    if (passes && kind !== 'client') return Math.max(intervalMs, Math.min(intervalMs * 2, LONGEST_BACKOFF_MS));
  }
  throw error;
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<unknown> {
  return sleepFor(Math.min(ms, LONGEST_TIMER_MS), undefined, signal ? { signal } : {});
}

function deviceGrant(deviceCode: string): TokenGrant {
  return {
    grantType: 'urn:ietf:params:oauth:grant-type:device_code',
    parameters: () => [['device_code', deviceCode]],
  };
}

/** Not shortened (section 3.2): of one that is longer than the code's life, expiry is the end. */
function intervalOf(value: unknown): number {
  const seconds = Number(value ?? DEFAULT_INTERVAL_MS / 1000);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : DEFAULT_INTERVAL_MS;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
