/** sec-D: how credentials lie in the database, and what anybody gets to see of them. */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filesWithSecrets } from '../../../crash/verdict.js';
import type { Browser } from '../../../support/browser.js';
import { runToEnd } from '../../../support/process.js';
import type { Site } from '../../harness.js';
import {
  connect,
  connectionRow,
  cookieName,
  countOf,
  dump,
  expire,
  jsonAnswer,
  PATIENCE,
  personOf,
  type SiteOf,
  signedIn,
} from './steps.js';

/** As they left the app: bearer tokens, codes, verifiers, refresh tokens, OAuth 1 tokens, and what the configuration holds. */
async function secretsSent(site: Site): Promise<Set<string>> {
  const secrets = new Set<string>();
  for (const { headers, body } of await site.control.calls()) {
    const { authorization = '' } = headers;
    for (const [, token = ''] of authorization.matchAll(/(?:Bearer |oauth_(?:token|verifier|signature)=")([^",]+)/g)) {
      secrets.add(decodeURIComponent(token));
    }
    for (const name of ['code', 'code_verifier', 'refresh_token', 'token']) {
      const value = new URLSearchParams(body).get(name);
      if (value) secrets.add(value);
    }
  }
  const [, key = ''] = (site.environment.VAULT_KEYS ?? '').split(':');
  return secrets.add(key).add(site.environment.SESSION_SECRET ?? '');
}

/** Texts that hold one, in whatever spelling. */
function withSecrets(secrets: Set<string>, texts: Readonly<Record<string, string>>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-texts-'));
  try {
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
    return filesWithSecrets(secrets, [folder]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function storage(siteOf: SiteOf): void {
  async function withEverything(site: Site, subject: string): Promise<{ browser: Browser; ids: string[] }> {
    const browser = await signedIn(site, subject, 'mallow');
    const ids = [];
    for (const provider of ['nettle', 'osier']) ids.push(await connect(site, browser, provider, subject));
    for (const id of ids) {
      await browser.get(`/connections/${id}`);
      await browser.post(`/connections/${id}/refresh`);
    }
    return { browser, ids };
  }

  test(
    'sec-D1: no credential can be read in the database or the data directory',
    async () => {
      const site = siteOf();
      await site.control.reset();
      await withEverything(site, 'd1');
      const secrets = await secretsSent(site);
      expect(secrets.size).toBeGreaterThan(8);
      expect(withSecrets(secrets, { dump: await dump(site) })).toEqual([]);
      expect(filesWithSecrets(secrets, [site.environment.DATA_DIR ?? ''])).toEqual([]);
      // The search does find what is there.
      const [first = ''] = secrets;
      expect(withSecrets(secrets, { dump: `x${Buffer.from(`y${first}`).toString('base64')}` })).toHaveLength(1);
    },
    PATIENCE,
  );

  test('sec-D2: each write has another ciphertext, and damage costs one connection', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'd2', 'mallow');
    const answer = { access_token: 'd2-access', refresh_token: 'd2-refresh', token_type: 'Bearer', expires_in: 3600 };
    const written: unknown[] = [];
    for (let round = 0; round < 2; round++) {
      await site.control.user({ provider: 'nettle', subject: 'd2' });
      await site.control.next({ path: site.path('oauth2', 'token'), ...jsonAnswer, body: JSON.stringify(answer) });
      await site.control.next({ path: site.path('oauth2', 'profile'), ...jsonAnswer, body: '{"user":{"uid":"d2"}}' });
      await site.flow(browser, '/connect/nettle');
      const [row] = await site.sql(`SELECT credentials FROM "Connection" WHERE subject = 'd2' AND provider = 'nettle'`);
      written.push(row?.credentials);
    }
    expect(written[0]).not.toBe(written[1]);
    const good = await connect(site, browser, 'osier', 'd2');
    await site.sql(
      `UPDATE "Connection" SET credentials = overlay(credentials PLACING CASE WHEN right(credentials, 9) LIKE 'A%' THEN 'B' ELSE 'A' END
         FROM length(credentials) - 8 FOR 1) WHERE subject = 'd2' AND provider = 'nettle'`,
    );
    await site.control.reset();
    const [damaged] = await site.sql(`SELECT id FROM "Connection" WHERE subject = 'd2' AND provider = 'nettle'`);
    expect((await browser.get(`/connections/${damaged?.id}`)).status).toBe(200);
    expect((await connectionRow(site, String(damaged?.id))).status).toBe('reconnect_required');
    expect(await site.control.calls(site.path('oauth2', 'profile'))).toEqual([]);
    expect((await browser.get(`/connections/${good}`)).text).not.toContain('having trouble');
    expect(await site.control.calls(site.path('oidc', 'profile'))).toHaveLength(1);
    expect(await personOf(site, await signedIn(site, 'd2', 'mallow'))).toBe(await personOf(site, browser));
  });

  test('sec-D3: a ciphertext that was moved to another row opens nothing', async () => {
    const site = siteOf();
    const one = await signedIn(site, 'd3-one');
    const two = await signedIn(site, 'd3-two');
    const rows = await site.sql(`SELECT id, subject, credentials FROM "Connection" WHERE subject LIKE 'd3-%'`);
    for (const { id, subject } of rows) {
      const other = rows.find((row) => row.subject !== subject);
      await site.sql('UPDATE "Connection" SET credentials = $2 WHERE id = $1', [id, other?.credentials]);
    }
    await site.control.reset();
    for (const [browser, subject] of [
      [one, 'd3-one'],
      [two, 'd3-two'],
    ] as const) {
      const id = rows.find((row) => row.subject === subject)?.id;
      expect((await browser.get(`/connections/${id}`)).status).toBe(200);
      expect((await connectionRow(site, String(id))).status).toBe('reconnect_required');
    }
    expect(await site.control.calls()).toEqual([]);
  });

  test(
    'sec-D4: with an unknown key only, a process does not start, names the variable, and changes nothing',
    async () => {
      const site = siteOf();
      const before = await site.sql('SELECT id, credentials FROM "Connection" ORDER BY id');
      const key = randomBytes(32).toString('base64');
      const { code, output } = await runToEnd({ ...site.environment, VAULT_KEYS: `other:${key}`, PORT: '0' });
      expect(code).not.toBe(0);
      expect(output).toContain('VAULT_KEYS');
      expect(output).toContain('k1');
      expect(output).not.toContain(key);
      expect(await site.sql('SELECT id, credentials FROM "Connection" ORDER BY id')).toEqual(before);
    },
    PATIENCE,
  );

  test(
    'sec-D5: no credential reaches the browser, and cookies do not grow with tokens',
    async () => {
      const site = siteOf();
      await site.control.reset();
      const { browser, ids } = await withEverything(site, 'd5');
      const paths = [
        '/',
        '/account',
        '/welcome',
        '/setup',
        '/operator',
        '/nowhere',
        ...ids.map((id) => `/connections/${id}`),
      ];
      const pages: Record<string, string> = {};
      for (const [at, path] of paths.entries()) {
        const page = await browser.get(path);
        pages[`page-${at}`] = `${[...page.headers]}\n${page.text}`;
      }
      const taken = await browser.post('/account/export');
      expect(taken.status).toBe(200);
      pages.export = taken.text;
      // A sealed value may be in a cookie, a readable one may not, whatever is done to it.
      pages.cookies = [...browser.cookies.values()]
        .map((value) => `${value}\n${Buffer.from(value, 'base64url')}`)
        .join('\n');
      expect(withSecrets(await secretsSent(site), pages)).toEqual([]);

      const size = () => [...browser.cookies].join().length;
      const before = size();
      const long = { access_token: 'a'.repeat(3_000), token_type: 'Bearer', expires_in: 3600 };
      await site.control.next({ path: site.path('oauth2', 'token'), ...jsonAnswer, body: JSON.stringify(long) });
      await site.control.next({ path: site.path('oauth2', 'profile'), ...jsonAnswer, body: '{"user":{"uid":"d5"}}' });
      await site.flow(browser, '/connect/nettle');
      browser.cookies.delete(cookieName(site, 'notice'));
      expect(size()).toBeLessThanOrEqual(before);
    },
    PATIENCE,
  );

  test(
    'sec-D6: whatever goes wrong with a token, neither page nor log at its loudest shows it',
    async () => {
      const site = siteOf();
      await site.control.reset();
      const { browser, ids } = await withEverything(site, 'd6');
      const [id = ''] = ids;
      const [path, profile] = [site.path('oauth2', 'token'), site.path('oauth2', 'profile')];
      const pages: Record<string, string> = {};
      const scripts = [
        { path, status: 500, body: 'it broke' },
        { path, truncateAt: 20 },
        { path, ...jsonAnswer, status: 400, body: '{"error":"invalid_request","error_description":"D6"}' },
        { path: profile, status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } },
        { path: profile, closeAfterHeaders: true },
      ];
      for (const [at, script] of scripts.entries()) {
        await site.control.next(script);
        await expire(site, id);
        pages[`refresh-${at}`] = (await browser.follow(await browser.post(`/connections/${id}/refresh`))).text;
        pages[`page-${at}`] = (await browser.get(`/connections/${id}`)).text;
      }
      const secrets = await secretsSent(site);
      expect(withSecrets(secrets, { ...pages, log: site.output() })).toEqual([]);
    },
    PATIENCE,
  );

  test('sec-D7: disconnecting and deleting the account leave no ciphertext and nothing that comes back', async () => {
    const site = siteOf();
    const { browser, ids } = await withEverything(site, 'd7');
    const userId = await personOf(site, browser);
    await browser.post(`/connections/${ids[0]}/disconnect`);
    expect(await countOf(site, 'Connection', 'id = $1', [ids[0]])).toBe(0);
    await site.control.hold(site.path('oidc', 'token'));
    await expire(site, ids[1] ?? '');
    const looking = browser.clone().get(`/connections/${ids[1]}`);
    const deleted = browser.post('/account/delete');
    expect((await deleted).status).toBe(303);
    await site.control.release(site.path('oidc', 'token'));
    await looking;
    for (const table of ['Connection', 'Identity', 'WebSession', 'Event']) {
      expect([table, await countOf(site, table, '"userId" = $1', [userId])]).toEqual([table, 0]);
    }
    expect(await countOf(site, 'User', 'id = $1', [userId])).toBe(0);
    expect(await dump(site)).not.toContain(String(userId));
  });
}
