/** sec-M: what the log says, as the processes wrote it at their loudest. */
import type { Page } from '../../../support/browser.js';
import { until } from '../../../support/until.js';
import type { Site } from '../../harness.js';
import { connect, expire, type SiteOf, signedIn } from './steps.js';

type Line = Readonly<Record<string, unknown>>;

/** The lines for machines; besides them a process says where it can be opened. */
function linesOf(site: Site): readonly Line[] {
  const lines = site.output().split('\n');
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Line);
}

/** What was written about one request; its last line comes when the answer is on its way. */
async function linesAbout(site: Site, page: Page): Promise<readonly Line[]> {
  const requestId = page.headers.get('x-request-id');
  const about = () => linesOf(site).filter((line) => line.requestId === requestId);
  await until(() => about().some(({ msg }) => msg === 'request' || msg === 'request refused'));
  return about();
}

export function logs(siteOf: SiteOf): void {
  test('sec-M2: each thing that happens to an account is one line with who, where, when and which request', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'm2');
    await site.control.user({ provider: 'osier', subject: 'm2' });
    const connected = await site.flow(browser, '/connect/osier');
    const id = connected.location?.split('/').at(-1) ?? '';
    const done: [string, Page][] = [
      ['connected', connected],
      ['disconnected', await browser.post(`/connections/${id}/disconnect`)],
      ['signed_out', await browser.post('/logout')],
    ];
    const again = site.browser();
    await site.control.user({ provider: 'nettle', subject: 'm2' });
    done.push(['signed_in', await site.flow(again, '/auth/nettle')]);
    for (const [kind, page] of done) {
      const events = (await linesAbout(site, page)).filter(({ msg }) => msg === 'event');
      expect(events).toMatchObject([
        {
          kind,
          time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
          userId: expect.stringMatching(/^[\da-f-]{36}$/),
        },
      ]);
      expect(events[0]?.address).toEqual(expect.stringMatching(/^(?:198\.18\.|127\.|::)/));
    }
    const refused: [string, Page][] = [
      ['csrf_refused', await browser.request('/auth/nettle', { method: 'POST' })],
      ['flow_unknown', await browser.get('/auth/nettle/callback?code=x&state=y')],
    ];
    for (const [code, page] of refused) {
      const lines = await linesAbout(site, page);
      expect(lines).toMatchObject([{ msg: 'request refused', code, status: page.status }]);
      expect(lines[0]?.address).toEqual(expect.any(String));
    }
  });

  test('sec-M2: a grant that dies is one line, however often it is asked for', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'm2-dead', 'mallow');
    const id = await connect(site, browser, 'nettle', 'm2-dead');
    await site.control.revoke({ provider: 'nettle', subject: 'm2-dead' });
    await expire(site, id);
    for (let round = 0; round < 3; round++) await browser.get(`/connections/${id}`);
    const told = () =>
      linesOf(site).filter((line) => line.connectionId === id && line.kind === 'connection_reconnect_required');
    await until(() => told().length > 0);
    expect(told()).toMatchObject([{ provider: 'nettle', detail: { reason: 'invalid_grant' } }]);
  });

  test('sec-M3: nothing that anybody sends begins a line or moves the cursor', async () => {
    const site = siteOf();
    const forged = '\r\n{"level":50,"msg":"forged"}\u001b[2J\u2028\u202e';
    const browser = site.browser();
    const callback = await site.consent((await browser.post('/auth/nettle')).location);
    await site.control.next({
      path: site.path('oauth2', 'token'),
      status: 400,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ error: `invalid_request${forged}`, error_description: forged, error_uri: forged }),
    });
    await browser.get(callback);
    const encoded = encodeURIComponent(forged);
    const last = await browser.get(`/nowhere/${encoded}?q=${encoded}`, {
      'user-agent': '\u0085{"msg":"forged"}',
      referer: `https://evil.example/${encoded}`,
    });
    await linesAbout(site, last);
    expect(site.output().replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
    expect(linesOf(site).filter(({ msg }) => msg === 'forged')).toEqual([]);
  });

  test('sec-M4: of a provider’s endless answer the log keeps a few words, and the page names the line', async () => {
    const site = siteOf();
    const browser = site.browser();
    const callback = await site.consent((await browser.post('/auth/nettle')).location);
    await site.control.next({
      path: site.path('oauth2', 'token'),
      status: 400,
      headers: { 'content-type': 'text/plain' },
      body: `CANARY-ECHO-4d1f ${'x'.repeat(900_000)}`,
    });
    const page = await browser.get(callback);
    expect(page.status).toBe(502);
    const shown = /<code>([\da-f-]{36})<\/code>/.exec(page.text)?.[1];
    expect(shown).toBe(page.headers.get('x-request-id'));
    const lines = await linesAbout(site, page);
    expect(lines.some(({ msg }) => msg === 'request failed')).toBe(true);
    for (const line of lines) expect(JSON.stringify(line).length).toBeLessThan(2_000);
    expect(site.output()).not.toContain('CANARY-ECHO');
  });
}
