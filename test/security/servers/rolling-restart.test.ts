/** Release N and release N+1 side by side on one database: no attempt and no session is lost in either direction (sec-R4, S21). */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, openDatabase } from '../../../src/db/index.js';
import { migrationsDir } from '../../support/database.js';
import type { AppProcess } from '../../support/process.js';
import { type Site, startSite } from '../harness.js';

const PATIENCE = 120_000;
/** What a release to come may do to the database while this one still runs: expand, never contract. */
const EXPANSION = `
  CREATE TABLE "Tomorrow" ("id" TEXT NOT NULL PRIMARY KEY);
  ALTER TABLE "Connection" ADD COLUMN "tomorrow" TEXT NOT NULL DEFAULT 'x';
  ALTER TABLE "WebSession" ADD COLUMN "tomorrow" INTEGER;
  ALTER TABLE "User" ADD COLUMN "tomorrow" JSONB NOT NULL DEFAULT '{}';`;

describe('in production, behind a proxy that spreads requests over what is there', () => {
  let site: Site;
  let migrations: string;
  beforeAll(async () => {
    site = await startSite({ mode: 'production' });
    migrations = mkdtempSync(join(tmpdir(), 'latchkey-next-'));
    cpSync(migrationsDir, migrations, { recursive: true });
    mkdirSync(join(migrations, '29991231000000_tomorrow'));
    writeFileSync(join(migrations, '29991231000000_tomorrow', 'migration.sql'), EXPANSION);
  }, PATIENCE);
  afterAll(async () => {
    await site?.close();
    rmSync(migrations, { recursive: true, force: true });
  }, PATIENCE);

  /** The next release's start: its migrations are in the database, and its processes come up beside the old ones. */
  async function nextRelease(): Promise<AppProcess> {
    const database = await openDatabase({ url: site.environment.DATABASE_URL ?? '' });
    try {
      expect((await migrate(database, migrations)).applied).toEqual(['29991231000000_tomorrow']);
    } finally {
      await database.close();
    }
    return await site.startInstance();
  }

  test(
    'attempts begun before, during and after, and sessions of either, all come through',
    async () => {
      const [old] = site.instances;
      const early = site.browser();
      await site.signIn(early, 'early');
      const underWay = site.browser();
      const before = await site.consent((await underWay.post('/auth/mallow')).location);

      const next = await nextRelease();
      expect(next.output()).toContain('a newer release has migrated this database');
      // Nobody is asked which release they reach.
      await site.control.user({ provider: 'nettle', subject: 'another' });
      expect((await site.flow(early, '/connect/nettle')).status).toBe(303);
      const during = site.browser();
      const callback = await site.consent((await during.post('/auth/osier')).location);

      if (!old) throw new Error('There is no instance.');
      expect(await site.stopInstance(old)).toBe(0);
      for (const [browser, url] of [
        [underWay, before],
        [during, callback],
      ] as const) {
        expect((await browser.get(url)).location).toBe(`${site.url}/welcome`);
        expect((await browser.post('/welcome', { decision: 'create' })).status).toBe(303);
      }
      const page = await early.get('/');
      expect(page.text.match(/data-connection=/g)).toHaveLength(2);
      const [users] = await site.sql('SELECT count(*)::int AS n FROM "User"');
      expect(users?.n).toBe(3);
    },
    PATIENCE,
  );

  test('an attempt that another release sealed in a way of its own ends in a friendly page', async () => {
    const browser = site.browser();
    const url = await site.consent((await browser.post('/auth/nettle')).location);
    await site.control.reset();
    for (const [name, value] of browser.cookies) {
      if (name.includes('flow-')) browser.cookies.set(name, `v9${value.slice(2)}`);
    }
    const page = await browser.get(url);
    expect(page.status).toBe(400);
    expect(page.text).toContain('Try Fake nettle again');
    expect(await site.control.calls(site.path('oauth2', 'token'))).toHaveLength(0);
  });
});
