/**
 * Reads what Django and its databases write: `manage.py dumpdata` as JSON or JSON lines, and tables as CSV with a line of names.
 * A dump holds passwords and tokens, so no message quotes any of it.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type CsvError, parse } from 'csv-parse/sync';
import { parseJson } from '../../../oauth2/index.js';
import type { DumpRecord } from './dump-record.js';

/** A file that is no dump; the sentence names the file and says what was expected. */
export class DumpUnreadable extends Error {
  readonly code = 'dump_unreadable';

  constructor(file: string, why: string, options?: ErrorOptions) {
    super(`${basename(file)} cannot be read as a Django dump: ${why}.`, options);
    this.name = 'DumpUnreadable';
  }
}

/**
 * The columns that give a table away, the most telling first. Names of columns are those of the earlier systems' models; a foreign key
 * column ends in `_id`.
 */
const TABLES: readonly { readonly model: string; readonly columns: readonly string[] }[] = [
  { model: 'csv.fitbitapi', columns: ['user_id', 'access_token', 'access_token_secret'] },
  { model: 'csv.profile', columns: ['user_id', 'oauth_token', 'oauth_secret'] },
  { model: 'socialaccount.socialtoken', columns: ['token', 'token_secret', 'account_id'] },
  { model: 'social_django.usersocialauth', columns: ['provider', 'uid', 'user_id', 'extra_data', 'created'] },
  { model: 'socialaccount.socialaccount', columns: ['provider', 'uid', 'user_id', 'extra_data', 'date_joined'] },
  { model: 'social_auth.usersocialauth', columns: ['provider', 'uid', 'user_id', 'extra_data'] },
  { model: 'socialaccount.socialapp', columns: ['provider', 'client_id', 'secret'] },
  { model: 'auth.user', columns: ['username', 'is_active', 'date_joined'] },
];

/**
 * @param files in any order; together they are one dump
 * @throws DumpUnreadable
 */
export async function readDump(files: readonly string[]): Promise<readonly DumpRecord[]> {
  const records: DumpRecord[] = [];
  for (const file of files) {
    for (const record of recordsIn(file, await textOfFile(file))) records.push(record);
  }
  return records;
}

async function textOfFile(file: string): Promise<string> {
  try {
    const text = await readFile(file, 'utf8');
    return text.replace(/^\ufeff/, '');
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') throw new DumpUnreadable(file, 'there is no such file');
    if (code === 'ERR_STRING_TOO_LONG' || code === 'ERR_FS_FILE_TOO_LARGE') {
      throw new DumpUnreadable(
        file,
        'it is too large for one piece; dump fewer models, or each into a file of its own',
      );
    }
    throw new DumpUnreadable(file, 'it cannot be opened', { cause: error });
  }
}

/** @param file its name decides nothing but what messages call it */
export function recordsIn(file: string, text: string): readonly DumpRecord[] {
  const start = text.trimStart();
  if (start.startsWith('[')) return fromJson(file, text);
  if (start.startsWith('{')) return fromJsonLines(file, text);
  if (start.startsWith('<')) throw new DumpUnreadable(file, 'it is XML; dump with --format json');
  if (/^- ?(model|fields|pk):/.test(start)) throw new DumpUnreadable(file, 'it is YAML; dump with --format json');
  return fromCsv(file, text);
}

function fromJson(file: string, text: string): readonly DumpRecord[] {
  const value = parseOrRefuse(file, text, 'the JSON is damaged or cut off');
  if (!Array.isArray(value)) throw new DumpUnreadable(file, 'it is not the list that dumpdata writes');
  return value.map((entry, index) => toRecord(file, entry, index));
}

function fromJsonLines(file: string, text: string): readonly DumpRecord[] {
  return text
    .split('\n')
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== '')
    .map(({ line, number }, index) =>
      toRecord(file, parseOrRefuse(file, line, `line ${number} is no JSON, or is cut off`), index),
    );
}

function parseOrRefuse(file: string, text: string, why: string): unknown {
  try {
    return parseJson(text);
  } catch {
    // The parser's own words add nothing to ours.
    throw new DumpUnreadable(file, why);
  }
}

function toRecord(file: string, entry: unknown, index: number): DumpRecord {
  const { model, pk, fields } = isObject(entry) ? entry : {};
  if (typeof model !== 'string' || !isObject(fields)) {
    throw new DumpUnreadable(file, `entry ${index + 1} has no "model" and "fields"`);
  }
  const key = typeof pk === 'number' || typeof pk === 'string' ? String(pk) : undefined;
  const name = model.toLowerCase();
  return { model: name, pk: key, fields, place: `${name} ${key ?? `entry ${index + 1}`}` };
}

function fromCsv(file: string, text: string): readonly DumpRecord[] {
  let rows: Record<string, string>[];
  try {
    rows = parse(text, { columns: true, skip_empty_lines: true, relax_column_count: false });
  } catch (error) {
    const { lines } = error as Partial<CsvError> & { lines?: number };
    throw new DumpUnreadable(file, `it is neither dumpdata's JSON nor CSV${lines ? ` (line ${lines})` : ''}`);
  }
  const names = Object.keys(rows[0] ?? {}).map((name) => name.toLowerCase());
  if (rows.length === 0) return [];
  const table = TABLES.find(({ columns }) => columns.every((column) => names.includes(column)));
  if (!table) {
    throw new DumpUnreadable(file, 'its first line does not name the columns of a table that is known here');
  }
  return rows.map((row, index) => {
    const fields = Object.fromEntries(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]));
    const pk = fields.id;
    return { model: table.model, pk, fields, place: `${basename(file)} ${pk === undefined ? `row ${index + 1}` : pk}` };
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
