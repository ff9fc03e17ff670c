/**
 * Reads the provider's answers to token requests (RFC 5849 sections 2.1 and 2.3). Services label these bodies as HTML,
 * plain text, JSON or form at will, so the body decides how it is read, never the Content-Type alone.
 */
import { readAuthorization } from './authorization-header.js';
import { OAuth1Error, type RawTokenResponse, TokenRequestRefused } from './errors.js';
import { excerpt } from './evidence.js';
import { readLimitedText } from './limited-body.js';
import { percentDecode } from './percent-encoding.js';

/** Far more than any service needs; an answer beyond it is an error page or an attack. */
const MAX_BYTES = 64 * 1024;

/** Turns an odd service's answer into `oauth_token`, `oauth_token_secret` and further fields. */
export type TokenResponseDecoder = (response: RawTokenResponse) => Readonly<Record<string, string>>;

/** @throws OAuth1Error `oauth1_token_response_too_large`; failures of the body's stream pass through */
export async function readTokenResponse(
  response: Response,
  signal: AbortSignal | undefined,
): Promise<RawTokenResponse> {
  const { status } = response;
  const body = await readLimitedText(response, MAX_BYTES, signal);
  if (body === undefined) {
    const message = `The provider's answer is longer than ${MAX_BYTES} bytes.`;
    throw new OAuth1Error('oauth1_token_response_too_large', message, { status });
  }
  return { status, headers: Object.fromEntries(response.headers), body };
}

/**
 * @param secrets what must not appear in errors
 * @throws TokenRequestRefused for a status other than 2xx or a body that reports a problem
 * @throws OAuth1Error `oauth1_malformed_token_response`
 */
export function decodeTokenResponse(
  response: RawTokenResponse,
  decoder: TokenResponseDecoder | undefined,
  secrets: readonly (string | undefined)[],
): Readonly<Record<string, string>> {
  const evidence = () => excerpt(response.body, secrets);
  if (response.status < 200 || response.status > 299) throw refused(response, evidence());
  const fields = decoder === undefined ? parseFields(response.body) : callDecoder(decoder, response);
  if (fields?.oauth_token === undefined && fields?.oauth_problem !== undefined) throw refused(response, evidence());
  if (fields === undefined || !fields.oauth_token || fields.oauth_token_secret === undefined) {
    throw new OAuth1Error(
      'oauth1_malformed_token_response',
      `The provider answered ${response.status} but not with a token and its secret.`,
      { status: response.status, contentType: response.headers['content-type'], evidence: evidence() },
    );
  }
  return fields;
}

/** The provider's own word for what went wrong, from `WWW-Authenticate` or the body. */
export function problemOf(headers: Readonly<Record<string, string>>, body: string): string | undefined {
  const challenge = readAuthorization(headers['www-authenticate'] ?? '');
  const announced = challenge?.fields.find(({ name }) => name === 'oauth_problem')?.value;
  const found = announced === undefined ? problemInBody(body) : percentDecode(announced);
  return found !== undefined && /^[\w.-]{1,60}$/.test(found) ? found : undefined;
}

function problemInBody(body: string): string | undefined {
  const fields = parseFields(body);
  const direct = fields?.oauth_problem ?? fields?.error ?? fields?.code;
  if (direct !== undefined) return direct;
  // {"errors":[{"code":32,…}]} as some JSON services write it.
  return /"errors"\s{0,9}:\s{0,9}\[\s{0,9}\{[^}]{0,500}?"(?:code|errorType)"\s{0,9}:\s{0,9}"?([\w.-]{1,60})/.exec(
    body,
  )?.[1];
}

function refused(response: RawTokenResponse, evidence: string): TokenRequestRefused {
  const problem = problemOf(response.headers, response.body);
  const detail = problem === undefined ? '' : ` (${problem})`;
  return new TokenRequestRefused(`The provider refused the token request with status ${response.status}${detail}.`, {
    problem,
    evidence,
    response,
  });
}

function callDecoder(
  decoder: TokenResponseDecoder,
  response: RawTokenResponse,
): Readonly<Record<string, string>> | undefined {
  try {
    return decoder(response);
  } catch {
    // Whatever it threw may quote the answer.
    return undefined;
  }
}

/** A form or a JSON object of scalars; undefined for anything else, or when a field is repeated. */
function parseFields(body: string): Readonly<Record<string, string>> | undefined {
  const text = body.trim();
  if (text.startsWith('{')) return parseJsonFields(text);
  if (text === '' || /[<>\s]/.test(text)) return undefined;
  const fields: [string, string][] = [...new URLSearchParams(text)];
  const names = new Set(fields.map(([name]) => name));
  return names.size === fields.length ? Object.fromEntries(fields) : undefined;
}

function parseJsonFields(text: string): Readonly<Record<string, string>> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(keepLongNumbers(text));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== null)
      .map(([name, field]) => [name, typeof field === 'object' ? JSON.stringify(field) : String(field)]),
  );
}

/** A string to its end or, if it has none, to the end of the text: no position is looked at twice. Or a long integer. */
const STRING_OR_LONG_INTEGER = /"(?:[^"\\]|\\[\s\S]?)*(?:"|$)|-?\d{16,}(?![\d.eE])/g;

/** Account ids outgrow what a number holds exactly: long integers are read as strings. */
function keepLongNumbers(json: string): string {
  return json.replaceAll(STRING_OR_LONG_INTEGER, (piece) => (piece.startsWith('"') ? piece : `"${piece}"`));
}
