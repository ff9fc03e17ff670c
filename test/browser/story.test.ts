/** The story as a person sees it, in Chromium against the built app as its own process, with a restart and a kill -9 in the middle. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { complaintsOf, launchChromium } from '../support/chromium.js';
import { type AppProcess, freePort, startProcess } from '../support/process.js';

/** Starts of real processes and a real browser; ms. */
const PATIENCE = 120_000;

let browser: Browser;
let dataDir: string;
let environment: { PORT: string; SANDBOX_PORT: string; DATA_DIR: string };
let app: AppProcess;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'latchkey-story-'));
  environment = { PORT: await freePort(), SANDBOX_PORT: await freePort(), DATA_DIR: dataDir };
  browser = await launchChromium();
  app = await startProcess(environment);
}, PATIENCE);
afterAll(async () => {
  await browser?.close();
  await app?.stop('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
});

async function expectHeading(page: Page, text: string | RegExp): Promise<void> {
  await page.getByRole('heading', { level: 1, name: text }).waitFor();
}

test(
  'sign in with X, restart, connect Fitbit, kill -9: it still works',
  async () => {
    const context = await browser.newContext();
    const complaints = complaintsOf(context);
    const page = await context.newPage();
    await page.goto(app.url);
    await page.getByRole('button', { name: 'Sign in with X (Twitter)' }).click();
    expect(new URL(page.url()).port).toBe(environment.SANDBOX_PORT);
    await page.getByRole('button', { name: /allow/i }).click();
    await expectHeading(page, 'Welcome');
    await page.getByRole('button', { name: 'Create a new account' }).click();
    await expectHeading(page, 'Your connections');
    expect(page.url()).toBe(`${app.url}/`);
    await page.locator('[data-provider="twitter"][data-status="active"]').waitFor();

    expect(await app.stop('SIGTERM')).toBe(0);
    app = await startProcess(environment);
    await page.reload();
    await expectHeading(page, 'Your connections');

    await page.getByRole('button', { name: 'Connect Fitbit (Google Health)' }).click();
    await page.getByRole('button', { name: /allow/i }).click();
    await expectHeading(page, 'Fitbit (Google Health)');
    const steps = page.locator('section.reading', { has: page.getByRole('heading', { name: 'Steps' }) });
    const summary = steps.getByText('a day on average');
    const seen = await summary.innerText();
    await steps.getByText('As a table').click();
    expect(await steps.getByRole('row').count()).toBeGreaterThan(5);

    // Shown as connected, so it must survive the worst: no drain, no goodbye.
    expect(await app.stop('SIGKILL')).toBe('SIGKILL');
    app = await startProcess(environment);
    await page.reload();
    await expectHeading(page, 'Fitbit (Google Health)');
    expect(await summary.innerText()).toBe(seen);

    await page.getByRole('button', { name: 'Disconnect' }).click();
    await expectHeading(page, 'Your connections');
    await page.getByText('the access was withdrawn there').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are signed out.').waitFor();
    expect(complaints).toEqual([]);
  },
  PATIENCE,
);

test('saying no leads to a friendly page, and the buttons work again', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(app.url);
  await page.getByRole('button', { name: 'Sign in with GitHub' }).click();
  await page.getByRole('button', { name: /deny|no/i }).click();
  await expectHeading(page, 'You said no, and that is fine');
  await page.getByRole('link', { name: 'To the first page' }).click();
  await page.getByRole('button', { name: 'Sign in with GitHub' }).click();
  await page.getByRole('button', { name: /allow/i }).click();
  await expectHeading(page, 'Welcome');
});

test('Back after sign-in and after sign-out shows nothing private and breaks nothing', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(app.url);
  await page.getByRole('button', { name: 'Sign in with Google' }).click();
  await page.getByRole('button', { name: /allow/i }).click();
  await page.getByRole('button', { name: 'Create a new account' }).click();
  await expectHeading(page, 'Your connections');
  await page.goBack();
  await page.goto(`${app.url}/`);
  await expectHeading(page, 'Your connections');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('You are signed out.').waitFor();
  await page.goBack();
  expect(await page.getByText('Your connections').count()).toBe(0);
});
