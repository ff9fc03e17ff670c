/**
 * What outsiders rely on, checked from outside: the built app with the embedded database and its own sandbox, driven by HTTP and signals
 * alone. Nothing in here knows how a room is furnished, so none of it has to change when one is.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerConsent, type SandboxControl, sandboxControl } from '../support/app.js';
import { Browser, type Page } from '../support/browser.js';
import { type AppProcess, freePort, startProcess } from '../support/process.js';

const PATIENCE = 60_000;
const FITBIT_TOKEN = '/api.fitbit.com/oauth2/token';
const GITHUB_TOKEN = '/github.com/login/oauth/access_token';

interface Site {
  app: AppProcess;
  readonly environment: Record<string, string> & { PORT: string; DATA_DIR: string };
  readonly sandbox: string;
  readonly control: SandboxControl;
}

const folders: string[] = [];
const sites: Site[] = [];

async function start(more: Record<string, string> = {}): Promise<Site> {
  const sandboxPort = await freePort();
  const environment = { PORT: await freePort(), SANDBOX_PORT: sandboxPort, DATA_DIR: folder(), ...more };
  const sandbox = `http://localhost:${sandboxPort}`;
  const site = { app: await startProcess(environment), environment, sandbox, control: sandboxControl(sandbox) };
  sites.push(site);
  return site;
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'latchkey-contract-'));
  folders.push(made);
  return made;
}

afterAll(async () => {
  for (const { app } of sites) await app.stop('SIGKILL');
  for (const made of folders) rmSync(made, { recursive: true, force: true });
});

async function flow(browser: Browser, path: string, fields: Record<string, string> = {}): Promise<Page> {
  const started = await browser.post(path, fields);
  return await browser.get(await answerConsent(started.location, 'allow'));
}

async function signedIn({ app, control }: Site, subject: string, provider = 'github'): Promise<Browser> {
  const browser = new Browser(app.url);
  await control.user({ provider, subject });
  const page = await flow(browser, `/auth/${provider}`);
  if (page.location?.endsWith('/welcome')) await browser.post('/welcome', { decision: 'create' });
  return browser;
}

async function connections(browser: Browser): Promise<readonly { id: string; provider: string; status: string }[]> {
  const { text } = await browser.get('/');
  const tags = text.matchAll(/<[^>]* data-connection="([^"]+)" data-provider="([^"]+)" data-status="([^"]+)"[^>]*>/g);
  return [...tags].map(([, id = '', provider = '', status = '']) => ({ id, provider, status }));
}

/** @param origin what stands before the host: `https:/` for the real thing, a sandbox's origin for a stand-in that is called directly */
function definitions(origin: string): string {
  const dir = folder();
  const at = (id: string) => `${origin}/${id}.example`;
  const common = (id: string, subject: string) => ({
    id,
    name: id,
    pkce: 'supported',
    profile: { url: `${at(id)}/me`, subject },
    api: { baseUrls: [at(id)] },
  });
  const all = [
    {
      ...common('tiny-one', 'data.id'),
      protocol: 'oauth1',
      oauth1: {
        requestToken: `${at('tiny-one')}/r`,
        authorize: `${at('tiny-one')}/a`,
        accessToken: `${at('tiny-one')}/t`,
        signatureMethod: 'HMAC-SHA1',
      },
      scopes: { signIn: [], connect: [] },
    },
    {
      ...common('tiny-two', 'user.uid'),
      protocol: 'oauth2',
      authorize: { url: `${at('tiny-two')}/a` },
      token: { url: `${at('tiny-two')}/t`, clientAuth: 'post' },
      scopes: { signIn: ['me'], connect: ['me', 'data'] },
      revoke: { url: `${at('tiny-two')}/revoke` },
    },
    {
      ...common('tiny-id', 'sub'),
      protocol: 'oidc',
      issuer: at('tiny-id'),
      scopes: { signIn: ['openid'], connect: ['openid'] },
    },
  ];
  for (const one of all) writeFileSync(join(dir, `${one.id}.json`), JSON.stringify(one));
  writeFileSync(join(dir, 'broken.json'), '{');
  return dir;
}

const yes = () => true;
const no = () => false;

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('Waited ten seconds in vain.');
    await sleep(20);
  }
}

/** Bytes of our own choosing on the wire; gives the status line's number and the headers' text. */
function onTheWire(port: string, text: string): Promise<{ status: number; head: string }> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve({ status: Number(answer.slice(9, 12)), head: answer.split('\r\n\r\n')[0] ?? '' }));
  });
}

/** The site that most of this is about; its sandbox is also the provider of the other sites. */
let site: Site;
beforeAll(async () => {
  const began = performance.now();
  site = await start({ PROVIDERS_DIR: definitions('https:/'), LOG_LEVEL: 'trace' });
  expect((await fetch(`${site.app.url}/`)).status).toBe(200);
  expect(performance.now() - began).toBeLessThan(15_000);
}, PATIENCE);

describe('one site', () => {
  test('prints both addresses', () => {
    expect(site.app.output()).toContain(site.app.url);
    expect(site.app.output()).toContain(site.sandbox);
  });

  test.each([
    ['/', ['GET', 'HEAD']],
    ['/auth/github', ['POST']],
    ['/auth/nobody', ['POST']],
    ['/connect/fitbit', ['POST']],
    ['/auth/github/callback', ['GET']],
    ['/welcome', ['GET', 'HEAD', 'POST']],
    ['/connections/x', ['GET']],
    ['/connections/x/disconnect', ['POST']],
    ['/connections/x/refresh', ['POST']],
    ['/connections/x/check', ['POST']],
    ['/logout', ['POST']],
    ['/healthz', ['GET', 'HEAD']],
    ['/readyz', ['GET', 'HEAD']],
  ])(
    '%s answers other methods than %j with 405 first of all, and every answer carries the security headers',
    async (path, allowed) => {
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        const answer = await fetch(site.app.url + path, { method, redirect: 'manual' });
        const allow = answer.headers.get('allow');
        expect([method, answer.status === 405]).toEqual([method, !allowed.includes(method)]);
        if (answer.status === 405) expect(allow?.split(', ').sort()).toEqual(allowed);
        expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
        expect(answer.headers.get('content-security-policy')).toContain(`form-action 'self' https: ${site.sandbox}`);
        expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
        expect(answer.headers.get('x-powered-by')).toBeNull();
      }
      expect(await site.control.calls()).toHaveLength(0);
    },
  );

  test.each([
    ['broken percent-encoding in a path', '/auth/%', ''],
    ['broken percent-encoding in a query', '/?return_to=%E0%A4%A', ''],
    ['a broken cookie', '/', 'Cookie: latchkey-session=%; latchkey-csrf=%00; latchkey-flow-x=%\r\n'],
    ['a broken Authorization header', '/', 'Authorization: Bearer %\r\n'],
    ['two session cookies', '/', 'Cookie: latchkey-session=a; latchkey-session=s%3Ab.c\r\n'],
    ['a path out of the assets', '/assets/..%2f..%2fpackage.json', ''],
    ['a path that looks like another host', '//evil.example/account', ''],
    ['line breaks in a path', '/account%0d%0aSet-Cookie:x=1', ''],
    ['a very long query', `/?${'a'.repeat(15_000)}`, ''],
    ['a body with two lengths', '/', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'],
  ])('%s never is our own failure', async (_what, path, headers) => {
    const { PORT } = site.environment;
    const text = `GET ${path} HTTP/1.1\r\nHost: localhost:${PORT}\r\nConnection: close\r\n${headers}\r\n`;
    const { status, head } = await onTheWire(PORT, text);
    expect(status).toBeGreaterThanOrEqual(200);
    expect(status).toBeLessThan(500);
    expect(head).not.toMatch(/^(set-cookie: x|location: (?!\/(?![/\\])))/im);
  });

  test('no request header moves the callback, and the verifier sent is the one whose challenge was', async () => {
    const browser = await signedIn(site, '1001');
    await site.control.reset();
    const headers = {
      'x-forwarded-host': 'evil.example',
      forwarded: 'host=evil.example',
      'x-forwarded-proto': 'https',
    };
    const started = await browser.post('/connect/fitbit', { scope: 'everything', redirect_uri: 'https://e/' }, headers);
    const asked = new URL(started.location ?? '').searchParams;
    expect(asked.get('redirect_uri')).toBe(`${site.app.url}/auth/fitbit/callback`);
    expect(asked.get('code_challenge_method')).toBe('S256');
    expect((await browser.get(await answerConsent(started.location, 'allow'))).status).toBe(303);
    const [call] = await site.control.calls(FITBIT_TOKEN);
    const sent = new URLSearchParams(call?.body);
    expect(sent.get('redirect_uri')).toBe(asked.get('redirect_uri'));
    const challenge = createHash('sha256')
      .update(sent.get('code_verifier') ?? '')
      .digest('base64url');
    expect(challenge).toBe(asked.get('code_challenge'));
    const foreign = `POST /auth/github HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
    expect((await onTheWire(site.environment.PORT, foreign)).status).toBe(421);
  });

  test('the proof of a form counts only where a form of ours puts it', async () => {
    const browser = new Browser(site.app.url);
    const token = await browser.csrf();
    const post = (path: string, body: string, type = 'application/x-www-form-urlencoded') =>
      browser.request(path, { method: 'POST', body, headers: { 'content-type': type } });
    const refused = [
      await post(`/auth/github?_csrf=${token}`, ''),
      await post('/auth/github', `_csrf=${token}&_csrf=${token}`),
      await post('/auth/github', `_csrf[]=${token}`),
      await post('/auth/github', `_csrf=${token}`, 'text/plain'),
      await post('/auth/github', JSON.stringify({ _csrf: token }), 'application/json'),
    ];
    expect(refused.map((page) => page.status)).toEqual(refused.map(() => 403));
    expect((await post('/auth/github', `_csrf=${token}`)).status).toBe(303);
  });

  test('wherever return_to points, the person stays on this site', async () => {
    const browser = await signedIn(site, '1002');
    await site.control.behaviour({ autoApprove: true });
    const hostile = ['//e.example', '/\\e.example', 'https://e.example', '/.//e.example', '/a/..//e.example']
      .concat(['/%2e%2e//e.example', '/%2f/e.example', '/%5ce.example', '/\t/e.example', 'javascript:alert(1)'])
      .concat([
        '/@e.example',
        '/%09/e.example',
        '/%0d%0aLocation:x',
        '///e.example',
        '\\\\e.example',
        `/${'b'.repeat(200)}`,
      ]);
    for (const target of [...hostile, '/account?x=%2F%2Fe']) {
      const page = await flow(browser, '/connect/github', { return_to: target });
      expect([target, page.status, new URL(page.location ?? '').origin]).toEqual([target, 303, site.app.url]);
      const asks = await new Browser(site.app.url).get(`/?return_to=${encodeURIComponent(target)}`);
      const offered = /name="return_to" value="([^"]*)"/.exec(asks.text)?.[1] ?? '/';
      expect([target, new URL(offered, site.app.url).origin]).toEqual([target, site.app.url]);
    }
    const last = await flow(browser, '/connect/github', { return_to: '/account?x=%2F%2Fe' });
    expect(last.location).toBe(`${site.app.url}/account?x=%2F%2Fe`);
    await site.control.behaviour({ autoApprove: false });
  });

  test.each([
    ['numbers beyond 2^53', '{"id":9007199254740993,"login":"n"}', '{"id":9007199254740992,"login":"n"}'],
    ['capitals', '{"id":"Abc","login":"n"}', '{"id":"abc","login":"n"}'],
  ])('account ids are exact strings: %s', async (_what, ...profiles) => {
    const own: string[] = [];
    for (const body of profiles) {
      const browser = new Browser(site.app.url);
      const url = await answerConsent((await browser.post('/auth/github')).location, 'allow');
      await site.control.next({ path: '/api.github.com/user', headers: { 'content-type': 'application/json' }, body });
      expect((await browser.get(url)).location).toBe(`${site.app.url}/welcome`);
      await browser.post('/welcome', { decision: 'create' });
      own.push(...(await connections(browser)).map(({ id }) => id));
    }
    expect(new Set(own).size).toBe(2);
  });

  test.each(['{"id":0}', '{"id":""}', '{"id":null}', '{"id":{}}', '{"id":true}', '{}'])(
    'a profile of %s signs nobody in',
    async (body) => {
      const browser = new Browser(site.app.url);
      const url = await answerConsent((await browser.post('/auth/github')).location, 'allow');
      await site.control.next({ path: '/api.github.com/user', headers: { 'content-type': 'application/json' }, body });
      expect((await browser.get(url)).status).toBe(502);
      expect([...browser.cookies.keys()]).toEqual(['latchkey-csrf']);
    },
  );

  test('one decision is carried out, however often it is sent', async () => {
    const browser = new Browser(site.app.url);
    await site.control.user({ provider: 'github', subject: '1003' });
    await flow(browser, '/auth/github');
    const _csrf = await browser.csrf();
    const body = () => new URLSearchParams({ _csrf, decision: 'create' });
    const sent = Array.from({ length: 30 }, () =>
      browser.clone().request('/welcome', { method: 'POST', body: body() }),
    );
    const statuses = (await Promise.all(sent)).map((page) => page.status);
    expect(statuses.sort()).toEqual([303, ...Array(29).fill(400)]);
  });
});

test(
  'after kill -9 everything that was shown as connected still is, and works, without signing in again',
  async () => {
    const browser = await signedIn(site, '2001');
    await site.control.user({ provider: 'fitbit', subject: 'KILL01' });
    await flow(browser, '/connect/fitbit');
    await site.control.behaviour({ autoApprove: true });
    let confirmed = '';
    const busy = (async () => {
      for (let subject = 3000; subject < 3100; subject++) {
        await site.control.user({ provider: 'google', subject: String(subject) });
        confirmed = (await flow(browser, '/connect/google')).location ?? '';
        if (subject === 3003) void site.app.stop('SIGKILL');
      }
    })();
    await expect(busy).rejects.toThrow();
    site.app = await startProcess(site.environment);
    const shown = await connections(browser);
    expect(shown.map(({ provider }) => provider)).toEqual(expect.arrayContaining(['github', 'fitbit', 'google']));
    expect(shown.map(({ id }) => `${site.app.url}/connections/${id}`)).toContain(confirmed);
    for (const { id, status } of shown) {
      expect(status).toBe('active');
      expect((await browser.get(`/connections/${id}`)).text).toContain('answered just now');
    }
  },
  PATIENCE,
);

describe('a site with providers of its own, described in the smallest form that is allowed', () => {
  const ids = ['tiny-one', 'tiny-two', 'tiny-id'];
  let own: Site;
  beforeAll(async () => {
    const clients = ids.flatMap((id) => {
      const prefix = id.toUpperCase().replaceAll('-', '_');
      return [
        [`${prefix}_CLIENT_ID`, `sandbox-${id}`],
        [`${prefix}_CLIENT_SECRET`, 'sandbox-secret'],
      ];
    });
    // The same object, so that a restarted process is ended with the others.
    own = Object.assign(await start({ PROVIDERS_DIR: definitions(site.sandbox), ...Object.fromEntries(clients) }), {
      control: site.control,
    });
  }, PATIENCE);

  test(
    'work in the sandbox, and with clients of our own at another address; a broken file takes nobody along',
    async () => {
      for (const one of [site, own]) {
        for (const id of ids) {
          const browser = await signedIn(one, `5-${id}`, id);
          const [made] = await connections(browser);
          expect(made).toMatchObject({ provider: id, status: 'active' });
          const page = await browser.get(`/connections/${made?.id}`);
          expect(page.text).toContain('answered just now');
          expect(page.text.includes('Sandbox: no real account is involved')).toBe(one === site);
          expect((await flow(browser, `/connect/${id}`)).location).toBe(`${one.app.url}/connections/${made?.id}`);
          await browser.post(`/connections/${made?.id}/disconnect`);
          expect(await connections(browser)).toEqual([]);
        }
      }
      expect(await site.control.calls('/tiny-two.example/revoke')).not.toHaveLength(0);
      // A provider of our own is configured, so there is no stand-in for the others.
      expect((await new Browser(own.app.url).post('/auth/github')).status).toBe(404);
    },
    PATIENCE,
  );

  test(
    'told to stop while a provider holds its answer back: the person still gets theirs, and the tokens are kept',
    async () => {
      const token = '/tiny-two.example/t';
      const browser = await signedIn(own, 'drain', 'tiny-two');
      await site.control.user({ provider: 'tiny-two', subject: 'another' });
      const url = await answerConsent((await browser.post('/connect/tiny-two')).location, 'allow');
      await site.control.reset();
      await site.control.hold(token);
      const callback = browser.get(url);
      await until(async () => (await site.control.calls(token)).length > 0);
      const stopped = own.app.stop('SIGTERM');
      // New visitors are turned away from now on: only then is the answer let go.
      await until(() => fetch(`${own.app.url}/healthz`, { headers: { connection: 'close' } }).then(no, yes));
      await site.control.release(token);
      expect((await callback).status).toBe(303);
      expect(await stopped).toBe(0);
      own.app = await startProcess(own.environment);
      const kept = await connections(browser);
      expect(kept.map(({ status }) => status)).toEqual(['active', 'active']);
      expect(kept.map(({ id }) => `${own.app.url}/connections/${id}`)).toContain((await callback).location);
    },
    PATIENCE,
  );
});

test(
  'no code, token or secret of a provider can be read in the data directory, the log at its loudest, or a page',
  async () => {
    const pages: string[] = [];
    const browser = await signedIn(site, '4001', 'twitter');
    for (const provider of ['fitbit', 'google', 'github']) {
      await flow(browser, `/connect/${provider}`);
      const refused = await answerConsent((await browser.post(`/connect/${provider}`)).location, 'allow');
      const secret = 'CANARY-that-the-provider-echoes';
      await site.control.next({ path: GITHUB_TOKEN, status: 400, body: { error: 'x', error_description: secret } });
      pages.push((await browser.get(refused)).text);
      await site.control.reset;
    }
    for (const { id } of await connections(browser)) {
      await browser.post(`/connections/${id}/refresh`);
      pages.push((await browser.get(`/connections/${id}`)).text, (await browser.get('/')).text);
    }
    const secrets = new Set(['CANARY-that-the-provider-echoes', 'sandbox-secret']);
    for (const { headers, body } of await site.control.calls()) {
      const bearer = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
      const verifier = /oauth_verifier="([^"]+)"/.exec(headers.authorization ?? '')?.[1];
      const form = new URLSearchParams(body);
      const sent = ['code', 'code_verifier', 'refresh_token', 'token'].map((name) => form.get(name) ?? undefined);
      for (const value of [bearer, verifier, ...sent]) if (value) secrets.add(value);
    }
    expect(secrets.size).toBeGreaterThan(10);
    await site.app.stop();
    const files = readdirSync(site.environment.DATA_DIR, { recursive: true, withFileTypes: true });
    const kept = files
      .filter((file) => file.isFile())
      .map((file) => readFileSync(join(file.parentPath, file.name), 'latin1'));
    const places = Object.entries({ log: site.app.output(), pages: pages.join('\n'), files: kept.join('\n') });
    for (const secret of secrets) {
      const bytes = Buffer.from(secret);
      const forms = [secret, encodeURIComponent(secret), bytes.toString('base64url'), bytes.toString('hex')];
      const seen = places.filter(([, text]) => forms.some((form) => text.includes(form)));
      expect(seen.map(([name]) => name)).toEqual([]);
    }
  },
  PATIENCE,
);

test(
  'behind a proxy that speaks https, cookies cannot leave it and cannot be planted from a sub-domain',
  async () => {
    const { app } = await start({ BASE_URL: 'https://app.example.com', TRUST_PROXY: '1' });
    const headers = { host: 'app.example.com', 'x-forwarded-proto': 'https' };
    const answer = await new Promise<{ status: number; headers: NodeJS.Dict<string | string[]> }>((resolve, reject) => {
      request(`${app.url}/`, { headers }, (response) => {
        response.resume();
        resolve({ status: response.statusCode ?? 0, headers: response.headers });
      })
        .on('error', reject)
        .end();
    });
    expect(answer.status).toBe(200);
    const cookies = [answer.headers['set-cookie'] ?? []].flat();
    expect(cookies).not.toHaveLength(0);
    for (const cookie of cookies) {
      expect(cookie).toMatch(/^__Host-[^;]+; .*HttpOnly/);
      expect(cookie).toMatch(/; Secure/);
      expect(cookie).toMatch(/; SameSite=Lax/);
      expect(cookie).toMatch(/; Path=\/(;|$)/);
      expect(cookie).not.toMatch(/domain=/i);
    }
    expect(answer.headers['strict-transport-security']).toMatch(/max-age=31536000; includeSubDomains/);
    const elsewhere = `GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
    expect((await onTheWire(new URL(app.url).port, elsewhere)).status).toBe(421);
  },
  PATIENCE,
);
