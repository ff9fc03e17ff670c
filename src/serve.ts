/** One app process from start to stop. The command line's `serve` and main.ts share it. */
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { Closers } from './closers.js';
import { type Config, type Environment, InvalidConfiguration } from './config.js';
import { createDataDirectory } from './data-directory.js';
import { migrate, openDatabase } from './db/index.js';
import { originOfSandbox, readInstallation, secretsOf } from './installation.js';
import { lifecycleWarnings, type ProviderDefinition } from './providers/index.js';
import { createSandbox, type Sandbox } from './sandbox/index.js';
import { createFrontDoor } from './web/front-door.js';
import { createLatchkey } from './web/latchkey.js';
import { createLogger } from './web/logger.js';

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
  const { config, definitions, custom, providers } = readInstallation(environment);
  const logger = createLogger(config.logLevel);
  for (const doubt of config.doubts) logger.warn(doubt);
  for (const { file, reason } of custom.refused) logger.warn({ file }, reason);
  const closers = new Closers();
  // The port first, because a wrong one is the quickest to find out; until all is ready every answer is 503.
  const sandboxOrigin = originOfSandbox(config);
  const door = createFrontDoor({ ...config, loopbackOrigins: sandboxOrigin ? [sandboxOrigin] : [] });
  let stopping = false;
  const close = once(async () => {
    stopping = true;
    // Added last, so that it comes first.
    closers.add(() => door.drain(DRAIN_MS));
    const failures = await closers.close();
    for (const error of failures) logger.error({ error }, 'a part of the app could not be closed');
    if (failures.length > 0) throw failures[0];
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
    closers.add(() => database.close());
    const { ahead } = await migrate(database);
    if (ahead.length > 0) logger.warn({ ahead }, 'a newer release has migrated this database');
    const sandbox = await startSandbox(config, definitions, logger);
    if (sandbox) closers.add(() => sandbox.close());
    for (const [id, reason] of providers.problems)
      logger.warn({ provider: id }, `The provider is switched off: ${reason}`);
    for (const [id, warning] of lifecycleWarnings(Object.keys(providers.clients), definitions, Date.now()))
      logger.warn({ provider: id }, warning);
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
      refresher: config.refresher,
      production: config.production,
      rateLimit: config.rateLimit,
      ...(config.metricsToken ? { metricsToken: config.metricsToken } : {}),
      wholeProcess: true,
      logger,
      ...(sandboxOrigin ? { sandboxOrigin } : {}),
      readiness: {
        // Asked over a connection that is open already; new ones are not taken any more.
        process: () => (stopping ? Promise.reject(new Error('told to stop')) : Promise.resolve()),
        ...(sandbox && sandboxOrigin ? { sandbox: () => answers(`${sandboxOrigin}/healthz`) } : {}),
      },
    });
    closers.add(() => latchkey.close());
    door.open(latchkey.router);
    stopOnSignal(close);
    print(`Latchkey: ${config.baseUrl}`);
    if (sandboxOrigin) print(`Sandbox:  ${sandboxOrigin} (no real account is involved)`);
    if (latchkey.operatorCode) {
      print(`Operator: ${config.baseUrl}/operator (once signed in, enter ${latchkey.operatorCode} there, valid once)`);
    }
    return { url: config.baseUrl, close };
  } catch (error) {
    // What failed first is what helps; trouble with closing is in the log.
    await close().catch(() => undefined);
    throw error;
  }
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
    await sandbox.close().catch((failure) => log.error({ error: failure }, 'the sandbox could not be closed'));
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
