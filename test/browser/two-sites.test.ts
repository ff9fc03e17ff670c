/**
 * The app on localhost and the sandbox on 127.0.0.1 are two sites to a browser, as the app and a real provider are: cookies that are too
 * strict, and a content policy that stops a redirect after a form, show here and nowhere else.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { aimAtSandbox, builtInDefinitions, defineProvider } from '../../src/providers/index.js';
import { createSandbox, type Sandbox } from '../../src/sandbox/index.js';
import { complaintsOf, launchChromium } from '../support/chromium.js';
import { type AppProcess, freePort, startProcess } from '../support/process.js';

const PATIENCE = 90_000;
const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-sites-'));
let browser: Browser;
let sandbox: Sandbox;
let hop: Server;
let app: AppProcess;

/** As the sandbox knows it; the app is told the same with the addresses where it really answers. */
const twoOrigins = {
  id: 'two-origins',
  name: 'Two Origins',
  protocol: 'oauth2',
  signIn: true,
  authorize: { url: 'https://login.example/authorize' },
  token: { url: 'https://api.example/token', clientAuth: 'post' },
  scopes: { signIn: ['read'], connect: ['read'] },
  pkce: 'supported',
  profile: { url: 'https://api.example/me', subject: 'id', username: 'login' },
  api: { baseUrls: ['https://api.example'] },
};

beforeAll(async () => {
  const definitions = [...builtInDefinitions, defineProvider(twoOrigins)];
  sandbox = await createSandbox({ definitions, dataDir: join(dataDir, 'sandbox') });
  const { port } = await sandbox.listen(0, '127.0.0.1');
  const sandboxUrl = `http://127.0.0.1:${port}`;
  // Its authorization address is on one origin and its log-in page on another, as when x.com sends people on.
  hop = createServer((req, res) => {
    const { search } = new URL(req.url ?? '', 'http://hop');
    res.writeHead(302, { location: `${sandboxUrl}/login.example/authorize${search}` }).end();
  });
  await new Promise<void>((resolve) => hop.listen(0, '127.0.0.1', resolve));
  const real = {
    ...aimAtSandbox(defineProvider(twoOrigins), sandboxUrl),
    authorize: { url: `http://localhost:${(hop.address() as AddressInfo).port}/authorize` },
  };
  writeFileSync(join(dataDir, 'two-origins.json'), JSON.stringify(real));
  app = await startProcess({
    PORT: await freePort(),
    DATA_DIR: dataDir,
    PROVIDERS_DIR: dataDir,
    SANDBOX: 'on',
    SANDBOX_URL: sandboxUrl,
    TWO_ORIGINS_CLIENT_ID: 'sandbox-two-origins',
    TWO_ORIGINS_CLIENT_SECRET: 'sandbox-secret',
  });
  browser = await launchChromium();
}, PATIENCE);
afterAll(async () => {
  await browser?.close();
  await app?.stop('SIGKILL');
  hop?.close();
  await sandbox?.close();
  rmSync(dataDir, { recursive: true, force: true });
}, PATIENCE);

test.each([
  ['OAuth 1.0a', 'Sign in with X (Twitter)'],
  ['OAuth 2', 'Sign in with GitHub'],
  ['OpenID Connect', 'Sign in with Google'],
])(
  '%s works across sites: the cookies of the flow and of the session come along',
  async (_protocol, button) => {
    const context = await browser.newContext();
    const complaints = complaintsOf(context);
    const page = await context.newPage();
    await page.goto(app.url);
    await page.getByRole('button', { name: button }).click();
    await page.getByRole('button', { name: /allow/i }).click();
    await page.getByRole('button', { name: 'Create a new account' }).click();
    await page.getByRole('heading', { level: 1, name: 'Your connections' }).waitFor();
    await page.getByRole('button', { name: 'Connect Fitbit (Google Health)' }).click();
    await page.getByRole('button', { name: /allow/i }).click();
    await page.getByRole('heading', { level: 1, name: 'Fitbit (Google Health)' }).waitFor();
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await page.getByRole('heading', { level: 1, name: 'Your connections' }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  },
  PATIENCE,
);

test(
  'a provider that sends people on to a second origin is reached: form-action lets the whole chain through',
  async () => {
    const context = await browser.newContext();
    const complaints = complaintsOf(context);
    const page = await context.newPage();
    await page.goto(app.url);
    await page.getByRole('button', { name: 'Sign in with Two Origins' }).click();
    expect(new URL(page.url()).hostname).toBe('127.0.0.1');
    await page.getByRole('button', { name: /allow/i }).click();
    await page.getByRole('heading', { level: 1, name: 'Welcome' }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  },
  PATIENCE,
);
