/**
 * What may stand in a log line, whoever wrote it (sec-M1, M3): values under names that secrets go by are masked at every depth, errors become
 * their causes without messages, addresses lose their query, and no text can begin a line of its own. The rooms below hand out no secrets
 * to log in the first place; this is the net under them.
 */
import { causesOf } from './causes.js';
import type { Logger } from './log.js';

const MASK = '[redacted]';
const MAX_TEXT = 500;
const MAX_ITEMS = 50;
const MAX_DEPTH = 8;

/** The whole name, or its last word: `accessToken`, `client_secret`, `Set-Cookie`. */
const secretName =
  /(?:^|[a-z\d_-])(?:token|tokens|secret|secrets|password|passphrase|passwd|authorization|cookie|cookies|verifier|nonce|signature|credential|credentials|assertion|jwt|bearer|sessionid|baseString|base_string|privateKey|private_key|apiKey|api_key|vaultKeys|vault_keys|databaseUrl|database_url)$/i;
/** Names that an authorization code and a state go by too; ours are words: `flow_expired`, `ECONNRESET`, `P2002`, `active`. */
const ambiguousName = /^(?:code|state|key)$/i;
const ourWord = /^(?:[a-z]{1,24}(?:_[a-z\d]{1,24})*|E[A-Z]+(?:_[A-Z]+)*|P\d{4}|\d{2}[\dA-Z]{3})$/;

/** Texts that are secret by their own look, whatever they are called. */
const secretTexts: readonly (readonly [RegExp, string])[] = [
  // The query and fragment of an address, and the user and password before its host.
  [/\b([a-z][a-z\d+.-]*:\/\/)[^\s/@"']*@/gi, `$1${MASK}@`],
  [/\b(https?:\/\/[^\s?#"'<>]*)[?#][^\s"'<>]*/gi, `$1?${MASK}`],
  [/\b(Bearer|Basic|OAuth)\s+[\w~+/.=-][^\r\n]*/gi, `$1 ${MASK}`],
  [/\beyJ[\w-]+\.[\w-]*\.?[\w-]*/g, MASK],
  [
    /\b(\w*(?:token|secret|password|verifier|signature|code|state|nonce))(["']?\s*[=:]\s*["']?)[^\s&"',;]{4,}/gi,
    `$1$2${MASK}`,
  ],
];

/** A copy of what is about to be logged, fit for a log. */
export function redacted(value: unknown): unknown {
  return redactedAt(value, 0);
}

/** The same log, but whatever is told to it goes through {@link redacted} first. */
export function redacting(logger: Logger): Logger {
  const told = (level: keyof Logger) => (facts: object, message: string) =>
    logger[level](Object(redacted(facts)), safeText(message));
  return { info: told('info'), warn: told('warn'), error: told('error') };
}

/** One line of text without control characters, shortened, and without what looks like a secret. */
export function safeText(text: string): string {
  let safe = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  for (const [pattern, replacement] of secretTexts) safe = safe.replace(pattern, replacement);
  return safe.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ');
}

function redactedAt(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return safeText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return causesOf(value).map((cause) => redactedAt(cause, depth + 1));
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof URL) return value.origin + value.pathname;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return '[bytes]';
  if (depth >= MAX_DEPTH) return '[deep]';
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => redactedAt(item, depth + 1));
  if (value instanceof Map || value instanceof Set) return `[${value.constructor.name} of ${value.size}]`;
  return redactedFields(value, depth);
}

function redactedFields(value: object, depth: number): unknown {
  // Objects that hold secrets print themselves as what may be seen.
  if ('toJSON' in value && typeof value.toJSON === 'function') return redactedAt(ownWords(value), depth + 1);
  const prototype: unknown = Object.getPrototypeOf(value);
  // Requests, database clients and the like: nobody can say what is in them.
  if (prototype !== Object.prototype && prototype !== null) return `[${value.constructor?.name ?? 'object'}]`;
  const fields = Object.entries(value)
    .slice(0, MAX_ITEMS)
    .map(([name, field]) => [safeText(name), isSecret(name, field) ? MASK : redactedAt(field, depth + 1)]);
  return Object.fromEntries(fields);
}

function ownWords(value: object): unknown {
  try {
    return JSON.parse(JSON.stringify(value) ?? 'null');
  } catch {
    return '[unprintable]';
  }
}

function isSecret(name: string, value: unknown): boolean {
  if (value === undefined || value === null || typeof value === 'boolean') return false;
  if (ambiguousName.test(name))
    return !(typeof value === 'number' || (typeof value === 'string' && ourWord.test(value)));
  return secretName.test(name);
}
