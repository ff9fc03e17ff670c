/** The page of one connection and its steps, where the API behind it or we ourselves are unwell: what people are told, and what they never see. */
import { DatabaseAway, sealCredentials } from '../../src/connections/index.js';
import { OAuth2Token } from '../../src/oauth2/index.js';
import { KeyRing, Vault } from '../../src/vault/index.js';
import { createLogger } from '../../src/web/logger.js';
import type { Instance } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import {
  ACCESS_TOKEN,
  CLIENT_SECRET,
  type ConsoleSite,
  REFRESH_TOKEN,
  startConsoleSite,
  TOKEN,
  TOKEN_SECRET,
} from './console-site.js';

let site: ConsoleSite;
beforeAll(async () => {
  site = await startConsoleSite();
}, 60_000);
afterAll(() => site.close());
beforeEach(() => {
  site.calls.length = 0;
});

const json = { 'content-type': 'application/json' };
const rowOf = (id: string) => site.app.database.prisma.connection.findUniqueOrThrow({ where: { id } });

describe('sec-J9: an API that repeats what it was sent', () => {
  const right = 'answers, and it is the right account.';
  const wrong = 'did not confirm the account just now.';

  test.each([
    ['api-two', 200, [ACCESS_TOKEN, REFRESH_TOKEN, CLIENT_SECRET], right],
    ['api-one', 200, [TOKEN, TOKEN_SECRET, CLIENT_SECRET], right],
    ['api-two', 400, [ACCESS_TOKEN, REFRESH_TOKEN, CLIENT_SECRET], wrong],
    ['api-one', 401, [TOKEN, TOKEN_SECRET, CLIENT_SECRET], wrong],
  ])(
    'checking %s with status %i shows none of it, and the page after that hides it',
    async (provider, status, secrets, words) => {
      const { browser, id: userId } = site.person;
      const id = await site.connect(userId, provider);
      const { subject } = await rowOf(id);
      site.answerWith((req, res) => {
        const known = secrets.flatMap((secret) => [secret, encodeURIComponent(secret)]);
        const body = { id: subject, name: secrets.join(), authorization: req.headers.authorization, known };
        res.writeHead(status, { ...json, 'x-echo': secrets.map(encodeURIComponent) }).end(JSON.stringify(body));
      });
      const answer = await browser.post(`/connections/${id}/check`);
      expect([answer.status, answer.location]).toEqual([303, `${site.app.url}/connections/${id}`]);
      expect(site.calls.map(({ method, target }) => [method, target])).toEqual([['GET', '/v2/me']]);
      const page = await browser.follow(answer);
      expect(page.text).toContain(words);
      // What was hidden had been there.
      if (status === 200) expect(page.text).toContain('[redacted]');
      const { prisma } = site.app.database;
      const rows = [await prisma.event.findMany(), await prisma.webSession.findMany(), (await rowOf(id)).profile];
      const shown = [answer, page].flatMap(({ text, headers }) => [text, ...[...headers].flat()]);
      const cookies = [...browser.cookies.values()].map((value) => Buffer.from(value, 'base64url').toString('latin1'));
      for (const text of [...shown, ...cookies, JSON.stringify(rows)]) expect(text).not.toContain('CANARY');
    },
  );
});

describe('an API that asks us to slow down', () => {
  const at = Date.now();
  let instance: Instance;
  let browser: Browser;

  beforeAll(async () => {
    instance = await site.app.secondInstance({ now: () => at });
    browser = site.person.browser.clone(instance.url);
    browser.cookies.set('latchkey-zone', 'Asia/Kathmandu');
  });

  /** Ten minutes from now on a clock in Kathmandu, which is 5 hours and 45 minutes ahead of UTC all year. */
  function untilThen(): RegExp {
    const clock = new Date(at + (10 + 5 * 60 + 45) * 60_000).toISOString().slice(11, 16);
    return new RegExp(`It asks us to slow down until (?:\\d+ \\w+ \\d{4}, )?${clock}\\.`);
  }

  test('its page says until when, in the person’s time zone; until then nobody asks, and the console says the same', async () => {
    const id = await site.connect(site.person.id, 'api-two');
    site.answerWith((_req, res) => res.writeHead(429, { 'retry-after': '600' }).end());
    for (let look = 0; look < 2; look++) {
      const page = await browser.get(`/connections/${id}`);
      expect(page.status).toBe(200);
      expect(page.text).toMatch(untilThen());
    }
    const console = await site.send(id, { path: '/posts' }, browser);
    expect(console.status).toBe(502);
    expect(console.text).toMatch(untilThen());
    expect(site.calls).toHaveLength(1);
  });

  test.each([[{}], [{ 'retry-after': '0' }], [{ 'retry-after': 'soon' }]])(
    'with %j, which names no time, the page names none',
    async (headers) => {
      const id = await site.connect(site.person.id, 'api-one');
      site.answerWith((_req, res) => res.writeHead(429, headers).end());
      const page = await browser.get(`/connections/${id}`);
      expect(page.text).toContain('It asks us to slow down for a while.');
    },
  );
});

test('a token endpoint that is away: the connection waits, says so, and the refresh is counted as one that is retried', async () => {
  const { browser, id: userId } = site.person;
  const id = await site.connect(userId, 'api-two');
  const { prisma } = site.app.database;
  const data = { expiresAt: new Date(Date.now() + 3_600_000), refreshAt: new Date(Date.now() + 3_000_000) };
  await prisma.connection.update({ where: { id }, data });
  const retried = async () => {
    const text = await (await fetch(`${site.app.url}/metrics`)).text();
    return /^latchkey_refreshes_total\{provider="api-two",outcome="(\w+)"\} (\d+)$/m.exec(text)?.slice(1);
  };
  expect(await retried()).toBeUndefined();
  site.answerWith((req, res) => res.writeHead(req.url === '/token' ? 503 : 200, json).end('{}'));
  const page = await browser.follow(await browser.post(`/connections/${id}/refresh`));
  expect(page.text).toContain('The access could not be renewed just now.');
  expect(page.text).toContain('Api Two is having trouble, we retry at');
  expect(await rowOf(id)).toMatchObject({ status: 'retrying', generation: 1 });
  expect(site.calls.filter(({ target }) => target === '/token')).toHaveLength(1);
  expect(await retried()).toEqual(['retrying', '1']);
});

describe('what is our own fault is not called the provider’s, and the log hears of it', () => {
  let instance: Instance;
  let browser: Browser;
  const lines: string[] = [];
  const failures = () =>
    lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ msg }) => msg === 'request failed');

  beforeAll(async () => {
    const logger = createLogger('info', { write: (line: string) => void lines.push(line) });
    instance = await site.app.secondInstance({ logger });
    browser = site.person.browser.clone(instance.url);
  });
  beforeEach(() => {
    lines.length = 0;
  });

  /** A connection whose token could be renewed at any time. */
  async function renewable(): Promise<string> {
    const id = await site.connect(site.person.id, 'api-two');
    const data = { expiresAt: new Date(Date.now() + 3_600_000), refreshAt: new Date(Date.now() + 3_000_000) };
    await site.app.database.prisma.connection.update({ where: { id }, data });
    return id;
  }

  test('a sealing key that is gone: the page stands, and says whose turn it is', async () => {
    const id = await renewable();
    const gone = new Vault(KeyRing.parse(`gone:${Buffer.alloc(32, 9).toString('base64')}`));
    const token = new OAuth2Token({ accessToken: ACCESS_TOKEN, refreshToken: REFRESH_TOKEN });
    const data = sealCredentials(gone, id, { protocol: 'oauth2', token });
    await site.app.database.prisma.connection.update({ where: { id }, data });
    const page = await browser.get(`/connections/${id}`);
    expect(page.status).toBe(200);
    expect(page.text).toContain('This connection waits for the operator of this site');
    expect(page.text).toContain('added the key back to VAULT_KEYS');
    expect(page.text).not.toMatch(/Api Two is having trouble|could not be reached/);
    expect(failures()).toMatchObject([{ code: 'vault_key_unknown', requestId: page.headers.get('x-request-id') }]);
    for (const step of ['check', 'refresh']) {
      lines.length = 0;
      const answer = await browser.post(`/connections/${id}/${step}`);
      expect(answer.status).toBe(303);
      expect(failures()).toMatchObject([{ code: 'vault_key_unknown' }]);
      const next = await browser.follow(answer);
      expect(next.text).not.toMatch(/did not confirm|could not be renewed/);
      expect(next.text.match(/added the key back to VAULT_KEYS/g)).toHaveLength(2);
    }
    expect(site.calls).toEqual([]);
    expect(await rowOf(id)).toMatchObject({ status: 'active', reason: null });
  });

  test.each([
    [500, 'internal', new TypeError('CANARY: something is undefined')],
    [503, 'unavailable', new DatabaseAway()],
  ])('status %i for %s, on the page and after both steps', async (status, code, fault) => {
    const id = await renewable();
    const _csrf = await browser.csrf();
    const step = (name: string) =>
      browser.request(`/connections/${id}/${name}`, { method: 'POST', body: new URLSearchParams({ _csrf }) });
    const { clients, catalogue } = instance.latchkey;
    const { find } = catalogue;
    const breaks = () => {
      throw fault;
    };
    Object.assign(clients, { for: breaks });
    const answers = [await browser.get(`/connections/${id}`), await step('check')];
    Reflect.deleteProperty(clients, 'for');
    // Asked by whoever renews a token, who does it without the client.
    Object.assign(catalogue, { find: breaks });
    answers.push(await step('refresh'));
    Object.assign(catalogue, { find });
    expect(answers.map((answer) => answer.status)).toEqual([status, status, status]);
    expect(failures().map((line) => line.code)).toEqual([code, code, code]);
    for (const { text } of answers) expect(text).not.toMatch(/CANARY|Api Two is having trouble/);
  });
});
