/**
 * Takes a picture of every page in every state, on a desktop, in the dark and on a phone, for looking at them: `npx tsx scripts/screenshots.ts
 * [directory] [words]`, where only the states whose name contains the words are taken. The app, its database and its sandbox live as long as
 * the script does.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pageStates, setScene } from '../test/browser/page-states.js';
import { startApp } from '../test/support/app.js';
import { launchChromium } from '../test/support/chromium.js';

const [directory = 'screenshots', words = ''] = process.argv.slice(2);
const kinds = [
  { kind: 'desktop', viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  { kind: 'dark', viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  { kind: 'phone', viewport: { width: 390, height: 844 }, colorScheme: 'light' },
] as const;

mkdirSync(directory, { recursive: true });
const app = await startApp();
const browser = await launchChromium();
try {
  const scene = await setScene(app);
  for (const { kind, ...options } of kinds) {
    for (const { name, open } of pageStates.filter((state) => state.name.includes(words))) {
      const { path, cookies } = await open(scene);
      const context = await browser.newContext(options);
      await context.addCookies([...cookies].map(([key, value]) => ({ name: key, value, url: app.url })));
      const page = await context.newPage();
      await page.goto(new URL(path, app.url).href);
      // Pictures further down are loaded when somebody comes near them.
      await page.evaluate('for (const image of document.images) image.loading = "eager"');
      await page.waitForLoadState('networkidle');
      const file = join(directory, `${name.replaceAll(/\W+/g, '-')}-${kind}.png`);
      await page.screenshot({ path: file, fullPage: true });
      await context.close();
    }
  }
} finally {
  await browser.close();
  await app.close();
}
