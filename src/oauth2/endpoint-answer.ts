/**
 * Turns an endpoint's answer into its fields, or into the typed error it is: the error forms of RFC 6749 section 5.2, of a definition's rules,
 * and of everything that stands in the way (proxies, outages, redirects).
 */
import { type OAuth2ErrorCode, OAuth2ResponseError, type ResponseEvidence } from './errors.js';
import { asRecord, parseJson } from './parse-json.js';
import { type Redactor, safeExcerpt, safeIdentifier, safeText } from './redaction.js';
import { mediaType, type RawResponse } from './response-body.js';
import { retryAfterMs } from './retry-after.js';
import { type FoundError, findTokenError, type TokenResponseRules } from './token-rules.js';

export interface AnswerContext {
  /** For messages, `token endpoint`. */
  readonly endpoint: string;
  readonly redact: Redactor;
  readonly nowMs: number;
  readonly rules?: TokenResponseRules | undefined;
}

const OWN_CODES = new Map<string, OAuth2ErrorCode>([
  ['invalid_request', 'oauth2_invalid_request'],
  ['invalid_client', 'oauth2_invalid_client'],
  ['invalid_grant', 'oauth2_invalid_grant'],
  ['unauthorized_client', 'oauth2_unauthorized_client'],
  ['unsupported_grant_type', 'oauth2_unsupported_grant_type'],
  ['invalid_scope', 'oauth2_invalid_scope'],
  ['access_denied', 'oauth2_denied'],
  ['authorization_pending', 'oauth2_authorization_pending'],
  ['slow_down', 'oauth2_slow_down'],
  ['expired_token', 'oauth2_device_code_expired'],
]);

/**
 * @returns the fields of a successful answer
 * @throws OAuth2ResponseError for everything else
 */
export function readAnswer(raw: RawResponse, context: AnswerContext): Readonly<Record<string, unknown>> {
  const { status } = raw;
  const type = mediaType(raw.headers);
  if (status >= 300 && status < 400) {
    throw failure(
      'oauth2_redirect_refused',
      `The ${context.endpoint} answered with a redirect, which is never followed.`,
      raw,
      context,
    );
  }
  const body = parseFields(raw.text, type);
  const error = body.fields && findTokenError(body.fields, context.rules);
  if (error) throw providerError(error, raw, context);
  if (status < 200 || status >= 300) throw statusError(raw, context);
  if (body.fields) return body.fields;
  if (body.trouble === 'shape') {
    throw failure(
      'oauth2_response_malformed',
      `The ${context.endpoint} answered with JSON that is no object.`,
      raw,
      context,
    );
  }
  throw failure(
    'oauth2_response_unreadable',
    `The ${context.endpoint} answered ${status} with ${raw.text.trim() === '' ? 'an empty body' : 'a body that is neither JSON nor a form'}.`,
    raw,
    context,
  );
}

/** An error about an answer, with the evidence that is safe to keep. */
export function failure(
  code: OAuth2ErrorCode,
  message: string,
  raw: RawResponse,
  context: AnswerContext,
  more: Partial<ResponseEvidence> = {},
): OAuth2ResponseError {
  return new OAuth2ResponseError(code, message, {
    status: raw.status,
    contentType: safeText(mediaType(raw.headers), context.redact, 80),
    excerpt: safeExcerpt(raw.text, context.redact),
    retryAfterMs: retryAfterMs(raw.headers, context.nowMs),
    ...more,
  });
}

function providerError(error: FoundError, raw: RawResponse, context: AnswerContext): OAuth2ResponseError {
  const word = safeIdentifier(error.own, context.redact);
  const known = OWN_CODES.get(error.code) ?? codeOfStatus(raw.status) ?? 'oauth2_provider_error';
  const description = error.description === undefined ? undefined : safeText(error.description, context.redact);
  return failure(known, `The ${context.endpoint} answered ${raw.status} with the error "${word}".`, raw, context, {
    error: safeIdentifier(error.code, context.redact),
    description,
  });
}

function statusError(raw: RawResponse, context: AnswerContext): OAuth2ResponseError {
  const code = codeOfStatus(raw.status) ?? 'oauth2_unexpected_status';
  return failure(code, `The ${context.endpoint} answered ${raw.status} without an error of its own.`, raw, context);
}

function codeOfStatus(status: number): OAuth2ErrorCode | undefined {
  if (status === 429) return 'oauth2_rate_limited';
  return status >= 500 ? 'oauth2_server_error' : undefined;
}

interface ParsedFields {
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly trouble?: 'syntax' | 'shape';
}

/** JSON whatever it is labelled, else a form unless it is labelled JSON: several providers send forms as text/plain or text/html. */
function parseFields(text: string, type: string): ParsedFields {
  try {
    const fields = asRecord(parseJson(text));
    return fields ? { fields } : { trouble: 'shape' };
  } catch {
    const form = /[/+]json$/.test(type) ? undefined : parseForm(text);
    return form ? { fields: form } : { trouble: 'syntax' };
  }
}

function parseForm(text: string): Readonly<Record<string, string>> | undefined {
  // A page with a link in it can look like a form; a real one holds no space and no bracket, because both are encoded.
  if (/[\s<>"]/.test(text.trim())) return undefined;
  const pairs = [...new URLSearchParams(text.trim())];
  const names = new Set(pairs.map(([name]) => name));
  // Prose with an equals sign is no form: one of these names has to be there, and none twice.
  if (!(names.has('access_token') || names.has('error')) || names.size !== pairs.length) return undefined;
  return Object.fromEntries(pairs);
}
