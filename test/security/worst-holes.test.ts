/**
 * The fifteen worst holes that others had in software of this kind, each tried again. What is asserted is the effect that the hole had there:
 * somebody signed in, linked, called or told what was not theirs.
 */
import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { startApp, TEST_SESSION_SECRET, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { directGrant } from '../support/direct-client.js';
import { mailingProviders } from '../support/mailing-providers.js';
import { SESSION_COOKIE, sessionPerson } from '../support/people.js';

let app: TestApp;
let evil: Server;
let evilUrl: string;
let visits = 0;

beforeAll(async () => {
  app = await startApp({ definitions: mailingProviders });
  await app.control.behaviour({ autoApprove: true });
  evil = createServer((_req, res) => void res.end()).on('connection', () => {
    visits++;
  });
  await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve));
  evilUrl = `http://127.0.0.1:${(evil.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await app.close();
  evil.closeAllConnections();
  await new Promise((resolve) => evil.close(resolve));
});
beforeEach(async () => {
  await app.reset();
  await app.control.reset();
});
afterEach(() => expect(visits).toBe(0));

const ways = ['mail-one', 'mail-two', 'mail-oidc'];
const who = (browser: Browser) => sessionPerson(app.database, browser);
const json = { status: 200, headers: { 'content-type': 'application/json' } };

async function signedIn(subject: string, provider = 'mail-two', more: object = {}): Promise<Browser> {
  const browser = app.browser();
  await app.control.user({ provider, subject, ...more });
  const page = await app.flow(browser, `/auth/${provider}`);
  if (page.location?.endsWith('/welcome')) await browser.post('/welcome', { decision: 'create' });
  return browser;
}

async function callback(browser: Browser, start: string, fields: Record<string, string> = {}): Promise<string> {
  return await app.consent((await browser.post(start, fields)).location);
}

/** Bytes of our own choosing; the answer's text. */
function onTheWire(text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

test.each(ways)('1. a state is accepted in a browser that did not start the attempt (%s)', async (provider) => {
  await app.control.user({ provider, subject: '1' });
  const attackers = await callback(app.browser(), `/auth/${provider}`);
  const victim = app.browser();
  await victim.get('/');
  const signedInVictim = await signedIn('1-victim');
  for (const browser of [victim, signedInVictim]) expect((await browser.get(attackers)).status).toBe(400);
  expect(await who(victim)).toBeUndefined();
  expect(await app.database.prisma.connection.count()).toBe(1);
  expect(await app.database.prisma.pendingIdentity.count()).toBe(0);
});

test('2. signing in and linking by GET', async () => {
  const browser = await signedIn('2');
  await app.control.reset();
  for (const provider of ways) {
    for (const path of [`/auth/${provider}`, `/connect/${provider}`]) {
      const page = await browser.get(path, { 'sec-fetch-site': 'cross-site' });
      expect([path, page.status, page.location]).toEqual([path, 405, undefined]);
    }
  }
  expect(await app.control.calls()).toEqual([]);
});

test('3. the address, or the name, is taken for the person', async () => {
  const person = { email: 'admin@mail.example', emailVerified: true, username: 'admin', name: 'Admin' };
  const victim = await signedIn('3-victim', 'mail-oidc', person);
  const attacker = await signedIn('3-attacker', 'mail-oidc', person);
  const elsewhere = await signedIn('3-victim', 'mail-two', person);
  expect(new Set([await who(victim), await who(attacker), await who(elsewhere)]).size).toBe(3);
  const renamed = await signedIn('3-victim', 'mail-oidc', { email: 'other@mail.example', username: 'renamed' });
  expect(await who(renamed)).toBe(await who(victim));
});

test('4. automatic linking, and accounts that were there first', async () => {
  const email = 'owner@mail.example';
  const waiting = await signedIn('4-waiting', 'mail-one', { email, emailVerified: false });
  const owner = await signedIn('4-owner', 'mail-two', { email, emailVerified: true });
  const late = await signedIn('4-late', 'mail-oidc', { email, emailVerified: true });
  const people = [await who(waiting), await who(owner), await who(late)];
  expect(new Set(people).size).toBe(3);
  expect(people).not.toContain(undefined);
  const { prisma } = app.database;
  for (const id of people) expect(await prisma.identity.count({ where: { userId: id ?? '' } })).toBe(1);
});

test('5. the session fixation of OAuth 1.0', async () => {
  // The attacker begins, the victim consents, the attacker finishes.
  await app.control.user({ provider: 'mail-one', subject: '5-victim' });
  const attacker = app.browser();
  const url = new URL(await callback(attacker, '/auth/mail-one'));
  const token = url.searchParams.get('oauth_token');
  await app.control.reset();
  for (const query of ['', '&oauth_verifier=', '&oauth_verifier=guess&oauth_verifier=again']) {
    expect((await attacker.get(`${url.pathname}?oauth_token=${token}${query}`)).status).toBe(400);
  }
  // The victim is sent to the attacker's callback.
  const victim = app.browser();
  expect((await victim.get(url.href)).status).toBe(400);
  expect(await app.control.calls()).toEqual([]);
  // A provider that still speaks 1.0 does not confirm the callback.
  await app.control.next({
    path: '/one.example/request',
    status: 200,
    body: 'oauth_token=a&oauth_token_secret=b',
  });
  const page = await attacker.post('/auth/mail-one');
  expect([page.status, page.location]).toEqual([502, undefined]);
});

test('6. open redirects after signing in', async () => {
  await signedIn('6');
  const host = new URL(evilUrl).host;
  const shapes = [
    `//${host}`,
    `/\\${host}`,
    `/%09/${host}`,
    `/\t/${host}`,
    `https:${host}`,
    `/%5c${host}`,
    `/..//${host}`,
    `${app.url}.evil.example/`,
    `${app.url}@${host}/`,
    `javascript:alert(1)`,
  ];
  for (const shape of shapes) {
    const browser = app.browser();
    await app.control.user({ provider: 'mail-two', subject: '6' });
    const page = await browser.get(await callback(browser, '/auth/mail-two', { return_to: shape }));
    expect([shape, page.status, new URL(page.location ?? '').origin]).toEqual([shape, 303, app.url]);
    const landed = await browser.follow(page);
    expect(new URL(landed.url).origin).toBe(app.url);
  }
});

test('7. session fixation at sign-in', async () => {
  const planted = createHmac('sha256', TEST_SESSION_SECRET).update('planted').digest('base64').replace(/=+$/, '');
  const victim = app.browser();
  victim.cookies.set(SESSION_COOKIE, encodeURIComponent(`s:planted.${planted}`));
  const attacker = victim.clone();
  await app.signIn(victim, '7');
  expect(await who(victim)).toBeDefined();
  expect(victim.cookies.get(SESSION_COOKIE)).not.toBe(attacker.cookies.get(SESSION_COOKIE));
  expect((await attacker.get('/account')).status).toBe(303);
  const before = victim.clone();
  await app.signIn(victim, '7');
  expect((await before.get('/account')).status).toBe(303);
});

test('8. forwarded headers and user agents open doors', async () => {
  const page = await app.browser().get('/account', {
    'x-forwarded-uri': '/healthz',
    'x-original-url': '/healthz',
    'x-rewrite-url': '/healthz',
    'x-forwarded-user': 'admin',
    'x-auth-request-user': 'admin',
    x_forwarded_user: 'admin',
    'x-forwarded-for': '127.0.0.1',
    'user-agent': 'GoogleHC/1.0',
  });
  expect([page.status, new URL(page.location ?? '').pathname]).toEqual([303, '/']);
  expect((await app.browser().get('/account?path=/healthz&skip=/healthz')).status).toBe(303);
});

test('9. one provider’s state at another’s callback', async () => {
  for (const provider of ways) {
    const browser = app.browser();
    const url = await callback(browser, `/auth/${provider}`);
    await app.control.reset();
    for (const other of ways.filter((one) => one !== provider)) {
      expect((await browser.get(url.replace(`/${provider}/`, `/${other}/`))).status).toBe(400);
    }
    expect(await app.control.calls()).toEqual([]);
    expect((await browser.get(url)).status).toBe(303);
  }
  const mixed = app.browser();
  const url = new URL(await callback(mixed, '/auth/mail-oidc'));
  url.searchParams.set('iss', 'https://evil.example');
  expect((await mixed.get(url.href)).status).toBe(400);
});

test('10. a sealed value serves another purpose, and an error is taken for a session', async () => {
  const browser = await signedIn('10');
  await browser.post('/connect/mail-one');
  for (const [name, value] of browser.cookies) {
    if (name === SESSION_COOKIE) continue;
    const forged = app.browser();
    forged.cookies.set(SESSION_COOKIE, value);
    expect([name, (await forged.get('/account')).status]).toEqual([name, 303]);
  }
  const { prisma } = app.database;
  // A session that cannot be read is nobody's.
  await prisma.webSession.updateMany({
    data: { data: { error: 'Internal Server Error', passport: { user: { id: 1 } } } },
  });
  expect((await browser.get('/account')).status).not.toBe(200);
});

test('11. the caller names the victim', async () => {
  const victim = await signedIn('11-victim');
  const id = (await who(victim)) ?? '';
  const { prisma } = app.database;
  const connection = await prisma.connection.findFirstOrThrow({ where: { userId: id } });
  const forged = { userId: id, user: id, user_id: id, owner: id, connection: connection.id };
  for (const browser of [app.browser(), await signedIn('11-other')]) {
    for (const path of ['/account/delete', '/account/export', `/connections/${connection.id}/disconnect`]) {
      expect((await browser.post(`${path}?userId=${id}`, forged)).text).not.toContain('11-victim');
    }
  }
  expect(await prisma.connection.count({ where: { userId: id } })).toBe(1);
  expect(await prisma.user.count({ where: { id } })).toBe(1);
});

test('12. credentials go to the wrong place', async () => {
  const browser = await signedIn('12');
  const { id } = await app.database.prisma.connection.findFirstOrThrow();
  await app.control.reset();
  const host = new URL(evilUrl).host;
  for (const path of [
    `${evilUrl}/`,
    `//${host}/`,
    `/\\${host}/`,
    `@${host}/`,
    '/..%2f..%2fother.example',
    '/%2e%2e/other.example',
  ]) {
    expect([path, (await browser.post(`/connections/${id}/console`, { path })).status]).toEqual([path, 400]);
  }
  expect(await app.control.calls()).toEqual([]);
  const headers = { location: `${evilUrl}/steal` };
  await app.control.next({ path: '/two.example/me', status: 302, headers, times: 2 });
  expect((await browser.get(`/connections/${id}`, { authorization: 'Bearer mine', cookie2: 'x' })).status).toBe(200);
  for (const call of await app.control.calls()) {
    expect([call.headers.cookie, call.headers.cookie2]).toEqual([undefined, undefined]);
  }
  const answer = await onTheWire(`GET ${evilUrl}/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 4/);
});

test('13. stolen rows are tokens', async () => {
  const thief = await signedIn('13-thief');
  await signedIn('13-victim');
  const { prisma } = app.database;
  const [own, stolen] = await Promise.all(
    ['13-thief', '13-victim'].map((subject) => prisma.connection.findFirstOrThrow({ where: { subject } })),
  );
  const sent = JSON.stringify(await app.control.calls());
  const tokens = [...sent.matchAll(/Bearer ([\w-]+)/g)].map(([, token = '']) => token);
  expect(tokens.length).toBeGreaterThan(0);
  const rows = JSON.stringify(await prisma.connection.findMany());
  for (const token of tokens) {
    for (const encoding of ['utf8', 'base64', 'base64url', 'hex'] as const) {
      expect(rows).not.toContain(Buffer.from(token).toString(encoding).replace(/=+$/, ''));
    }
  }
  // Whoever may write to the database moves the sealed credentials into a row of their own.
  const { credentials, keyId } = stolen ?? { credentials: '', keyId: '' };
  await prisma.connection.update({ where: { id: own?.id ?? '' }, data: { credentials, keyId } });
  await app.control.reset();
  expect((await thief.get(`/connections/${own?.id}`)).status).toBe(200);
  expect(await app.control.calls()).toEqual([]);
});

test('14. foreign and unsigned tokens are taken for an identity', async () => {
  const browser = app.browser();
  const tokens = { access_token: 'x', id_token: 'e30.e30.', token: 'x', oauth_token: 'x', assertion: 'x' };
  for (const path of ['/auth/mail-oidc', '/welcome', '/account/export']) {
    expect([303, 400, 403]).toContain((await browser.post(path, tokens, { authorization: 'Bearer x' })).status);
  }
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const grant = await directGrant({
    sandboxUrl: app.sandboxUrl,
    authorizePath: '/id.example/authorize',
    tokenPath: '/id.example/token',
    clientId: 'sandbox-mail-oidc',
    redirectUri: `${app.url}/auth/mail-oidc/callback`,
    scope: 'openid email profile',
  });
  const [header, payload] = String(grant.id_token)
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>);
  const encoded = (value: object | undefined) => Buffer.from(JSON.stringify(value)).toString('base64url');
  for (const alg of ['none', 'HS256', 'RS256']) {
    const started = await browser.post('/auth/mail-oidc');
    const nonce = new URL(started.location ?? '').searchParams.get('nonce');
    const url = await app.consent(started.location);
    const text = `${encoded({ ...header, alg })}.${encoded({ ...payload, nonce })}`;
    const signature = {
      none: '',
      HS256: createHmac('sha256', 'sandbox-secret').update(text).digest('base64url'),
      RS256: createSign('sha256').update(text).sign(privateKey, 'base64url'),
    }[alg];
    const body = JSON.stringify({ ...grant, id_token: `${text}.${signature}` });
    await app.control.next({ path: '/id.example/token', ...json, body });
    expect([alg, (await browser.get(url)).status]).toEqual([alg, 502]);
  }
  expect(await who(browser)).toBeUndefined();
  expect(await app.database.prisma.user.count()).toBe(0);
});

test('15. HEAD passes for GET, and an override for POST', async () => {
  const browser = await signedIn('15');
  const { id } = await app.database.prisma.connection.findFirstOrThrow();
  const url = await callback(browser, '/connect/mail-one');
  await app.control.reset();
  for (const path of [
    '/auth/mail-two',
    '/connect/mail-two',
    '/logout',
    '/account/delete',
    `/connections/${id}`,
    `/connections/${id}/disconnect`,
    url,
  ]) {
    const headers = { 'x-http-method-override': 'POST' };
    const page = await browser.request(`${path}${path.includes('?') ? '&' : '?'}_method=POST`, {
      method: 'HEAD',
      headers,
    });
    expect([path, page.status]).toEqual([path, 405]);
  }
  expect(await app.control.calls()).toEqual([]);
  expect(await who(browser)).toBeDefined();
  expect(await app.database.prisma.connection.count()).toBe(1);
  expect((await browser.get(url)).status).toBe(303);
});
