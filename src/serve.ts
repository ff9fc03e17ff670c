/** One app process from start to stop. The command line's `serve` and main.ts share it. */
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import express from 'express';
import { type Logger, pino } from 'pino';
import { type Config, type Environment, InvalidConfiguration, readConfig } from './config.js';
import { configuredProviders } from './configured-providers.js';
import { createDataDirectory } from './data-directory.js';
import { migrate, openDatabase } from './db/index.js';
import { generatedSecrets } from './generated-secrets.js';
import { builtInDefinitions, loadDefinitions, type ProviderDefinition } from './providers/index.js';
import { createSandbox, type Sandbox } from './sandbox/index.js';
import { createLatchkey } from './web/latchkey.js';

/** Requests that are under way when the process is told to stop get this long. */
const DRAIN_MS = 25_000;

export interface Running {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts and prints where it can be opened.
 * @throws errors with a `code` and one sentence for whoever started it
 */
export async function serve(environment: Environment, print: (line: string) => void): Promise<Running> {
  const custom = loadDefinitions(environment.PROVIDERS_DIR?.trim() || undefined);
  const definitions = [...builtInDefinitions, ...custom.definitions];
  const config = readConfig(
    environment,
    definitions.map(({ id }) => id),
  );
  const logger = pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true }));
  for (const { file, reason } of custom.refused) logger.warn({ file }, reason);
  const closers: (() => Promise<unknown>)[] = [];
  // The port first, because a wrong one is the quickest to find out; until all is ready every answer is 503.
  const door = frontDoor(config);
  const close = once(async () => {
    await stop(door.server);
    for (const closer of closers.reverse()) await closer();
  });
  try {
    await listen(door.server, config);
    createDataDirectory(config.dataDir);
    const secrets = secretsOf(config);
    const database = await openDatabase({
      ...(config.databaseUrl ? { url: config.databaseUrl } : { dataDir: config.dataDir }),
      command: 'latchkey serve',
      log: logger,
    });
    closers.push(() => database.close());
    const { ahead } = await migrate(database);
    if (ahead.length > 0) logger.warn({ ahead }, 'a newer release has migrated this database');
    const sandbox = await startSandbox(config, definitions, logger);
    if (sandbox) closers.push(() => sandbox.close());
    const sandboxOrigin = originOfSandbox(config);
    const providers = configuredProviders(config, definitions);
    for (const [id, reason] of providers.problems)
      logger.warn({ provider: id }, `The provider is switched off: ${reason}`);
    const latchkey = await createLatchkey({
      database,
      baseUrl: config.baseUrl,
      ...secrets,
      clients: providers.clients,
      definitions: [...custom.definitions, ...providers.definitions],
      problems: providers.problems,
      signUp: config.signUp,
      operators: config.operators,
      retentionDays: config.retentionDays,
      production: config.production,
      logger,
      ...(sandboxOrigin ? { sandboxOrigin } : {}),
      ...(sandbox && sandboxOrigin ? { readiness: { sandbox: () => answers(`${sandboxOrigin}/healthz`) } } : {}),
    });
    closers.push(() => latchkey.close());
    door.open(latchkey.router);
    stopOnSignal(close);
    print(`Latchkey: ${config.baseUrl}`);
    if (sandboxOrigin) print(`Sandbox:  ${sandboxOrigin} (no real account is involved)`);
    if (latchkey.operatorCode) {
      print(`Operator: ${config.baseUrl}/operator (once signed in, enter ${latchkey.operatorCode} there, valid once)`);
    }
    return { url: config.baseUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The server with nothing behind it yet. */
function frontDoor({ baseUrl, trustProxy }: Config): { server: Server; open(router: express.Router): void } {
  const app = express();
  app.disable('x-powered-by');
  if (trustProxy !== undefined) app.set('trust proxy', trustProxy);
  let router: express.Router | undefined;
  app.use(new URL(baseUrl).pathname, (req, res, next) => {
    if (router) router(req, res, next);
    else res.status(503).set('Retry-After', '1').type('text').send('Latchkey is starting.\n');
  });
  return {
    server: createServer(app),
    open: (ready) => {
      router = ready;
    },
  };
}

function secretsOf(config: Config): { sessionSecrets: readonly string[]; vaultKeys: string } {
  const { sessionSecrets, vaultKeys } = config;
  if (sessionSecrets && vaultKeys) return { sessionSecrets, vaultKeys };
  const generated = generatedSecrets(config.dataDir);
  return {
    sessionSecrets: sessionSecrets ?? [generated.sessionSecret],
    vaultKeys: vaultKeys ?? generated.vaultKeys,
  };
}

function originOfSandbox({ sandbox }: Config): string | undefined {
  if (sandbox.kind === 'off') return undefined;
  return sandbox.kind === 'own' ? `http://localhost:${sandbox.port}` : sandbox.url;
}

async function startSandbox(
  config: Config,
  definitions: readonly ProviderDefinition[],
  log: Logger,
): Promise<Sandbox | undefined> {
  if (config.sandbox.kind !== 'own') return undefined;
  const sandbox = await createSandbox({
    definitions,
    dataDir: join(config.dataDir, 'sandbox'),
    log,
    redirectBasePaths: ['', new URL(config.baseUrl).pathname.replace(/\/+$/, '')],
  });
  try {
    await sandbox.listen(config.sandbox.port, config.host);
  } catch (error) {
    await sandbox.close();
    throw portTaken(error, 'SANDBOX_PORT', config.sandbox.port);
  }
  return sandbox;
}

async function listen(server: Server, config: Config): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(portTaken(error, 'PORT', config.port)));
    server.listen(config.port, config.host, resolve);
  });
}

/** Why nothing can listen there, with the variable that says where. */
function portTaken(error: unknown, variable: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EADDRINUSE' || code === 'EACCES') {
    const why = code === 'EACCES' ? 'this user may not listen there' : 'another program listens there';
    return new InvalidConfiguration(variable, `${port} cannot be used: ${why}. Choose another port.`);
  }
  if (['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL'].includes(code)) {
    return new InvalidConfiguration('HOST', 'is no address of this machine.');
  }
  return error;
}

/** Stops taking connections and lets the requests under way finish. */
async function stop(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(timer);
}

function stopOnSignal(close: () => Promise<void>): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
}

async function answers(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`answered ${response.status}`);
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}
