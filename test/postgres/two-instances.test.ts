/** Two app processes that start at once on one empty PostgreSQL and share one sandbox: any of them may answer any request. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { builtInDefinitions } from '../../src/providers/index.js';
import { createSandbox, type Sandbox } from '../../src/sandbox/index.js';
import { answerConsent, sandboxControl } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { type AppProcess, freePort, runToEnd, startProcess } from '../support/process.js';

const PATIENCE = 90_000;
const secrets = {
  SESSION_SECRET: 'two instances share this secret between them',
  VAULT_KEYS: `k1:${Buffer.alloc(32, 9).toString('base64')}`,
};
const server = process.env.TEST_DATABASE_URL ?? '';
const name = `latchkey_two_${process.pid}`;
const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-two-'));
let sandbox: Sandbox;
let sandboxUrl: string;
let environment: Record<string, string>;
let instances: AppProcess[] = [];

async function sql(text: string, database = 'postgres'): Promise<Record<string, unknown>[]> {
  const url = new URL(server);
  url.pathname = `/${database}`;
  const client = new Client({ connectionString: url.href });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  await sql(`CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  sandbox = await createSandbox({ definitions: builtInDefinitions, dataDir: join(dataDir, 'sandbox') });
  sandboxUrl = (await sandbox.listen(0, '127.0.0.1')).origin;
  const ports = [await freePort(), await freePort()];
  environment = {
    ...secrets,
    DATABASE_URL: url.href,
    DATA_DIR: dataDir,
    SANDBOX_URL: sandboxUrl,
    BASE_URL: `http://localhost:${ports[0]}`,
  };
  instances = await Promise.all(ports.map((PORT) => startProcess({ ...environment, PORT })));
}, PATIENCE);
afterAll(async () => {
  await Promise.all(instances.map((instance) => instance.stop('SIGTERM')));
  await sandbox.close();
  await sql(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  rmSync(dataDir, { recursive: true, force: true });
}, PATIENCE);

/** The same person at the other instance: cookies know no ports. */
function at(browser: Browser, instance: AppProcess | undefined): Browser {
  return browser.clone(instance?.url);
}

test(
  'start on one, callback on the other, the session on both',
  async () => {
    const [first, second] = instances;
    const browser = new Browser(first?.url ?? '');
    const started = await browser.post('/auth/twitter');
    const callback = new URL(await answerConsent(started.location, 'allow'));
    const elsewhere = at(browser, second);
    const answer = await elsewhere.get(callback.pathname + callback.search);
    expect(answer.status).toBe(303);
    await at(elsewhere, first).post('/welcome', { decision: 'create' });
    expect(await sql('SELECT count(*)::int AS users FROM "User"', name)).toEqual([{ users: 1 }]);
  },
  PATIENCE,
);

test(
  'one of many callbacks over both wins; twenty parallel sign-ups with one account make one person',
  async () => {
    const control = sandboxControl(sandboxUrl);
    await control.user({ provider: 'github', subject: '424242' });
    const started = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const browser = new Browser(instances[index % 2]?.url ?? '');
        const start = await browser.post('/auth/github');
        const callback = new URL(await answerConsent(start.location, 'allow'));
        return { browser: at(browser, instances[(index + 1) % 2]), callback: callback.pathname + callback.search };
      }),
    );
    const [chosen] = started;
    const parallel = Array.from({ length: 10 }, (_, index) =>
      at(chosen?.browser ?? new Browser(''), instances[index % 2]),
    );
    const statuses = (await Promise.all(parallel.map((tab) => tab.get(chosen?.callback ?? '')))).map(
      (page) => page.status,
    );
    expect(statuses.filter((status) => status === 303)).toHaveLength(1);
    const winner = parallel[statuses.indexOf(303)];
    await Promise.all(started.slice(1).map(({ browser, callback }) => browser.get(callback)));
    const decisions = [winner, ...started.slice(1).map(({ browser }) => browser)].map((browser) =>
      browser?.post('/welcome', { decision: 'create' }),
    );
    for (const page of await Promise.all(decisions)) expect(page?.status).toBe(303);
    expect(await sql(`SELECT count(*)::int AS n FROM "Identity" WHERE subject = '424242'`, name)).toEqual([{ n: 1 }]);
    expect(await sql('SELECT count(*)::int AS users FROM "User"', name)).toEqual([{ users: 2 }]);
  },
  PATIENCE,
);

test(
  'an expired token is refreshed once, however many ask at both instances',
  async () => {
    const control = sandboxControl(sandboxUrl);
    const browser = new Browser(instances[0]?.url ?? '');
    await control.user({ provider: 'twitter', subject: '515151' });
    const start = await browser.post('/auth/twitter');
    await browser.get(await answerConsent(start.location, 'allow'));
    await browser.post('/welcome', { decision: 'create' });
    await control.user({ provider: 'fitbit', subject: 'TWOINS' });
    await control.behaviour({ reuseKillsFamily: true, rotateRefreshTokens: true });
    const connect = await browser.post('/connect/fitbit');
    const connected = await browser.get(await answerConsent(connect.location, 'allow'));
    const path = new URL(connected.location ?? '').pathname;
    await sql(
      `UPDATE "Connection" SET "expiresAt" = now() - interval '1 hour', "refreshAt" = now() - interval '1 hour' WHERE subject = 'TWOINS'`,
      name,
    );
    await control.reset();
    const pages = await Promise.all(
      Array.from({ length: 40 }, (_, index) => at(browser, instances[index % 2]).get(path)),
    );
    for (const page of pages) {
      expect(page.status).toBe(200);
      expect(page.text).not.toContain('is having trouble');
    }
    expect(await control.calls('/api.fitbit.com/oauth2/token')).toHaveLength(1);
    expect(await sql(`SELECT status::text, generation FROM "Connection" WHERE subject = 'TWOINS'`, name)).toEqual([
      { status: 'active', generation: 2 },
    ]);
  },
  PATIENCE,
);

test(
  'an instance with another vault key refuses to start and names VAULT_KEYS',
  async () => {
    const { code, output } = await runToEnd({
      ...environment,
      PORT: await freePort(),
      VAULT_KEYS: `k2:${Buffer.alloc(32, 8).toString('base64')}`,
    });
    expect(code).toBe(1);
    expect(output).toContain('VAULT_KEYS lacks the key "k1"');
  },
  PATIENCE,
);
