/** The finer points of callbacks: what spends a flow, which words network trouble gets, and callbacks that come as a form. */
import { createConnection } from 'node:net';
import { defineProvider } from '../../src/providers/index.js';
import { startApp, type TestApp } from '../support/app.js';

const apple = defineProvider({
  id: 'by-form',
  name: 'By Form',
  protocol: 'oauth2',
  authorize: { url: 'https://form.example/authorize', parameters: { response_mode: 'form_post' } },
  token: { url: 'https://form.example/token', clientAuth: 'post' },
  scopes: { signIn: ['name'], connect: ['name'] },
  pkce: 'supported',
  profile: { url: 'https://form.example/me', subject: 'sub' },
  api: { baseUrls: ['https://form.example'] },
});

let app: TestApp;

beforeAll(async () => {
  app = await startApp({ definitions: [apple] });
});
afterAll(() => app.close());
beforeEach(() => app.control.reset());

test("a provider's error ends the flow: the same state is good for nothing afterwards", async () => {
  const browser = app.browser();
  const state = new URL((await browser.post('/auth/github')).location ?? '').searchParams.get('state');
  const iss = encodeURIComponent(`${app.sandboxUrl}/github.com/login/oauth`);
  const failed = await browser.get(`/auth/github/callback?error=server_error&state=${state}&iss=${iss}`);
  expect(failed.status).toBe(502);
  expect((await browser.get(`/auth/github/callback?code=abc&state=${state}&iss=${iss}`)).status).toBe(400);
  expect(await app.control.calls('/github.com/login/oauth/access_token')).toHaveLength(0);
});

test('a refusal and a consent in one OAuth 1 callback are contradictory, and spend nothing', async () => {
  const browser = app.browser();
  const url = await app.consent((await browser.post('/auth/twitter')).location);
  expect((await browser.get(`${url}&error=access_denied`)).status).toBe(400);
  expect((await browser.get(`${url}&denied=1`)).status).toBe(400);
  expect((await browser.get(url)).status).toBe(303);
});

test.each(['twitter', 'github', 'google'])(
  '%s: a connection that breaks off is trouble of the provider',
  async (id) => {
    const path = {
      twitter: '/api.x.com/oauth/access_token',
      github: '/github.com/login/oauth/access_token',
      google: '/oauth2.googleapis.com/token',
    }[id];
    const browser = app.browser();
    const url = await app.consent((await browser.post(`/auth/${id}`)).location);
    await app.control.next({ path, closeAfterHeaders: true });
    const page = await browser.get(url);
    expect(page.status).toBe(502);
    expect(page.text).toContain('is having trouble');
    expect(page.text).toContain('It could not be reached or broke off.');
  },
);

test.each([
  [
    'its token endpoint',
    '/github.com/login/oauth/access_token',
    500,
    'GitHub is having trouble',
    'It reported an error of its own.',
  ],
  ['its profile', '/api.github.com/user', 503, 'GitHub is having trouble', 'It reported an error of its own.'],
  [
    'its token endpoint',
    '/github.com/login/oauth/access_token',
    429,
    'GitHub asks us to slow down',
    'More was asked of it',
  ],
  ['its profile', '/api.github.com/user', 429, 'GitHub asks us to slow down', 'More was asked of it'],
])('the page tells what a provider says: %s answers %s with %i', async (_where, path, status, title, words) => {
  const browser = app.browser();
  const url = await app.consent((await browser.post('/auth/github')).location);
  await app.control.next({ path, status });
  const page = await browser.get(url);
  expect(page.status).toBe(502);
  expect(page.text).toContain(title);
  expect(page.text).toContain(words);
  expect(page.text).not.toContain('could not be reached');
  expect(page.text).toContain('Try GitHub again');
});

describe('a callback that comes as a form', () => {
  const form = new URLSearchParams({ code: 'c', state: 's', user: '{"name":"x"}' });
  const post = (path: string) =>
    app.browser().request(path, { method: 'POST', body: form, headers: { origin: 'https://form.example' } });

  test('goes on as a GET of the same address with the parameters that are known, where the checks are made', async () => {
    const page = await post('/auth/by-form/callback');
    expect([page.status, page.location]).toEqual([303, `${app.url}/auth/by-form/callback?code=c&state=s`]);
    expect((await app.browser().get(page.location ?? '')).status).toBe(400);
  });

  test('is not taken where the definition does not ask for it', async () => {
    const page = await post('/auth/github/callback');
    expect([page.status, page.headers.get('allow')]).toEqual([405, 'GET']);
    expect((await post('/auth/nobody/callback')).status).toBe(404);
  });
});

test.each(['OPTIONS * HTTP/1.1', 'GET http://evil.example/account HTTP/1.1'])(
  'a request line for a proxy, %s, is refused',
  async (line) => {
    const { port, host } = new URL(app.url);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = createConnection({ port: Number(port), host: '127.0.0.1' }, () => {
        socket.write(`${line}\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      });
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('end', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).not.toContain('evil.example');
  },
);
