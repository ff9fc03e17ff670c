/**
 * Remembers that a provider refuses our client (invalid_client and friends). That is an operator's problem: people's connections keep
 * their own status and heal without them once the client is corrected.
 */
import type { PrismaClient } from '../db/index.js';
import type { Events } from '../events/index.js';
import type { Provider } from '../providers/index.js';

/** How long an instance trusts what it last read about refusals. */
const REMEMBER_MS = 5_000;

export class ProviderApps {
  readonly #prisma: PrismaClient;
  readonly #events: Events;
  readonly #now: () => number;
  #refused: { readAt: number; ids: ReadonlySet<string> } | undefined;

  constructor(options: { prisma: PrismaClient; events: Events; now?: () => number }) {
    this.#prisma = options.prisma;
    this.#events = options.events;
    this.#now = options.now ?? Date.now;
  }

  /** Ids of the provider apps that are refused at the moment, as {@link appId} spells them. */
  async refusedIds(): Promise<ReadonlySet<string>> {
    if (this.#refused && this.#now() - this.#refused.readAt < REMEMBER_MS) return this.#refused.ids;
    const rows = await this.#prisma.providerApp.findMany({ where: { refusedAt: { not: null } } });
    const ids = new Set(rows.map((row) => row.id));
    this.#refused = { readAt: this.#now(), ids };
    return ids;
  }

  /** One event when the refusal begins, none while it lasts. */
  async refused(provider: Provider, reason: string): Promise<void> {
    const id = appId(provider);
    const { clientId } = provider.client;
    await this.#prisma.providerApp.createMany({ data: [{ id, clientId }], skipDuplicates: true });
    const { count } = await this.#prisma.providerApp.updateMany({
      where: { id, refusedAt: null },
      data: { refusedAt: new Date(), reason, clientId },
    });
    this.#refused = undefined;
    if (count === 1)
      await this.#events.record({ kind: 'provider_refuses_client', provider: provider.id, detail: { reason } });
  }

  async accepted(provider: Provider): Promise<void> {
    if (!(await this.refusedIds()).has(appId(provider))) return;
    const { count } = await this.#prisma.providerApp.updateMany({
      where: { id: appId(provider), refusedAt: { not: null } },
      data: { refusedAt: null, reason: null },
    });
    this.#refused = undefined;
    if (count === 1) await this.#events.record({ kind: 'provider_accepts_client', provider: provider.id });
  }
}

/** Our client at the sandbox and our client at the real provider are two. */
export function appId(provider: { id: string; sandbox: boolean }): string {
  return provider.sandbox ? `sandbox:${provider.id}` : provider.id;
}
