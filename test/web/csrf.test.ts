import express, { type ErrorRequestHandler } from 'express';
import request from 'supertest';
import { createCookies } from '../../src/web/cookies.js';
import { createCsrf } from '../../src/web/csrf.js';
import { siteAt } from '../../src/web/site.js';
import { WebError } from '../../src/web/web-error.js';

const OLD = 'the old session secret of these tests';
const NEW = 'the new session secret of these tests';
const LOCAL = 'http://localhost:3000';
const PUBLIC = 'https://app.example.com';

/** Two pages: one shows the token, the other takes a form. */
function appAt(baseUrl: string, secrets: readonly string[]) {
  const site = siteAt(baseUrl);
  const csrf = createCsrf(secrets, createCookies(site), site);
  const refused: ErrorRequestHandler = (error, _req, res, _next) => {
    res
      .status(error instanceof WebError ? error.status : 500)
      .send(error instanceof WebError ? error.code : String(error));
  };
  return express()
    .get('/', (req, res) => {
      res.send(`${csrf.tokenFor(req, res)} ${csrf.tokenFor(req, res)}`);
    })
    .post('/', express.urlencoded({ extended: false }), csrf.check, (_req, res) => {
      res.send('done');
    })
    .use(refused);
}

type App = ReturnType<typeof appAt>;

interface Visitor {
  readonly cookie: string;
  readonly token: string;
}

/** A browser that opened the page. */
async function visit(app: App, cookie?: string): Promise<Visitor> {
  const answer = await request(app)
    .get('/')
    .set(cookie ? { cookie } : {});
  const [token = '', again] = answer.text.split(' ');
  expect(again).toBe(token);
  const fresh = (answer.headers['set-cookie'] as unknown as readonly string[] | undefined)?.[0]?.split(';')[0];
  return { token, cookie: fresh ?? cookie ?? '' };
}

async function submit(
  app: App,
  { cookie, token }: Partial<Visitor>,
  headers: Record<string, string> = {},
): Promise<string> {
  const answer = await request(app)
    .post('/')
    .type('form')
    .set({ ...(cookie ? { cookie } : {}), ...headers })
    .send(token === undefined ? {} : { _csrf: token });
  return `${answer.status} ${answer.text}`;
}

const DONE = '200 done';
const REFUSED = '403 csrf_refused';

describe('the proof (sec-A3)', () => {
  const app = appAt(LOCAL, [NEW]);

  it('is accepted, for anonymous visitors too, as often as they like', async () => {
    const visitor = await visit(app);
    expect([await submit(app, visitor), await submit(app, visitor)]).toEqual([DONE, DONE]);
  });

  it('is one token per browser, base64url, which is no part of its cookie', async () => {
    const visitor = await visit(app);
    expect((await visit(app, visitor.cookie)).token).toBe(visitor.token);
    expect(visitor.token).toMatch(/^[\w-]{43}$/);
    expect(visitor.cookie).not.toContain(visitor.token);
    expect((await visit(app)).token).not.toBe(visitor.token);
  });

  it('the cookie is set once, not again on each page', async () => {
    const { cookie } = await visit(app);
    expect((await request(app).get('/').set({ cookie })).headers['set-cookie']).toBeUndefined();
  });

  it.each<[string, (mine: Visitor, other: Visitor) => Partial<Visitor>]>([
    ['neither cookie nor token', () => ({})],
    ['no cookie', ({ token }) => ({ token })],
    ['no token', ({ cookie }) => ({ cookie })],
    ['an empty token', ({ cookie }) => ({ cookie, token: '' })],
    ['another browser’s token', ({ cookie }, { token }) => ({ cookie, token })],
    ['another browser’s cookie', ({ token }, { cookie }) => ({ cookie, token })],
    ['a token cut short', ({ cookie, token }) => ({ cookie, token: token.slice(0, -1) })],
    ['a token with something behind it', ({ cookie, token }) => ({ cookie, token: `${token}A` })],
    ['the cookie’s signature for a token', ({ cookie }) => ({ cookie, token: cookie.split('.')[1] ?? '' })],
    ['the browser’s id for a token', ({ cookie }) => ({ cookie, token: /=([^.]*)/.exec(cookie)?.[1] ?? '' })],
    ['the token for a signature', ({ cookie, token }) => ({ cookie: `${cookie.split('.')[0]}.${token}`, token })],
    ['an id without a signature', ({ cookie, token }) => ({ cookie: cookie.split('.')[0] ?? '', token })],
    ['an empty signature', ({ cookie, token }) => ({ cookie: `${cookie.split('.')[0]}.`, token })],
    [
      'a chosen id with an old signature',
      ({ cookie, token }) => ({ cookie: cookie.replace(/=[^.]*/, '=chosen'), token }),
    ],
    ['something behind the signature', ({ cookie, token }) => ({ cookie: `${cookie}.more`, token })],
    ['a cookie of another name', ({ cookie, token }) => ({ cookie: cookie.replace('csrf', 'session'), token })],
  ])('%s: refused', async (_what, attempt) => {
    expect(await submit(app, attempt(await visit(app), await visit(app)))).toBe(REFUSED);
  });

  it('refuses the cookie and the token with any one character changed', async () => {
    const { cookie, token } = await visit(app);
    const change = (text: string, at: number) =>
      text.slice(0, at) + (text[at] === 'x' ? 'y' : 'x') + text.slice(at + 1);
    const start = cookie.indexOf('=') + 1;
    // The last character of each part holds unused bits; the comparison is of texts, so they count.
    const cookies = Array.from({ length: cookie.length - start }, (_, at) => ({
      cookie: change(cookie, start + at),
      token,
    }));
    const tokens = Array.from({ length: token.length }, (_, at) => ({ cookie, token: change(token, at) }));
    const outcomes = new Set<string>();
    for (const attempt of [...cookies, ...tokens]) outcomes.add(await submit(app, attempt));
    expect(outcomes).toEqual(new Set([REFUSED]));
  });

  it('refuses a form that names the token twice, or sends it some other way', async () => {
    const { cookie, token } = await visit(app);
    const encoded = encodeURIComponent(token);
    const twice = await request(app).post('/').type('form').set({ cookie }).send(`_csrf=${encoded}&_csrf=${encoded}`);
    const inQuery = await request(app).post(`/?_csrf=${encoded}`).type('form').set({ cookie }).send('a=b');
    const asText = await request(app).post('/').type('text/plain').set({ cookie }).send(`_csrf=${token}`);
    const asJson = await request(app).post('/').set({ cookie }).send({ _csrf: token });
    expect([twice, inQuery, asText, asJson].map(({ status }) => status)).toEqual([403, 403, 403, 403]);
  });

  it('a tampered cookie is replaced by a fresh one on the next page', async () => {
    const { cookie } = await visit(app);
    const next = await visit(app, `${cookie}x`);
    expect(next.cookie).not.toBe(`${cookie}x`);
    expect(await submit(app, next)).toBe(DONE);
  });
});

describe('the secrets', () => {
  it('may be rotated: what the old one signed stays valid while it stands behind the new one', async () => {
    const visitor = await visit(appAt(LOCAL, [OLD]));
    const rotated = appAt(LOCAL, [NEW, OLD]);
    expect(await submit(rotated, visitor)).toBe(DONE);
    expect((await visit(rotated, visitor.cookie)).token).toBe(visitor.token);
    expect(await submit(appAt(LOCAL, [NEW]), visitor)).toBe(REFUSED);
  });

  it('the first one signs', async () => {
    const visitor = await visit(appAt(LOCAL, [NEW, OLD]));
    expect(await submit(appAt(LOCAL, [NEW]), visitor)).toBe(DONE);
    expect(await submit(appAt(LOCAL, [OLD]), visitor)).toBe(REFUSED);
  });

  it('cookie and token have to be of the same one', async () => {
    const rotated = appAt(LOCAL, [NEW, OLD]);
    const [older, newer] = [await visit(appAt(LOCAL, [OLD])), await visit(rotated)];
    expect(await submit(rotated, { cookie: older.cookie, token: newer.token })).toBe(REFUSED);
  });

  it('are needed', () => {
    expect(() => appAt(LOCAL, [])).toThrow(TypeError);
  });
});

describe('what the browser says about where the form comes from', () => {
  it.each<[string, string, Record<string, string>, string]>([
    ['our origin', LOCAL, { origin: LOCAL, host: 'localhost:3000' }, DONE],
    ['our origin, same-origin', LOCAL, { origin: LOCAL, 'sec-fetch-site': 'same-origin' }, DONE],
    ['no origin (an old browser, a program)', LOCAL, {}, DONE],
    ['typed in by the person', LOCAL, { 'sec-fetch-site': 'none' }, DONE],
    ['a foreign origin', LOCAL, { origin: 'https://evil.test' }, REFUSED],
    ['another port of this machine', LOCAL, { origin: 'http://localhost:4000', host: 'localhost:3000' }, REFUSED],
    ['another site, by Sec-Fetch-Site alone', LOCAL, { 'sec-fetch-site': 'cross-site' }, REFUSED],
    ['another site that has our origin', LOCAL, { origin: LOCAL, 'sec-fetch-site': 'cross-site' }, REFUSED],
    ['null', LOCAL, { origin: 'null' }, REFUSED],
    ['null from another site', LOCAL, { origin: 'null', 'sec-fetch-site': 'cross-site' }, REFUSED],
    ['null from a neighbour', LOCAL, { origin: 'null', 'sec-fetch-site': 'same-site' }, REFUSED],
    [
      'null from a page of ours that lets no referrer out',
      LOCAL,
      { origin: 'null', 'sec-fetch-site': 'same-origin' },
      DONE,
    ],
    ['rubbish', LOCAL, { origin: 'localhost' }, REFUSED],
    ['two of them', LOCAL, { origin: `${LOCAL} https://evil.test` }, REFUSED],
    [
      'an alias of this machine, the one that was asked for',
      LOCAL,
      { origin: 'http://127.0.0.1:3000', host: '127.0.0.1:3000' },
      DONE,
    ],
    ['the same over IPv6', LOCAL, { origin: 'http://[::1]:3000', host: '[::1]:3000' }, DONE],
    [
      'an alias, but another one was asked for',
      LOCAL,
      { origin: 'http://127.0.0.1:3000', host: 'localhost:3000' },
      REFUSED,
    ],
    [
      'a foreign name that leads here (DNS rebinding)',
      LOCAL,
      { origin: 'http://evil.test:3000', host: 'evil.test:3000' },
      REFUSED,
    ],
    ['in public: our origin', PUBLIC, { origin: PUBLIC, host: 'app.example.com' }, DONE],
    ['in public: our host over http', PUBLIC, { origin: 'http://app.example.com', host: 'app.example.com' }, REFUSED],
    [
      'in public: our host on another port',
      PUBLIC,
      { origin: `${PUBLIC}:8443`, host: 'app.example.com:8443' },
      REFUSED,
    ],
    ['in public: a subdomain', PUBLIC, { origin: 'https://www.app.example.com' }, REFUSED],
    ['in public: a name that begins like ours', PUBLIC, { origin: `${PUBLIC}.evil.test` }, REFUSED],
    [
      'in public: this machine is no friend',
      PUBLIC,
      { origin: 'http://localhost:3000', host: 'localhost:3000' },
      REFUSED,
    ],
    ['in public: null', PUBLIC, { origin: 'null' }, REFUSED],
    ['in public: another site', PUBLIC, { 'sec-fetch-site': 'cross-site' }, REFUSED],
  ])('%s', async (_what, baseUrl, headers, expected) => {
    const app = appAt(baseUrl, [NEW]);
    expect(await submit(app, await visit(app), headers)).toBe(expected);
  });

  it('never replaces the proof', async () => {
    const app = appAt(LOCAL, [NEW]);
    const { cookie } = await visit(app);
    expect(await submit(app, { cookie }, { origin: LOCAL, 'sec-fetch-site': 'same-origin' })).toBe(REFUSED);
  });
});
