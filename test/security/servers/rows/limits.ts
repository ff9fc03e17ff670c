/** sec-P and R: how often anybody may ask, and what is believed of where they come from. In production, where the limits cannot be off. */
import type { Browser } from '../../../support/browser.js';
import { onTheWire } from '../../harness.js';
import { firstPort } from './input.js';
import { isSignedIn, PATIENCE, type SiteOf, signedIn } from './steps.js';

/** A minute's starts of one address. */
const STARTS = 120;
/** What two instances may let through before each has heard of the other. */
const SLACK = 24;

/** Starts without a proof, the cheapest way to be a nuisance; gives the last answers' statuses. */
async function nuisance(browserOf: (count: number) => Browser, times: number): Promise<number[]> {
  const statuses: number[] = [];
  while (statuses.length < times) {
    const batch = Array.from({ length: 12 }, (_, index) => {
      const browser = browserOf(statuses.length + index);
      return browser.request('/auth/nettle', { method: 'POST' });
    });
    statuses.push(...(await Promise.all(batch)).map(({ status }) => status));
  }
  return statuses;
}

export function limits(siteOf: SiteOf): void {
  test(
    'sec-P1: one address has one limit at both instances, told with Retry-After, and success does not reset it; sec-P3: others do not notice',
    async () => {
      const site = siteOf();
      const victim = await signedIn(site, 'p3-victim');
      const flooding = site.browser('203.0.113.9');
      // A minute may end in between; then the count begins anew, once.
      for (let round = 0; round < 2; round++) {
        const statuses = await nuisance(() => flooding, STARTS / 2);
        await site.control.user({ provider: 'nettle', subject: 'p3-victim' });
        const started = await flooding.post('/auth/nettle');
        if (started.status === 303) expect((await flooding.get(await site.consent(started.location))).status).toBe(303);
        statuses.push(...(await nuisance(() => flooding, STARTS / 2 + SLACK)));
        if (statuses.at(-1) === 429 || round === 1) {
          expect(statuses.filter((status) => status !== 403 && status !== 429)).toEqual([]);
          expect(statuses.slice(-2)).toEqual([429, 429]);
          break;
        }
      }
      const refused = await flooding.request('/auth/nettle', { method: 'POST' });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await isSignedIn(victim)).toBe(true);
      expect(await isSignedIn(await signedIn(site, 'p3-victim'))).toBe(true);
    },
    PATIENCE,
  );

  test(
    'sec-P2: the addresses of one network are one, and what a client says of itself makes it no other',
    async () => {
      const site = siteOf();
      const addresses: ((count: number) => Browser)[] = [
        (count) => site.browser(`2001:db8:77:1::${count.toString(16)}`),
        (count) => {
          const browser = site.browser('203.0.113.77');
          const spoofed = { 'x-forwarded-for': `192.0.2.${count & 255}`, 'x-real-ip': `192.0.2.${count & 255}` };
          browser.request = (path, init) =>
            Object.getPrototypeOf(browser).request.call(browser, path, { ...init, headers: spoofed });
          return browser;
        },
      ];
      for (const browserOf of addresses) {
        let statuses = await nuisance(browserOf, STARTS + SLACK);
        if (statuses.at(-1) !== 429) statuses = await nuisance(browserOf, STARTS + SLACK);
        expect(statuses.at(-1)).toBe(429);
      }
      expect((await site.browser('2001:db8:77:2::1').request('/auth/nettle', { method: 'POST' })).status).toBe(403);
    },
    PATIENCE,
  );
}

export function proxies(siteOf: SiteOf): void {
  test('sec-R2: no header says who somebody is or where a request really goes', async () => {
    const site = siteOf();
    const claims = ['X-Forwarded-Uri: /healthz', 'X-Original-URL: /healthz', 'X-Rewrite-URL: /healthz']
      .concat(['User-Agent: GoogleHC/1.0', 'X-Forwarded-User: admin', 'X_Forwarded_User: admin', 'Remote-User: admin'])
      .concat(['X-Forwarded-Prefix: /healthz', 'X-HTTP-Method-Override: POST']);
    for (const claim of claims) {
      const head = ['GET /account HTTP/1.1', `Host: ${new URL(site.url).host}`, 'Connection: close', claim, '', ''];
      const answer = await onTheWire(firstPort(site), head.join('\r\n'));
      expect([claim, answer.slice(0, 12)]).toEqual([claim, 'HTTP/1.1 303']);
      expect(answer).toMatch(/^location: \/\?return_to=%2Faccount\r$/im);
    }
  });

  test('sec-R4: one person’s requests may go to any instance in turn', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'r4');
    for (const { url } of [...site.instances, ...site.instances]) {
      const elsewhere = site.mode === 'production' ? browser : browser.clone(url);
      expect(await isSignedIn(elsewhere)).toBe(true);
      const id = /data-connection="([^"]+)"/.exec((await elsewhere.get('/')).text)?.[1];
      expect((await elsewhere.get(`/connections/${id}`)).status).toBe(200);
    }
  });
}
