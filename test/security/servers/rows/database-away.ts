/** sec-S8, S9, S18, S19: our own database is cut, frozen or slow. */
import { until } from '../../../support/until.js';
import type { Site } from '../../harness.js';
import {
  callbackOf,
  connect,
  cookieName,
  countOf,
  isSignedIn,
  PATIENCE,
  personOf,
  type SiteOf,
  signedIn,
} from './steps.js';

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export function databaseAway(siteOf: SiteOf): void {
  const ready = (site: Site) => async () => (await site.browser().get('/readyz')).status === 200;

  test(
    'sec-S8: away for longer than anybody waits: no person, no session, and the grant is given back',
    async () => {
      const site = siteOf();
      await site.control.user({ provider: 'nettle', subject: 's8' });
      const browser = site.browser();
      const url = await callbackOf(site, browser, '/auth/nettle');
      const [profile, revoke] = [site.path('oauth2', 'profile'), site.path('oauth2', 'revoke')];
      await site.control.reset();
      await site.control.hold(profile);
      const finishing = browser.get(url);
      await until(async () => (await site.control.calls(profile)).length > 0);
      site.databaseProxy.cut();
      const began = performance.now();
      try {
        await site.control.release(profile);
        const page = await finishing;
        expect(page.status).toBe(503);
        expect(performance.now() - began).toBeLessThan(12_000);
        expect(page.text).toMatch(/We are having trouble/);
      } finally {
        site.databaseProxy.open();
      }
      await until(async () => (await site.control.calls(revoke)).length > 0);
      await until(ready(site), 20_000);
      expect(browser.cookies.has(cookieName(site, 'session'))).toBe(false);
      for (const table of ['Identity', 'Connection', 'PendingIdentity']) {
        expect([table, await countOf(site, table, 'subject = $1', ['s8'])]).toEqual([table, 0]);
      }
      await site.signIn(browser, 's8');
      expect(await personOf(site, browser)).toBeDefined();
      expect(await countOf(site, 'User', 'NOT EXISTS (SELECT FROM "Identity" i WHERE i."userId" = "User".id)')).toBe(0);
    },
    PATIENCE,
  );

  test(
    'sec-S9: frozen, every page says so within its limits, the process lives, and it heals by itself',
    async () => {
      const site = siteOf();
      const browser = await signedIn(site, 's9');
      const [row] = await site.sql(`SELECT id FROM "Connection" WHERE subject = 's9'`);
      site.databaseProxy.stall();
      try {
        const began = performance.now();
        const paths = ['/', '/account', `/connections/${row?.id}`, '/operator', '/welcome'];
        const pages = await Promise.all(paths.map((path) => browser.clone().get(path)));
        expect(pages.map(({ status }) => status)).toEqual(paths.map(() => 503));
        expect(performance.now() - began).toBeLessThan(10_000);
        expect((await browser.get('/healthz')).status).toBe(200);
        expect((await browser.get('/readyz')).status).toBe(503);
      } finally {
        site.databaseProxy.open();
      }
      await until(ready(site), 20_000);
      expect(await isSignedIn(browser)).toBe(true);
      // A failover or an administrator ends idle connections, all at once.
      await site.sql(
        `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'latchkey'`,
      );
      await until(() => isSignedIn(browser), 20_000);
      expect(site.output()).not.toMatch(/uncaught|unhandled/i);
    },
    PATIENCE,
  );

  test(
    'sec-S18: while the store is away nobody is signed out, starts work, and all are themselves afterwards',
    async () => {
      const site = siteOf();
      const people = [];
      for (let count = 0; count < 10; count++) people.push(await signedIn(site, `s18-${count}`));
      const before = people.map(({ cookies }) => new Map(cookies));
      const ids = await Promise.all(people.map((person) => personOf(site, person)));
      const visitor = site.browser();
      site.databaseProxy.cut();
      try {
        const pages = await Promise.all(people.flatMap((person) => ['/', '/account'].map((path) => person.get(path))));
        expect(new Set(pages.map(({ status }) => status))).toEqual(new Set([503]));
        expect(pages.flatMap(({ headers }) => headers.getSetCookie()).join()).not.toMatch(/session/);
        expect(people.map(({ cookies }) => cookies)).toEqual(before);
        expect((await visitor.get('/')).status).toBe(200);
        expect((await visitor.post('/auth/nettle')).status).toBe(303);
      } finally {
        site.databaseProxy.open();
      }
      await until(ready(site), 20_000);
      expect(await Promise.all(people.map((person) => personOf(site, person)))).toEqual(ids);
      for (const person of people) expect(await isSignedIn(person)).toBe(true);
    },
    PATIENCE,
  );

  test(
    'sec-S19: however slow the store is, the redirect comes after the session; without one it does not come',
    async () => {
      const site = siteOf();
      await signedIn(site, 's19');
      const profile = site.path('oauth2', 'profile');
      for (const [pauseMs, expected] of [
        [1_000, 303],
        [undefined, 503],
      ] as const) {
        await site.control.user({ provider: 'nettle', subject: 's19' });
        const browser = site.browser();
        const url = await callbackOf(site, browser, '/auth/nettle');
        await site.control.reset();
        await site.control.hold(profile);
        const finishing = browser.get(url);
        await until(async () => (await site.control.calls(profile)).length > 0);
        if (pauseMs === undefined) site.databaseProxy.cut();
        else site.databaseProxy.stall();
        try {
          await site.control.release(profile);
          let landed = false;
          void finishing.then(() => {
            landed = true;
          });
          await wait(pauseMs ?? 0);
          expect(landed).toBe(false);
          if (pauseMs !== undefined) site.databaseProxy.open();
          expect((await finishing).status).toBe(expected);
        } finally {
          site.databaseProxy.open();
        }
        await until(ready(site), 20_000);
        expect(await isSignedIn(browser)).toBe(expected === 303);
      }
    },
    PATIENCE,
  );

  test('sec-N3: a connection whose sealed part is damaged is one page’s trouble, and no stranger’s door', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'n3-damaged', 'mallow');
    const id = await connect(site, browser, 'nettle', 'n3-damaged');
    await site.sql(`UPDATE "Connection" SET credentials = 'nonsense' WHERE id = $1`, [id]);
    expect((await browser.get(`/connections/${id}`)).status).toBe(200);
    expect((await browser.get('/')).status).toBe(200);
    expect((await site.browser().get(`/connections/${id}`)).status).toBe(303);
  });
}
