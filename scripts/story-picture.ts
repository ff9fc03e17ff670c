/**
 * Makes the pictures at the top of README: docs/images/dashboard.png, and docs/images/story.png with sign-in, consent and data side by side.
 * Run `npx tsx scripts/story-picture.ts [directory]` when the pages look different; it brings an app and a sandbox of its own.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startApp } from '../test/support/app.js';
import { launchChromium } from '../test/support/chromium.js';

const [directory = 'docs/images'] = process.argv.slice(2);
const PERSON = { subject: '4f8a1c96', username: 'robin', name: 'Robin', email: 'robin@example.org' };

mkdirSync(directory, { recursive: true });
const app = await startApp();
const browser = await launchChromium();
try {
  await app.control.user(PERSON);
  const page = await browser.newPage({ viewport: { width: 760, height: 760 }, timezoneId: 'Europe/Berlin' });
  const frames: string[] = [];
  const keep = async () => {
    frames.push((await page.screenshot()).toString('base64'));
  };
  await page.goto(app.url);
  await keep();
  await press(page, 'Sign in with X (Twitter)');
  await press(page, /allow/i);
  await press(page, 'Create a new account');
  await press(page, 'Connect Fitbit (Google Health)');
  await keep();
  await press(page, /allow/i);
  await page.getByRole('heading', { level: 1, name: 'Fitbit (Google Health)' }).waitFor();
  // Once more without the note about the last step, and scrolled to the data.
  await page.reload({ waitUntil: 'networkidle' });
  await page.evaluate('document.querySelector(".columns")?.scrollIntoView()');
  await keep();
  await strip(frames);

  for (const provider of ['GitHub', 'Google', 'Fitbit (Web API)']) {
    await page.goto(app.url);
    await press(page, `Connect ${provider}`);
    await press(page, /allow/i);
  }
  const { prisma } = app.database;
  const soon = new Date(Date.now() + 25 * 60_000);
  await prisma.connection.updateMany({
    where: { provider: 'google' },
    data: { status: 'retrying', reason: 'no_answer', refreshAt: soon },
  });
  await prisma.connection.updateMany({
    where: { provider: 'github' },
    data: { status: 'reconnect_required', reason: 'invalid_grant' },
  });
  // Once to read the note about the last step, once for the picture.
  await page.goto(app.url);
  await page.setViewportSize({ width: 1200, height: 760 });
  await page.goto(app.url);
  await page.screenshot({ path: join(directory, 'dashboard.png') });
} finally {
  await browser.close();
  await app.close();
}

function press(page: Page, name: string | RegExp): Promise<void> {
  return page.getByRole('button', { name }).first().click();
}

async function strip(frames: readonly string[]): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1500, height: 516 } });
  const images = frames.map((frame) => `<img src="data:image/png;base64,${frame}" alt="">`).join('');
  await page.setContent(`<style>
    body { margin: 0; display: flex; gap: 24px; padding: 24px; background: #e6ebe9; }
    img { width: 468px; border-radius: 12px; box-shadow: 0 2px 12px #0003; }
  </style>${images}`);
  await page.screenshot({ path: join(directory, 'story.png') });
  await page.close();
}
