/** sec-B, sec-C: what a callback and the provider behind it may say, and what it leads to. The plain refusals are in unhappy.test.ts. */
import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { startApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { directGrant } from '../support/direct-client.js';
import { mailingProviders } from '../support/mailing-providers.js';
import { sessionPerson } from '../support/people.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp({ definitions: mailingProviders });
  await app.control.behaviour({ autoApprove: true });
});
afterAll(() => app.close());
beforeEach(async () => {
  await app.reset();
  await app.control.reset();
});

const json = { status: 200, headers: { 'content-type': 'application/json' } };
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

async function signedIn(subject: string): Promise<Browser> {
  const browser = app.browser();
  await app.signIn(browser, subject, 'mail-two');
  await app.control.reset();
  return browser;
}

/** Nothing came of it: no person, no session, nothing that waits for a decision. */
async function expectNobody(browser: Browser): Promise<void> {
  const { prisma } = app.database;
  const rows = [
    prisma.user.count(),
    prisma.webSession.count(),
    prisma.pendingIdentity.count(),
    prisma.connection.count(),
  ];
  expect(await Promise.all(rows)).toEqual([0, 0, 0, 0]);
  expect(await sessionPerson(app.database, browser)).toBeUndefined();
}

test('sec-B6: a connect comes back to who started it, or to nobody', async () => {
  const browser = await signedIn('8001');
  const other = await signedIn('8002');
  const { prisma } = app.database;
  const before = await prisma.connection.count();
  const swapped = await app.consent((await browser.post('/connect/github')).location);
  const expired = await app.consent((await browser.post('/connect/github')).location);
  const own = browser.cookies.get('latchkey-session') ?? '';
  browser.cookies.set('latchkey-session', other.cookies.get('latchkey-session') ?? '');
  expect((await browser.get(swapped)).status).toBe(400);
  browser.cookies.set('latchkey-session', own);
  await prisma.webSession.updateMany({ data: { expiresAt: new Date(0) } });
  expect((await browser.get(expired)).status).toBe(400);
  expect(await app.control.calls('/github.com/login/oauth/access_token')).toEqual([]);
  expect(await prisma.connection.count()).toBe(before);
  expect(await sessionPerson(app.database, browser)).toBeUndefined();
});

test('sec-B10: the browser goes on to a clean address, and the callback’s answer is kept nowhere', async () => {
  for (const provider of ['twitter', 'github', 'google']) {
    const browser = app.browser();
    const started = await browser.post(`/auth/${provider}`);
    expect(started.status).toBe(303);
    const page = await browser.get(await app.consent(started.location));
    expect([page.status, new URL(page.location ?? '').search]).toEqual([303, '']);
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    const landed = await browser.follow(page);
    expect(landed.text).not.toMatch(/(?:src|href|action)="(?:https?:)?\/\//);
  }
});

describe('sec-B12: an ID token', () => {
  const tokenPath = '/id.example/token';
  const scope = 'openid email profile';
  const claims = async () => {
    const { id_token } = await genuine();
    const [header = '', payload = ''] = String(id_token).split('.');
    return [header, payload].map((part) => JSON.parse(Buffer.from(part, 'base64url').toString())) as [object, object];
  };
  const genuine = (more: object = {}) =>
    directGrant({
      sandboxUrl: app.sandboxUrl,
      authorizePath: '/id.example/authorize',
      tokenPath,
      clientId: 'sandbox-mail-oidc',
      redirectUri: `${app.url}/auth/mail-oidc/callback`,
      scope,
      ...more,
    });
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const foreign = (header: object, payload: object) => {
    const text = `${encode(header)}.${encode(payload)}`;
    return `${text}.${createSign('sha256').update(text).sign(privateKey, 'base64url')}`;
  };
  const forgeries: readonly (readonly [string, (header: object, payload: object) => string])[] = [
    ['with the algorithm none', (header, payload) => `${encode({ ...header, alg: 'none' })}.${encode(payload)}.`],
    [
      'signed with our own client secret',
      (header, payload) => {
        const text = `${encode({ ...header, alg: 'HS256' })}.${encode(payload)}`;
        return `${text}.${createHmac('sha256', 'sandbox-secret').update(text).digest('base64url')}`;
      },
    ],
    ['signed by somebody else under the same key id', foreign],
    [
      'that brings its own key',
      (header, payload) =>
        foreign({ ...header, kid: undefined, jwk: { kty: 'RSA', e: 'AQAB' }, jku: 'https://evil.example' }, payload),
    ],
  ];

  test.each(forgeries)('%s opens nothing', async (_what, forge) => {
    const [header, payload] = await claims();
    const browser = app.browser();
    const started = await browser.post('/auth/mail-oidc');
    const { nonce } = Object.fromEntries(new URL(started.location ?? '').searchParams);
    const callback = await app.consent(started.location);
    const { id_token: _replaced, ...rest } = await genuine();
    const body = JSON.stringify({ ...rest, id_token: forge(header, { ...payload, nonce }) });
    await app.control.next({ path: tokenPath, ...json, body });
    expect((await browser.get(callback)).status).toBe(502);
    await expectNobody(browser);
  });

  test('that is genuine and of this attempt is accepted, so the forgeries fail for what they are', async () => {
    const browser = app.browser();
    const started = await browser.post('/auth/mail-oidc');
    const nonce = new URL(started.location ?? '').searchParams.get('nonce');
    const callback = await app.consent(started.location);
    await app.control.next({ path: tokenPath, ...json, body: JSON.stringify(await genuine({ nonce })) });
    expect((await browser.get(callback)).location).toBe(`${app.url}/welcome`);
  });

  test('of another attempt, of another provider, or none at all opens nothing', async () => {
    const other = await directGrant({
      sandboxUrl: app.sandboxUrl,
      authorizePath: '/accounts.google.com/o/oauth2/v2/auth',
      tokenPath: '/oauth2.googleapis.com/token',
      clientId: 'sandbox-google',
      redirectUri: `${app.url}/auth/google/callback`,
      scope,
    });
    for (const answer of [
      await genuine({ nonce: 'of another attempt' }),
      await genuine(),
      { ...(await genuine()), id_token: other.id_token },
      { ...(await genuine()), id_token: undefined },
    ]) {
      const browser = app.browser();
      const callback = await app.consent((await browser.post('/auth/mail-oidc')).location);
      await app.control.next({ path: tokenPath, ...json, body: JSON.stringify(answer) });
      expect((await browser.get(callback)).status).toBe(502);
      await expectNobody(browser);
    }
  });
});

test('sec-B13: metadata of another issuer and a profile of another person are refused', async () => {
  const browser = app.browser();
  const callback = await app.consent((await browser.post('/auth/mail-oidc')).location);
  await app.control.next({ path: '/id.example/userinfo', ...json, body: '{"sub":"somebody-else"}' });
  expect((await browser.get(callback)).status).toBe(502);
  await expectNobody(browser);
  // An instance that has not read the metadata yet.
  const fresh = await app.secondInstance();
  const { body } = await (async () => {
    const answer = await fetch(`${app.sandboxUrl}/id.example/.well-known/openid-configuration`);
    return { body: { ...((await answer.json()) as object), issuer: 'https://evil.example' } };
  })();
  const path = '/id.example/.well-known/openid-configuration';
  await app.control.next({ path, times: 5, ...json, body: JSON.stringify(body) });
  const started = await app.browser().clone(fresh.url).post('/auth/mail-oidc');
  expect([started.status, started.location]).toEqual([502, undefined]);
  await fresh.close();
});

describe('sec-B14: the account id', () => {
  const answering = async (id: string, browser = app.browser()) => {
    const callback = await app.consent((await browser.post('/auth/mail-two')).location);
    await app.control.next({ path: '/two.example/me', ...json, body: `{"id":${id},"name":"X"}` });
    return browser.get(callback);
  };

  test.each(['0', '""', 'null', '{}', '[]', 'true', '1.5', '"\\u0000"', `"${'x'.repeat(300)}"`])(
    '%s is refused',
    async (id) => {
      const browser = app.browser();
      expect((await answering(id, browser)).status).toBe(502);
      await expectNobody(browser);
    },
  );

  test('is exact: long numbers and letters of another case are other people', async () => {
    const ids = ['9007199254740993', '9007199254740992', '"Abc"', '"abc"', '" abc"'];
    for (const id of ids) {
      const browser = app.browser();
      expect((await answering(id, browser)).location).toBe(`${app.url}/welcome`);
      expect((await browser.post('/welcome', { decision: 'create' })).status).toBe(303);
    }
    const rows = await app.database.prisma.identity.findMany({ orderBy: { createdAt: 'asc' } });
    expect(rows.map(({ subject }) => subject)).toEqual(['9007199254740993', '9007199254740992', 'Abc', 'abc', ' abc']);
    expect(await app.database.prisma.user.count()).toBe(ids.length);
  });
});

describe('OAuth 1.0a', () => {
  const requestToken = '/api.x.com/oauth/request_token';

  test('sec-C1: the callback is announced in the signed header, and has to be confirmed', async () => {
    for (const body of [
      'oauth_token=a&oauth_token_secret=b',
      'oauth_token=a&oauth_token_secret=b&oauth_callback_confirmed=false',
    ]) {
      const browser = app.browser();
      await app.control.next({ path: requestToken, status: 200, body });
      const page = await browser.post('/auth/twitter');
      expect([page.status, page.location]).toEqual([502, undefined]);
      expect([...browser.cookies.keys()].filter((name) => name.includes('flow'))).toEqual([]);
    }
    const [call] = await app.control.calls(requestToken);
    const announced = encodeURIComponent(`${app.url}/auth/twitter/callback`);
    expect(call?.headers.authorization).toContain(`oauth_callback="${announced}"`);
  });

  test('sec-C4: the temporary secret shows nowhere', async () => {
    const canary = 'CANARY-TEMPORARY-SECRET';
    const browser = app.browser();
    const body = `oauth_token=tmp-1&oauth_token_secret=${canary}&oauth_callback_confirmed=true`;
    await app.control.next({ path: requestToken, status: 200, body });
    const started = await browser.post('/auth/twitter');
    expect(started.status).toBe(303);
    const shown = [started.text, started.location, ...started.headers.getSetCookie()].join('\n');
    const decoded = [...browser.cookies.values()].map((value) => Buffer.from(value, 'base64url').toString('latin1'));
    const dump = await app.database.prisma.$queryRaw<object[]>`SELECT t::text FROM "SpentFlow" t`;
    for (const text of [shown, ...decoded, JSON.stringify(dump)]) expect(text).not.toContain(canary);
  });

  test('sec-C6, sec-C8: every call has its own nonce, a fresh timestamp, and its parameters in the header only', async () => {
    const browser = app.browser();
    await app.signIn(browser, '8301');
    const { id } = await app.database.prisma.connection.findFirstOrThrow();
    await app.control.reset();
    await Promise.all(Array.from({ length: 30 }, () => browser.get(`/connections/${id}`)));
    const calls = await app.control.calls();
    expect(calls.length).toBeGreaterThanOrEqual(30);
    const nonces = calls.map(({ headers }) => /oauth_nonce="([^"]+)"/.exec(headers.authorization ?? '')?.[1]);
    expect(new Set(nonces).size).toBe(calls.length);
    for (const { headers, query, body, time } of calls) {
      expect(`${query}${body}`).not.toContain('oauth_');
      const stamp = Number(/oauth_timestamp="(\d+)"/.exec(headers.authorization ?? '')?.[1]);
      expect(Math.abs(stamp - Date.parse(time) / 1000)).toBeLessThan(3);
    }
  });

  test('sec-C9: who it is comes over the back channel, never from the callback', async () => {
    const browser = app.browser();
    await app.control.user({ provider: 'twitter', subject: '8401', username: 'real' });
    const callback = new URL(await app.consent((await browser.post('/auth/twitter')).location));
    callback.searchParams.set('user_id', '1');
    callback.searchParams.set('screen_name', 'admin');
    await browser.get(callback.href);
    await browser.post('/welcome', { decision: 'create' });
    const identity = await app.database.prisma.identity.findFirstOrThrow();
    expect(identity.subject).toBe('8401');
    expect((await browser.get('/')).text).not.toContain('admin');
  });
});
