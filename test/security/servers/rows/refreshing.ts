/** sec-I: refreshes, by two processes that also renew ahead of time by themselves. */
import type { Browser } from '../../../support/browser.js';
import { until } from '../../../support/until.js';
import type { Site } from '../../harness.js';
import { connect, connectionRow, expire, inTurn, jsonAnswer, PATIENCE, type SiteOf, signedIn } from './steps.js';

export function refreshing(siteOf: SiteOf): void {
  const token = (site: Site) => site.path('oauth2', 'token');
  const profile = (site: Site) => site.path('oauth2', 'profile');
  async function connected(site: Site, subject: string): Promise<{ browser: Browser; id: string }> {
    const browser = await signedIn(site, subject, 'mallow');
    const id = await connect(site, browser, 'nettle', subject);
    await site.control.reset();
    return { browser, id };
  }
  const askAtOnce = (site: Site, browser: Browser, id: string, times: number) =>
    Promise.all(Array.from({ length: times }, (_, turn) => inTurn(site, browser, turn).get(`/connections/${id}`)));

  test(
    'sec-I1: fifty pages at once over two processes cost one token call, and the grant stays alive',
    async () => {
      const site = siteOf();
      const { browser, id } = await connected(site, 'i1');
      await site.control.behaviour({ reuseKillsFamily: true });
      for (let round = 1; round <= 2; round++) {
        await expire(site, id);
        const pages = await askAtOnce(site, browser, id, 50);
        expect(new Set(pages.map(({ status }) => status))).toEqual(new Set([200]));
        expect(pages.filter(({ text }) => text.includes('having trouble'))).toEqual([]);
        expect(await site.control.calls(token(site))).toHaveLength(round);
        expect(await connectionRow(site, id)).toMatchObject({
          generation: 1 + round,
          status: 'active',
          attemptId: null,
        });
      }
    },
    PATIENCE,
  );

  test('sec-I2: the new token is stored before it is used', async () => {
    const site = siteOf();
    const { browser, id } = await connected(site, 'i2');
    await site.control.hold(profile(site));
    await expire(site, id);
    const asking = browser.get(`/connections/${id}`);
    await until(async () => (await site.control.calls(profile(site))).length > 0);
    expect(await connectionRow(site, id)).toMatchObject({ generation: 2, attemptId: null });
    await site.control.release(profile(site));
    expect((await asking).status).toBe(200);
  });

  test('sec-I3: an answer without a refresh token, however it says so, keeps the old one', async () => {
    const site = siteOf();
    const { browser, id } = await connected(site, 'i3');
    const sent = async () => {
      const calls = await site.control.calls(token(site));
      return calls.map(({ body }) => new URLSearchParams(body).get('refresh_token'));
    };
    for (const refresh of [undefined, '', null]) {
      const answer = { access_token: 'i3-access', token_type: 'Bearer', expires_in: 3600, refresh_token: refresh };
      await site.control.next({ path: token(site), ...jsonAnswer, body: JSON.stringify(answer) });
      await browser.post(`/connections/${id}/refresh`);
    }
    await browser.post(`/connections/${id}/refresh`);
    const tokens = await sent();
    expect(tokens).toHaveLength(4);
    expect(new Set(tokens).size).toBe(1);
    expect(await connectionRow(site, id)).toMatchObject({ generation: 5, status: 'active' });
  });

  test('sec-I4: a refused client costs no connection, and heals by itself', async () => {
    const site = siteOf();
    const { browser, id } = await connected(site, 'i4');
    const answer = { path: token(site), ...jsonAnswer, status: 401, body: '{"error":"invalid_client"}' };
    await site.control.next({ ...answer, times: 3 });
    // Each process looks at what the others found out every few seconds.
    const shown = async (status: string) => {
      const pages = await Promise.all([0, 1, 2, 3].map((turn) => inTurn(site, browser, turn).get('/')));
      return pages.every(({ text }) =>
        text.includes(`data-connection="${id}" data-provider="nettle" data-status="${status}"`),
      );
    };
    try {
      await expire(site, id);
      await browser.get(`/connections/${id}`);
      expect(await connectionRow(site, id)).toMatchObject({ status: 'active', generation: 1 });
      await until(() => shown('misconfigured'));
    } finally {
      await site.control.reset();
    }
    await browser.post(`/connections/${id}/refresh`);
    expect(await connectionRow(site, id)).toMatchObject({ status: 'active', generation: 2 });
    await until(() => shown('active'));

    for (const passing of [
      { status: 503 },
      { status: 429, headers: { 'retry-after': '1' } },
      { ...jsonAnswer, body: '<nonsense>' },
    ]) {
      await site.control.reset();
      await site.control.next({ path: token(site), times: 4, ...passing });
      await browser.post(`/connections/${id}/refresh`);
      expect(await connectionRow(site, id)).toMatchObject({ status: 'retrying', generation: 2 });
    }
    await site.control.reset();
    await browser.post(`/connections/${id}/refresh`);
    expect(await connectionRow(site, id)).toMatchObject({ status: 'active', reason: null, generation: 3 });
  });

  test(
    'sec-I5: however the provider spells the life of a token, no page costs more than one token call',
    async () => {
      const site = siteOf();
      const { browser, id } = await connected(site, 'i5');
      const lives = ['0', '-5', '"3600"', '1.5', '1e12', 'null', '"soon"', '{}'];
      for (const life of lives) {
        await site.control.reset();
        const body = `{"access_token":"i5-access","token_type":"Bearer","expires_in":${life}}`;
        await site.control.next({ path: token(site), times: 50, ...jsonAnswer, body });
        await site.control.next({ path: profile(site), times: 50, ...jsonAnswer, body: '{"user":{"uid":"i5"}}' });
        await browser.post(`/connections/${id}/refresh`);
        const before = (await site.control.calls(token(site))).length;
        for (let round = 0; round < 3; round++) expect((await browser.get(`/connections/${id}`)).status).toBe(200);
        const after = (await site.control.calls(token(site))).length;
        expect([life, before <= 2, after - before <= 3]).toEqual([life, true, true]);
      }
      await site.control.reset();
      await browser.post(`/connections/${id}/refresh`);
      expect(await connectionRow(site, id)).toMatchObject({ status: 'active' });
    },
    PATIENCE,
  );

  test('sec-I6: an API that always answers 401 costs one refresh and one retry, however many ask', async () => {
    const site = siteOf();
    const { browser, id } = await connected(site, 'i6');
    const refused = {
      path: profile(site),
      status: 401,
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    };
    await site.control.next({ ...refused, times: 2 });
    expect((await browser.get(`/connections/${id}`)).status).toBe(200);
    expect(await site.control.calls(token(site))).toHaveLength(1);
    expect(await site.control.calls(profile(site))).toHaveLength(2);
    await site.control.reset();
    await site.control.next({ ...refused, times: 20 });
    await askAtOnce(site, browser, id, 20);
    const refreshes = (await site.control.calls(token(site))).length;
    expect(refreshes).toBe(1);
    expect((await site.control.calls(profile(site))).length).toBeLessThanOrEqual(40);
  });

  test('sec-I7: while one process waits for the provider, neither it nor the other asks again', async () => {
    const site = siteOf();
    const { browser, id } = await connected(site, 'i7');
    await site.control.hold(token(site));
    try {
      await expire(site, id);
      const first = browser.clone().get(`/connections/${id}`);
      await until(async () => (await site.control.calls(token(site))).length > 0);
      const { attemptId, leaseUntil } = await connectionRow(site, id);
      expect(attemptId).not.toBeNull();
      // The call has a hard end of 10 s; the lease outlives it.
      expect((leaseUntil as Date).getTime() - Date.now()).toBeGreaterThan(10_000);
      const more = askAtOnce(site, browser, id, 12);
      await browser.get('/account');
      expect(await site.control.calls(token(site))).toHaveLength(1);
      expect((await connectionRow(site, id)).attemptId).toBe(attemptId);
      await site.control.release(token(site));
      await Promise.all([first, more]);
    } finally {
      await site.control.release(token(site));
    }
    expect(await site.control.calls(token(site))).toHaveLength(1);
    expect(await connectionRow(site, id)).toMatchObject({ generation: 2, attemptId: null });
  });

  test(
    'sec-I8: refreshes of nine connections that wait for a provider hold up nobody else',
    async () => {
      const site = siteOf();
      const { browser, id } = await connected(site, 'i8');
      const ids = [id];
      for (let at = 0; at < 8; at++) ids.push(await connect(site, browser, 'nettle', `i8-${at}`));
      await site.control.reset();
      const other = await signedIn(site, 'i8-other', 'mallow');
      await site.control.hold(token(site));
      for (const one of ids) await expire(site, one);
      const asking = Promise.all(ids.map((one) => askAtOnce(site, browser, one, 4)));
      await until(async () => (await site.control.calls(token(site))).length > 3);
      for (const ask of [
        () => fetch(`${site.instances[0]?.url}/healthz`),
        () => other.get('/'),
        () => site.browser().post('/auth/mallow'),
      ]) {
        const began = performance.now();
        expect((await ask()).status).toBeLessThan(400);
        expect(performance.now() - began).toBeLessThan(2_000);
      }
      const [held] = await site.sql(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`,
      );
      expect(held?.n).toBe(0);
      await site.control.release(token(site));
      for (const { status } of (await asking).flat()) expect(status).toBe(200);
    },
    PATIENCE,
  );
}
