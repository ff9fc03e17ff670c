/**
 * The sandbox's memory across restarts: tables kept in RAM, every change appended to one file before anybody is answered.
 * One line is one commit, so a kill between two writes loses nothing and a kill inside one loses that commit as a whole.
 * There is no fsync: kill -9 is survived, a power cut may not be, which is enough for a stand-in.
 */
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';

/** One change: table, key and the new value, `null` for a removal. */
export type Change = readonly [table: string, key: string, value: unknown];

export interface Table<Value> {
  get(key: string): Value | undefined;
  entries(): IterableIterator<[string, Value]>;
  put(key: string, value: Value): Change;
  remove(key: string): Change;
}

export class DamagedJournal extends Error {
  readonly code = 'sandbox_journal_damaged';

  constructor(file: string, line: number, cause: unknown) {
    super(
      `The sandbox's journal ${file} cannot be read at line ${line}. Delete its folder to begin with an empty sandbox.`,
      {
        cause,
      },
    );
    this.name = 'DamagedJournal';
  }
}

const header = '{"latchkey-sandbox-journal":1}';

/** After this many commits the file is rewritten, so that a sandbox that runs for weeks stays small. */
const commitsBetweenCompactions = 20_000;

export class Journal {
  readonly #file: string;
  readonly #tables = new Map<string, Map<string, unknown>>();
  readonly #worthKeeping = new Map<string, (value: unknown) => boolean>();
  #descriptor: number | undefined;
  #length = 0;
  #commits = 0;

  /**
   * Reads what is there. Call `compact()` once the tables are declared; before that nothing can be written.
   * @throws DamagedJournal when anything but the last line is unreadable (a torn last line is a commit nobody was told of)
   */
  constructor(file: string) {
    this.#file = file;
    if (existsSync(file)) this.#replay(readFileSync(file, 'utf8'));
  }

  /** @param isWorthKeeping what a compaction carries over; the rest has expired and is forgotten */
  table<Value>(name: string, isWorthKeeping: (value: Value) => boolean): Table<Value> {
    this.#worthKeeping.set(name, isWorthKeeping as (value: unknown) => boolean);
    const rows = this.#rowsOf(name) as Map<string, Value>;
    return {
      get: (key) => rows.get(key),
      entries: () => rows.entries(),
      put: (key, value) => [name, key, value],
      remove: (key) => [name, key, null],
    };
  }

  /** Writes all changes or none, on disk first. */
  commit(changes: readonly Change[]): void {
    if (this.#descriptor === undefined) throw new Error('The sandbox is closed.');
    const line = Buffer.from(`${JSON.stringify(changes)}\n`);
    try {
      writeAll(this.#descriptor, line);
    } catch (cause) {
      // A half-written line in the middle would make the file unreadable later.
      ftruncateSync(this.#descriptor, this.#length);
      throw new Error('The sandbox could not write its journal.', { cause });
    }
    this.#length += line.length;
    for (const change of changes) this.#apply(change);
    this.#commits += 1;
    if (this.#commits >= commitsBetweenCompactions) this.compact();
  }

  /** Rewrites the file with what is still worth keeping, in one rename. */
  compact(): void {
    const lines = [header];
    for (const [name, rows] of this.#tables) {
      const isWorthKeeping = this.#worthKeeping.get(name);
      for (const [key, value] of rows) {
        if (isWorthKeeping?.(value)) lines.push(JSON.stringify([[name, key, value]]));
        else rows.delete(key);
      }
    }
    const text = Buffer.from(`${lines.join('\n')}\n`);
    const fresh = `${this.#file}.new`;
    const descriptor = openSync(fresh, 'w', 0o600);
    writeAll(descriptor, text);
    closeSync(descriptor);
    renameSync(fresh, this.#file);
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = openSync(this.#file, 'a', 0o600);
    this.#length = text.length;
    this.#commits = 0;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #replay(text: string): void {
    const lines = text.split('\n');
    const last = lines.length - 1;
    for (const [index, line] of lines.entries()) {
      if (line === '' || (index === 0 && line === header)) continue;
      let changes: Change[];
      try {
        changes = JSON.parse(line) as Change[];
      } catch (cause) {
        if (index === last) return;
        throw new DamagedJournal(this.#file, index + 1, cause);
      }
      // Without its line feed the last line was being written when the process died: nobody had been answered.
      if (index === last) return;
      if (!Array.isArray(changes)) throw new DamagedJournal(this.#file, index + 1, undefined);
      for (const change of changes) this.#apply(change);
    }
  }

  #apply([name, key, value]: Change): void {
    const rows = this.#rowsOf(name);
    if (value === null) rows.delete(key);
    else rows.set(key, value);
  }

  #rowsOf(name: string): Map<string, unknown> {
    let rows = this.#tables.get(name);
    if (!rows) {
      rows = new Map();
      this.#tables.set(name, rows);
    }
    return rows;
  }
}

function writeAll(descriptor: number, bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(descriptor, bytes, written);
}
