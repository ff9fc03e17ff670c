/**
 * Remembers what is wrong with our client at a provider: that the provider refuses it (invalid_client and friends), which is an operator's
 * problem, or that its token endpoint is away. People's connections keep their own status and heal without them. One event for each
 * beginning and each end, however many processes and connections notice it.
 */
import type { PrismaClient } from '../db/index.js';
import type { AuditEvent, Events } from '../events/index.js';
import type { Provider } from '../providers/index.js';

/** How long an instance trusts what it last read. */
const REMEMBER_MS = 5_000;

export class ProviderApps {
  readonly #prisma: PrismaClient;
  readonly #events: Events;
  readonly #now: () => number;
  #read: { readAt: number; refused: ReadonlySet<string>; away: ReadonlySet<string> } | undefined;

  constructor(options: { prisma: PrismaClient; events: Events; now?: () => number }) {
    this.#prisma = options.prisma;
    this.#events = options.events;
    this.#now = options.now ?? Date.now;
  }

  /** Ids of the provider apps that are refused at the moment, as {@link appId} spells them. */
  async refusedIds(): Promise<ReadonlySet<string>> {
    return (await this.#troubled()).refused;
  }

  /** Ids of the provider apps whose token endpoint is away at the moment. */
  async awayIds(): Promise<ReadonlySet<string>> {
    return (await this.#troubled()).away;
  }

  async refused(provider: Provider, reason: string): Promise<void> {
    const { clientId } = provider.client;
    const id = await this.#ensureRow(provider);
    const { count } = await this.#prisma.providerApp.updateMany({
      where: { id, refusedAt: null },
      data: { refusedAt: new Date(this.#now()), reason, clientId },
    });
    await this.#changed(count, { kind: 'provider_refuses_client', provider: provider.id, detail: { reason } });
  }

  /** The provider gave a token to our client. */
  async accepted(provider: Provider): Promise<void> {
    await this.answered(provider);
    const id = appId(provider);
    if (!(await this.refusedIds()).has(id)) return;
    const { count } = await this.#prisma.providerApp.updateMany({
      where: { id, refusedAt: { not: null } },
      data: { refusedAt: null, reason: null },
    });
    await this.#changed(count, { kind: 'provider_accepts_client', provider: provider.id });
  }

  /** So many token requests failed in a row that only probes go out. */
  async away(provider: Provider): Promise<void> {
    const id = await this.#ensureRow(provider);
    const { count } = await this.#prisma.providerApp.updateMany({
      where: { id, awaySince: null },
      data: { awaySince: new Date(this.#now()) },
    });
    await this.#changed(count, { kind: 'provider_away', provider: provider.id });
  }

  /** The token endpoint works, whatever it said. */
  async answered(provider: Provider): Promise<void> {
    const id = appId(provider);
    if (!(await this.awayIds()).has(id)) return;
    const { count } = await this.#prisma.providerApp.updateMany({
      where: { id, awaySince: { not: null } },
      data: { awaySince: null },
    });
    await this.#changed(count, { kind: 'provider_back', provider: provider.id });
  }

  async #troubled() {
    if (this.#read && this.#now() - this.#read.readAt < REMEMBER_MS) return this.#read;
    const rows = await this.#prisma.providerApp.findMany({
      where: { OR: [{ refusedAt: { not: null } }, { awaySince: { not: null } }] },
    });
    this.#read = {
      readAt: this.#now(),
      refused: new Set(rows.filter((row) => row.refusedAt !== null).map((row) => row.id)),
      away: new Set(rows.filter((row) => row.awaySince !== null).map((row) => row.id)),
    };
    return this.#read;
  }

  async #ensureRow(provider: Provider): Promise<string> {
    const id = appId(provider);
    const { clientId } = provider.client;
    await this.#prisma.providerApp.createMany({ data: [{ id, clientId }], skipDuplicates: true });
    return id;
  }

  /** Only the process whose update changed the row tells of it. */
  async #changed(count: number, event: AuditEvent): Promise<void> {
    this.#read = undefined;
    if (count === 1) await this.#events.record(event);
  }
}

/** Our client at the sandbox and our client at the real provider are two. */
export function appId(provider: { id: string; sandbox: boolean }): string {
  return provider.sandbox ? `sandbox:${provider.id}` : provider.id;
}
