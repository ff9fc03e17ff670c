/** The whole app on a test database with a sandbox of its own, both listening on free loopback ports. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import type { Database } from '../../src/db/index.js';
import { builtInDefinitions } from '../../src/providers/index.js';
import { createSandbox } from '../../src/sandbox/index.js';
import { createLatchkey, type Latchkey, type LatchkeyOptions } from '../../src/web/latchkey.js';
import { Browser, type Page } from './browser.js';
import { testDatabase } from './database.js';
import { answerConsent, type SandboxControl, sandboxControl } from './sandbox-control.js';

export { answerConsent, type RecordedCall, type SandboxControl, sandboxControl } from './sandbox-control.js';

export interface TestApp {
  readonly url: string;
  readonly sandboxUrl: string;
  readonly database: Database;
  readonly latchkey: Latchkey;
  browser(): Browser;
  control: SandboxControl;
  /** The provider's consent page is answered; gives the callback URL. */
  consent(authorizationUrl: string | undefined, decision?: 'allow' | 'deny'): Promise<string>;
  /** Start, consent, callback; gives the callback's answer. */
  flow(browser: Browser, start: string, fields?: Record<string, string>): Promise<Page>;
  /** Signs in as somebody at X, creating the account when it is new. */
  signIn(browser: Browser, subject: string, provider?: string): Promise<void>;
  /** The same people and connections, answered by another instance of the app with settings of its own. */
  secondInstance(options?: Partial<LatchkeyOptions>): Promise<Instance>;
  /** Empties the database. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export interface Instance {
  readonly url: string;
  readonly latchkey: Latchkey;
  close(): Promise<void>;
}

export const TEST_VAULT_KEYS = `test:${Buffer.alloc(32, 7).toString('base64')}`;
export const TEST_SESSION_SECRET = 'a session secret that only these tests know';

export async function startApp(options: Partial<LatchkeyOptions> = {}): Promise<TestApp> {
  const { database, reset, close: closeDatabase } = await testDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-test-'));
  const definitions = [...builtInDefinitions, ...(options.definitions ?? [])];
  const sandbox = await createSandbox({ definitions, dataDir: join(dataDir, 'sandbox') });
  const { origin: sandboxUrl } = await sandbox.listen(0, '127.0.0.1');
  const settings = {
    database,
    sessionSecrets: [TEST_SESSION_SECRET],
    vaultKeys: TEST_VAULT_KEYS,
    sandboxOrigin: sandboxUrl,
    // A suite asks more often than any person; those about the limits switch them on.
    rateLimit: false,
    // Suites change rows behind the app's back and look at once.
    readAgainAfterMs: 0,
    ...options,
  };
  const first = await startInstance(settings);
  const instances = [first];
  const { url, latchkey } = first;
  const control = sandboxControl(sandboxUrl);
  const consent = (authorizationUrl: string | undefined, decision: 'allow' | 'deny' = 'allow') =>
    answerConsent(authorizationUrl, decision);
  const flow = async (browser: Browser, start: string, fields: Record<string, string> = {}) => {
    const started = await browser.post(start, fields);
    return await browser.get(await consent(started.location));
  };
  return {
    url,
    sandboxUrl,
    database,
    latchkey,
    browser: () => new Browser(url),
    control,
    consent,
    flow,
    async signIn(browser, subject, provider = 'twitter') {
      await control.user({ provider, subject });
      const page = await flow(browser, `/auth/${provider}`);
      if (page.location?.endsWith('/welcome')) await browser.post('/welcome', { decision: 'create' });
    },
    async secondInstance(more = {}) {
      // Providers know one callback address: that of the first.
      const instance = await startInstance({ ...settings, baseUrl: url, ...more });
      instances.push(instance);
      return instance;
    },
    reset,
    async close() {
      for (const instance of instances) await instance.close();
      await sandbox.close();
      await closeDatabase();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function startInstance(options: Omit<LatchkeyOptions, 'baseUrl'> & { baseUrl?: string }): Promise<Instance> {
  const app = express();
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  const latchkey = await createLatchkey({ baseUrl: url, ...options });
  app.use(latchkey.router);
  let closed: Promise<void> | undefined;
  return {
    url,
    latchkey,
    close() {
      closed ??= (async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
        await latchkey.close();
      })();
      return closed;
    },
  };
}
