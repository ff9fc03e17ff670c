/**
 * Writes people, their ways to sign in, connections and events into an archive, a few hundred people at a time. The sandbox's rows stay behind, as does
 * what lives only for minutes: sessions, pending identities, spent flows. The file appears under its name only when it is complete.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, link, open, rename, rm, stat } from 'node:fs/promises';
import type { PrismaClient } from '../../../db/index.js';
import type { Vault } from '../../../vault/index.js';
import {
  type ArchiveHeader,
  type ArchiveRecord,
  ArchiveRefused,
  type Counts,
  newHeader,
  type RecordKind,
  writeLine,
} from './archive-format.js';
import {
  connectionRecords,
  eventRecords,
  peoplePage,
  type StaysBehind,
  staysBehind,
  successorRecords,
} from './stored-rows.js';

export interface ExportOptions {
  readonly prisma: PrismaClient;
  readonly vault: Vault;
  readonly file: string;
  /** Writes everything readable, tokens included. */
  readonly showSecrets: boolean;
  /** Replaces a file of that name. */
  readonly overwrite: boolean;
  readonly now: () => number;
  /** Told how many of the people are done. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface ExportReport {
  readonly counts: Counts;
  /** Connections whose credentials no key opened; they move without them, and their people connect again. */
  readonly unreadable: number;
  readonly staysBehind: StaysBehind;
}

/**
 * @throws ArchiveRefused when the file is there already or cannot be written, the signal's reason, and database errors
 */
export async function writeArchive(options: ExportOptions): Promise<ExportReport> {
  const { file, overwrite } = options;
  if (!overwrite && (await exists(file))) throw alreadyThere(file);
  const draft = `${file}.${randomBytes(4).toString('hex')}.part`;
  const handle = await openNew(draft, file);
  try {
    const report = await new ArchiveWriter(handle, options).run();
    await handle.sync();
    await handle.close();
    if (overwrite) await rename(draft, file);
    else
      await link(draft, file).catch((error) => Promise.reject(codeOf(error) === 'EEXIST' ? alreadyThere(file) : error));
    return report;
  } finally {
    await handle.close().catch(() => undefined);
    await rm(draft, { force: true });
  }
}

class ArchiveWriter {
  readonly #handle: FileHandle;
  readonly #options: ExportOptions;
  readonly #header: ArchiveHeader;
  readonly #counts: Record<RecordKind, number> = { user: 0, identity: 0, connection: 0, successor: 0, event: 0 };
  #number = 0;
  #unreadable = 0;

  constructor(handle: FileHandle, options: ExportOptions) {
    this.#handle = handle;
    this.#options = options;
    this.#header = newHeader(!options.showSecrets, new Date(options.now()));
  }

  async run(): Promise<ExportReport> {
    const { prisma, onProgress } = this.#options;
    const left = await staysBehind(prisma);
    await this.#handle.write(`${JSON.stringify(this.#header)}\n`);
    for (let after: string | undefined; ; ) {
      const page = await peoplePage(prisma, after);
      const last = page.at(-1);
      if (!last) break;
      after = last.user.id;
      await this.#write(page.map(({ user }) => user));
      await this.#write(page.flatMap(({ identities }) => identities));
      const connections = await connectionRecords(
        prisma,
        this.#options.vault,
        page.map(({ user }) => user.id),
      );
      this.#unreadable += connections.filter(({ credentials }) => credentials === null).length;
      await this.#write(connections);
      for await (const events of eventRecords(prisma, page)) await this.#write(events);
      onProgress?.(this.#counts.user, Math.max(left.total, this.#counts.user));
    }
    for await (const events of eventRecords(prisma, undefined)) await this.#write(events);
    for await (const successors of successorRecords(prisma)) await this.#write(successors);
    const counts = { ...this.#counts };
    await this.#write([{ kind: 'end', counts }]);
    return { counts, unreadable: this.#unreadable, staysBehind: left };
  }

  async #write(records: readonly ArchiveRecord[]): Promise<void> {
    this.#options.signal?.throwIfAborted();
    let text = '';
    for (const record of records) {
      this.#number += 1;
      if (record.kind !== 'end') this.#counts[record.kind] += 1;
      text += `${writeLine(record, this.#number, this.#header, this.#options.vault)}\n`;
    }
    if (text !== '') await this.#handle.write(text);
  }
}

async function openNew(draft: string, file: string): Promise<FileHandle> {
  try {
    return await open(draft, 'wx', 0o600);
  } catch (error) {
    throw new ArchiveRefused(
      `${file} cannot be written (${codeOf(error)}): choose a directory that is there and may be written.`,
      {
        cause: error,
      },
    );
  }
}

function alreadyThere(file: string): ArchiveRefused {
  return new ArchiveRefused(`${file} is there already: choose another name, or say --force to replace it.`);
}

async function exists(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown reason';
}
