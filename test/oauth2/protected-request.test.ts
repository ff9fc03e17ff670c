import { OAuth2Token } from '../../src/oauth2/index.js';
import { type Answer, json, scriptedFetch } from './support/scripted-fetch.js';
import { failureOf, makeSession } from './support/session.js';

const API = 'https://api.provider.test';
const token = new OAuth2Token({ accessToken: 'CANARY-AT-7f3a', refreshToken: 'r' });

function session(...answers: Answer[]) {
  const { fetch, calls } = scriptedFetch(...(answers.length > 0 ? answers : [json({})]));
  return { session: makeSession(fetch, { token }), calls };
}

const redirect = (location: string, status = 302) => new Response(null, { status, headers: { location } });

describe('the token goes', () => {
  it('into the Authorization header, in place of any other', async () => {
    const { session: own, calls } = session();
    await own.fetch(`${API}/me?a=1&a=2`, { headers: { Authorization: 'Basic x', 'X-Own': 'kept' } });
    expect(calls[0]).toMatchObject({ url: `${API}/me?a=1&a=2`, method: 'GET', redirect: 'manual' });
    expect(calls[0]?.headers).toEqual({ authorization: 'Bearer CANARY-AT-7f3a', 'x-own': 'kept' });
  });

  it('along with a Request object, whose parts the init may replace', async () => {
    const { session: own, calls } = session();
    const request = new Request(`${API}/me`, { method: 'POST', body: 'streamed', headers: { 'x-own': '1' } });
    await own.fetch(request);
    await own.fetch(new Request(`${API}/me`, { headers: { 'x-own': '1' } }), { method: 'DELETE' });
    expect(calls.map((call) => [call.method, call.body, call.headers['x-own']])).toEqual([
      ['POST', 'streamed', '1'],
      ['DELETE', '', '1'],
    ]);
  });

  it('not into a request that withholds it', async () => {
    const { session: own, calls } = session();
    await own.fetch(`${API}/public`, { withholdToken: true });
    expect(calls[0]?.headers.authorization).toBeUndefined();
  });

  it.each([
    ['http', 'http://api.provider.test/me', 'oauth2_insecure_transport'],
    ['another host', 'https://evil.test/me', 'oauth2_origin_not_allowed'],
    ['another port', 'https://api.provider.test:8443/me', 'oauth2_origin_not_allowed'],
    ['a host that begins like ours', 'https://api.provider.test.evil.test/', 'oauth2_origin_not_allowed'],
    ['user info that looks like our host', 'https://api.provider.test@evil.test/', 'oauth2_invalid_option'],
    ['backslashes', 'https:\\\\evil.test\\me', 'oauth2_origin_not_allowed'],
    ['a protocol-relative URL', '//api.provider.test/me', 'oauth2_invalid_option'],
    ['a path', '/me', 'oauth2_invalid_option'],
    ['data', 'data:text/plain,x', 'oauth2_insecure_transport'],
  ])('nowhere but to allowed origins: %s', async (_name, url, code) => {
    const { session: own, calls } = session();
    expect((await failureOf(() => own.fetch(url))).code).toBe(code);
    expect((await failureOf(() => own.fetch(url, { withholdToken: true }))).code).toBe(code);
    expect(calls).toHaveLength(0);
  });

  it('to the endpoints’ origins when none are named', async () => {
    const { fetch, calls } = scriptedFetch(json({}));
    const own = makeSession(fetch, { token });
    const plain = makeSession(fetch, {
      token,
      endpoints: { token: 'https://provider.test/token' },
      allowedOrigins: ['https://provider.test'],
    });
    await own.fetch('https://provider.test/userinfo');
    await plain.fetch('https://provider.test/x');
    expect(calls).toHaveLength(2);
  });
});

describe('a redirect', () => {
  it('is followed within the origin, with the token', async () => {
    const { session: own, calls } = session(
      redirect('/moved?x=1', 301),
      redirect(`${API}/again`, 307),
      json({ ok: 1 }),
    );
    expect((await own.fetch(`${API}/me`)).status).toBe(200);
    expect(calls.map((call) => call.url)).toEqual([`${API}/me`, `${API}/moved?x=1`, `${API}/again`]);
    expect(calls.every((call) => call.headers.authorization === 'Bearer CANARY-AT-7f3a')).toBe(true);
  });

  it.each([
    ['another origin', 'https://evil.test/'],
    ['the metadata service', 'http://169.254.169.254/'],
    ['http on the same host', 'http://api.provider.test/'],
    ['another allowed origin', 'https://provider.test/'],
    ['what is no URL', 'https://[bad'],
  ])('to %s is refused before anything is sent there', async (_name, location) => {
    const { session: own, calls } = session(redirect(location));
    const error = await failureOf(() => own.fetch(`${API}/me`));
    expect(error.code).toBe('oauth2_redirect_refused');
    expect(error.message).not.toContain(location);
    expect(calls).toHaveLength(1);
  });

  it('of a POST, or without end, is refused', async () => {
    const post = session(redirect('/x', 307));
    expect((await failureOf(() => post.session.fetch(API, { method: 'POST', body: 'a' }))).code).toBe(
      'oauth2_redirect_refused',
    );
    const loop = session(redirect('/me'));
    expect((await failureOf(() => loop.session.fetch(`${API}/me`))).code).toBe('oauth2_redirect_refused');
    expect(loop.calls).toHaveLength(4);
    const strict = session(redirect('/me'));
    expect((await failureOf(() => strict.session.fetch(API, { redirect: 'error' }))).code).toBe(
      'oauth2_redirect_refused',
    );
  });

  it('is the caller’s with redirect: manual; a 304 or a 3xx without Location is no redirect', async () => {
    const manual = session(redirect('https://evil.test/'));
    expect((await manual.session.fetch(API, { redirect: 'manual' })).status).toBe(302);
    const unchanged = session(new Response(null, { status: 304 }), new Response(null, { status: 302 }));
    expect((await unchanged.session.fetch(API)).status).toBe(304);
    expect((await unchanged.session.fetch(API)).status).toBe(302);
  });
});

describe('failures of the injected fetch', () => {
  it('reach the caller of an API unchanged', async () => {
    const failure = Object.assign(new Error('reset'), { code: 'http_reset', sent: true });
    expect(await failureOf(() => session(failure).session.fetch(API))).toBe(failure);
  });
});
