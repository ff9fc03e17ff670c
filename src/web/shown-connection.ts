/** What people see of a connection: how it is doing, why, and whether another provider takes its place. Shared by the dashboard and its own page. */
import { type ShownStatus, shownStatus } from '../connections/index.js';
import type { Connection } from '../db/index.js';
import type { Catalogue, Provider } from '../providers/index.js';
import { reasonText, type StatusFacts } from './texts.js';
import type { Times } from './times.js';

export interface ShownConnection {
  readonly id: string;
  readonly provider: string;
  readonly providerName: string;
  readonly label: string;
  readonly sandbox: boolean;
  readonly status: ShownStatus;
  /** What the status line is made of. */
  readonly about: StatusFacts;
  /** Why it needs its person, or is in trouble. */
  readonly reason: string | undefined;
  /** Whether there is something that only its person can do. */
  readonly needsYou: boolean;
  readonly lastUsedAt: Date | null;
  readonly connectedAt: Date;
  /** The provider, while this site still offers it. */
  readonly available: Provider | undefined;
  readonly move: Move | undefined;
}

/** A provider that was shut, and the one that took its place. */
export interface Move {
  readonly name: string;
  readonly provider: Provider;
  /** When the old one was shut, as people read a date. */
  readonly day: string | undefined;
  /** Id of the person's connection at the new one, once they have it. */
  readonly done: string | undefined;
}

export interface ShowingOptions {
  readonly catalogue: Catalogue;
  /** Ids of the provider apps that are refused at the moment. */
  readonly refused: ReadonlySet<string>;
  readonly times: Times;
  readonly now: Date;
}

/** @param all the person's connections, among which may be the one that took this one's place */
export function shownConnection(
  row: Connection,
  all: readonly Pick<Connection, 'id' | 'provider' | 'sandbox'>[],
  { catalogue, refused, times, now }: ShowingOptions,
): ShownConnection {
  const available = catalogue.find(row.provider, row.sandbox);
  const definition = catalogue.definitions.find(({ id }) => id === row.provider);
  const providerName = definition?.name ?? row.provider;
  const status = shownStatus(row, refused);
  const retryAt = status === 'retrying' && row.refreshAt && row.refreshAt > now ? row.refreshAt : undefined;
  const move = moveOf(row, all, catalogue, times);
  return {
    id: row.id,
    provider: row.provider,
    providerName,
    label: row.label,
    sandbox: row.sandbox,
    status,
    about: { provider: providerName, retryAt: retryAt && times.clock(retryAt, now) },
    reason: status === 'retrying' || status === 'reconnect_required' ? reasonText(row.reason) : undefined,
    needsYou: status === 'reconnect_required' && move?.done === undefined,
    lastUsedAt: row.lastUsedAt,
    connectedAt: row.createdAt,
    available,
    move,
  };
}

function moveOf(
  row: Connection,
  all: readonly Pick<Connection, 'id' | 'provider' | 'sandbox'>[],
  catalogue: Catalogue,
  times: Times,
): Move | undefined {
  const status = catalogue.definitions.find(({ id }) => id === row.provider)?.status;
  const provider = status?.state === 'shut' && status.successor ? catalogue.get(status.successor) : undefined;
  if (!provider) return undefined;
  const taken = all.find((other) => other.id === row.successorId);
  const at = status?.sunset ? times.day(new Date(`${status.sunset}T12:00:00Z`)) : undefined;
  return { name: provider.name, provider, day: at, done: taken?.id };
}
