/** The database goes away under a running app: pages say so, nobody is signed out, nothing is lost, and it heals by itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { answerConsent, sandboxControl } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { type AppProcess, freePort, startProcess } from '../support/process.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

const PATIENCE = 90_000;
const server = new URL(process.env.TEST_DATABASE_URL ?? 'postgresql://nowhere');
const name = `latchkey_outage_${process.pid}`;
const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-outage-'));
let proxy: TcpProxy;
let app: AppProcess;
let sandboxUrl: string;

async function admin(text: string): Promise<void> {
  const client = new Client({ connectionString: server.href });
  await client.connect();
  await client.query(text);
  await client.end();
}

/** Asks until the answer is right: what heals by itself does so in its own time. */
async function eventually(check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error('It did not heal in time.');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

beforeAll(async () => {
  await admin(`CREATE DATABASE ${name}`);
  proxy = await startTcpProxy({ host: server.hostname, port: Number(server.port) });
  const url = new URL(server);
  url.hostname = '127.0.0.1';
  url.port = String(proxy.port);
  url.pathname = `/${name}`;
  const [PORT, SANDBOX_PORT] = [await freePort(), await freePort()];
  sandboxUrl = `http://localhost:${SANDBOX_PORT}`;
  app = await startProcess({ PORT, SANDBOX_PORT, DATA_DIR: dataDir, DATABASE_URL: url.href });
}, PATIENCE);
afterAll(async () => {
  await app?.stop('SIGKILL');
  await proxy?.close();
  await admin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  rmSync(dataDir, { recursive: true, force: true });
}, PATIENCE);

test(
  '503 while it is away, nobody is signed out, and it recovers by itself',
  async () => {
    const browser = new Browser(app.url);
    const start = await browser.post('/auth/twitter');
    await browser.get(await answerConsent(start.location, 'allow'));
    await browser.post('/welcome', { decision: 'create' });
    const pending = await answerConsent((await browser.post('/connect/fitbit')).location, 'allow');
    const cookies = new Map(browser.cookies);

    proxy.cut();
    const page = await browser.get('/account');
    expect(page.status).toBe(503);
    expect(page.text).toContain('We are having trouble');
    expect(page.headers.get('retry-after')).toBe('5');
    expect(browser.cookies).toEqual(cookies);
    expect((await browser.get(pending)).status).toBe(503);
    expect(await sandboxControl(sandboxUrl).calls('/api.fitbit.com/oauth2/token')).toHaveLength(0);
    expect((await browser.get('/healthz')).status).toBe(200);
    expect((await browser.get('/readyz')).status).toBe(503);
    // The first page needs no database for somebody who is not signed in, and neither does the start of an OAuth 2 flow.
    const visitor = new Browser(app.url);
    expect((await visitor.get('/')).status).toBe(200);
    expect((await visitor.post('/auth/github')).status).toBe(303);

    proxy.open();
    await eventually(async () => (await browser.get('/readyz')).status === 200);
    expect((await browser.get('/account')).status).toBe(200);
    // The flow was not spent, because nothing could be written down: it still finishes.
    expect((await browser.get(pending)).status).toBe(303);
  },
  PATIENCE,
);

test(
  'cut between the provider’s answer and ours: the connection is made when the database is back in time',
  async () => {
    const control = sandboxControl(sandboxUrl);
    const browser = new Browser(app.url);
    await control.user({ provider: 'twitter', subject: '808080' });
    await browser.get(await answerConsent((await browser.post('/auth/twitter')).location, 'allow'));
    await browser.post('/welcome', { decision: 'create' });
    const callback = await answerConsent((await browser.post('/connect/github')).location, 'allow');
    await control.hold('/api.github.com/user');
    const finishing = browser.get(callback);
    await eventually(async () => (await control.calls('/api.github.com/user')).length > 0);
    proxy.cut();
    await control.release('/api.github.com/user');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    proxy.open();
    const page = await finishing;
    expect(page.status).toBe(303);
    expect((await browser.get('/')).text).toContain('data-provider="github" data-status="active"');
  },
  PATIENCE,
);
