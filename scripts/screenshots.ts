/**
 * Takes pictures of the pages from a running app (`npm start`), for looking at them and for docs/images: `npx tsx scripts/screenshots.ts [directory] [url]`.
 * It signs in and connects in the sandbox, so point it at a fresh data directory.
 */
import { mkdirSync } from 'node:fs';
import { chromium, type Page } from 'playwright-core';

const [directory = 'docs/images', url = 'http://localhost:3000'] = process.argv.slice(2);
const kinds = [
  { name: 'desktop', viewport: { width: 1200, height: 800 }, colorScheme: 'light' },
  { name: 'dark', viewport: { width: 1200, height: 800 }, colorScheme: 'dark' },
  { name: 'phone', viewport: { width: 390, height: 800 }, colorScheme: 'light' },
] as const;

mkdirSync(directory, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-sync',
  ],
});

for (const { name, ...options } of kinds) {
  const page = await (await browser.newContext(options)).newPage();
  const shoot = (what: string) => page.screenshot({ path: `${directory}/${name}-${what}.png`, fullPage: true });
  await page.goto(url);
  await shoot('1-home');
  await press(page, 'Sign in with X (Twitter)');
  await shoot('2-consent');
  await press(page, /allow/i);
  if (page.url().endsWith('/welcome')) {
    await shoot('3-welcome');
    await press(page, 'Create a new account');
  }
  await shoot('4-dashboard');
  await press(page, 'Connect Fitbit (Google Health)');
  await press(page, /allow/i);
  await shoot('5-connection');
  await page.goto(url);
  await shoot('6-dashboard-connected');
  await page.goto(`${url}/account`);
  await shoot('7-account');
  await page.goto(`${url}/operator`);
  await shoot('7-operator');
  await page.goto(`${url}/account/confirm`);
  await shoot('7-confirm');
  await page.goto(`${url}/setup`);
  await shoot('8-setup');
  await page.goto(`${url}/auth/github/callback?state=nonsense&code=x`);
  await shoot('9-refused');
}
await browser.close();

function press(page: Page, name: string | RegExp): Promise<void> {
  return page.getByRole('button', { name }).first().click();
}
