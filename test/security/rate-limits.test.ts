/** Limits on how often one address and one person may ask, over several instances and without a database (sec-P1 to P3). */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler } from 'express';
import { type PrismaClient, purge, RateCounts } from '../../src/db/index.js';
import { createRateLimits } from '../../src/web/rate-limits.js';
import { startApp, type TestApp } from '../support/app.js';
import type { Browser, Page } from '../support/browser.js';
import { until } from '../support/until.js';

/**
 * Half a minute into a window, so that none ends while a test runs. The tests go two minutes on each, from ten minutes ago: the database and the
 * sandbox have clocks of their own, and what is more than ten minutes away from them counts as out of date.
 */
const BEGINNING = Math.floor(Date.now() / 60_000) * 60_000 - 9.5 * 60_000;
const STARTS = 120;

let app: TestApp;
let windows = 0;
let now = BEGINNING;
beforeAll(async () => {
  app = await startApp({ rateLimit: true, now: () => now });
});
afterAll(() => app.close());
beforeEach(async () => {
  await app.reset();
  // A later window for each test: counters of the one before mean nothing there.
  now = BEGINNING + ++windows * 120_000;
});

const rows = () => app.database.prisma.rateCount.findMany();
const start = (browser: Browser, headers: Record<string, string> = {}) =>
  browser.request('/auth/twitter', { method: 'POST', headers });
const statuses = (pages: readonly Page[]) =>
  new Map(pages.map(({ status }) => [status, pages.filter((page) => page.status === status).length]));

test('sec-P1: too many starts end in a friendly page that says when to come back', async () => {
  const browser = app.browser();
  const pages: Page[] = [];
  for (let count = 0; count < STARTS + 5; count++) pages.push(await start(browser));
  // Without the form's proof, which is not what this is about.
  expect(statuses(pages)).toEqual(
    new Map([
      [403, STARTS],
      [429, 5],
    ]),
  );
  const last = pages.at(-1);
  expect(last?.headers.get('retry-after')).toBe('30');
  expect(last?.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(last?.text).toContain('A little slower, please');
  const program = await start(browser, { accept: 'application/json' });
  expect(JSON.parse(program.text)).toMatchObject({ error: 'too_many_requests' });
  // Other things, and probes above all, go on.
  expect((await browser.get('/')).status).toBe(200);
  for (const path of ['/healthz', '/readyz']) expect((await browser.get(path)).status).toBe(200);
  now += 30_000;
  expect((await start(browser)).status).toBe(403);
});

test('sec-P1: one limit holds over two instances and a restart, and a success in between changes nothing', async () => {
  const second = await app.secondInstance();
  const [here, there] = [app.browser(), app.browser().clone(second.url)];
  const pages: Page[] = [];
  for (let count = 0; count < 100; count++) {
    pages.push(await start(here), await start(there));
    if (count === 40) expect((await here.post('/auth/github')).status).toBe(303);
  }
  const served = statuses(pages).get(403) ?? 0;
  expect(served).toBeGreaterThanOrEqual(STARTS - 2);
  // What one instance counts before it first asks the other is the price of not asking each time.
  expect(served).toBeLessThanOrEqual(STARTS * 1.25);
  await second.close();
  const third = await app.secondInstance();
  const again: Page[] = [];
  for (let count = 0; count < 40; count++) again.push(await start(app.browser().clone(third.url)));
  expect(statuses(again).get(429)).toBeGreaterThanOrEqual(40 - STARTS * 0.25);
  await third.close();
});

test('sec-P2: whatever a client says about its address, the bucket is the same while no proxy is trusted', async () => {
  const pages: Page[] = [];
  for (let count = 0; count < STARTS + 3; count++) {
    const claimed = `203.0.113.${count}`;
    pages.push(
      await start(app.browser(), { 'x-forwarded-for': claimed, forwarded: `for=${claimed}`, 'x-real-ip': claimed }),
    );
  }
  expect(statuses(pages).get(429)).toBe(3);
});

test('a person has limits of their own, whichever browser they use', async () => {
  const browser = app.browser();
  await app.signIn(browser, '71', 'github');
  const other = app.browser();
  await app.signIn(other, '71', 'github');
  const bystander = app.browser();
  await app.signIn(bystander, '72', 'github');
  const pages: Page[] = [];
  const connect = (one: Browser) => one.request('/connect/github', { method: 'POST' });
  for (let count = 0; count < 31; count++) pages.push(await connect(browser), await connect(other));
  expect(statuses(pages).get(429)).toBe(2);
  expect((await connect(bystander)).status).toBe(403);
});

test('ordinary visits write nothing, and what is written names nobody and is purged', async () => {
  const browser = app.browser();
  await app.signIn(browser, '73', 'github');
  for (let count = 0; count < 5; count++) await browser.get('/');
  await until(async () => (await app.database.prisma.event.count()) > 0);
  expect(await rows()).toEqual([]);
  const stranger = app.browser();
  for (let count = 0; count < 20; count++) await start(stranger);
  await until(async () => (await rows()).some(({ count }) => count >= 12));
  const [row] = await rows();
  expect(row?.id).toMatch(/^[\w-]{43}$/);
  expect(row?.expiresAt).toEqual(new Date(now + 30_000));
  await purge(app.database.prisma, now + 29_000);
  expect(await rows()).toHaveLength(1);
  await purge(app.database.prisma, now + 31_000);
  expect(await rows()).toHaveLength(0);
});

describe('without the database', () => {
  let server: Server;
  let url: string;
  const failures: unknown[] = [];
  beforeAll(async () => {
    const prisma = { $queryRaw: () => Promise.reject(new Error('away')) } as unknown as PrismaClient;
    const counts = new RateCounts({ prisma, now: () => now, onFailure: (error) => failures.push(error) });
    const refused: ErrorRequestHandler = (error, _req, res, _next) => void res.status(error.status).end();
    const limited = express();
    limited.set('trust proxy', 1);
    limited.use(createRateLimits(counts, () => now).byAddress);
    limited.use((_req, res) => void res.end());
    limited.use(refused);
    server = createServer(limited);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/auth/twitter`;
  });
  afterAll(() => void server.close());
  const from = async (address: string) =>
    (await fetch(url, { method: 'POST', headers: { 'x-forwarded-for': address } })).status;

  test.each<[string, (count: number) => string]>([
    ['addresses of one /64', (count) => `2001:db8:1:2::${count.toString(16)}`],
    [
      'spellings of one v4 address',
      (count) => ['198.51.100.7', '::ffff:198.51.100.7', '::ffff:c633:6407'][count % 3] ?? '',
    ],
    ['what a client puts before what the trusted proxy adds', (count) => `10.0.0.${count}, 198.51.100.8`],
  ])('sec-P2: %s share a bucket', async (_what, address) => {
    const seen: number[] = [];
    for (let count = 0; count < STARTS + 2; count++) seen.push(await from(address(count)));
    expect(seen.filter((status) => status === 429)).toHaveLength(2);
    expect(await from('192.0.2.99')).toBe(200);
    expect(await from('2001:db8:1:3::1')).toBe(200);
  });

  test('sec-P3: each process limits by what it knows, and the log says so once', () => {
    expect(failures).toHaveLength(1);
  });
});

test('counters do not fill the memory, and the newest are the ones that are kept', () => {
  const prisma = { $queryRaw: () => Promise.resolve([]) } as unknown as PrismaClient;
  const counter = new RateCounts({ prisma, now: () => now, onFailure: () => undefined }).counter({
    name: 'test',
    limit: 1_000_000,
    windowMs: 60_000,
  });
  for (let client = 0; client <= 50_000; client++) counter.increment(`client ${client}`);
  expect(counter.increment('client 50000').totalHits).toBe(2);
  expect(counter.increment('client 0').totalHits).toBe(1);
});
