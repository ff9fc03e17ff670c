/** sec-B: the callback. */
import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { Browser } from '../../../support/browser.js';
import { directGrant } from '../../../support/direct-client.js';
import type { Site } from '../../harness.js';
import {
  callbackOf,
  cookieName,
  countOf,
  flowCookies,
  inTurn,
  isSignedIn,
  jsonAnswer,
  PATIENCE,
  protocols,
  type SiteOf,
  signedIn,
  traces,
} from './steps.js';

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

export function callbacks(siteOf: SiteOf): void {
  const tokenCalls = async (site: Site) => {
    const calls = await Promise.all(protocols.map(([protocol]) => site.control.calls(site.path(protocol, 'token'))));
    return calls.flat().length;
  };
  /** The browser is nobody, and nothing is there that was not there before. */
  async function expectNothing(site: Site, browser: Browser, before: Record<string, unknown>): Promise<void> {
    // An attempt that is refused after it was claimed stays spent.
    const { SpentFlow: _spent, ...rows } = await traces(site);
    const { SpentFlow: _before, ...expected } = before;
    expect(rows).toEqual(expected);
    expect(browser.cookies.has(cookieName(site, 'session'))).toBe(false);
    expect(site.evil.connections()).toBe(0);
  }

  test('sec-B1: a missing, unknown or malformed state stops everything before a call', async () => {
    const site = siteOf();
    await site.control.reset();
    const before = await traces(site);
    const browser = site.browser();
    await browser.get('/');
    const cookies = [...browser.cookies];
    for (const query of ['?code=x', '?code=x&state=', '?code=x&state=zzz', '?oauth_token=x&oauth_verifier=y', '']) {
      for (const [, provider] of protocols) {
        const page = await browser.get(`/auth/${provider}/callback${query}`);
        expect([provider, query, page.status]).toEqual([provider, query, 400]);
      }
    }
    expect([...browser.cookies]).toEqual(cookies);
    expect(await tokenCalls(site)).toBe(0);
    expect(await traces(site)).toEqual(before);
  });

  test.each(protocols)('sec-B2: a state of another browser opens nothing (%s)', async (_protocol, provider) => {
    const site = siteOf();
    const stranger = site.browser();
    await stranger.get('/');
    const person = await signedIn(site, `b2-${provider}`);
    await site.control.user({ provider, subject: `b2-attacker-${provider}` });
    await site.control.reset();
    const before = await traces(site);
    const owner = site.browser();
    const url = await callbackOf(site, owner, `/auth/${provider}`);
    for (const victim of [stranger, person]) expect((await victim.get(url)).status).toBe(400);
    expect(await tokenCalls(site)).toBe(0);
    expect(await traces(site)).toEqual(before);
    expect(await isSignedIn(stranger)).toBe(false);
    expect((await owner.get(url)).status).toBe(303);
  });

  test.each(protocols)(
    'sec-B3: of thirty callbacks at once over two instances one is exchanged (%s)',
    async (protocol, provider) => {
      const site = siteOf();
      const browser = site.browser();
      await site.control.user({ provider, subject: `b3-${provider}` });
      const url = await callbackOf(site, browser, `/auth/${provider}`);
      await site.control.reset();
      const pages = await Promise.all(Array.from({ length: 30 }, (_, turn) => inTurn(site, browser, turn).get(url)));
      expect(pages.map(({ status }) => status).sort()).toEqual([303, ...Array(29).fill(400)]);
      expect(await site.control.calls(site.path(protocol, 'token'))).toHaveLength(1);
      expect(await countOf(site, 'PendingIdentity', 'subject = $1', [`b3-${provider}`])).toBe(1);
    },
  );

  test('sec-B4: a state of one provider is none of another’s', async () => {
    const site = siteOf();
    await site.control.reset();
    const browser = site.browser();
    const url = await callbackOf(site, browser, '/auth/nettle');
    for (const other of ['osier', 'mallow']) {
      expect((await browser.get(url.replace('/nettle/', `/${other}/`))).status).toBe(400);
    }
    expect(await tokenCalls(site)).toBe(0);
    expect((await browser.get(url)).status).toBe(303);
  });

  test('sec-B5: the issuer is compared, and missed where the provider names one', async () => {
    const site = siteOf();
    await site.control.reset();
    const before = await traces(site);
    const browser = site.browser();
    const url = new URL(await callbackOf(site, browser, '/auth/osier'), site.url);
    const own = url.searchParams.get('iss');
    expect(own).toContain('osier.example');
    for (const issuer of ['https://evil.example', `${own}/`, '']) {
      url.searchParams.set('iss', issuer);
      expect((await browser.get(url.href)).status).toBe(400);
    }
    url.searchParams.delete('iss');
    expect((await browser.get(url.href)).status).toBe(400);
    expect(await tokenCalls(site)).toBe(0);
    await expectNothing(site, browser, before);
    const right = await callbackOf(site, browser, '/auth/osier');
    expect((await browser.get(right)).status).toBe(303);
  });

  test('sec-B6: a connect comes back to the person who started it, or to nobody', async () => {
    const site = siteOf();
    const browser = await signedIn(site, 'b6-one');
    const swapped = await callbackOf(site, browser, '/connect/mallow');
    const expired = await callbackOf(site, browser, '/connect/mallow');
    const other = await signedIn(site, 'b6-two');
    await site.control.reset();
    const before = await countOf(site, 'Connection');
    const name = cookieName(site, 'session');
    const own = browser.cookies.get(name) ?? '';
    browser.cookies.set(name, other.cookies.get(name) ?? '');
    expect((await browser.get(swapped)).status).toBe(400);
    browser.cookies.set(name, own);
    await site.sql(
      `UPDATE "WebSession" SET "expiresAt" = now() - interval '1 day', "lastSeenAt" = now() - interval '1 year'
        WHERE "userId" = (SELECT "userId" FROM "Identity" WHERE subject = 'b6-one')`,
    );
    expect((await browser.get(expired)).status).toBe(400);
    expect(await tokenCalls(site)).toBe(0);
    expect(await countOf(site, 'Connection')).toBe(before);
    expect(await isSignedIn(browser)).toBe(false);
  });

  test('sec-B7: repeated, nested and endless parameters are refused, and spend nothing', async () => {
    const site = siteOf();
    await site.control.reset();
    const browser = site.browser();
    const url = await callbackOf(site, browser, '/auth/nettle');
    const state = new URL(url, site.url).searchParams.get('state');
    for (const query of [
      `?code=a&code=b&state=${state}`,
      `?code[]=a&state=${state}`,
      `?code=a&state[x]=${state}`,
      `?code=a&state=${state}&state=${state}`,
      `?code=${'x'.repeat(12_000)}&state=${state}`,
      `?__proto__[x]=1&code[__proto__]=1&state=${state}`,
    ]) {
      const page = await browser.get(`/auth/nettle/callback${query}`);
      expect([query.slice(0, 40), page.status]).toEqual([query.slice(0, 40), 400]);
    }
    const endless = await browser.get(`/auth/nettle/callback?code=${'x'.repeat(100_000)}&state=${state}`);
    expect([400, 414, 431]).toContain(endless.status);
    expect(await tokenCalls(site)).toBe(0);
    expect((await browser.get(url)).status).toBe(303);
  });

  test.each(protocols)(
    'sec-B8: a refusal needs a state, spends it, shows fixed words and changes nothing (%s)',
    async (_protocol, provider) => {
      const site = siteOf();
      const browser = site.browser();
      const before = await traces(site);
      await site.control.behaviour({ autoApprove: false });
      const denied = new URL(await site.consent((await browser.post(`/auth/${provider}`)).location, 'deny'));
      await site.control.behaviour({ autoApprove: true });
      const said = { error_description: '<script>x</script> call +1 555', error_uri: 'javascript:alert(1)' };
      for (const [name, value] of Object.entries(said)) denied.searchParams.set(name, value);
      expect((await site.browser().get(denied.href)).status).toBe(400);
      await site.control.reset();
      const page = await browser.get(denied.href);
      expect(page.status).toBe(200);
      expect(page.text).not.toMatch(/<script>x|555|javascript:/);
      expect((await browser.get(denied.href)).status).toBe(400);
      expect(await tokenCalls(site)).toBe(0);
      await expectNothing(site, browser, before);
    },
  );

  test.each(protocols)('sec-B9: looking ahead does not spend the attempt (%s)', async (_protocol, provider) => {
    const site = siteOf();
    const browser = site.browser();
    const url = await callbackOf(site, browser, `/auth/${provider}`);
    await site.control.reset();
    expect((await browser.request(url, { method: 'HEAD' })).status).toBe(405);
    for (const value of ['prefetch', 'prefetch;prerender']) {
      expect((await browser.get(url, { 'sec-purpose': value })).status).toBe(503);
    }
    expect(await tokenCalls(site)).toBe(0);
    expect((await browser.get(url)).status).toBe(303);
  });

  test('sec-B10: a 303 to a clean address, kept nowhere, to a page that loads nothing from elsewhere', async () => {
    const site = siteOf();
    for (const [, provider] of protocols) {
      const browser = site.browser();
      await site.control.user({ provider, subject: `b10-${provider}` });
      const started = await browser.post(`/auth/${provider}`);
      expect(started.status).toBe(303);
      const page = await browser.get(await site.consent(started.location));
      expect([page.status, page.location]).toEqual([303, `${site.url}/welcome`]);
      expect(page.headers.get('cache-control')).toBe('no-store');
      expect(page.headers.get('referrer-policy')).toBe('no-referrer');
      expect((await browser.follow(page)).text).not.toMatch(/(?:src|href|action)="(?:https?:)?\/\//);
    }
  });

  test(
    'sec-B11: what is no whole token answer is no sign-in',
    async () => {
      const site = siteOf();
      const path = site.path('oauth2', 'token');
      const bodies = [
        '{}',
        '{"error":"x"}',
        '{"access_token":null}',
        '{"access_token":{}}',
        '{"access_token":""}',
        '[]',
        '"x"',
        '{',
      ];
      const answers = [
        ...bodies.map((body) => ({ ...jsonAnswer, body })),
        { ...jsonAnswer, body: '{"access_token":"x","token_type":"mac"}' },
        { status: 200, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'access_token=' },
        { status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>access_token</h1>' },
      ];
      for (const answer of answers) {
        const browser = site.browser();
        const before = await traces(site);
        const url = await callbackOf(site, browser, '/auth/nettle');
        await site.control.reset();
        await site.control.next({ path, ...answer });
        const page = await browser.get(url);
        expect([answer.body, page.status]).toEqual([answer.body, 502]);
        expect(await site.control.calls(path)).toHaveLength(1);
        expect(await site.control.calls(site.path('oauth2', 'profile'))).toHaveLength(0);
        await expectNothing(site, browser, before);
      }
    },
    PATIENCE,
  );

  test(
    'sec-B12: a forged, foreign, replayed or missing ID token is no sign-in',
    async () => {
      const site = siteOf();
      await site.control.behaviour({ autoApprove: true });
      const path = site.path('oidc', 'token');
      const grant = (id: string, more: object = {}) =>
        directGrant({
          sandboxUrl: site.sandboxUrl,
          authorizePath: `/${id}.example/authorize`,
          tokenPath: path,
          clientId: `sandbox-${id}`,
          redirectUri: `${site.url}/auth/${id}/callback`,
          scope: 'openid',
          ...more,
        });
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const foreign = (header: object, payload: object) => {
        const text = `${encode(header)}.${encode(payload)}`;
        return `${text}.${createSign('sha256').update(text).sign(privateKey, 'base64url')}`;
      };
      const shared = (header: object, payload: object) => {
        const text = `${encode({ ...header, alg: 'HS256' })}.${encode(payload)}`;
        return `${text}.${createHmac('sha256', 'sandbox-secret').update(text).digest('base64url')}`;
      };
      type Forge = (header: object, payload: object, genuine: string) => string | undefined;
      const attempts: readonly (readonly [string, number, Forge])[] = [
        ['as it was given', 303, (_header, _payload, genuine) => genuine],
        ['unsigned', 502, (header, payload) => `${encode({ ...header, alg: 'none' })}.${encode(payload)}.`],
        ['signed with the client secret', 502, shared],
        ['signed by somebody else', 502, foreign],
        [
          'with a key of its own',
          502,
          (header, payload) => foreign({ ...header, kid: undefined, jwk: { kty: 'RSA' } }, payload),
        ],
        [
          'with other words under the signature',
          502,
          (header, payload, genuine) =>
            [encode(header), encode({ ...payload, sub: 'victim' }), genuine.split('.')[2]].join('.'),
        ],
        ['missing', 502, () => undefined],
      ];
      for (const [what, status, forge] of attempts) {
        const browser = site.browser();
        const before = await traces(site);
        const started = await browser.post('/auth/osier');
        const nonce = new URL(started.location ?? '').searchParams.get('nonce') ?? '';
        const url = await site.consent(started.location);
        const { id_token, ...rest } = await grant('osier', { nonce });
        const genuine = String(id_token);
        const [header, payload] = genuine
          .split('.')
          .map((part, at) => (at < 2 ? JSON.parse(Buffer.from(part, 'base64url').toString()) : part));
        const answer = JSON.stringify({ ...rest, id_token: forge(header, payload, genuine) });
        await site.control.next({ path, ...jsonAnswer, body: answer });
        expect([what, (await browser.get(url)).status]).toEqual([what, status]);
        if (status !== 303) await expectNothing(site, browser, before);
      }
      const browser = site.browser();
      const url = await callbackOf(site, browser, '/auth/osier');
      await site.control.next({
        path,
        ...jsonAnswer,
        body: JSON.stringify(await grant('osier', { nonce: 'of another tab' })),
      });
      expect((await browser.get(url)).status).toBe(502);
    },
    PATIENCE,
  );

  test(
    'sec-B13: metadata that name another issuer are not believed',
    async () => {
      const site = siteOf();
      const path = '/osier.example/.well-known/openid-configuration';
      const metadata = (await (await fetch(`${site.sandboxUrl}${path}`)).json()) as object;
      // One that has not read them yet.
      const fresh = await site.startInstance();
      const browser = new Browser(fresh.url);
      for (const issuer of ['https://evil.example', `${site.sandboxUrl}/nettle.example`]) {
        await site.control.next({ path, times: 3, ...jsonAnswer, body: JSON.stringify({ ...metadata, issuer }) });
        const started = await browser.post('/auth/osier');
        expect([issuer, started.status, started.location]).toEqual([issuer, 502, undefined]);
        expect(flowCookies(browser)).toEqual([]);
        await site.control.reset();
      }
      expect((await browser.post('/auth/nettle')).status).toBe(303);
      await site.stopInstance(fresh);
    },
    PATIENCE,
  );

  test('sec-B14: the account id is there and exact, or there is no sign-in', async () => {
    const site = siteOf();
    const answered = async (uid: string) => {
      const browser = site.browser();
      const url = await callbackOf(site, browser, '/auth/nettle');
      await site.control.next({ path: site.path('oauth2', 'profile'), ...jsonAnswer, body: `{"user":{"uid":${uid}}}` });
      return { browser, page: await browser.get(url) };
    };
    const before = await traces(site);
    for (const uid of ['0', '""', 'null', '{}', 'true', '[1]']) {
      const { browser, page } = await answered(uid);
      expect([uid, page.status]).toEqual([uid, 502]);
      await expectNothing(site, browser, before);
    }
    for (const uid of ['9007199254740993', '9007199254740992', '"B14Abc"', '"b14abc"']) {
      const { browser, page } = await answered(uid);
      expect([uid, page.location]).toEqual([uid, `${site.url}/welcome`]);
      await browser.post('/welcome', { decision: 'create' });
    }
    const rows = await site.sql(
      `SELECT subject FROM "Identity" WHERE subject LIKE '90071992547409%' OR lower(subject) = 'b14abc' ORDER BY "createdAt"`,
    );
    expect(rows.map(({ subject }) => subject)).toEqual(['9007199254740993', '9007199254740992', 'B14Abc', 'b14abc']);
  });
}
