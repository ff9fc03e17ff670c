import { createHash } from 'node:crypto';
import {
  authorizationParameters,
  callbackOf,
  connect,
  decide,
  formOf,
  get,
  type OAuth2Provider,
  oauth2Facts,
  pkce,
  type Running,
  removeFolder,
  start,
} from '../support.js';

let sandbox: Running;

beforeAll(async () => {
  sandbox = await start();
});

afterAll(async () => {
  await sandbox.stop();
  removeFolder(sandbox.dataDir);
});

function ask(
  provider: OAuth2Provider,
  changes: Record<string, string | undefined> = {},
  extra = '',
): Promise<Response> {
  const query = new URLSearchParams(authorizationParameters(provider, pkce().challenge));
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) query.delete(name);
    else query.set(name, value);
  }
  return get(`${sandbox.origin}${oauth2Facts[provider].authorize}?${query}${extra}`);
}

async function redirectedTo(response: Response): Promise<URL> {
  await response.arrayBuffer();
  expect(response.status).toBe(303);
  return new URL(response.headers.get('location') ?? '');
}

describe('the consent page', () => {
  test('is one form that carries the whole request, with two decisions', async () => {
    const response = await ask('fitbit');
    const html = await response.text();
    expect(response.status).toBe(200);
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(html).toContain('Sandbox: no real account is involved');
    for (const shown of ['Fitbit', 'sandbox-fitbit', '7XJ2QP', 'Robin Sandbox', 'heartrate', callbackOf('fitbit')]) {
      expect(html).toContain(shown);
    }
    expect(html).toMatch(/<form method="post" action="\/www\.fitbit\.com\/oauth2\/authorize">/);
    expect(html.match(/<button[^>]*name="decision" value="(allow|deny)"/g)).toHaveLength(2);
    const { fields } = formOf(html);
    expect(fields.get('state')).toBe('state-of-the-test');
    expect(fields.get('scope')).toBe('activity heartrate sleep profile');
  });

  test('allows nothing but its own style and forms to apps on this machine', async () => {
    const response = await ask('google');
    const policy = response.headers.get('content-security-policy') ?? '';
    const html = await response.text();
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe-inline');
    expect(policy).toMatch(/form-action 'self' http:\/\/localhost:\* http:\/\/127\.0\.0\.1:\*/);
    const style = /<style>([\s\S]*)<\/style>/.exec(html)?.[1] ?? '';
    expect(policy).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(html).not.toMatch(/<script|\sstyle=|\son\w+="/);
  });

  test('escapes what the request brings', async () => {
    const response = await ask('fitbit', { state: '"><script>alert(1)</script>' });
    const html = await response.text();
    expect(html).not.toContain('<script>');
    expect(formOf(html).fields.get('state')).toBe('"><script>alert(1)</script>');
  });

  test('does not let a request decide for the person', async () => {
    const html = await (await ask('fitbit', {}, '&decision=allow')).text();
    expect(formOf(html).fields.has('decision')).toBe(false);
  });
});

describe('the way back', () => {
  test('brings a code and the state', async () => {
    const location = await redirectedTo(await decide(sandbox.origin, await (await ask('fitbit')).text(), 'allow'));
    expect(location.origin + location.pathname).toBe(callbackOf('fitbit'));
    expect([...location.searchParams.keys()].sort()).toEqual(['code', 'state']);
    expect(location.searchParams.get('state')).toBe('state-of-the-test');
  });

  test.each(['google', 'google-health', 'github'] as const)('names the issuer of %s', async (provider) => {
    const location = await redirectedTo(await decide(sandbox.origin, await (await ask(provider)).text(), 'allow'));
    const issuer = provider === 'github' ? 'github.com/login/oauth' : 'accounts.google.com';
    expect(location.searchParams.get('iss')).toBe(`${sandbox.origin}/${issuer}`);
  });

  test('brings access_denied when the person says no', async () => {
    const location = await redirectedTo(await decide(sandbox.origin, await (await ask('github')).text(), 'deny'));
    expect(location.searchParams.get('error')).toBe('access_denied');
    expect(location.searchParams.get('state')).toBe('state-of-the-test');
    expect(location.searchParams.get('iss')).toBe(`${sandbox.origin}/github.com/login/oauth`);
    expect(location.searchParams.has('code')).toBe(false);
  });

  test('goes nowhere without a decision', async () => {
    const response = await decide(sandbox.origin, await (await ask('github')).text(), 'perhaps');
    expect(response.status).toBe(400);
    expect(response.headers.get('location')).toBeNull();
  });

  test('shows the code on a page where the app has no address', async () => {
    const response = await decide(sandbox.origin, await (await ask('fitbit', { redirect_uri: 'oob' })).text(), 'allow');
    expect(response.status).toBe(200);
    expect(await response.text()).toMatch(/sbx_code_[\w-]{43}/);
  });

  test('tells a mistake on a page where the app has no address', async () => {
    const response = await ask('fitbit', { redirect_uri: 'oob', scope: 'admin' });
    expect(response.status).toBe(400);
    const denied = await decide(sandbox.origin, await (await ask('fitbit', { redirect_uri: 'oob' })).text(), 'deny');
    expect(denied.status).toBe(200);
    expect(await denied.text()).toContain('Access denied');
  });

  test('is a form of its own with response_mode=form_post', async () => {
    const page = await (await ask('google', { response_mode: 'form_post' })).text();
    const html = await (await decide(sandbox.origin, page, 'allow')).text();
    const { action, fields } = formOf(html);
    expect(action).toBe(callbackOf('google'));
    expect(fields.get('code')).toMatch(/^sbx_code_/);
    expect(fields.get('state')).toBe('state-of-the-test');
  });

  test('is taken at once with autoApprove, and only then', async () => {
    await sandbox.control('behaviour', { autoApprove: true });
    const location = await redirectedTo(await ask('x'));
    await sandbox.control('behaviour', { autoApprove: false });
    expect(location.searchParams.get('code')).toMatch(/^sbx_code_/);
    expect((await ask('x')).status).toBe(200);
  });
});

describe('requests that cannot be trusted end on an error page', () => {
  const cases: [name: string, changes: Record<string, string | undefined>, extra: string][] = [
    ['unknown client', { client_id: 'sandbox-nobody' }, ''],
    ['another client of the same place', { client_id: 'sandbox-github' }, ''],
    ['no client', { client_id: undefined }, ''],
    ['client given twice', {}, '&client_id=sandbox-fitbit'],
    ['no redirect URI', { redirect_uri: undefined }, ''],
    ['foreign host', { redirect_uri: 'https://evil.test/auth/fitbit/callback' }, ''],
    ['host that only begins like loopback', { redirect_uri: 'http://localhost.evil.test/auth/fitbit/callback' }, ''],
    ['user info', { redirect_uri: 'http://localhost:3000@evil.test/auth/fitbit/callback' }, ''],
    ['callback of another provider', { redirect_uri: 'http://localhost:3000/auth/github/callback' }, ''],
    ['query', { redirect_uri: 'http://localhost:3000/auth/fitbit/callback?next=x' }, ''],
    ['fragment', { redirect_uri: 'http://localhost:3000/auth/fitbit/callback#x' }, ''],
    ['dot segments', { redirect_uri: 'http://localhost:3000/x/../auth/fitbit/callback' }, ''],
    ['encoded path', { redirect_uri: 'http://localhost:3000/auth/fitbit/%63allback' }, ''],
    ['base path that is not configured', { redirect_uri: 'http://localhost:3000/app/auth/fitbit/callback' }, ''],
    ['other scheme', { redirect_uri: 'javascript://localhost/auth/fitbit/callback' }, ''],
  ];

  test.each(cases)('%s', async (_name, changes, extra) => {
    const response = await ask('fitbit', changes, extra);
    expect(response.status).toBe(400);
    expect(response.headers.get('location')).toBeNull();
    expect(await response.text()).toContain('This request cannot be used');
  });
});

test.each([
  'http://localhost/auth/fitbit/callback',
  'http://127.0.0.1:51004/auth/fitbit/callback',
  'http://[::1]:8080/auth/fitbit/callback',
  'https://localhost:3443/auth/fitbit/callback',
])('%s is an allowed redirect URI', async (redirect_uri) => {
  expect((await ask('fitbit', { redirect_uri })).status).toBe(200);
});

describe('other mistakes go back to the app', () => {
  // Each row is full: Jest would pass a callback for a missing last value.
  const cases: [OAuth2Provider, Record<string, string | undefined>, string, extra: string][] = [
    ['fitbit', { response_type: undefined }, 'invalid_request', ''],
    ['fitbit', { response_type: 'token' }, 'unsupported_response_type', ''],
    ['fitbit', { scope: 'activity admin' }, 'invalid_scope', ''],
    ['fitbit', { scope: undefined }, 'invalid_scope', ''],
    ['fitbit', {}, 'invalid_request', '&scope=activity'],
    ['fitbit', { code_challenge_method: 'plain' }, 'invalid_request', ''],
    ['fitbit', { code_challenge_method: undefined }, 'invalid_request', ''],
    ['fitbit', { code_challenge: 'short' }, 'invalid_request', ''],
    ['x', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request', ''],
    ['google', { request: 'eyJ' }, 'request_not_supported', ''],
    ['google', { prompt: 'none' }, 'consent_required', ''],
    ['google', { response_mode: 'fragment' }, 'invalid_request', ''],
  ];

  test.each(cases)('%s with %j answers %s', async (provider, changes, error, extra) => {
    const location = await redirectedTo(await ask(provider, changes, extra));
    expect(location.searchParams.get('error')).toBe(error);
    expect(location.searchParams.get('state')).toBe('state-of-the-test');
    expect(location.searchParams.has('code')).toBe(false);
  });

  test('a definition that supports PKCE does without', async () => {
    const response = await ask('github', { code_challenge: undefined, code_challenge_method: undefined });
    expect(response.status).toBe(200);
  });

  test('the standard scopes of OpenID Connect are known everywhere', async () => {
    expect((await ask('fitbit', { scope: 'openid activity' })).status).toBe(200);
  });
});

test('the form is checked again: a changed hidden field is refused like a changed request', async () => {
  const { action, fields } = formOf(await (await ask('fitbit')).text());
  fields.set('redirect_uri', 'https://evil.test/auth/fitbit/callback');
  fields.append('decision', 'allow');
  const response = await fetch(new URL(action, sandbox.origin), { method: 'POST', body: fields, redirect: 'manual' });
  expect(response.status).toBe(400);
});

test('the decision must be a form', async () => {
  const response = await fetch(`${sandbox.origin}${oauth2Facts.fitbit.authorize}`, {
    method: 'POST',
    body: 'decision=allow',
  });
  expect(response.status).toBe(400);
});

test.each(['HEAD', 'PUT', 'DELETE'])('%s is not served by the authorization endpoint', async (method) => {
  const response = await fetch(`${sandbox.origin}${oauth2Facts.fitbit.authorize}`, { method });
  expect(response.status).toBe(405);
  expect(response.headers.get('allow')).toBe('GET, POST');
});

test('a mounted app may have a base path', async () => {
  const mounted = await start({ redirectBasePaths: ['', '/accounts'] });
  const query = new URLSearchParams({
    ...authorizationParameters('fitbit', pkce().challenge),
    redirect_uri: 'http://localhost:3000/accounts/auth/fitbit/callback',
  });
  const response = await get(`${mounted.origin}${oauth2Facts.fitbit.authorize}?${query}`);
  await mounted.stop();
  removeFolder(mounted.dataDir);
  expect(response.status).toBe(200);
});

test.each(Object.keys(oauth2Facts) as OAuth2Provider[])('%s can be connected and called', async (provider) => {
  const { access } = await connect(sandbox.origin, provider);
  const response = await get(`${sandbox.origin}${oauth2Facts[provider].profile}`, {
    Authorization: `Bearer ${access}`,
  });
  expect(response.status).toBe(200);
});
