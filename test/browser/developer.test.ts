/** The pages for developers in Chromium: set-up, the console of a connection, the timeline of a failed attempt; as people press, type and see them. */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { startApp, type TestApp } from '../support/app.js';
import { complaintsOf, launchChromium } from '../support/chromium.js';
import { seedPerson, seedSession } from '../support/people.js';
import {
  accessibilityProblems,
  foreignRequestsOf,
  htmlProblems,
  layoutProblems,
  overflowProblems,
  watchLayout,
} from './page-checks.js';

const PATIENCE = 60_000;
const DESKTOP = { width: 1280, height: 800 };
let app: TestApp;
let browser: Browser;
let connection: string;
let cookies: ReadonlyMap<string, string>;

beforeAll(async () => {
  app = await startApp({ problems: new Map([['acme', 'ACME_ISSUER must be an https address.']]) });
  browser = await launchChromium();
  const person = app.browser();
  const id = await seedPerson(app.database, {
    name: 'Robin Developer',
    ways: [{ namespace: 'sandbox:google', subject: 'developer-1' }],
  });
  await seedSession(app.database, person, id);
  const landed = await app.flow(person, '/connect/twitter');
  connection = new URL(landed.location ?? '').pathname;
  cookies = person.cookies;
}, PATIENCE);
afterAll(async () => {
  await browser?.close();
  await app?.close();
}, PATIENCE);

/** Runs as the person, and fails when the browser complained or went elsewhere. */
async function visit(
  options: BrowserContextOptions,
  steps: (page: Page, context: BrowserContext) => Promise<void>,
  expected = /^$/,
): Promise<void> {
  const context = await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce', ...options });
  await watchLayout(context);
  await context.addCookies([...cookies].map(([name, value]) => ({ name, value, url: app.url })));
  const complaints = complaintsOf(context);
  const foreign = foreignRequestsOf(context, app.url, app.sandboxUrl);
  await steps(await context.newPage(), context);
  expect([...complaints.filter((text) => !expected.test(text)), ...foreign]).toEqual([]);
  await context.close();
}

/** Everything that can be wrong with what is on the screen now. */
async function expectWellMade(page: Page): Promise<void> {
  const problems = [
    ...(await htmlProblems(await sourceOf(page))),
    ...(await accessibilityProblems(page)),
    ...(await layoutProblems(page)),
  ];
  await page.emulateMedia({ colorScheme: 'dark' });
  problems.push(...(await accessibilityProblems(page, ['color-contrast'])));
  await page.emulateMedia({ colorScheme: 'light' });
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 844 });
    problems.push(...(await overflowProblems(page)));
  }
  problems.push(...(await accessibilityProblems(page, ['target-size', 'color-contrast'])));
  await page.setViewportSize(DESKTOP);
  await page.evaluate('document.documentElement.style.fontSize = "200%"');
  problems.push(...(await overflowProblems(page)));
  await page.evaluate('document.documentElement.style.fontSize = ""');
  expect(problems).toEqual([]);
}

const sources = new WeakMap<Page, string>();
function remember(page: Page): void {
  page.on('response', async (response) => {
    if (response.request().isNavigationRequest() && response.headers()['content-type']?.startsWith('text/html')) {
      sources.set(page, await response.text().catch(() => ''));
    }
  });
}

/** As the server sent it: what the browser makes of it hides mistakes. */
async function sourceOf(page: Page): Promise<string> {
  await page.waitForLoadState('networkidle');
  return sources.get(page) ?? '';
}

test(
  'set-up: found, opened, copied, tested',
  async () => {
    await visit({ permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
      remember(page);
      await page.goto(`${app.url}/setup`);
      await expectWellMade(page);
      await page.getByText('ACME_ISSUER must be an https address.').waitFor();
      await page.getByRole('searchbox').fill('github');
      await page.locator('summary', { hasText: 'GitHub' }).click();
      await page.getByRole('button', { name: 'Copy the callback URL of GitHub' }).click();
      await page.getByText('Copied').waitFor();
      expect(await page.evaluate('navigator.clipboard.readText()')).toBe(`${app.url}/auth/github/callback`);
      await page.getByRole('button', { name: 'Copy the variables of GitHub' }).click();
      await page.waitForFunction('navigator.clipboard.readText().then((text) => text.startsWith("GITHUB_CLIENT_ID"))');
      expect(await page.evaluate('navigator.clipboard.readText()')).toBe('GITHUB_CLIENT_ID=\nGITHUB_CLIENT_SECRET=');
      await accessibilityProblems(page).then((problems) => expect(problems).toEqual([]));
      await page.getByRole('button', { name: 'Try it in the sandbox' }).locator('visible=true').first().click();
      await page.getByRole('button', { name: /allow/i }).click();
      await page.getByRole('heading', { level: 1, name: 'GitHub' }).waitFor();
    });
  },
  PATIENCE,
);

test(
  'set-up without scripts: no button that does nothing, and a search by the server',
  async () => {
    await visit({ javaScriptEnabled: false }, async (page) => {
      await page.goto(`${app.url}/setup`);
      await page.getByRole('searchbox').fill('tumblr');
      await page.keyboard.press('Enter');
      await page.waitForURL(/find=tumblr/);
      expect(await page.locator('details').count()).toBeLessThan(4);
      expect(await page.locator('[data-copy]').locator('visible=true').count()).toBe(0);
    });
  },
  PATIENCE,
);

test(
  'console: from the connection, by keyboard, with the answer and its signature',
  async () => {
    await visit({}, async (page) => {
      remember(page);
      await page.goto(app.url + connection);
      await page.getByRole('link', { name: 'Console' }).click();
      await page.getByRole('heading', { level: 1, name: 'Console' }).waitFor();
      await expectWellMade(page);
      await page.getByRole('link', { name: 'Whose account it is' }).first().click();
      await page.getByLabel('Path').focus();
      expect(await page.getByLabel('Path').inputValue()).toMatch(/^\//);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: /^Answer/ }).waitFor();
      await page.getByRole('heading', { name: 'How this was signed' }).waitFor();
      await page.getByText('Header fields of the answer').click();
      await expectWellMade(page);
    });
  },
  PATIENCE,
);

test(
  'console: what may not be sent is said beside its field',
  async () => {
    await visit(
      {},
      async (page) => {
        remember(page);
        await page.goto(`${app.url + connection}/console?path=/me`);
        await page.getByText('Header fields and body').click();
        await page.getByLabel('Header fields', { exact: true }).first().fill('Cookie: a=b');
        await page.getByRole('button', { name: 'Send' }).click();
        await page.getByRole('alert').waitFor();
        expect(await page.getByRole('alert').textContent()).toBe('The header field Cookie cannot be set here.');
        expect(await page.getByLabel('Header fields', { exact: true }).first().inputValue()).toBe('Cookie: a=b');
        await expectWellMade(page);
      },
      /status of 400/,
    );
  },
  PATIENCE,
);

test(
  'timeline: a failed attempt leads to its steps, and they to another try',
  async () => {
    await visit(
      {},
      async (page) => {
        remember(page);
        await page.goto(`${app.url}/setup?find=github`);
        await page.getByRole('button', { name: 'Try it in the sandbox' }).first().click();
        await app.control.next({
          path: '/github.com/login/oauth/access_token',
          status: 401,
          body: { error: 'invalid_client' },
        });
        await page.getByRole('button', { name: /allow/i }).click();
        await page.getByRole('link', { name: 'See what happened, step by step' }).click();
        await page.getByRole('heading', { level: 1, name: 'Connecting GitHub' }).waitFor();
        await page.getByText('Compare GITHUB_CLIENT_ID').waitFor();
        await expectWellMade(page);
        await page.getByRole('link', { name: 'Latest attempts' }).click();
        await page.getByRole('link', { name: 'Connecting GitHub' }).first().waitFor();
        await expectWellMade(page);
      },
      /status of 502/,
    );
  },
  PATIENCE,
);
