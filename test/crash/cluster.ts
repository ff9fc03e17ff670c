/**
 * Several app processes on one PostgreSQL and one sandbox, with everything between them that can be cut: a TCP proxy before the database and a
 * recorder before the sandbox for each process. One person owns all connections, so that every process can be asked for each of them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { builtInDefinitions } from '../../src/providers/index.js';
import { createSandbox } from '../../src/sandbox/index.js';
import { answerConsent, type SandboxControl, sandboxControl } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { freshDatabase } from '../support/database.js';
import { type AppProcess, freePort, startProcess } from '../support/process.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { type Recorder, Recording, startRecorder } from './recorder.js';

const MOST_STARTS = 5;
export const TOKEN_PATH = '/api.fitbit.com/oauth2/token';

export interface Node {
  readonly index: number;
  readonly url: string;
  readonly database: TcpProxy;
  readonly recorder: Recorder;
  /** False while it is killed or frozen. */
  up: boolean;
  kill(): Promise<void>;
  start(): Promise<void>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
}

export interface ConnectionRow {
  readonly id: string;
  readonly subject: string;
  readonly status: string;
  readonly reason: string | null;
  readonly generation: number;
}

export interface Cluster {
  readonly nodes: readonly Node[];
  readonly control: SandboxControl;
  readonly recording: Recording;
  /** Where all the processes keep their files. */
  readonly dataDir: string;
  /** What all processes wrote, those that were killed too. */
  output(): string;
  /** Gives the person `count` Fitbit accounts. */
  connect(count: number): Promise<void>;
  /** Grants one account again, as the person would by one click. */
  reconnect(subject: string): Promise<void>;
  /** Opens a connection's page on a process, which calls the provider. @returns its status, 0 when the process did not answer */
  call(node: Node, connectionId: string): Promise<number>;
  rows(): Promise<ConnectionRow[]>;
  sql(text: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export interface ClusterOptions {
  readonly size: number;
  /** A server with the right to create databases. */
  readonly databaseUrl: string;
  readonly accessTokenTtl: number;
  readonly graceMs: number;
}

export async function startCluster({ size, databaseUrl, accessTokenTtl, graceMs }: ClusterOptions): Promise<Cluster> {
  const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-crash-'));
  const database = await freshDatabase(databaseUrl);
  const sandbox = await createSandbox({ definitions: builtInDefinitions, dataDir: join(dataDir, 'sandbox') });
  const { origin } = await sandbox.listen(0, '127.0.0.1');
  const control = sandboxControl(origin);
  await control.behaviour({ rotateRefreshTokens: true, reuseKillsFamily: true, accessTokenTtl, graceMs });
  const recording = new Recording();
  const outputs: (() => string)[] = [];
  const ports = await Promise.all(Array.from({ length: size }, () => freePort()));
  const baseUrl = `http://localhost:${ports[0]}`;
  const nodes = await Promise.all(
    ports.map(async (port, index) => {
      const server = new URL(database.url);
      const proxy = await startTcpProxy({ host: server.hostname, port: Number(server.port) });
      server.port = String(proxy.port);
      const recorder = await startRecorder(index, origin, recording);
      const environment = {
        PORT: port,
        BASE_URL: baseUrl,
        DATABASE_URL: server.href,
        DATA_DIR: join(dataDir, `app-${index}`),
        SANDBOX_URL: recorder.origin,
        SESSION_SECRET: 'the crash tests share this secret among all of their processes',
        VAULT_KEYS: `crash:${Buffer.alloc(32, 5).toString('base64')}`,
        RATE_LIMIT: 'off',
      };
      return node(index, `http://localhost:${port}`, proxy, recorder, environment, (process) =>
        outputs.push(() => process.output()),
      );
    }),
  );
  await nodes[0]?.start();
  await Promise.all(nodes.slice(1).map((one) => one.start()));

  const pool = new pg.Pool({ connectionString: database.url, max: 2 });
  pool.on('error', () => undefined);
  const person = new Browser(baseUrl);
  await control.user({ provider: 'twitter', subject: '700700' });
  const started = await person.post('/auth/twitter');
  await person.get(await answerConsent(started.location, 'allow'));
  await person.post('/welcome', { decision: 'create' });

  const reconnect = async (subject: string): Promise<void> => {
    await control.user({ provider: 'fitbit', subject });
    const living = nodes.find((one) => one.up)?.url ?? baseUrl;
    const browser = person.clone(living);
    const start = await browser.post('/connect/fitbit');
    const callback = new URL(await answerConsent(start.location, 'allow'));
    recording.secrets.add(callback.searchParams.get('code') ?? '');
    const done = await browser.get(callback.pathname + callback.search);
    if (done.status !== 303)
      throw new Error(`Connecting ${subject} answered ${done.status}:\n${done.text.slice(0, 800)}`);
    recording.granted(subject);
  };

  return {
    nodes,
    control,
    recording,
    dataDir,
    output: () => outputs.map((text) => text()).join('\n'),
    async connect(count) {
      for (let number = 0; number < count; number++) await reconnect(`CRASH${number}`);
    },
    reconnect,
    async call(one, connectionId) {
      try {
        const page = await person
          .clone(one.url)
          .request(`/connections/${connectionId}`, { signal: AbortSignal.timeout(30_000) });
        return page.status;
      } catch {
        return 0;
      }
    },
    rows: async () =>
      (
        await pool.query<ConnectionRow>(
          `SELECT id, subject, status::text, reason, generation FROM "Connection" WHERE provider = 'fitbit' ORDER BY subject`,
        )
      ).rows,
    sql: async (text) => (await pool.query(text)).rows,
    async close() {
      await pool.end();
      await Promise.all(nodes.map((one) => one.kill()));
      await Promise.all(nodes.flatMap((one) => [one.database.close(), one.recorder.close()]));
      await sandbox.close();
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function node(
  index: number,
  url: string,
  database: TcpProxy,
  recorder: Recorder,
  environment: Record<string, string> & { PORT: string },
  onStart: (process: AppProcess) => void,
): Node {
  let process: AppProcess | undefined;
  const self: Node = {
    index,
    url,
    database,
    recorder,
    up: false,
    async kill() {
      self.up = false;
      await process?.stop('SIGKILL');
      process = undefined;
    },
    async start() {
      process = await supervised(() => startProcess(environment));
      onStart(process);
      self.up = true;
    },
    signal(signal) {
      if (process) globalThis.process.kill(process.pid, signal);
      self.up = signal === 'SIGCONT';
    },
  };
  return self;
}

/** As a supervisor does: a process that does not come up, because its database does not answer on a busy machine, is started again. */
async function supervised<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start();
    } catch (error) {
      if (attempt === MOST_STARTS) throw error;
    }
  }
}
