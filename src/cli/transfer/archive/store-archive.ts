/**
 * Stores the batches of an archive, one transaction each, and adds only what is not there yet: a second import changes nothing, and one that
 * was interrupted is taken up by running it again. Somebody who came to the new installation by themselves is recognised by a way to sign in.
 * Credentials are sealed with the active key, so an older key that opened the archive is not needed afterwards.
 */
import { lockAccounts, openCredentials } from '../../../connections/index.js';
import type { PrismaClient, PrismaTransaction } from '../../../db/index.js';
import type { Vault } from '../../../vault/index.js';
import { type AccountsHere, accountsHere } from './accounts-here.js';
import { type ArchivedConnection, type ArchivedIdentity, ArchiveRefused, type RecordKind } from './archive-format.js';
import type { ArchiveBatch } from './read-archive.js';

/** What an import did to one kind of records. */
export interface Stored {
  imported: number;
  there: number;
  skipped: number;
}

export interface StoredReport {
  readonly stored: Record<RecordKind, Stored>;
  /** Accounts that are somebody else's here: nothing changed for either. At most a thousand are named. */
  readonly conflicts: readonly { readonly namespace: string; readonly subject: string }[];
  /** Connections that came without readable credentials. */
  readonly unreadable: number;
}

const NAMED_AT_MOST = 1_000;
const BATCH_MS = 60_000;

export class ArchiveStore {
  readonly #prisma: PrismaClient;
  readonly #vault: Vault;
  /** People of the archive who are somebody here under another id. */
  readonly #somebodyElse = new Map<string, string>();
  readonly #stored = {
    user: nothing(),
    identity: nothing(),
    connection: nothing(),
    successor: nothing(),
    event: nothing(),
  };
  readonly #conflicts: { namespace: string; subject: string }[] = [];
  #unreadable = 0;

  constructor(prisma: PrismaClient, vault: Vault) {
    this.#prisma = prisma;
    this.#vault = vault;
  }

  get report(): StoredReport {
    return { stored: this.#stored, conflicts: this.#conflicts, unreadable: this.#unreadable };
  }

  async store(batch: ArchiveBatch): Promise<void> {
    await this.#prisma.$transaction(
      async (tx) => {
        const accounts = [...batch.identities, ...batch.connections];
        await lockAccounts(tx, accounts);
        const here = await accountsHere(tx, accounts);
        await this.#users(tx, batch, here);
        await this.#identities(tx, batch.identities, here);
        await this.#connections(tx, batch.connections, here);
        await this.#successors(tx, batch);
        await this.#events(tx, batch);
      },
      { timeout: BATCH_MS, maxWait: BATCH_MS },
    );
  }

  async #users(tx: PrismaTransaction, batch: ArchiveBatch, here: AccountsHere): Promise<void> {
    const { users, identities } = batch;
    const names = users.flatMap(({ localName }) => localName ?? []);
    const known = await tx.user.findMany({
      where: { OR: [{ id: { in: users.map(({ id }) => id) } }, { localName: { in: names } }] },
      select: { id: true, localName: true },
    });
    const ids = new Set(known.map(({ id }) => id));
    const namesakes = new Map(known.flatMap(({ id, localName }) => (localName === null ? [] : [[localName, id]])));
    const owners = new Map<string, Set<string>>();
    const note = (userId: string, owner: string | undefined) => {
      if (owner) owners.set(userId, (owners.get(userId) ?? new Set()).add(owner));
    };
    for (const identity of identities) note(identity.userId, here.signsIn(identity));
    for (const { id, localName } of users) note(id, namesakes.get(localName ?? ''));
    const fresh = users.filter(({ id }) => {
      const [somebody, another] = owners.get(id) ?? [];
      if (ids.has(id)) return false;
      if (somebody && !another) this.#somebodyElse.set(id, somebody);
      return !somebody || another !== undefined;
    });
    const data = fresh.map(({ kind, localName, ...columns }) => {
      return { ...columns, localName: namesakes.has(localName ?? '') ? null : localName };
    });
    await tx.user.createMany({ data, skipDuplicates: true });
    count(this.#stored.user, fresh.length, users.length - fresh.length);
  }

  async #identities(tx: PrismaTransaction, identities: readonly ArchivedIdentity[], here: AccountsHere): Promise<void> {
    const fresh: Omit<ArchivedIdentity, 'kind'>[] = [];
    for (const { kind, ...identity } of identities) {
      const userId = this.#hereIs(identity.userId);
      const owner = here.owner(identity);
      if (owner !== undefined && owner !== userId) this.#conflict(this.#stored.identity, identity);
      else if (here.signsIn(identity)) this.#stored.identity.there += 1;
      else fresh.push({ ...identity, userId });
    }
    await tx.identity.createMany({ data: fresh, skipDuplicates: true });
    this.#stored.identity.imported += fresh.length;
  }

  async #connections(
    tx: PrismaTransaction,
    connections: readonly ArchivedConnection[],
    here: AccountsHere,
  ): Promise<void> {
    const fresh: ReturnType<typeof columnsOf>[] = [];
    for (const connection of connections) {
      const userId = this.#hereIs(connection.userId);
      const owner = here.owner(connection);
      if (owner !== undefined && owner !== userId) this.#conflict(this.#stored.connection, connection);
      else if (here.connects(connection)) this.#stored.connection.there += 1;
      else fresh.push(columnsOf(this.#vault, connection, userId));
    }
    await tx.connection.createMany({ data: fresh, skipDuplicates: true });
    this.#stored.connection.imported += fresh.length;
    this.#unreadable += fresh.filter(({ credentials }) => credentials === '').length;
  }

  async #successors(tx: PrismaTransaction, { successors }: ArchiveBatch): Promise<void> {
    for (const { id, successorId } of successors) {
      const changed = await tx.$executeRaw`
        UPDATE "Connection" SET "successorId" = ${successorId}::uuid
         WHERE "id" = ${id}::uuid AND "successorId" IS NULL
           AND EXISTS (SELECT 1 FROM "Connection" WHERE "id" = ${successorId}::uuid)`;
      count(this.#stored.successor, changed, 1 - changed);
    }
  }

  async #events(tx: PrismaTransaction, { events }: ArchiveBatch): Promise<void> {
    const data = events.map(({ kind, what, userId, detail, ...event }) => ({
      ...event,
      kind: what,
      userId: userId === null ? null : this.#hereIs(userId),
      detail: detail as Record<string, string>,
    }));
    const owners = new Set(data.flatMap(({ userId }) => userId ?? []));
    const alive = await tx.user.findMany({ where: { id: { in: [...owners] } }, select: { id: true } });
    const ids = new Set(alive.map(({ id }) => id));
    const whole = data.filter(({ userId }) => userId === null || ids.has(userId));
    const { count: added } = await tx.event.createMany({ data: whole, skipDuplicates: true });
    count(this.#stored.event, added, whole.length - added);
    this.#stored.event.skipped += data.length - whole.length;
  }

  #hereIs(userId: string): string {
    return this.#somebodyElse.get(userId) ?? userId;
  }

  #conflict(stored: Stored, { namespace, subject }: { namespace: string; subject: string }): void {
    stored.skipped += 1;
    if (this.#conflicts.length < NAMED_AT_MOST) this.#conflicts.push({ namespace, subject });
  }
}

/** Sealed to the row, whose id stays what it was. */
function columnsOf(vault: Vault, connection: ArchivedConnection, userId: string) {
  const { kind, credentials, profile, ...columns } = connection;
  const row = {
    ...columns,
    userId,
    sandbox: false,
    profile: profile as Record<string, string>,
    keyId: vault.activeKeyId,
  };
  if (credentials !== null) return { ...row, credentials: sealed(vault, columns.id, credentials) };
  const unreadable = { status: 'reconnect_required', reason: 'unreadable', refreshAt: null } as const;
  return { ...row, ...unreadable, credentials: '' };
}

function sealed(vault: Vault, id: string, credentials: string): string {
  const envelope = vault.seal('credentials', id, credentials);
  try {
    openCredentials(vault, id, envelope);
    return envelope;
  } catch (cause) {
    // Only a readable archive, which somebody may have edited, can come to this.
    throw new ArchiveRefused(`The credentials of connection ${id} are none. What stood before it was imported.`, {
      cause,
    });
  }
}

function nothing(): Stored {
  return { imported: 0, there: 0, skipped: 0 };
}

function count(stored: Stored, imported: number, there: number): void {
  stored.imported += imported;
  stored.there += there;
}
