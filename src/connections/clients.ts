/**
 * Rebuilds, from the stored and sealed credentials, a client that calls a provider's API as that person, and refreshes the token first when
 * that is due. What was read and opened serves further calls for at most a second, and no longer than until this process replaces or ends it;
 * so a busy connection costs little more than the call itself.
 */
import { type Connection, isRowId, type PrismaClient } from '../db/index.js';
import type { Catalogue, Provider } from '../providers/index.js';
import { type ApiCall, type ApiTarget, apiCall } from './api-call.js';
import { NotConnected, ProviderNotConfigured, ReconnectRequired, SeveralConnections } from './failures.js';
import { RateLimits } from './rate-limits.js';
import { type Ready, readyWith } from './ready.js';
import { type ConnectionsChanged, RecentlyRead, type RecentlyReadOptions } from './recently-read.js';
import type { Refresher, UsableConnection } from './refresher.js';
import { isRenewable, saysAccessIsOver } from './refused-access.js';
import type { CallWitness } from './sent-call.js';
import type { Sessions } from './sessions.js';
import { saysItIsShut } from './successors.js';

export interface ConnectionClient {
  /** What the client stands for; no credentials in it. */
  readonly connection: {
    readonly id: string;
    readonly provider: string;
    readonly subject: string;
    readonly label: string;
    readonly scopes: readonly string[];
  };
  /**
   * Shaped like the standard `fetch`. A path is taken relative to the provider's first API base; an absolute URL must lead to one of
   * the provider's own hosts. Redirects to other origins are returned, not followed. Rejects with `RateLimited` while the provider has asked
   * for no more calls of this connection.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

export interface ClientChoice {
  /** Which connection, when the person has several at this provider. */
  readonly connection?: string;
  /** Read everything anew, for somebody who wants to see how things are now. */
  readonly fresh?: boolean;
  /** Told what each call sends, with the secrets masked. */
  readonly witness?: CallWitness;
}

export interface ClientsOptions {
  readonly prisma: PrismaClient;
  readonly catalogue: Catalogue;
  readonly refresher: Refresher;
  readonly sessions: Sessions;
  readonly now?: () => number;
  /** How long, and on which clock, what was read serves further calls. */
  readonly recent?: RecentlyReadOptions | undefined;
  /** Told when the note "last used" could not be written, which never disturbs a call. */
  readonly onNoteFailure: (error: unknown) => void;
}

type Listed = Pick<Connection, 'id' | 'subject' | 'label' | 'scopes'>;

/** Whose connection a client calls with, and who watches. */
interface Caller {
  readonly userId: string;
  readonly id: string;
  readonly witness: CallWitness | undefined;
}

/** "Last used" is kept to the minute, so that busy connections do not write a row for each call. */
const NOTE_USE_EVERY_MS = 60_000;

export class Clients {
  readonly #options: ClientsOptions;
  readonly #now: () => number;
  readonly #listed: RecentlyRead<readonly Listed[]>;
  readonly #ready: RecentlyRead<Ready>;
  readonly #limits: RateLimits;

  constructor(options: ClientsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#listed = new RecentlyRead(options.recent);
    this.#ready = new RecentlyRead(options.recent);
    this.#limits = new RateLimits(this.#now);
  }

  /**
   * @param userId whose connection
   * @param providerId a provider of the catalogue
   * @throws NotConnected, SeveralConnections, ProviderNotConfigured
   */
  async for(userId: string, providerId: string, choice: ClientChoice = {}): Promise<ConnectionClient> {
    const provider = this.#options.catalogue.get(providerId);
    if (!provider) throw new ProviderNotConfigured(providerId);
    if (choice.fresh) this.forget({ userId });
    const rows = this.#listed.get(listKey(userId, providerId)) ?? (await this.#rowsOf(userId, provider));
    const chosen = choice.connection === undefined ? rows : rows.filter((row) => row.id === choice.connection);
    const [row, ...others] = chosen;
    if (!row) throw new NotConnected(provider.name);
    if (others.length > 0) throw new SeveralConnections(provider.name, chosen);
    return this.#client(userId, row, provider, choice.witness);
  }

  /** Makes no further call with what was read before. */
  readonly forget: ConnectionsChanged = (what) => {
    if ('connectionId' in what) {
      this.#ready.forget(what.connectionId);
    } else {
      this.#listed.forgetAllOf(what.userId);
      this.#ready.forgetAllOf(what.userId);
    }
  };

  /**
   * Where a client's `fetch` finds out whose account it is; undefined at providers without such a call.
   * @throws OAuth2Error when it is the issuer's to tell, and its discovery document cannot be had
   */
  async profileUrl(provider: Provider): Promise<string | undefined> {
    return await this.#options.sessions.profileUrl(provider);
  }

  async #rowsOf(userId: string, provider: Provider): Promise<readonly Listed[]> {
    if (!isRowId(userId)) return [];
    return await this.#listed.read(listKey(userId, provider.id), userId, () =>
      this.#options.prisma.connection.findMany({
        where: { userId, provider: provider.id, sandbox: provider.sandbox },
        select: { id: true, subject: true, label: true, scopes: true },
        orderBy: { createdAt: 'asc' },
      }),
    );
  }

  #client(userId: string, row: Listed, provider: Provider, witness: CallWitness | undefined): ConnectionClient {
    const { id, subject, label, scopes } = row;
    return {
      connection: { id, provider: provider.id, subject, label, scopes },
      fetch: (input, init) => this.#call({ userId, id, witness }, input, init),
    };
  }

  async #call({ userId, id, witness }: Caller, input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const call = apiCall(input, init);
    const ready = this.#readyNow(id) ?? (await this.#read(userId, id));
    const response = await this.#send(ready, call, witness);
    if (response.status !== 401) return response;
    if (!isRenewable(ready.usable.credentials)) return await this.#refused(userId, ready, call, response, witness);
    return call.repeatable ? await this.#retryWithNewToken(ready, call, response, witness) : response;
  }

  #readyNow(id: string): Ready | undefined {
    const ready = this.#ready.get(id);
    if (!ready || this.#now() < ready.dueAt) return ready;
    this.#ready.forget(id);
    return undefined;
  }

  #read(userId: string, id: string): Promise<Ready> {
    return this.#ready.read(id, userId, async (previous) => {
      const usable = await this.#options.refresher.usable(id);
      this.#noteUse(usable.row);
      return readyWith(usable, previous);
    });
  }

  async #send({ usable, headers }: Ready, call: ApiCall, witness: CallWitness | undefined): Promise<Response> {
    const { row, provider, credentials } = usable;
    const session = this.#options.sessions.api(provider, credentials, witness);
    const target: ApiTarget = { session, baseUrl: provider.definition.api.baseUrls[0], headers };
    const url = call.url(target);
    this.#limits.check(row.id, url, provider.name);
    const response = await call.send(target, url);
    this.#limits.note(row.id, url, response);
    if (saysItIsShut(provider, response.status)) {
      await this.#options.refresher.isOver(row, 'provider_shut');
      this.#ready.forget(row.id);
    }
    return response;
  }

  /** RFC 6750 section 3.1: one forced refresh and one retry, and only if the refused token is still the current one. */
  async #retryWithNewToken(
    { usable: used }: Ready,
    call: ApiCall,
    refused: Response,
    witness: CallWitness | undefined,
  ): Promise<Response> {
    const { row } = used;
    let fresh: UsableConnection;
    try {
      fresh = await this.#options.refresher.usable(row.id, { replace: row.generation });
    } catch (error) {
      if (error instanceof ReconnectRequired) throw error;
      return refused;
    } finally {
      // Whoever refreshed, perhaps another process: what was refused here is not offered to the next call.
      this.#ready.forget(row.id);
    }
    await refused.body?.cancel();
    return await this.#send(readyWith(fresh, undefined), call, witness);
  }

  /**
   * Nothing renews these credentials: if they are over, their person has to know. Unless they were replaced within the second for which we
   * have not looked: then the call is made with the new ones.
   */
  async #refused(
    userId: string,
    { usable }: Ready,
    call: ApiCall,
    refused: Response,
    witness: CallWitness | undefined,
  ): Promise<Response> {
    const { provider, row, credentials } = usable;
    const isOver = await saysAccessIsOver(refused, {
      provider,
      credentials,
      wasProfileCall: async () =>
        call.url({ baseUrl: provider.definition.api.baseUrls[0] }) === (await this.profileUrl(provider)),
    });
    if (!isOver) return refused;
    await this.#options.refresher.isOver(row, 'refused');
    this.#ready.forget(row.id);
    let fresh: Ready;
    try {
      fresh = await this.#read(userId, row.id);
    } catch (error) {
      await refused.body?.cancel();
      throw error;
    }
    if (!call.repeatable) return refused;
    await refused.body?.cancel();
    return await this.#send(fresh, call, witness);
  }

  #noteUse(row: Connection): void {
    const now = this.#now();
    if (row.lastUsedAt && now - row.lastUsedAt.getTime() < NOTE_USE_EVERY_MS) return;
    this.#options.prisma.connection
      .updateMany({ where: { id: row.id }, data: { lastUsedAt: new Date(now) } })
      .catch(this.#options.onNoteFailure);
  }
}

function listKey(userId: string, providerId: string): string {
  return `${userId} ${providerId}`;
}
