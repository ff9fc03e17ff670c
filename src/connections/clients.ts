/**
 * Rebuilds, from the stored and sealed credentials, a client that calls a provider's API as that person. Each call reads the row,
 * so a replaced or disconnected credential is never used, and refreshes the token first when that is due.
 */
import type { Connection, PrismaClient } from '../db/index.js';
import type { Catalogue, Provider } from '../providers/index.js';
import { NotConnected, ProviderNotConfigured, ReconnectRequired, SeveralConnections } from './failures.js';
import type { Refresher, UsableConnection } from './refresher.js';
import type { Sessions } from './sessions.js';

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
   * the provider's own hosts. Redirects to other origins are returned, not followed.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

export interface ClientsOptions {
  readonly prisma: PrismaClient;
  readonly catalogue: Catalogue;
  readonly refresher: Refresher;
  readonly sessions: Sessions;
  readonly now?: () => number;
  /** Told when the note "last used" could not be written, which never disturbs a call. */
  readonly onNoteFailure: (error: unknown) => void;
}

/** "Last used" is kept to the minute, so that busy connections do not write a row for each call. */
const NOTE_USE_EVERY_MS = 60_000;

export class Clients {
  readonly #options: ClientsOptions;
  readonly #now: () => number;

  constructor(options: ClientsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /**
   * @param userId whose connection
   * @param providerId a provider of the catalogue
   * @param choice which connection, when the person has several at this provider
   * @throws NotConnected, SeveralConnections, ProviderNotConfigured
   */
  async for(userId: string, providerId: string, choice: { connection?: string } = {}): Promise<ConnectionClient> {
    const provider = this.#options.catalogue.get(providerId);
    if (!provider) throw new ProviderNotConfigured(providerId);
    const rows = isUuid(userId) ? await this.#rowsOf(userId, provider) : [];
    const chosen = choice.connection === undefined ? rows : rows.filter((row) => row.id === choice.connection);
    const [row, ...others] = chosen;
    if (!row) throw new NotConnected(provider.name);
    if (others.length > 0) throw new SeveralConnections(provider.name, chosen);
    return this.#client(row, provider);
  }

  /**
   * Where a client's `fetch` finds out whose account it is; undefined at providers without such a call.
   * @throws OAuth2Error when it is the issuer's to tell, and its discovery document cannot be had
   */
  async profileUrl(provider: Provider): Promise<string | undefined> {
    return await this.#options.sessions.profileUrl(provider);
  }

  #rowsOf(userId: string, provider: Provider): Promise<Connection[]> {
    return this.#options.prisma.connection.findMany({
      where: { userId, provider: provider.id, sandbox: provider.sandbox },
      orderBy: { createdAt: 'asc' },
    });
  }

  #client(row: Connection, provider: Provider): ConnectionClient {
    const { id, subject, label, scopes } = row;
    return {
      connection: { id, provider: provider.id, subject, label, scopes },
      fetch: (input, init) => this.#call(id, provider, input, init),
    };
  }

  async #call(id: string, provider: Provider, input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const request = prepare(provider, input, init);
    const usable = await this.#options.refresher.usable(id);
    this.#noteUse(usable.row);
    // Kept aside before the first try consumes it; a stream cannot be sent twice, so it is not tried twice.
    const spare = mayBeRepeated(input, init) ? request.clone() : undefined;
    const response = await this.#send(usable, request);
    if (!spare || response.status !== 401 || usable.credentials.protocol === 'oauth1') return response;
    return await this.#retryWithNewToken(usable, spare, response);
  }

  #send({ provider, credentials }: UsableConnection, request: Request): Promise<Response> {
    const { sessions } = this.#options;
    return credentials.protocol === 'oauth1'
      ? sessions.oauth1Api(provider, credentials.token).fetch(request)
      : sessions.oauth2Api(provider, credentials.token).then((session) => session.fetch(request));
  }

  /** RFC 6750 section 3.1: one forced refresh and one retry, and only if the refused token is still the current one. */
  async #retryWithNewToken(used: UsableConnection, request: Request, refused: Response): Promise<Response> {
    const { credentials } = used;
    if (credentials.protocol === 'oauth1' || !credentials.token.refreshToken) return refused;
    let fresh: UsableConnection;
    try {
      fresh = await this.#options.refresher.usable(used.row.id, { replace: used.row.generation });
    } catch (error) {
      if (error instanceof ReconnectRequired) throw error;
      return refused;
    }
    await refused.body?.cancel();
    return await this.#send(fresh, request);
  }

  #noteUse(row: Connection): void {
    const now = this.#now();
    if (row.lastUsedAt && now - row.lastUsedAt.getTime() < NOTE_USE_EVERY_MS) return;
    this.#options.prisma.connection
      .updateMany({ where: { id: row.id }, data: { lastUsedAt: new Date(now) } })
      .catch(this.#options.onNoteFailure);
  }
}

function prepare(provider: Provider, input: string | URL | Request, init?: RequestInit): Request {
  const { baseUrls, headers } = provider.definition.api;
  const request = input instanceof Request ? new Request(input, init) : new Request(absolute(input, baseUrls[0]), init);
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (!request.headers.has(name)) request.headers.set(name, value);
  }
  return request;
}

function absolute(input: string | URL, base: string | undefined): string | URL {
  if (input instanceof URL || /^[a-z][a-z0-9+.-]*:/i.test(input)) return input;
  // Joined as text, because a base may have a path of its own (the sandbox's always does).
  return `${base?.replace(/\/+$/, '')}/${input.replace(/^\/+/, '')}`;
}

function mayBeRepeated(input: string | URL | Request, init?: RequestInit): boolean {
  const body = init?.body ?? (input instanceof Request ? input.body : undefined);
  return !(body instanceof ReadableStream);
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
