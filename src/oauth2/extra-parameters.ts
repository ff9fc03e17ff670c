/**
 * The fields beside a token (RFC 6749 section 5.1 allows any): user ids, team names, granted hosts. They are kept for the application to read,
 * so whatever could be a credential is left out here, by name and by value; an incoming-webhook address is one too.
 */
import { asRecord } from './parse-json.js';

/** Fields that the token itself holds. */
const TOKEN_FIELDS = new Set([
  'access_token',
  'refresh_token',
  'id_token',
  'token_type',
  'expires_in',
  'expires_at',
  'scope',
]);
const SECRET_NAME =
  /token|secret|passw|assertion|webhook|jwt|credential|signature|(^|_|-)(auth|api|private|session|signing)?_?key$|apikey|^(device_|user_|auth\w*_)?code$|verifier|cookie/i;
const DEPTH = 4;
const TEXT_LENGTH = 2_000;
const ENTRIES = 100;

/**
 * @param fields the answer's fields by their RFC names
 * @param outer what stood around the token object, when it was nested
 * @param secrets values that must not be kept under any name
 */
export function extraParameters(
  fields: ReadonlyMap<string, unknown>,
  outer: Readonly<Record<string, unknown>>,
  secrets: readonly (string | undefined)[],
): Readonly<Record<string, unknown>> {
  const known = new Set(secrets.filter((secret) => secret !== undefined && secret !== ''));
  const beside = [...fields].filter(([name]) => !TOKEN_FIELDS.has(name));
  const around = Object.entries(outer).filter(([name]) => !TOKEN_FIELDS.has(name) && !fields.has(name));
  return keep([...around, ...beside], known, DEPTH);
}

function keep(
  entries: [string, unknown][],
  secrets: ReadonlySet<string | undefined>,
  depth: number,
): Record<string, unknown> {
  const kept: [string, unknown][] = [];
  for (const [name, value] of entries.slice(0, ENTRIES)) {
    const clean = cleaned(name, value, secrets, depth);
    if (clean !== undefined) kept.push([name, clean]);
  }
  return Object.fromEntries(kept);
}

function cleaned(name: string, value: unknown, secrets: ReadonlySet<string | undefined>, depth: number): unknown {
  // Numbers and flags cannot be credentials: `refresh_token_expires_in` is worth keeping.
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if ((SECRET_NAME.test(name) && !/_token_type$/.test(name)) || name === '__proto__') return undefined;
  if (typeof value === 'string') return secrets.has(value) || value.length > TEXT_LENGTH ? undefined : value;
  if (depth === 0) return undefined;
  if (Array.isArray(value)) {
    return value.slice(0, ENTRIES).flatMap((entry) => {
      const clean = cleaned('', entry, secrets, depth - 1);
      return clean === undefined ? [] : [clean];
    });
  }
  const record = asRecord(value);
  return record && keep(Object.entries(record), secrets, depth - 1);
}
