/** sec-B11 to B14: what the provider says once the callback was accepted: tokens, ID tokens, metadata, who the person is. */
import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { Browser } from '../../../support/browser.js';
import { directGrant } from '../../../support/direct-client.js';
import { freePort, startProcess } from '../../../support/process.js';
import { callbackOf, expectNothing, flowCookies, jsonAnswer, PATIENCE, type SiteOf, traces } from './steps.js';

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

export function providerAnswers(siteOf: SiteOf): void {
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
      const fresh = await startProcess({ ...site.environment, PORT: await freePort() });
      const browser = new Browser(fresh.url);
      for (const issuer of ['https://evil.example', `${site.sandboxUrl}/nettle.example`]) {
        await site.control.next({ path, times: 3, ...jsonAnswer, body: JSON.stringify({ ...metadata, issuer }) });
        const started = await browser.post('/auth/osier');
        expect([issuer, started.status, started.location]).toEqual([issuer, 502, undefined]);
        expect(flowCookies(browser)).toEqual([]);
        await site.control.reset();
      }
      expect((await browser.post('/auth/nettle')).status).toBe(303);
      expect(await fresh.stop()).toBe(0);
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
