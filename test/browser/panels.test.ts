/** The panels of a connection page in Chromium: what the script fills in, asks for and tells, and how every state looks and reads. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Browser as Chromium, Page } from 'playwright-core';
import { startApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { complaintsOf, launchChromium } from '../support/chromium.js';
import { seedPerson, seedSession } from '../support/people.js';
import { accessibilityProblems, foreignRequestsOf, htmlProblems, overflowProblems } from './page-checks.js';

const PATIENCE = 60_000;
const HEALTH = '/health.googleapis.com/v4/users/me/dataTypes/';
const STEPS = `${HEALTH}steps/dataPoints:dailyRollUp`;
const HEART = `${HEALTH}daily-resting-heart-rate/dataPoints`;
const SLEEP = `${HEALTH}sleep/dataPoints`;
const DESKTOP = { width: 1280, height: 900 };
/** Pictures of every state are kept there, when it is given. */
const pictures = process.env.PICTURES_DIR;

let app: TestApp;
let chromium: Chromium;
let person: Browser;
let userId: string;
let context: BrowserContext;
let complaints: readonly string[];
let foreign: readonly string[];

beforeAll(async () => {
  app = await startApp();
  userId = await seedPerson(app.database, { name: 'Robin Sandbox', ways: [{ namespace: 'sandbox:x', subject: '1' }] });
  person = app.browser();
  await seedSession(app.database, person, userId);
  for (const provider of ['google-health', 'x', 'github']) {
    await app.flow(person, `/connect/${provider}`);
  }
  // The note about the last step is read.
  await person.get('/');
  chromium = await launchChromium();
  context = await chromium.newContext({ viewport: DESKTOP, reducedMotion: 'reduce' });
  complaints = complaintsOf(context);
  foreign = foreignRequestsOf(context, app.url);
}, PATIENCE);
afterAll(async () => {
  await chromium?.close();
  await app?.close();
}, PATIENCE);
beforeEach(() => app.control.reset());

async function opened(provider: string, into = context): Promise<Page> {
  const row = await app.database.prisma.connection.findFirstOrThrow({ where: { userId, provider } });
  await into.addCookies([...person.cookies].map(([name, value]) => ({ name, value, url: app.url })));
  const page = await into.newPage();
  const response = await page.goto(`${app.url}/connections/${row.id}`);
  expect(await htmlProblems((await response?.text()) ?? '')).toEqual([]);
  return page;
}

const panel = (page: Page, id: string, state: string) => page.locator(`#panel-${id}[data-state="${state}"]`);

async function problemsOf(page: Page, name: string): Promise<readonly string[]> {
  const problems: string[] = [];
  const look = async (kind: string) => {
    if (!pictures) return;
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `${name}-${kind}.png`), fullPage: true });
  };
  problems.push(...(await accessibilityProblems(page)));
  await look('light');
  await page.emulateMedia({ colorScheme: 'dark' });
  problems.push(...(await accessibilityProblems(page, ['color-contrast'])));
  await look('dark');
  await page.emulateMedia({ colorScheme: 'light' });
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 844 });
    problems.push(...(await overflowProblems(page)));
    if (width === 390) await look('phone');
  }
  problems.push(...(await accessibilityProblems(page, ['target-size'])));
  await page.setViewportSize(DESKTOP);
  return problems;
}

test(
  'all is well, and nothing else was asked of the network',
  async () => {
    for (const provider of ['google-health', 'github']) {
      const page = await opened(provider);
      expect(await page.locator('[data-panel]:not([data-state="shown"])').count()).toBe(0);
      expect(await problemsOf(page, provider)).toEqual([]);
      await page.close();
    }
    expect([...complaints, ...foreign]).toEqual([]);
  },
  PATIENCE,
);

test(
  'the days of a chart are told by pointer and by keys, and its table says the same',
  async () => {
    const page = await opened('google-health');
    const steps = panel(page, 'steps', 'shown');
    const plot = steps.getByRole('group', { name: 'Steps: the arrow keys go from day to day' });
    const told = steps.locator('output');
    await steps.getByText('As a table').click();
    const latest = await steps.getByRole('row').nth(1).innerText();
    const [day = '', count = ''] = latest.split(/\t|\n/).map((cell) => cell.trim());
    await plot.focus();
    await page.keyboard.press('ArrowLeft');
    expect(await told.innerText()).toBe(`${day}: ${count} steps`);
    await page.keyboard.press('ArrowLeft');
    expect(await told.innerText()).not.toContain(day);
    await page.keyboard.press('End');
    expect(await told.innerText()).toContain(day);
    await page.keyboard.press('Escape');
    expect(await told.innerText()).toBe('');
    const box = await plot.boundingBox();
    if (!box) throw new Error('The chart is not to be seen.');
    await page.mouse.move(box.x + box.width - 3, box.y + 5);
    expect(await told.innerText()).toContain(day);
    expect(await plot.locator('.column.on').count()).toBe(1);
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.close();
  },
  PATIENCE,
);

test(
  'a slow provider’s panel says so at once, and fills by itself',
  async () => {
    await app.control.hold(STEPS);
    const page = await opened('google-health');
    const waiting = panel(page, 'steps', 'waiting');
    await waiting.waitFor();
    const before = await waiting.boundingBox();
    const problems = await problemsOf(page, 'slow');
    await app.control.release(STEPS);
    await panel(page, 'steps', 'shown').waitFor();
    const after = await panel(page, 'steps', 'shown').boundingBox();
    expect(problems).toEqual([]);
    // What stands below hardly moves.
    expect(Math.abs((after?.height ?? 0) - (before?.height ?? 0))).toBeLessThan(24);
    await page.close();
  },
  PATIENCE,
);

test(
  'every trouble has its words, and "Try again" mends it in place',
  async () => {
    await app.control.next({ path: STEPS, status: 503 });
    await app.control.next({ path: HEART, status: 200, body: 'nonsense' });
    await app.control.next({ path: SLEEP, status: 200, body: {} });
    const page = await opened('google-health');
    await panel(page, 'heart-rate', 'unreadable').waitFor();
    await panel(page, 'sleep', 'empty').waitFor();
    expect(await problemsOf(page, 'troubles')).toEqual([]);
    const address = page.url();
    await panel(page, 'steps', 'unavailable').getByRole('link', { name: 'Try again' }).click();
    await panel(page, 'steps', 'shown').waitFor();
    expect(page.url()).toBe(address);
    // Whoever pressed a button that is gone stands at what came in its place.
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Steps');
    await page.close();

    await app.control.next({ path: '/api.github.com/user/repos', status: 429, headers: { 'Retry-After': '30' } });
    const limited = await opened('github');
    await panel(limited, 'repositories', 'rate_limited').waitFor();
    await limited.close();
  },
  PATIENCE,
);

test(
  'what was not allowed is allowed by one button and one yes',
  async () => {
    const where = { userId, provider: 'google-health' };
    const row = await app.database.prisma.connection.findFirstOrThrow({ where });
    const scopes = row.scopes.filter((scope) => !scope.includes('.sleep.'));
    await app.database.prisma.connection.update({ where: { id: row.id }, data: { scopes } });
    const page = await opened('google-health');
    await panel(page, 'sleep', 'not_permitted').waitFor();
    expect(await problemsOf(page, 'not-allowed')).toEqual([]);
    await page.getByRole('button', { name: 'Allow sleep data' }).click();
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await panel(page, 'sleep', 'shown').waitFor();
    await page.close();
  },
  PATIENCE,
);

test(
  'what costs money is shown in place, once for one click',
  async () => {
    const page = await opened('x');
    expect(await problemsOf(page, 'billed')).toEqual([]);
    await panel(page, 'posts', 'billed').getByRole('button', { name: 'Show latest posts now' }).dblclick();
    await panel(page, 'posts', 'shown').waitFor();
    expect(await problemsOf(page, 'posts')).toEqual([]);
    const calls = await app.control.calls();
    expect(calls.filter(({ path }) => path.endsWith('/tweets'))).toHaveLength(1);
    await page.close();
  },
  PATIENCE,
);

test(
  'without scripts the same links and forms lead to a page of their own',
  async () => {
    const plain = await chromium.newContext({ viewport: DESKTOP, javaScriptEnabled: false });
    await app.control.next({ path: STEPS, status: 503 });
    const page = await opened('google-health', plain);
    await panel(page, 'steps', 'unavailable').getByRole('link', { name: 'Try again' }).click();
    await panel(page, 'steps', 'shown').waitFor();
    expect(await htmlProblems(await (await page.request.get(page.url())).text())).toEqual([]);
    await page.getByRole('link', { name: 'Fitbit (Google Health)' }).click();
    await page.getByRole('heading', { name: 'Sleep' }).waitFor();
    const posts = await opened('x', plain);
    await posts.getByRole('button', { name: 'Show latest posts now' }).click();
    await panel(posts, 'posts', 'shown').waitFor();
    await plain.close();
  },
  PATIENCE,
);
