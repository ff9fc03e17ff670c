/** What the routes share: put together once by createLatchkey and handed to each of them. */
import type { RequestHandler } from 'express';
import type { Deletions, Operators } from '../accounts/index.js';
import type { Clients, DisconnectOptions, ProviderApps, Refresher, Withdrawals } from '../connections/index.js';
import type { PrismaClient } from '../db/index.js';
import type { SessionStore } from '../db/session-store.js';
import type { Events } from '../events/index.js';
import type { ConcludeOptions } from '../flows/index.js';
import type { Catalogue } from '../providers/index.js';
import type { Cookies } from './cookies.js';
import type { Csrf } from './csrf.js';
import type { Log } from './log.js';
import type { RecentProof } from './recent-proof.js';
import type { Site } from './site.js';
import type { Views } from './views.js';

export interface WebContext {
  readonly site: Site;
  readonly catalogue: Catalogue;
  readonly prisma: PrismaClient;
  readonly clients: Clients;
  readonly refresher: Refresher;
  readonly providerApps: ProviderApps;
  readonly events: Events;
  readonly disconnecting: DisconnectOptions;
  readonly withdrawals: Withdrawals;
  readonly concluding: ConcludeOptions;
  readonly deletions: Deletions;
  readonly operators: Operators;
  readonly sessions: SessionStore;
  readonly proof: RecentProof;
  readonly views: Views;
  readonly log: Log;
  readonly csrf: Csrf;
  readonly cookies: Cookies;
  /** Parses a form and demands its CSRF proof, in this order. */
  readonly form: readonly RequestHandler[];
  readonly now: () => number;
  readonly production: boolean;
  /** How long events and addresses are kept. */
  readonly retentionDays: number;
}
