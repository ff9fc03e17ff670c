/**
 * Makes docs/images/story.png, the picture at the top of README: sign in, consent, data, side by side. Needs a running app on a fresh data
 * directory: `npm start`, then `npx tsx scripts/story-picture.ts [file] [url]`.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { chromium, type Page } from 'playwright-core';

const [file = 'docs/images/story.png', url = 'http://localhost:3000'] = process.argv.slice(2);
const FRAME = { width: 760, height: 760 };

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
});
const page = await browser.newPage({ viewport: FRAME });
const frames: string[] = [];
const keep = async () => frames.push((await page.screenshot()).toString('base64'));

await page.goto(url);
await keep();
await press(page, 'Sign in with X (Twitter)');
await press(page, /allow/i);
if (page.url().endsWith('/welcome')) await press(page, 'Create a new account');
await press(page, 'Connect Fitbit (Google Health)');
await keep();
await press(page, /allow/i);
await page.getByRole('heading', { name: 'Steps' }).scrollIntoViewIfNeeded();
await page.evaluate('document.querySelector(".reading")?.scrollIntoView()');
await keep();

const strip = await browser.newPage({ viewport: { width: 1500, height: 560 } });
const images = frames.map((frame) => `<img src="data:image/png;base64,${frame}" alt="">`).join('');
await strip.setContent(`<style>
  body { margin: 0; display: flex; gap: 24px; padding: 24px; background: #e8ecea; }
  img { width: 468px; border-radius: 12px; box-shadow: 0 2px 12px #0003; }
</style>${images}`);
mkdirSync(dirname(file), { recursive: true });
await strip.screenshot({ path: file });
await browser.close();

function press(on: Page, name: string | RegExp): Promise<void> {
  return on.getByRole('button', { name }).first().click();
}
