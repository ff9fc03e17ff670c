/**
 * Reads an archive twice: first to see that it is whole and every seal opens, before anything is written; then a few hundred people at a
 * time. Only one batch is in memory at once.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Vault } from '../../../vault/index.js';
import {
  type ArchivedConnection,
  type ArchivedEvent,
  type ArchivedIdentity,
  type ArchivedUser,
  type ArchiveHeader,
  type ArchiveRecord,
  ArchiveRefused,
  type Counts,
  RECORD_KINDS,
  type RecordKind,
  readHeader,
  readLine,
} from './archive-format.js';

export interface Archive {
  readonly header: ArchiveHeader;
  readonly counts: Counts;
}

/** Some people with what is theirs, in the order in which it can be stored. */
export interface ArchiveBatch {
  readonly users: ArchivedUser[];
  readonly identities: ArchivedIdentity[];
  readonly connections: ArchivedConnection[];
  readonly events: ArchivedEvent[];
  readonly successors: Extract<ArchiveRecord, { kind: 'successor' }>[];
}

/** Events and successors in one batch; people come by the page they were written in. */
const BATCH = 1_000;

/**
 * @throws ArchiveRefused when the file is no archive, damaged, or cut off
 * @throws VaultError `vault_key_unknown` when the ring lacks the key it was sealed with
 */
export async function checkArchive(file: string, vault: Vault, signal?: AbortSignal): Promise<Archive> {
  const counts: Record<RecordKind, number> = { user: 0, identity: 0, connection: 0, successor: 0, event: 0 };
  let header: ArchiveHeader | undefined;
  let ended = false;
  for await (const item of linesOf(file, vault)) {
    signal?.throwIfAborted();
    if (ended)
      throw new ArchiveRefused('There is something behind the end of the file. Nothing was imported; export again.');
    if ('format' in item) header = item;
    else if (item.kind !== 'end') counts[item.kind] += 1;
    else if (RECORD_KINDS.every((kind) => item.counts[kind] === counts[kind])) ended = true;
    else throw new ArchiveRefused('The file does not hold what its end says. Nothing was imported; export again.');
  }
  if (!header) throw new ArchiveRefused('This is no file that "latchkey export" wrote.');
  if (!ended) throw new ArchiveRefused('The file was cut off. Nothing was imported; copy it again, or export again.');
  return { header, counts };
}

export async function* archiveBatches(file: string, vault: Vault): AsyncGenerator<ArchiveBatch> {
  let batch = emptyBatch();
  for await (const item of linesOf(file, vault)) {
    if ('format' in item || item.kind === 'end') continue;
    // Some people come first, then what is theirs, events last: a batch ends where the next people begin, or when events fill it.
    const nextPeople = item.kind === 'user' && sizeOf(batch) > batch.users.length;
    if (nextPeople || batch.events.length + batch.successors.length >= BATCH) {
      yield batch;
      batch = emptyBatch();
    }
    put(batch, item);
  }
  if (sizeOf(batch) > 0) yield batch;
}

async function* linesOf(file: string, vault: Vault): AsyncGenerator<ArchiveHeader | ArchiveRecord> {
  let header: ArchiveHeader | undefined;
  let number = 0;
  for await (const line of createInterface({
    input: createReadStream(file, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    if (!header) {
      header = readHeader(line);
      yield header;
    } else {
      number += 1;
      yield readLine(line, number, header, vault);
    }
  }
}

function emptyBatch(): ArchiveBatch {
  return { users: [], identities: [], connections: [], events: [], successors: [] };
}

function sizeOf({ users, identities, connections, events, successors }: ArchiveBatch): number {
  return users.length + identities.length + connections.length + events.length + successors.length;
}

function put(batch: ArchiveBatch, item: Exclude<ArchiveRecord, { kind: 'end' }>): void {
  switch (item.kind) {
    case 'user':
      batch.users.push(item);
      break;
    case 'identity':
      batch.identities.push(item);
      break;
    case 'connection':
      batch.connections.push(item);
      break;
    case 'event':
      batch.events.push(item);
      break;
    case 'successor':
      batch.successors.push(item);
      break;
  }
}
