/**
 * The harness of security.md section 0: real processes of the built app on a real PostgreSQL, in development mode, or in production mode behind
 * a TLS-terminating proxy. One sandbox stands for all providers; production, which has no sandbox, reaches it by definitions of its own.
 *
 *   const site = await startSite({ mode: 'production', instances: 2 });
 *   const browser = site.browser();
 *   await site.signIn(browser, 'somebody');
 *   expect(await site.control.calls(site.path('oauth2', 'token'))).toHaveLength(1);
 *
 * Needs TEST_DATABASE_URL and dist/.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { builtInDefinitions, loadDefinitions } from '../../src/providers/index.js';
import { createSandbox } from '../../src/sandbox/index.js';
import { answerConsent, type SandboxControl, sandboxControl } from '../support/app.js';
import { Browser, type Page } from '../support/browser.js';
import { freshDatabase } from '../support/database.js';
import { type AppProcess, freePort, startProcess } from '../support/process.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { definitionsAt, type FakeProtocol, fakeIds, fakePath } from './fake-providers.js';
import { startTlsProxy } from './tls-proxy.js';

export type Mode = 'development' | 'production';
export const modes: readonly Mode[] = ['development', 'production'];

export interface SiteOptions {
  readonly mode: Mode;
  /** Default 1. */
  readonly instances?: number;
  /** On top of what the mode needs. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Site {
  readonly mode: Mode;
  /** Where people reach it: the first instance itself, or the proxy. */
  readonly url: string;
  readonly instances: readonly AppProcess[];
  /** What every instance was started with, but PORT. */
  readonly environment: Readonly<Record<string, string>>;
  readonly control: SandboxControl;
  readonly sandboxUrl: string;
  /** Stands between the app and its database, to be cut and stalled; `sql` goes around it. */
  readonly databaseProxy: TcpProxy;
  /** Stands between the app and its providers; `control` goes around it. */
  readonly providerProxy: TcpProxy;
  /** Must never be connected to. */
  readonly evil: { readonly url: string; connections(): number };
  sql(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** Of somebody at an address of their own; the app learns of it behind the proxy only. */
  browser(address?: string): Browser;
  /** Start, consent, callback; gives the callback's answer. */
  flow(browser: Browser, start: string, fields?: Record<string, string>): Promise<Page>;
  consent(authorizationUrl: string | undefined, decision?: 'allow' | 'deny'): Promise<string>;
  /** Signs in at a fake provider (`mallow` OAuth 1, `nettle` OAuth 2, `osier` OpenID Connect), creating the account when it is new. */
  signIn(browser: Browser, subject: string, provider?: string): Promise<void>;
  /** A path on the sandbox's origin, for `control.calls`, `next` and `hold`. */
  path(protocol: FakeProtocol, endpoint: 'token' | 'profile' | 'revoke' | 'authorize' | 'temporary'): string;
  /** One more instance; people reach it through the proxy, in turn, or at its own address. */
  startInstance(environment?: Readonly<Record<string, string>>): Promise<AppProcess>;
  /** Stops one; the proxy sends nobody there any more from before that on. @returns its exit code, or the signal that ended it */
  stopInstance(instance: AppProcess, signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
  /** Everything that the instances wrote so far. */
  output(): string;
  close(): Promise<void>;
}

export async function startSite(options: SiteOptions): Promise<Site> {
  const closers: Closers = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return await assemble(options, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

type Closers = (() => Promise<unknown>)[];

async function assemble(
  { mode, instances = 1, environment = {} }: SiteOptions,
  closers: Closers,
  close: () => Promise<void>,
): Promise<Site> {
  const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-security-'));
  closers.push(async () => rmSync(dataDir, { recursive: true, force: true }));
  const database = await freshDatabase(process.env.TEST_DATABASE_URL ?? '');
  closers.push(() => database.drop());
  const databaseProxy = await startTcpProxy(hostAndPort(database.url));
  closers.push(() => databaseProxy.close());
  const fakesUrl = await startFakes(dataDir, closers);
  const providerProxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(fakesUrl).port) });
  closers.push(() => providerProxy.close());
  const sandboxUrl = `http://localhost:${providerProxy.port}`;
  const tls = mode === 'production' ? await startTlsProxy() : undefined;
  if (tls) closers.push(() => tls.close());
  const evil = await startEvil(closers);
  const firstPort = await freePort();
  const url = tls?.url ?? `http://localhost:${firstPort}`;
  const shared: Record<string, string> = {
    BASE_URL: url,
    DATABASE_URL: throughProxy(database.url, databaseProxy.port),
    DATA_DIR: dataDir,
    PROVIDERS_DIR: definitionsFor(mode, dataDir, sandboxUrl),
    SESSION_SECRET: randomBytes(36).toString('base64'),
    VAULT_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    LOG_LEVEL: 'trace',
    ...(tls ? { ...clientsInProduction(), NODE_ENV: 'production', TRUST_PROXY: '1', HOST: '127.0.0.1' } : {}),
    ...(tls ? {} : { SANDBOX_URL: sandboxUrl, RATE_LIMIT: 'off' }),
    ...environment,
  };
  const running: AppProcess[] = [];
  closers.push(() => Promise.all(running.map((instance) => instance.stop('SIGKILL'))));
  let visitors = 1;
  const serving: AppProcess[] = [];
  const aim = () => tls?.aim(serving.map((one) => Number(new URL(one.url).port)));
  const startInstance = async (more: Readonly<Record<string, string>> = {}, port?: string) => {
    const instance = await startProcess({ ...shared, ...more, PORT: port ?? (await freePort()) });
    running.push(instance);
    serving.push(instance);
    aim();
    return instance;
  };
  for (let count = 0; count < instances; count++) await startInstance({}, count === 0 ? firstPort : undefined);
  const control = sandboxControl(fakesUrl);
  const client = new pg.Pool({ connectionString: database.url, max: 2 });
  client.on('error', () => undefined);
  closers.push(() => client.end());
  const flow = async (browser: Browser, start: string, fields: Record<string, string> = {}) => {
    const started = await browser.post(start, fields);
    return await browser.get(await answerConsent(started.location, 'allow'));
  };
  return {
    mode,
    url,
    instances: running,
    environment: shared,
    control,
    sandboxUrl,
    databaseProxy,
    providerProxy,
    evil,
    sql: async (text, values = []) => (await client.query(text, [...values])).rows,
    browser: (address = `198.18.${visitors >> 8}.${visitors++ & 255}`) => new Browser(url, tls?.fetchFrom(address)),
    flow,
    consent: (authorizationUrl, decision = 'allow') => answerConsent(authorizationUrl, decision),
    async signIn(browser, subject, provider = fakeIds.oauth2) {
      await control.user({ provider, subject });
      const page = await flow(browser, `/auth/${provider}`);
      if (page.location?.endsWith('/welcome')) await browser.post('/welcome', { decision: 'create' });
    },
    path: fakePath,
    startInstance: (more) => startInstance(more),
    stopInstance: async (instance, signal) => {
      serving.splice(serving.indexOf(instance) >>> 0, 1);
      aim();
      return await instance.stop(signal);
    },
    output: () => running.map((instance) => instance.output()).join(''),
    close,
  };
}

/** Bytes of one's own choosing on a connection of one's own; everything that comes back until it is closed, or nothing came for a while. */
export function onTheWire(port: number, text: string, { quietMs = 3_000 } = {}): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'));
    socket.setTimeout(quietMs, () => socket.destroy());
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

async function startFakes(dataDir: string, closers: Closers): Promise<string> {
  const directory = join(dataDir, 'fakes');
  writeDefinitions(directory, 'https:/');
  const { definitions } = loadDefinitions(directory);
  const sandbox = await createSandbox({
    definitions: [...builtInDefinitions, ...definitions],
    dataDir: join(dataDir, 'sandbox'),
  });
  closers.push(() => sandbox.close());
  return (await sandbox.listen(0, '127.0.0.1')).origin.replace('127.0.0.1', 'localhost');
}

/** In development the sandbox stands in for `https://…`; in production the definitions name it themselves, on loopback. */
function definitionsFor(mode: Mode, dataDir: string, sandboxUrl: string): string {
  const directory = join(dataDir, 'providers');
  writeDefinitions(directory, mode === 'production' ? sandboxUrl : 'https:/');
  return directory;
}

function writeDefinitions(directory: string, origin: string): void {
  mkdirSync(directory, { recursive: true });
  for (const one of definitionsAt(origin)) writeFileSync(join(directory, `${one.id}.json`), JSON.stringify(one));
}

function clientsInProduction(): Record<string, string> {
  const entries = Object.values(fakeIds).flatMap((id) => [
    [`${id.toUpperCase()}_CLIENT_ID`, `sandbox-${id}`],
    [`${id.toUpperCase()}_CLIENT_SECRET`, 'sandbox-secret'],
  ]);
  return Object.fromEntries(entries);
}

async function startEvil(closers: Closers): Promise<Site['evil']> {
  let seen = 0;
  const server = createServer((_req, res) => void res.end());
  server.on('connection', () => {
    seen++;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => seen };
}

function hostAndPort(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port || 5432) };
}

function throughProxy(url: string, port: number): string {
  const proxied = new URL(url);
  proxied.host = `127.0.0.1:${port}`;
  return proxied.href;
}
