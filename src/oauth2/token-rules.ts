/**
 * How a provider's token answers differ from RFC 6749 section 5, as plain data that a provider definition can hold. Applying the rules gives
 * an answer in the RFC's own words; whether that answer is acceptable is decided elsewhere, by the same strict check for everybody.
 */
import { asRecord, valueAt } from './parse-json.js';

/** One shape of error. It applies when a value stands at `path` (and equals `equals`, or differs from `not`), whatever the HTTP status is. */
export interface TokenErrorRule {
  /** Dotted path, `errors.0.errorType`. Without `equals` or `not` any value but null, false and "" counts. */
  readonly path: string;
  readonly equals?: string | number | boolean;
  /** Applies when a value stands there and is another one; for status fields whose one good value is known. */
  readonly not?: string | number | boolean;
  /** Dotted path of the error code. */
  readonly code: string;
  /** Dotted path of the words for people. */
  readonly description?: string;
}

export interface TokenResponseRules {
  /** Dotted path to the object that holds the token, `authed_user`. Without it there, the top level is read. */
  readonly root?: string;
  /** The provider's name of a field to the RFC's, `{ accessToken: 'access_token', expires: 'expires_in' }`. */
  readonly rename?: Readonly<Record<string, string>>;
  /** Taken when the provider names no token type, or an odd word for a bearer token. Types with rules of their own (`mac`, `DPoP`) stay. */
  readonly tokenType?: string;
  /** Separates the granted scopes; default a space. */
  readonly scopeSeparator?: string;
  /** The provider says 0 for a token that does not end. */
  readonly expiresInZeroMeansNever?: boolean;
  readonly errors?: readonly TokenErrorRule[];
  /** The provider's error code to the RFC's, `{ bad_refresh_token: 'invalid_grant' }`; decides what a failed refresh means. */
  readonly errorCodes?: Readonly<Record<string, string>>;
}

/** An error found in an answer; the words are the provider's and have to be made safe before they are shown. */
export interface FoundError {
  /** After `errorCodes`; the code that is acted upon. */
  readonly code: string;
  /** The provider's own word for it. */
  readonly own: string;
  readonly description: string | undefined;
}

/** Token types that are no bearer tokens: pretending otherwise would send them without the proof that belongs to them. */
const OTHER_TOKEN_TYPES = new Set(['mac', 'hok', 'pop', 'dpop', 'hawk', 'n_a']);

/**
 * Finds an error by the definition's rules, then by the RFC's `error` field; both also hold with status 200.
 * @param body the parsed answer as it came
 */
export function findTokenError(body: unknown, rules: TokenResponseRules = {}): FoundError | undefined {
  for (const rule of rules.errors ?? []) {
    if (!applies(rule, valueAt(body, rule.path))) continue;
    return found(
      valueAt(body, rule.code),
      rule.description === undefined ? undefined : valueAt(body, rule.description),
      rules,
    );
  }
  const error = valueAt(body, 'error');
  if (typeof error === 'string' && error !== '') return found(error, valueAt(body, 'error_description'), rules);
  const detailed = asRecord(error);
  if (detailed) return found(detailed.type ?? detailed.code ?? detailed.status, detailed.message, rules);
  return undefined;
}

/**
 * The answer in the RFC's words. Pure: the input is left alone.
 * @returns a record with the RFC's names, and the fields beside the token under their own names
 */
export function applyTokenRules(
  body: Readonly<Record<string, unknown>>,
  rules: TokenResponseRules = {},
): Map<string, unknown> {
  const inner = rules.root === undefined ? undefined : asRecord(valueAt(body, rules.root));
  const fields = new Map<string, unknown>();
  for (const [name, value] of Object.entries(inner ?? body)) fields.set(rfcName(name, rules), value);
  // A provider that sends both names means the RFC's.
  for (const [name, value] of Object.entries(inner ?? body)) if (rfcName(name, rules) === name) fields.set(name, value);

  const type = fields.get('token_type');
  const odd =
    typeof type !== 'string' || !(type.toLowerCase() === 'bearer' || OTHER_TOKEN_TYPES.has(type.toLowerCase()));
  if (rules.tokenType !== undefined && odd) fields.set('token_type', rules.tokenType);
  return fields;
}

/** Granted scopes as a list: from a separated string, or from an array; undefined when nothing usable was said. */
export function grantedScopes(scope: unknown, separator = ' '): readonly string[] | undefined {
  if (Array.isArray(scope)) return scope.filter((entry) => typeof entry === 'string' && entry !== '');
  if (typeof scope !== 'string') return undefined;
  const parts = separator.trim() === '' ? scope.split(/\s+/) : scope.split(separator).map((part) => part.trim());
  return parts.filter((part) => part !== '');
}

function rfcName(name: string, rules: TokenResponseRules): string {
  return rules.rename !== undefined && Object.hasOwn(rules.rename, name) ? (rules.rename[name] ?? name) : name;
}

function applies(rule: TokenErrorRule, value: unknown): boolean {
  if (rule.equals !== undefined) return value === rule.equals;
  if (rule.not !== undefined) return value !== undefined && value !== rule.not;
  return value !== undefined && value !== null && value !== false && value !== '';
}

function found(code: unknown, description: unknown, rules: TokenResponseRules): FoundError {
  const own = typeof code === 'string' || typeof code === 'number' ? String(code) : 'unknown_error';
  const known =
    rules.errorCodes !== undefined && Object.hasOwn(rules.errorCodes, own) ? rules.errorCodes[own] : undefined;
  return { code: known ?? own, own, description: typeof description === 'string' ? description : undefined };
}
