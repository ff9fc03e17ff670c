/** Puts this room together. The web app and the command line both start from here, so that a refresh or a call is the same in either. */
import { type Database, eventStore, fingerprintStore, type PrismaClient } from '../db/index.js';
import { type AuditEvent, createEvents, type Events } from '../events/index.js';
import { HttpClient } from '../http/index.js';
import type { Catalogue } from '../providers/index.js';
import { checkVaultKeys, KeyRing, KeyWatch, type Repeat, Vault, VaultKeyMissing } from '../vault/index.js';
import { BackgroundRefresher } from './background-refresher.js';
import { BatchRefresher } from './batch-refresher.js';
import { Clients } from './clients.js';
import type { DisconnectOptions } from './disconnect.js';
import { ProviderApps } from './provider-apps.js';
import type { ConnectionsChanged, RecentlyReadOptions } from './recently-read.js';
import type { RefreshObserver } from './refresh-outcome.js';
import { Refresher } from './refresher.js';
import { Revoker } from './revoker.js';
import { Sessions } from './sessions.js';
import { Sweeper } from './sweeper.js';
import { TokenGate, type TokenGateOptions } from './token-gate.js';
import { keyOutside } from './vault-status.js';
import { Withdrawals } from './withdrawals.js';

export interface ConnectionsOptions {
  readonly prisma: PrismaClient;
  /** From {@link openVault}. */
  readonly vault: Vault;
  readonly catalogue: Catalogue;
  /** Told of trouble that reaches no caller, in words and with its error. */
  readonly onTrouble: (what: string, error: unknown) => void;
  /** Sees each event of the audit trail, for the log. */
  readonly onEvent?: (event: AuditEvent) => void;
  /** Carries outbound requests instead of a client of its own; closed with the rest. */
  readonly http?: HttpClient;
  /** Whether `start()` also renews tokens ahead of time. Default true. */
  readonly background?: boolean | undefined;
  /** How many token requests may be under way at once, to one provider and in all. */
  readonly tokenRequests?: Pick<TokenGateOptions, 'perProvider' | 'overall'> | undefined;
  /** Told how each refresh ended, for metrics. */
  readonly onOutcome?: RefreshObserver | undefined;
  /** How long what was read of a connection serves further calls. */
  readonly recent?: RecentlyReadOptions | undefined;
  /** What makes the work come back that does so at a fixed pace: each minute, a look at the vault keys in use. */
  readonly repeat?: Repeat | undefined;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** In [0, 1): jitter of waits and of when tokens fall due. Default `Math.random`. */
  readonly random?: () => number;
}

export interface Connections {
  readonly events: Events;
  readonly sessions: Sessions;
  readonly revoker: Revoker;
  readonly providerApps: ProviderApps;
  readonly refresher: Refresher;
  /** Renews what is due or was interrupted, as many as there is room for; the background work does nothing else. */
  readonly batches: BatchRefresher;
  readonly clients: Clients;
  readonly disconnecting: DisconnectOptions;
  readonly withdrawals: Withdrawals;
  /** Begins the background work; a short-lived process does without. */
  start(): void;
  /** Ends background work and waits for refreshes under way; the database stays the caller's. */
  close(): Promise<void>;
}

/**
 * The vault of a ring, checked against the keys that this database was sealed with.
 * @param vaultKeys `id:base64key,…`
 * @throws InvalidKeyRing, VaultKeyMissing, and database errors
 */
export async function openVault(database: Database, vaultKeys: string): Promise<Vault> {
  const vault = new Vault(KeyRing.parse(vaultKeys));
  await checkVaultKeys(vault, fingerprintStore(database.prisma));
  // A key may have sealed something after a rotation had forgotten it.
  const outside = await database.withConnection((connection) => keyOutside(connection, vault.keyIds));
  if (outside !== undefined) throw new VaultKeyMissing(outside, false);
  return vault;
}

export function createConnections(options: ConnectionsOptions): Connections {
  const { prisma, vault, catalogue, onTrouble, now = Date.now, random = Math.random } = options;
  const noted = (what: string) => (error: unknown) => onTrouble(what, error);
  const unstored = (kind: string, error: unknown) => onTrouble(`event ${kind} was not stored`, error);
  const events = createEvents(eventStore(prisma), unstored, options.onEvent);
  const http = options.http ?? new HttpClient();
  const sessions = new Sessions({ http, now });
  const revoker = new Revoker(sessions);
  const providerApps = new ProviderApps({ prisma, events, now });
  const gate = new TokenGate({ ...options.tokenRequests, now, random });
  const onAppFailure = noted('what is known of a provider was not stored');
  const outcomes = {
    prisma,
    vault,
    events,
    providerApps,
    revoker,
    onAppFailure,
    onOutcome: options.onOutcome,
    now,
    random,
  };
  const onRefreshFailure = noted('a refresh ended in a fault');
  const changed: ConnectionsChanged = (what) => clients.forget(what);
  const refresher = new Refresher({ ...outcomes, catalogue, sessions, gate, changed, onFailure: onRefreshFailure });
  const onNoteFailure = noted('the last use of a connection was not stored');
  const { recent } = options;
  const clients = new Clients({ prisma, catalogue, refresher, sessions, recent, now, onNoteFailure });
  const batches = new BatchRefresher({ prisma, vault, catalogue, gate, refresher, now });
  const sweeper = new Sweeper({ batches, onFailure: noted('the sweep of interrupted refreshes failed') });
  const ahead = new BackgroundRefresher({
    batches,
    onFailure: noted('looking for tokens that are due failed'),
    random,
  });
  const keyWatch = new KeyWatch({
    vault,
    store: fingerprintStore(prisma),
    onMissing: (error) => onTrouble(error.message, error),
    onFailure: noted('the vault keys in use could not be looked at'),
    repeat: options.repeat,
  });
  const disconnecting: DisconnectOptions = { prisma, vault, catalogue, revoker, events, changed };
  const withdrawals = new Withdrawals({
    ...disconnecting,
    onFailure: noted('a connection of a provider that is being withdrawn was not ended'),
  });
  return {
    events,
    sessions,
    revoker,
    providerApps,
    refresher,
    batches,
    clients,
    disconnecting,
    withdrawals,
    start() {
      keyWatch.start();
      sweeper.start();
      if (options.background ?? true) ahead.start();
    },
    async close() {
      await Promise.all([keyWatch.stop(), sweeper.stop(), ahead.stop(), withdrawals.stop()]);
      await refresher.drain();
      await http.close();
    },
  };
}
