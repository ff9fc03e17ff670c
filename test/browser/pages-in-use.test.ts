/** The pages in use: by keyboard alone, without scripts, in another time zone, and with what the little scripts add. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { startApp, type TestApp } from '../support/app.js';
import { complaintsOf, launchChromium } from '../support/chromium.js';
import { foreignRequestsOf } from './page-checks.js';

const PATIENCE = 60_000;
let app: TestApp;
let browser: Browser;

beforeAll(async () => {
  app = await startApp();
  browser = await launchChromium();
}, PATIENCE);
afterAll(async () => {
  await browser?.close();
  await app?.close();
}, PATIENCE);

/** Runs with a new visitor, and fails when their browser complained or went elsewhere. */
async function visit(options: BrowserContextOptions, steps: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext(options);
  const complaints = complaintsOf(context);
  const foreign = foreignRequestsOf(context, app.url, app.sandboxUrl);
  const page = await context.newPage();
  await page.goto(app.url);
  await steps(page);
  expect([...complaints, ...foreign]).toEqual([]);
  await context.close();
}

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor();

/** Presses Tab until the element of that name has the focus, and looks at how the focus shows. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const wanted = typeof name === 'string' ? name : name.source;
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab');
    const focused = (await page.evaluate(`(() => {
      const { activeElement: element } = document;
      const style = getComputedStyle(element);
      return {
        name: element.getAttribute('aria-label') ?? element.textContent.trim().replace(/\\s+/g, ' '),
        shown: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
      };
    })()`)) as { name: string; shown: boolean };
    if (typeof name === 'string' ? focused.name !== name : !name.test(focused.name)) continue;
    expect(focused).toEqual({ name: focused.name, shown: true });
    return;
  }
  throw new Error(`No Tab leads to "${wanted}" on ${page.url()}.`);
}

test(
  'sign in, connect, look, disconnect and sign out by keyboard alone',
  async () => {
    await app.control.user({ provider: 'github', subject: '60001', username: 'keyboard-person' });
    await visit({}, async (page) => {
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the page');
      await page.keyboard.press('Enter');
      await tabTo(page, 'Sign in with GitHub');
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: /allow/i }).waitFor();
      await tabTo(page, /^allow/i);
      await page.keyboard.press('Enter');
      await heading(page, 'Welcome');
      await tabTo(page, 'Create a new account');
      await page.keyboard.press('Enter');
      await heading(page, 'Your connections');
      await tabTo(page, 'Connect Fitbit (Google Health)');
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: /allow/i }).waitFor();
      await tabTo(page, /^allow/i);
      await page.keyboard.press('Enter');
      await heading(page, 'Fitbit (Google Health)');
      await page.getByText('Fitbit (Google Health) is connected.').waitFor();
      await tabTo(page, 'Disconnect');
      await page.keyboard.press('Enter');
      await heading(page, 'Your connections');
      await page.getByText('the access was withdrawn there').waitFor();
      await tabTo(page, 'Sign out');
      await page.keyboard.press('Enter');
      await page.getByText('You are signed out.').waitFor();
    });
  },
  PATIENCE,
);

test(
  'everything works without scripts, the search too',
  async () => {
    await app.control.user({ provider: 'gitlab', subject: '60002', username: 'scriptless-person' });
    await visit({ javaScriptEnabled: false }, async (page) => {
      await page.getByRole('searchbox').fill('gitl');
      await page.getByRole('button', { name: 'Find' }).click();
      await page.getByText('1 provider for “gitl”').waitFor();
      expect(await page.getByRole('button', { name: /^Sign in with/ }).count()).toBe(1);
      await page.getByRole('button', { name: 'Sign in with GitLab' }).click();
      await page.getByRole('button', { name: /deny/i }).click();
      await heading(page, 'You said no, and that is fine');
      await page.getByRole('button', { name: 'Try GitLab again' }).click();
      await page.getByRole('button', { name: /allow/i }).click();
      await page.getByRole('button', { name: 'Create a new account' }).click();
      await page.getByRole('button', { name: 'Connect Fitbit (Web API)' }).click();
      await page.getByRole('button', { name: /allow/i }).click();
      await heading(page, 'Fitbit');
      await page.getByRole('button', { name: 'Move to Fitbit (Google Health)' }).click();
      await page.getByRole('button', { name: /allow/i }).click();
      await heading(page, 'Fitbit (Google Health)');
      await page.getByRole('link', { name: 'Connections', exact: true }).click();
      await page.locator('[data-provider="google-health"][data-status="active"]').waitFor();
      expect(await page.locator('time').first().innerText()).toMatch(/UTC$|^\d+ \w+ \d{4}$/);
      await page.goto(`${app.url}/account`);
      await page.getByText(/Last used .* UTC/).waitFor();
    });
  },
  PATIENCE,
);

test('times are in the time zone of the person once their browser has told it', async () => {
  await app.control.user({ provider: 'github', subject: '60003', username: 'far-away' });
  await visit({ timezoneId: 'Pacific/Chatham' }, async (page) => {
    await page.getByRole('button', { name: 'Sign in with GitHub' }).click();
    await page.getByRole('button', { name: /allow/i }).click();
    await page.getByRole('button', { name: 'Create a new account' }).click();
    await page.goto(`${app.url}/account`);
    const time = page.locator('[data-session] time');
    const at = new Date((await time.getAttribute('datetime')) ?? '');
    const there = at.toLocaleTimeString('en-GB', { timeZone: 'Pacific/Chatham', hour: '2-digit', minute: '2-digit' });
    expect(await time.innerText()).toMatch(new RegExp(`^\\d+ \\w+ \\d{4}, ${there}$`));
  });
});

test('typing narrows the list at once, says how many are left, and Enter loses nothing', async () => {
  await visit({}, async (page) => {
    const buttons = page.locator('#providers').getByRole('button', { name: /^Sign in with/ });
    const all = await buttons.count();
    expect(all).toBeGreaterThan(40);
    const field = page.getByRole('searchbox', { name: 'Find a provider' });
    await field.fill('git hub');
    expect(await buttons.allInnerTexts()).toEqual(['Sign in with GitHub']);
    await page.getByText('1 provider', { exact: true }).waitFor({ state: 'attached' });
    await field.press('Enter');
    expect(page.url()).toBe(`${app.url}/`);
    await field.fill('nobody has this name');
    expect(await buttons.count()).toBe(0);
    const none = page.getByText('No provider here is called “nobody has this name”.');
    await none.waitFor({ state: 'visible' });
    expect((await none.boundingBox())?.height).toBeGreaterThan(16);
    await field.press('Enter');
    await none.waitFor({ state: 'visible' });
    await field.fill('');
    expect(await buttons.count()).toBe(all);
  });
});
