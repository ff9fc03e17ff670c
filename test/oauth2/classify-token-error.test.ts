import { inspect } from 'node:util';
import { classifyTokenError, OAuth2RequestError, OAuth2Token } from '../../src/oauth2/index.js';
import { type Answer, json, scriptedFetch } from './support/scripted-fetch.js';
import { failureOf, makeSession, NOW } from './support/session.js';

const token = new OAuth2Token({ accessToken: 'CANARY-AT-1', refreshToken: 'CANARY-RT-1' });
const refresh = (...answers: Answer[]) =>
  failureOf(() => makeSession(scriptedFetch(...answers).fetch, { token }).refresh());
const html = (status: number) => new Response('<h1>x</h1>', { status, headers: { 'content-type': 'text/html' } });
const error = (code: string, status = 400) => json({ error: code }, { status });
const network = (code: string, more: object = {}) =>
  Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(code), { code, ...more }) });

describe('what a failed refresh means', () => {
  it.each([
    ['invalid_grant', error('invalid_grant'), 'invalid_grant'],
    ['invalid_grant with status 200', error('invalid_grant', 200), 'invalid_grant'],
    ['invalid_grant with status 500', error('invalid_grant', 500), 'invalid_grant'],
    ['interaction_required', error('interaction_required'), 'invalid_grant'],
    ['consent_required', error('consent_required'), 'invalid_grant'],
    ['invalid_client', error('invalid_client', 401), 'client'],
    ['unauthorized_client', error('unauthorized_client'), 'client'],
    ['unsupported_grant_type', error('unsupported_grant_type'), 'client'],
    ['invalid_scope', error('invalid_scope'), 'client'],
    ['invalid_request', error('invalid_request'), 'client'],
    ['401 without words', html(401), 'client'],
    ['404', html(404), 'client'],
    ['410', html(410), 'client'],
    ['a redirect', new Response(null, { status: 302, headers: { location: '/x' } }), 'client'],
    ['429', html(429), 'transient'],
    ['503', html(503), 'transient'],
    ['408', html(408), 'transient'],
    ['temporarily_unavailable', error('temporarily_unavailable'), 'transient'],
    ['403 of a firewall', html(403), 'transient'],
    ['400 of a proxy', html(400), 'transient'],
    ['an unknown error', error('teapot'), 'transient'],
    ['an unknown error with status 200', error('teapot', 200), 'transient'],
    ['500', html(500), 'ambiguous'],
    ['502', html(502), 'ambiguous'],
    ['504', html(504), 'ambiguous'],
    ['server_error with status 500', error('server_error', 500), 'ambiguous'],
    ['HTML with status 200', html(200), 'ambiguous'],
    ['a cut-off answer', new Response('{"access_token":"CANARY'), 'ambiguous'],
    ['no access token', json({}), 'ambiguous'],
    ['an unusable token type', json({ access_token: 'a', token_type: 'mac' }), 'ambiguous'],
  ])('%s', async (...row) => {
    const [, answer, kind] = row;
    expect(classifyTokenError(await refresh(answer))).toEqual({ kind, retryAfterMs: undefined });
  });

  it.each([
    ['no name', network('ENOTFOUND'), 'not_sent'],
    ['refused', network('ECONNREFUSED'), 'not_sent'],
    ['no connection in time', network('UND_ERR_CONNECT_TIMEOUT'), 'not_sent'],
    ['certificate expired', network('CERT_HAS_EXPIRED'), 'not_sent'],
    ['reset', network('ECONNRESET'), 'ambiguous'],
    ['headers too late', network('UND_ERR_HEADERS_TIMEOUT'), 'ambiguous'],
    ['socket error', network('UND_ERR_SOCKET'), 'ambiguous'],
    ['something else', new Error('CANARY-RT-1 failed'), 'ambiguous'],
    [
      'a client that says it was not sent',
      Object.assign(new Error('x'), { code: 'http_timeout', sent: false }),
      'not_sent',
    ],
    [
      'a client that says it was sent',
      Object.assign(new Error('x'), { code: 'ECONNREFUSED', sent: true }),
      'ambiguous',
    ],
    [
      'all addresses refused',
      Object.assign(new TypeError('x'), {
        cause: new AggregateError([network('ECONNREFUSED'), network('ENETUNREACH')]),
      }),
      'not_sent',
    ],
    [
      'one address reset',
      Object.assign(new TypeError('x'), {
        cause: new AggregateError([network('ECONNREFUSED'), network('ECONNRESET')]),
      }),
      'ambiguous',
    ],
  ])('%s', async (...row) => {
    const [, failure, kind] = row;
    const thrown = await refresh(failure);
    expect(thrown).toBeInstanceOf(OAuth2RequestError);
    expect(thrown.code).toBe('oauth2_request_failed');
    expect(classifyTokenError(thrown).kind).toBe(kind);
    expect(classifyTokenError(failure).kind).toBe(kind);
    expect(inspect(thrown, { depth: 9 })).not.toMatch(/CANARY/);
  });

  it('an answer that breaks off', async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from('{"access_token"'));
        controller.error(Object.assign(new Error('terminated'), { code: 'UND_ERR_SOCKET' }));
      },
    });
    expect(classifyTokenError(await refresh(() => new Response(body))).kind).toBe('ambiguous');
  });

  it('a signal that was aborted before anything was sent', async () => {
    const { fetch, calls } = scriptedFetch(json({}));
    const session = makeSession(fetch, { token });
    const thrown = await failureOf(() => session.revoke({ signal: AbortSignal.abort(new Error('stop')) }));
    expect(classifyTokenError(thrown).kind).toBe('not_sent');
    expect(calls).toHaveLength(0);
  });

  it('says how long to wait', async () => {
    const date = new Date(NOW + 30_000).toUTCString();
    const wait = async (status: number, value: string) =>
      classifyTokenError(await refresh(json({}, { status, headers: { 'retry-after': value } })));
    expect(await wait(429, '17')).toEqual({ kind: 'transient', retryAfterMs: 17_000 });
    expect(await wait(503, date)).toEqual({ kind: 'transient', retryAfterMs: 30_000 });
    expect(await wait(500, '1')).toEqual({ kind: 'ambiguous', retryAfterMs: 1_000 });
  });

  it('our own refusals', async () => {
    const bare = makeSession(scriptedFetch().fetch, { token: new OAuth2Token({ accessToken: 'a' }) });
    expect(classifyTokenError(await failureOf(() => bare.refresh())).kind).toBe('invalid_grant');
    expect(classifyTokenError(await failureOf(() => makeSession(scriptedFetch().fetch).refresh())).kind).toBe(
      'invalid_grant',
    );
    const wrongKey = makeSession(scriptedFetch().fetch, {
      token,
      clientAuth: 'private_key_jwt',
      privateKey: { key: 'nonsense' },
    });
    expect(classifyTokenError(await failureOf(() => wrongKey.refresh())).kind).toBe('client');
    expect(classifyTokenError('text').kind).toBe('ambiguous');
  });
});
