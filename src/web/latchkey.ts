/** Puts the rooms together: `createLatchkey()` gives a router for any Express app, and the clients behind it. */
import express, { type Router } from 'express';
import { Deletions, Operators } from '../accounts/index.js';
import {
  Clients,
  type DisconnectOptions,
  ProviderApps,
  Refresher,
  Revoker,
  Sessions,
  Sweeper,
  Withdrawals,
} from '../connections/index.js';
import { type Database, eventStore, fingerprintStore, Housekeeper, SessionStore } from '../db/index.js';
import { createEvents } from '../events/index.js';
import type { ConcludeOptions } from '../flows/index.js';
import { HttpClient } from '../http/index.js';
import {
  builtInDefinitions,
  type Catalogue,
  createCatalogue,
  type ProviderClient,
  type ProviderDefinition,
} from '../providers/index.js';
import { checkVaultKeys, KeyRing, Vault } from '../vault/index.js';
import { assets } from './assets.js';
import type { WebContext } from './context.js';
import { createCookies } from './cookies.js';
import { createCsrf } from './csrf.js';
import { errorPages } from './errors.js';
import { createFlowGate } from './flow-gate.js';
import { causesOf, createLog, type Logger } from './log.js';
import { createRecentProof } from './recent-proof.js';
import { requireOwnHost } from './request-guards.js';
import { accountRoutes } from './routes/account.js';
import { accountSteps } from './routes/account-steps.js';
import { connectionRoutes } from './routes/connection.js';
import { flowRoutes } from './routes/flows.js';
import { healthRoutes } from './routes/health.js';
import { homeRoutes } from './routes/home.js';
import { operatorRoutes } from './routes/operator.js';
import { operatorSteps } from './routes/operator-steps.js';
import { setupRoutes } from './routes/setup.js';
import { signOutRoute } from './routes/sign-out.js';
import { welcomeRoutes } from './routes/welcome.js';
import { securityHeaders } from './security-headers.js';
import { sessionMiddleware } from './sign-in.js';
import { isLoopbackHost, siteAt } from './site.js';
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
  readonly production?: boolean;
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
  const { database, logger = silent, now = Date.now } = options;
  const { prisma } = database;
  const site = siteAt(options.baseUrl);
  const vault = new Vault(KeyRing.parse(options.vaultKeys));
  await checkVaultKeys(vault, fingerprintStore(prisma));
  const catalogue = createCatalogue({
    ...options,
    definitions: [...builtInDefinitions, ...(options.definitions ?? [])],
  });
  const noted = (what: string) => (error: unknown) => logger.warn({ causes: causesOf(error) }, what);
  const events = createEvents(eventStore(prisma), (kind, error) => noted(`event ${kind} was not stored`)(error));
  const http = new HttpClient();
  const sessions = new Sessions({ http, now });
  const revoker = new Revoker(sessions);
  const providerApps = new ProviderApps({ prisma, events, now });
  const refresher = new Refresher({ prisma, vault, catalogue, sessions, events, providerApps, revoker, now });
  const onNoteFailure = noted('the last use of a connection was not stored');
  const clients = new Clients({ prisma, catalogue, refresher, sessions, now, onNoteFailure });
  const sweeper = new Sweeper({ prisma, refresher, onFailure: noted('the sweep of interrupted refreshes failed') });
  const retentionDays = options.retentionDays ?? 90;
  const housekeeper = new Housekeeper({ prisma, retentionDays, now, onFailure: noted('housekeeping failed') });

  const disconnecting: DisconnectOptions = { prisma, vault, catalogue, revoker, events };
  const withdrawals = new Withdrawals(disconnecting);
  const deletions = new Deletions({ ...disconnecting, onFailure: noted('the deletion of an account was interrupted') });
  const operators = new Operators({ prisma, named: options.operators ?? [] });
  const store = new SessionStore(prisma, { now });
  const concluding: ConcludeOptions = { prisma, vault, events, revoker, signUp: options.signUp ?? 'open' };
  const cookies = createCookies(site);
  const csrf = createCsrf(options.sessionSecrets, cookies, site);
  const views = createViews({ site, csrf, cookies, catalogue });
  const form = [express.urlencoded({ extended: false, limit: FORM_LIMIT, parameterLimit: 50 }), csrf.check];
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
    csrf,
    cookies,
    form,
    now,
    production: options.production ?? false,
    retentionDays,
  };
  const gate = createFlowGate({ ...concluding, sessions, cookies, site, now });
  const signing = sessionMiddleware({ prisma, store, secrets: options.sessionSecrets, cookies, site });
  const log = createLog(logger);

  const router = express.Router({ caseSensitive: true });
  router.use(securityHeaders(site, loopbackOrigins(catalogue)));
  // Before the log, because probes come every few seconds, and before the host check, because they come by address.
  healthRoutes(router, { database: () => database.ping(), ...options.readiness });
  router.use(log.requests, requireOwnHost(site));
  router.use('/assets', assets());
  signOutRoute(router, context, signing.handlers);
  router.use(...signing.handlers);
  homeRoutes(router, context);
  flowRoutes(router, context, signing.authenticator, gate);
  welcomeRoutes(router, context);
  connectionRoutes(router, context);
  accountRoutes(router, context);
  accountSteps(router, context);
  operatorRoutes(router, context);
  operatorSteps(router, context);
  setupRoutes(router, context);
  router.use((_req, _res, next) => next(new WebError(404, 'not_found')));
  router.use(errorPages(views, log));

  const operatorCode = await operators.openClaim();
  sweeper.start();
  housekeeper.start();
  deletions.start();
  return {
    router,
    clients,
    catalogue,
    operatorCode,
    async close() {
      await Promise.all([sweeper.stop(), housekeeper.stop(), deletions.stop(), withdrawals.stop()]);
      await refresher.drain();
      await http.close();
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
