/** Refreshes that are interrupted in earnest: two app processes on one PostgreSQL, one of them killed or frozen in the middle of a token call. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { builtInDefinitions } from '../../src/providers/index.js';
import { createSandbox, type Sandbox } from '../../src/sandbox/index.js';
import { answerConsent, type SandboxControl, sandboxControl } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { freshDatabase } from '../support/database.js';
import { type AppProcess, freePort, startProcess } from '../support/process.js';
import { until } from '../support/until.js';

const PATIENCE = 120_000;
/** A lease of 15 s, a sweep every 5 s, and a slow machine. */
const TAKE_OVER_MS = 45_000;
const TOKEN = '/api.fitbit.com/oauth2/token';

const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-refresh-'));
let fresh: Awaited<ReturnType<typeof freshDatabase>>;
let client: Client;
let sandbox: Sandbox;
let control: SandboxControl;
let start: () => Promise<AppProcess>;
let running: AppProcess[] = [];
let people = 0;

beforeAll(async () => {
  fresh = await freshDatabase(process.env.TEST_DATABASE_URL ?? '');
  client = new Client({ connectionString: fresh.url });
  await client.connect();
  sandbox = await createSandbox({ definitions: builtInDefinitions, dataDir: join(dataDir, 'sandbox') });
  const { origin } = await sandbox.listen(0, '127.0.0.1');
  control = sandboxControl(origin);
  const baseUrl = `http://localhost:${await freePort()}`;
  start = async () => {
    const instance = await startProcess({
      PORT: await freePort(),
      BASE_URL: baseUrl,
      DATABASE_URL: fresh.url,
      DATA_DIR: dataDir,
      SANDBOX_URL: origin,
      SESSION_SECRET: 'two instances share this secret between them',
      VAULT_KEYS: `k1:${Buffer.alloc(32, 9).toString('base64')}`,
      // Every token call here is one that the test has asked for.
      REFRESHER: 'off',
    });
    running.push(instance);
    return instance;
  };
}, PATIENCE);
afterEach(async () => {
  await Promise.all(running.map((instance) => instance.stop('SIGKILL')));
  running = [];
});
afterAll(async () => {
  await sandbox.close();
  await client.end();
  await fresh.drop();
  rmSync(dataDir, { recursive: true, force: true });
}, PATIENCE);

interface Person {
  readonly browser: Browser;
  /** The Fitbit connection. */
  readonly id: string;
}

/** Somebody new with a Fitbit connection whose token has expired. */
async function expiredConnection(at: AppProcess): Promise<Person> {
  const subject = `7${String(++people).padStart(5, '0')}`;
  const browser = new Browser(at.url);
  const callback = async (path: string) => {
    const { location } = await browser.post(path);
    const url = new URL(await answerConsent(location, 'allow'));
    return await browser.get(url.pathname + url.search);
  };
  await control.user({ provider: 'twitter', subject });
  await callback('/auth/twitter');
  await browser.post('/welcome', { decision: 'create' });
  await control.user({ provider: 'fitbit', subject: `FB${subject}` });
  const { location } = await callback('/connect/fitbit');
  const id = location?.split('/').at(-1) ?? '';
  await client.query(
    `UPDATE "Connection" SET "expiresAt" = now() - interval '1 hour', "refreshAt" = now() - interval '1 hour' WHERE id = $1`,
    [id],
  );
  return { browser, id };
}

async function row(
  id: string,
): Promise<{ status: string; reason: string | null; generation: number; attempt: boolean }> {
  const { rows } = await client.query(
    `SELECT status::text, reason, generation, "attemptId" IS NOT NULL AS attempt FROM "Connection" WHERE id = $1`,
    [id],
  );
  return rows[0];
}

const shown = (id: string) => `data-connection="${id}" data-provider="fitbit" data-status="active"`;

/** The refresh tokens that were sent, oldest first. */
const tokenCalls = async () =>
  (await control.calls(TOKEN)).flatMap((call) => new URLSearchParams(call.body).get('refresh_token') ?? []);

/** The provider has committed the rotation, its answer is on the way, and the process that asked for it is gone. */
async function killedInTheMiddle(graceMs: number): Promise<Person & { readonly survivor: AppProcess }> {
  await control.behaviour({ rotateRefreshTokens: true, reuseKillsFamily: true, graceMs });
  const [doomed, survivor] = [await start(), await start()];
  const person = await expiredConnection(doomed);
  await control.reset();
  await control.hold(TOKEN);
  const lost = person.browser.get(`/connections/${person.id}`).catch(() => undefined);
  await until(async () => (await tokenCalls()).length === 1);
  await doomed.stop('SIGKILL');
  await control.release(TOKEN);
  await lost;
  expect(await row(person.id)).toMatchObject({ attempt: true, generation: 1 });
  return { ...person, survivor };
}

test(
  'sec-S10: kill -9 in the middle of a refresh: with a grace window another process replays it, and nothing is lost',
  async () => {
    const { id, browser, survivor } = await killedInTheMiddle(60_000);
    await until(async () => (await row(id)).generation === 2, TAKE_OVER_MS);
    expect(await row(id)).toEqual({ status: 'active', reason: null, generation: 2, attempt: false });
    const [first, second, ...more] = await tokenCalls();
    expect(second).toBe(first);
    expect(more).toEqual([]);
    expect((await browser.clone(survivor.url).get('/')).text).toContain(shown(id));
  },
  PATIENCE,
);

test(
  'sec-S10: without one exactly this connection has to be connected again, and says that it was interrupted',
  async () => {
    const { id, browser, survivor } = await killedInTheMiddle(0);
    await until(async () => (await row(id)).status === 'reconnect_required', TAKE_OVER_MS);
    expect(await row(id)).toMatchObject({ reason: 'interrupted', generation: 1, attempt: false });
    expect(await tokenCalls()).toHaveLength(2);
    const other = await expiredConnection(survivor);
    const page = await other.browser.get(`/connections/${other.id}`);
    expect([page.status, (await row(other.id)).generation]).toEqual([200, 2]);
    // The person is still signed in, and nothing is tried again and again.
    expect((await browser.clone(survivor.url).get(`/connections/${id}`)).status).toBe(200);
    expect(await tokenCalls()).toHaveLength(3);
  },
  PATIENCE,
);

test(
  'sec-S11: a process that was frozen in the middle finds newer tokens when it wakes, and leaves them alone',
  async () => {
    await control.behaviour({ rotateRefreshTokens: true, reuseKillsFamily: true, graceMs: 60_000 });
    const [frozen, other] = [await start(), await start()];
    const { id, browser } = await expiredConnection(frozen);
    await control.reset();
    await control.hold(TOKEN);
    const late = browser.get(`/connections/${id}`);
    await until(async () => (await tokenCalls()).length === 1);
    process.kill(frozen.pid, 'SIGSTOP');
    await control.release(TOKEN);
    await until(async () => (await row(id)).generation === 2, TAKE_OVER_MS);
    const stored = await client.query('SELECT credentials FROM "Connection" WHERE id = $1', [id]);
    process.kill(frozen.pid, 'SIGCONT');
    expect((await late).status).toBe(200);
    expect(await row(id)).toEqual({ status: 'active', reason: null, generation: 2, attempt: false });
    expect((await client.query('SELECT credentials FROM "Connection" WHERE id = $1', [id])).rows).toEqual(stored.rows);
    expect(await tokenCalls()).toHaveLength(2);
    for (const at of [frozen, other]) {
      expect((await browser.clone(at.url).get('/')).text).toContain(shown(id));
    }
  },
  PATIENCE,
);
