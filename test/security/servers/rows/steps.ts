/** What the rows do with a running site, and what they look at afterwards: cookies, rows of the database, calls that reached a provider. */
import { sessionRowId } from '../../../../src/db/session-store.js';
import type { Browser } from '../../../support/browser.js';
import { fakeIds } from '../../fake-providers.js';
import type { Site } from '../../harness.js';

/** The site is started after the tests are named. */
export type SiteOf = () => Site;

export const PATIENCE = 60_000;
export const jsonAnswer = { status: 200, headers: { 'content-type': 'application/json' } } as const;
export const protocols = [
  ['oauth1', fakeIds.oauth1],
  ['oauth2', fakeIds.oauth2],
  ['oidc', fakeIds.oidc],
] as const;
const traced = ['User', 'Identity', 'Connection', 'PendingIdentity', 'WebSession', 'SpentFlow'];

/** How many rows there are of everything that an attempt could leave behind. */
export async function traces(site: Site): Promise<Record<string, unknown>> {
  const counts = traced.map((table) => `(SELECT count(*)::int FROM "${table}") AS "${table}"`);
  const [row = {}] = await site.sql(`SELECT ${counts.join(', ')}`);
  return row;
}

/** The browser is nobody, and nothing is there that was not there before. */
export async function expectNothing(site: Site, browser: Browser, before: Record<string, unknown>): Promise<void> {
  // An attempt that is refused after it was claimed stays spent.
  const { SpentFlow: _spent, ...rows } = await traces(site);
  const { SpentFlow: _before, ...expected } = before;
  expect(rows).toEqual(expected);
  expect(browser.cookies.has(cookieName(site, 'session'))).toBe(false);
  expect(site.evil.connections()).toBe(0);
}

export async function countOf(site: Site, table: string, where = 'true', values: readonly unknown[] = []) {
  const [row] = await site.sql(`SELECT count(*)::int AS n FROM "${table}" WHERE ${where}`, values);
  return Number(row?.n);
}

/** @param name such as `session` */
export function cookieName(site: Site, name: string): string {
  return `${site.mode === 'production' ? '__Host-' : ''}latchkey-${name}`;
}

export const flowCookies = (browser: Browser) => [...browser.cookies.keys()].filter((name) => name.includes('flow-'));

export function sessionIdOf(site: Site, browser: Browser): string | undefined {
  const value = decodeURIComponent(browser.cookies.get(cookieName(site, 'session')) ?? '');
  return /^s:([^.]+)\./.exec(value)?.[1];
}

/** Who a browser is signed in as, told from its cookie and the table alone. */
export async function personOf(site: Site, browser: Browser): Promise<string | undefined> {
  const sessionId = sessionIdOf(site, browser);
  if (sessionId === undefined) return undefined;
  const [row] = await site.sql('SELECT "userId" FROM "WebSession" WHERE id = $1', [sessionRowId(sessionId)]);
  return row?.userId as string | undefined;
}

/** An instance that has just started on a busy machine may have to say 503 first. */
export async function isSignedIn(browser: Browser): Promise<boolean> {
  let { status } = await browser.get('/account');
  for (let again = 0; status === 503 && again < 10; again++) ({ status } = await browser.get('/account'));
  return status === 200;
}

export async function signedIn(site: Site, subject: string, provider: string = fakeIds.oauth2): Promise<Browser> {
  const browser = site.browser();
  await site.signIn(browser, subject, provider);
  return browser;
}

/** @returns the connection's id */
export async function connect(site: Site, browser: Browser, provider: string, subject: string): Promise<string> {
  await site.control.user({ provider, subject });
  const page = await site.flow(browser, `/connect/${provider}`);
  const id = /\/connections\/([\w-]{36})$/.exec(page.location ?? '')?.[1];
  if (!id) throw new Error(`${provider} was not connected: ${page.status} ${page.location}`);
  return id;
}

/** A callback that waits to be opened. */
export async function callbackOf(site: Site, browser: Browser, start: string): Promise<string> {
  const url = new URL(await site.consent((await browser.post(start)).location));
  return url.pathname + url.search;
}

/** The same browser at one instance after the other; in production the proxy does that by itself. */
export function inTurn(site: Site, browser: Browser, turn: number): Browser {
  const { url } = site.instances[turn % site.instances.length] ?? site;
  return site.mode === 'production' ? browser.clone() : browser.clone(url);
}

/** Makes an access token one that has run out, as far as we know. */
export async function expire(site: Site, id: string): Promise<void> {
  const past = `now() - interval '1 minute'`;
  await site.sql(`UPDATE "Connection" SET "expiresAt" = ${past}, "refreshAt" = ${past} WHERE id = $1`, [id]);
}

export async function connectionRow(site: Site, id: string): Promise<Record<string, unknown>> {
  const [row = {}] = await site.sql('SELECT * FROM "Connection" WHERE id = $1', [id]);
  return row;
}

/** How old the proof is that the person gave of who they are. */
export async function ageProof(site: Site, userId: string | undefined, ageMs: number): Promise<void> {
  await site.sql(
    `UPDATE "WebSession" SET data = jsonb_set(data::jsonb, '{signedInAt}', to_jsonb($2::bigint)) WHERE "userId" = $1`,
    [userId, Date.now() - ageMs],
  );
}

/** The whole database as text, but what must be readable: nothing. */
export async function dump(site: Site): Promise<string> {
  const tables = await site.sql(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`);
  const texts = await Promise.all(
    tables.map(({ tablename }) => site.sql(`SELECT t::text AS row FROM "${tablename}" t`)),
  );
  return texts
    .flat()
    .map(({ row }) => String(row))
    .join('\n');
}
