/**
 * Every page in every state, in Chromium: valid, accessible in light and dark, on a desktop, a phone, the narrowest window and with text
 * twice as large; alone on the network, without a shift of the layout and without a complaint of the browser.
 */
import type { Browser, BrowserContext } from 'playwright-core';
import { startApp, type TestApp } from '../support/app.js';
import { complaintsOf, launchChromium } from '../support/chromium.js';
import {
  accessibilityProblems,
  foreignRequestsOf,
  htmlProblems,
  layoutProblems,
  overflowProblems,
  watchLayout,
} from './page-checks.js';
import { pageStates, type Scene, setScene } from './page-states.js';

const PATIENCE = 60_000;
const DESKTOP = { width: 1280, height: 800 };

let app: TestApp;
let browser: Browser;
let context: BrowserContext;
let scene: Scene;
let complaints: readonly string[];
let foreign: readonly string[];

beforeAll(async () => {
  app = await startApp();
  scene = await setScene(app);
  browser = await launchChromium();
  // Without transitions, so that colours are what they are at once.
  context = await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce' });
  await watchLayout(context);
  complaints = complaintsOf(context);
  foreign = foreignRequestsOf(context, app.url);
}, PATIENCE);
afterAll(async () => {
  await browser?.close();
  await app?.close();
}, PATIENCE);

test.each(pageStates)(
  '$name',
  async ({ status, open }) => {
    const { path, cookies } = await open(scene);
    await context.clearCookies();
    await context.addCookies([...cookies].map(([name, value]) => ({ name, value, url: app.url })));
    const seen = { complaints: complaints.length, foreign: foreign.length };
    const page = await context.newPage();
    try {
      const response = await page.goto(new URL(path, app.url).href);
      const problems = [
        ...(response?.status() === status ? [] : [`answered ${response?.status()}`]),
        ...(await htmlProblems((await response?.text()) ?? '')),
        ...(await accessibilityProblems(page)),
        ...(await layoutProblems(page)),
      ];
      await page.evaluate('for (const each of document.querySelectorAll("details")) each.open = true');
      await page.emulateMedia({ colorScheme: 'dark' });
      problems.push(...(await accessibilityProblems(page, ['color-contrast'])));
      for (const width of [390, 320]) {
        await page.setViewportSize({ width, height: 844 });
        problems.push(...(await overflowProblems(page)));
      }
      problems.push(...(await accessibilityProblems(page, ['target-size', 'color-contrast'])));
      await page.setViewportSize(DESKTOP);
      await page.evaluate('document.documentElement.style.fontSize = "200%"');
      problems.push(...(await overflowProblems(page)));
      // Chromium itself notes that a page answered 400 and the like; everything else would be ours.
      const said = complaints.slice(seen.complaints).filter((text) => !text.includes(`status of ${status}`));
      expect([...problems, ...said, ...foreign.slice(seen.foreign)]).toEqual([]);
    } finally {
      await page.close();
    }
  },
  PATIENCE,
);
