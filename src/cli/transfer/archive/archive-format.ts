/**
 * The file that moves an installation: JSON lines. The first line says what the file is, in the clear; every other line is one record,
 * sealed by the vault to its place in this file, so that nothing in it can be read, changed, moved or left out without the same VAULT_KEYS. The last
 * record says how many there were, which a file that was cut off lacks.
 *
 * With `--show-secrets` the records stand there readable, tokens included, for an installation with other keys.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Vault } from '../../../vault/index.js';

const FORMAT = 'latchkey-export';
export const VERSION = 1;

/** A file that cannot be imported; one sentence with what to do. */
export class ArchiveRefused extends Error {
  readonly code = 'archive_refused';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ArchiveRefused';
  }
}

const header = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  /** Binds the lines to this file. */
  id: z.string().regex(/^[\w-]{22}$/),
  exportedAt: z.iso.datetime(),
  sealed: z.boolean(),
});

export type ArchiveHeader = z.infer<typeof header>;

const uuid = z.uuid();
const moment = z.iso.datetime().transform((text) => new Date(text));
const json = z.record(z.string(), z.unknown());

const user = z.strictObject({
  kind: z.literal('user'),
  id: uuid,
  state: z.enum(['active', 'disabled', 'deleting']),
  name: z.string().nullable(),
  picture: z.string().nullable(),
  email: z.string().nullable(),
  emailVerifiedBy: z.string().nullable(),
  localName: z.string().nullable(),
  operator: z.boolean(),
  createdAt: moment,
});

const identity = z.strictObject({
  kind: z.literal('identity'),
  id: uuid,
  userId: uuid,
  namespace: z.string(),
  subject: z.string(),
  createdAt: moment,
  lastUsedAt: moment.nullable(),
});

const connection = z.strictObject({
  kind: z.literal('connection'),
  id: uuid,
  userId: uuid,
  provider: z.string(),
  namespace: z.string(),
  subject: z.string(),
  label: z.string(),
  profile: json,
  scopes: z.array(z.string()),
  /** What the vault opened, as it was sealed; the seal of the line is what keeps it. Null where the vault could not open it any more. */
  credentials: z.string().nullable(),
  generation: z.int(),
  expiresAt: moment.nullable(),
  refreshAt: moment.nullable(),
  renewAhead: z.boolean(),
  status: z.enum(['active', 'retrying', 'reconnect_required']),
  reason: z.string().nullable(),
  statusSince: moment,
  failureCount: z.int(),
  lastUsedAt: moment.nullable(),
  createdAt: moment,
});

const successor = z.strictObject({ kind: z.literal('successor'), id: uuid, successorId: uuid });

const event = z.strictObject({
  kind: z.literal('event'),
  id: uuid,
  at: moment,
  what: z.string(),
  userId: uuid.nullable(),
  connectionId: uuid.nullable(),
  provider: z.string().nullable(),
  requestId: z.string().nullable(),
  address: z.string().nullable(),
  detail: json,
});

export const RECORD_KINDS = ['user', 'identity', 'connection', 'successor', 'event'] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

const end = z.strictObject({ kind: z.literal('end'), counts: z.record(z.enum(RECORD_KINDS), z.int()) });

const record = z.discriminatedUnion('kind', [user, identity, connection, successor, event, end]);

export type ArchiveRecord = z.infer<typeof record>;
export type ArchivedUser = z.infer<typeof user>;
export type ArchivedIdentity = z.infer<typeof identity>;
export type ArchivedConnection = z.infer<typeof connection>;
export type ArchivedEvent = z.infer<typeof event>;
export type Counts = Readonly<Record<RecordKind, number>>;

export function newHeader(sealed: boolean, now: Date): ArchiveHeader {
  const id = randomBytes(16).toString('base64url');
  return { format: FORMAT, version: VERSION, id, exportedAt: now.toISOString(), sealed };
}

/** @throws ArchiveRefused */
export function readHeader(line: string): ArchiveHeader {
  const value = parse(line);
  const parsed = header.safeParse(value);
  if (parsed.success) return parsed.data;
  const { format, version } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (format === FORMAT && typeof version === 'number' && version > VERSION) {
    throw new ArchiveRefused('The file was written by a newer release of Latchkey: import it with that one.');
  }
  throw new ArchiveRefused('This is no file that "latchkey export" wrote.');
}

/** @param number the line's place in the file, counted from 1 after the header */
export function writeLine(value: ArchiveRecord, number: number, { id, sealed }: ArchiveHeader, vault: Vault): string {
  const text = JSON.stringify(value);
  return sealed ? JSON.stringify({ sealed: vault.seal('archive', placeOf(id, number), text) }) : text;
}

/**
 * @throws ArchiveRefused when the line is not what was written there
 * @throws VaultError `vault_key_unknown` when another installation's keys sealed it
 */
export function readLine(line: string, number: number, { id, sealed }: ArchiveHeader, vault: Vault): ArchiveRecord {
  const outer = parse(line);
  const text = sealed ? open(outer, number, id, vault) : line;
  const parsed = record.safeParse(parse(text));
  if (!parsed.success) throw damaged(number);
  return parsed.data;
}

function open(outer: unknown, number: number, id: string, vault: Vault): string {
  const envelope = typeof outer === 'object' && outer !== null && 'sealed' in outer ? outer.sealed : undefined;
  if (typeof envelope !== 'string') throw damaged(number);
  try {
    return vault.open('archive', placeOf(id, number), envelope);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'vault_key_unknown') throw error;
    throw damaged(number, error);
  }
}

function placeOf(id: string, number: number): string {
  return `${id}/${number}`;
}

function damaged(number: number, cause?: unknown): ArchiveRefused {
  return new ArchiveRefused(
    `Record ${number} of the file was changed, moved, or sealed by another key of the same name. Nothing was imported; export again.`,
    { cause },
  );
}

/** The parser's own message would quote the text. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
