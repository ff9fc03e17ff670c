/** Puts the rooms together: `createLatchkey()` gives a router for any Express app, and the clients behind it. */
import express, { type Router } from 'express';
import { Deletions, Operators } from '../accounts/index.js';
import { type Clients, createConnections, openVault } from '../connections/index.js';
import { type Database, Housekeeper, RateCounts } from '../db/index.js';
import { SessionStore } from '../db/session-store.js';
import type { ConcludeOptions } from '../flows/index.js';
import {
  builtInDefinitions,
  type Catalogue,
  createCatalogue,
  type ProviderClient,
  type ProviderDefinition,
} from '../providers/index.js';
import { assets } from './assets.js';
import { causesOf } from './causes.js';
import type { WebContext } from './context.js';
import { createCookies } from './cookies.js';
import { createCsrf } from './csrf.js';
import { errorPages } from './errors.js';
import { createFlowGate } from './flow-gate.js';
import { createLog, type Logger } from './log.js';
import { redacting } from './log-redaction.js';
import { createMetrics } from './metrics.js';
import { createRateLimits, noRateLimits } from './rate-limits.js';
import { createRecentProof } from './recent-proof.js';
import { refuseOtherTypes, requireOwnHost } from './request-guards.js';
import { accountRoutes } from './routes/account.js';
import { accountSteps } from './routes/account-steps.js';
import { connectionRoutes } from './routes/connection.js';
import { consoleRoutes } from './routes/console.js';
import { flowRoutes } from './routes/flows.js';
import { healthRoutes } from './routes/health.js';
import { homeRoutes } from './routes/home.js';
import { metricsRoute } from './routes/metrics.js';
import { operatorRoutes } from './routes/operator.js';
import { operatorSteps } from './routes/operator-steps.js';
import { panelRoutes } from './routes/panels.js';
import { setupRoutes } from './routes/setup.js';
import { signOutRoute } from './routes/sign-out.js';
import { timelineRoutes } from './routes/timeline.js';
import { welcomeRoutes } from './routes/welcome.js';
import { securityHeaders } from './security-headers.js';
import { sessionMiddleware } from './sign-in.js';
import { isLoopbackHost, siteAt } from './site.js';
import { FlowRecords } from './timeline/flow-record.js';
import { traced } from './timeline/traced-gate.js';
import { createViews } from './views.js';
import { WebError } from './web-error.js';

export interface LatchkeyOptions {
  /** An opened and migrated database, see `openDatabase` and `migrate`. */
  readonly database: Database;
  /** Where people reach the router: origin and, when it is mounted under one, path. */
  readonly baseUrl: string;
  /** At least 32 characters each; the first one signs, all of them verify. */
  readonly sessionSecrets: readonly string[];
  /** `id:base64key,…`, 32 bytes each; the first one seals, all of them open. */
  readonly vaultKeys: string;
  /** Our clients by provider id. */
  readonly clients?: Readonly<Record<string, ProviderClient>>;
  /** Further provider definitions, checked by `defineProvider`. */
  readonly definitions?: readonly ProviderDefinition[];
  /** Providers that are switched off, by id, with the reason. */
  readonly problems?: ReadonlyMap<string, string>;
  /** Origin of a sandbox that stands in for every provider without a client of ours. */
  readonly sandboxOrigin?: string;
  readonly signUp?: 'open' | 'closed';
  /** Who runs this site, as `namespace:subject`. While nobody is named, `operatorCode` finds the first one. */
  readonly operators?: readonly string[];
  /** How long events and network addresses are kept. Default 90. */
  readonly retentionDays?: number;
  /** Whether this instance renews tokens ahead of time, so that calls need not wait for it. Default true. */
  readonly refresher?: boolean;
  /** After how many ms a call reads its connection again, whose change by another instance it then sees. 0 to 1000, default 1000. */
  readonly readAgainAfterMs?: number;
  readonly production?: boolean;
  /** Limits on how often one address and one person may ask. Default on. */
  readonly rateLimit?: boolean;
  /** What `/metrics` asks for; without one it answers programs on this machine only. */
  readonly metricsToken?: string;
  /** Whether this is all that runs in the process, so that its memory and event loop are among the metrics. */
  readonly wholeProcess?: boolean;
  /** More conditions of `/readyz`, each rejecting while it is not met. */
  readonly readiness?: Readonly<Record<string, () => Promise<void>>>;
  readonly logger?: Logger;
  readonly now?: () => number;
}

export interface Latchkey {
  /** Mount it at the path of `baseUrl`. */
  readonly router: Router;
  /** `clients.for(userId, provider)`: a client that calls a provider's API as that person. */
  readonly clients: Clients;
  readonly catalogue: Catalogue;
  /** For whoever starts the app, never for a page: entered on `/operator` it makes the first operator. Undefined when there is one. */
  readonly operatorCode: string | undefined;
  /** Ends background work and waits for refreshes under way; the database stays the caller's. */
  close(): Promise<void>;
}

const FORM_LIMIT = '20kb';
const silent: Logger = { info() {}, warn() {}, error() {} };

/** @throws InvalidKeyRing, VaultKeyMissing, and database errors */
export async function createLatchkey(options: LatchkeyOptions): Promise<Latchkey> {
  const { database, now = Date.now } = options;
  const logger = redacting(options.logger ?? silent);
  const { prisma } = database;
  const site = siteAt(options.baseUrl);
  const vault = await openVault(database, options.vaultKeys);
  const catalogue = createCatalogue({
    ...options,
    definitions: [...builtInDefinitions, ...(options.definitions ?? [])],
  });
  const onTrouble = (what: string, error: unknown) => logger.warn({ causes: causesOf(error) }, what);
  const noted = (what: string) => (error: unknown) => onTrouble(what, error);
  const metrics = createMetrics({ prisma, wholeProcess: options.wholeProcess ?? false, now });
  const onEvent = (event: object) => logger.info({ ...event }, 'event');
  const connections = createConnections({
    prisma,
    vault,
    catalogue,
    onTrouble,
    onEvent,
    onOutcome: metrics.refresh,
    background: options.refresher,
    recent: { maxAgeMs: options.readAgainAfterMs },
    now,
  });
  const { clients, disconnecting, events, providerApps, refresher, revoker, sessions, withdrawals } = connections;
  const retentionDays = options.retentionDays ?? 90;
  const housekeeper = new Housekeeper({ prisma, retentionDays, now, onFailure: noted('housekeeping failed') });
  const deletions = new Deletions({ ...disconnecting, onFailure: noted('the deletion of an account was interrupted') });
  const operators = new Operators({ prisma, named: options.operators ?? [] });
  const store = new SessionStore(prisma, { now });
  const { changed } = disconnecting;
  const concluding: ConcludeOptions = { prisma, vault, events, revoker, changed, signUp: options.signUp ?? 'open' };
  const cookies = createCookies(site);
  const csrf = createCsrf(options.sessionSecrets, cookies, site);
  const log = createLog(logger);
  const views = createViews({ site, csrf, cookies, catalogue });
  const parse = express.urlencoded({ extended: false, limit: FORM_LIMIT, parameterLimit: 50, inflate: false });
  const form = [refuseOtherTypes, parse, csrf.check];
  const context: WebContext = {
    site,
    catalogue,
    prisma,
    clients,
    refresher,
    providerApps,
    events,
    disconnecting,
    withdrawals,
    concluding,
    deletions,
    operators,
    sessions: store,
    proof: createRecentProof(site, now),
    views,
    log,
    csrf,
    cookies,
    form,
    now,
    production: options.production ?? false,
    retentionDays,
  };
  const records = new FlowRecords();
  const bareGate = createFlowGate({ ...concluding, sessions, cookies, site, now });
  const gate = metrics.counted(traced(bareGate, { ...context, records }));
  const signing = sessionMiddleware({ prisma, store, secrets: options.sessionSecrets, cookies, site });
  const counts = new RateCounts({ prisma, now, onFailure: noted('rate limits of several processes were not merged') });
  const limits = options.rateLimit === false ? noRateLimits : createRateLimits(counts, now);

  const router = express.Router({ caseSensitive: true });
  router.use(securityHeaders(site, loopbackOrigins(catalogue)));
  // Before the log, because probes come every few seconds, and before the host check, because they come by address.
  healthRoutes(router, { database: () => database.ping(), ...options.readiness });
  metricsRoute(router, metrics, options.metricsToken);
  router.use(log.requests, metrics.requests, requireOwnHost(site));
  router.use('/assets', assets());
  router.use(limits.byAddress);
  signOutRoute(router, context, signing.handlers);
  router.use(...signing.handlers, limits.byPerson);
  homeRoutes(router, context);
  flowRoutes(router, context, signing.authenticator, gate);
  welcomeRoutes(router, context);
  connectionRoutes(router, context);
  consoleRoutes(router, context);
  panelRoutes(router, context, signing.authenticator);
  accountRoutes(router, context);
  accountSteps(router, context);
  operatorRoutes(router, context);
  operatorSteps(router, context);
  setupRoutes(router, context);
  timelineRoutes(router, context, records);
  router.use((_req, _res, next) => next(new WebError(404, 'not_found')));
  router.use(errorPages(views, log));

  const operatorCode = await operators.openClaim();
  connections.start();
  housekeeper.start();
  deletions.start();
  counts.start();
  return {
    router,
    clients,
    catalogue,
    operatorCode,
    async close() {
      metrics.close();
      await Promise.all([housekeeper.stop(), deletions.stop(), counts.stop()]);
      await connections.close();
    },
  };
}

/** Origins on this machine that a form's redirect may lead to: the sandbox's, and those of custom providers. */
function loopbackOrigins({ sandboxOrigin, all }: Catalogue): readonly string[] {
  const urls = all.flatMap(({ definition }) => [
    definition.authorize?.url,
    definition.oauth1?.authorize,
    definition.issuer,
  ]);
  const origins = urls.flatMap((url) => (url ? [new URL(url)] : [])).filter((url) => isLoopbackHost(url.hostname));
  return [...new Set([...(sandboxOrigin ? [sandboxOrigin] : []), ...origins.map((url) => url.origin)])];
}
