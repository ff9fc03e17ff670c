import { inspect } from 'node:util';
import {
  classifyTokenError,
  type OAuth2SessionOptions,
  OAuth2Token,
  type PlainOAuth2Token,
  TokenExpired,
} from '../../src/oauth2/index.js';
import { goodClaims, ISSUER, idToken, JWKS_URI, makeKey } from './support/issuer.js';
import { type Answer, json, scriptedFetch } from './support/scripted-fetch.js';
import { failureOf, makeSession, NOW } from './support/session.js';

const API = 'https://api.provider.test/me';
const EXPIRED = new Date(NOW - 1000);

function heldToken(changes: Partial<PlainOAuth2Token> = {}): OAuth2Token {
  return OAuth2Token.from({
    accessToken: 'CANARY-AT-OLD',
    tokenType: 'Bearer',
    refreshToken: 'CANARY-RT-OLD',
    scopes: ['read'],
    expiresAt: EXPIRED.toISOString(),
    ...changes,
  });
}

const renewed = {
  access_token: 'CANARY-AT-NEW',
  token_type: 'Bearer',
  expires_in: 3600,
  refresh_token: 'CANARY-RT-NEW',
};

/** One answer for the token endpoint, another for the API. */
function provider(tokenAnswer: Answer, apiAnswer: Answer = json({ ok: true })) {
  const answer = (given: Answer, call: Parameters<Extract<Answer, (...a: never[]) => unknown>>[0]) => {
    if (given instanceof Error) throw given;
    return typeof given === 'function' ? given(call) : given.clone();
  };
  const { fetch, calls } = scriptedFetch((call) => answer(call.url.endsWith('/token') ? tokenAnswer : apiAnswer, call));
  return {
    fetch,
    calls,
    tokenCalls: () => calls.filter((call) => call.url.endsWith('/token')),
    apiCalls: () => calls.filter((call) => call.url.startsWith('https://api.')),
  };
}

const automatic = (token: OAuth2Token, more: Partial<OAuth2SessionOptions> = {}): Partial<OAuth2SessionOptions> => ({
  token,
  refreshing: { mode: 'automatic' },
  ...more,
});

describe('the three classic ways', () => {
  it('ask: an expired token is an error, handled by hand', async () => {
    const { fetch, calls, apiCalls } = provider(json(renewed));
    const session = makeSession(fetch, { token: heldToken() });
    const error = await failureOf(() => session.fetch(API));
    expect(error).toBeInstanceOf(TokenExpired);
    expect(error.code).toBe('oauth2_token_expired');
    expect((error as TokenExpired).expiredAt).toEqual(EXPIRED);
    expect(calls).toHaveLength(0);
    await session.refresh();
    expect((await session.fetch(API)).status).toBe(200);
    expect(apiCalls()[0]?.headers.authorization).toBe('Bearer CANARY-AT-NEW');
  });

  it('automatic with an updater, which has finished before the request goes out', async () => {
    const order: string[] = [];
    const noted = (what: string, answer: Response) => () => {
      order.push(what);
      return answer;
    };
    const { fetch } = provider(noted('refresh', json(renewed)), noted('api', json({})));
    const session = makeSession(
      fetch,
      automatic(heldToken(), {
        refreshing: {
          mode: 'automatic',
          updater: async (token, previous) => {
            order.push('update begins');
            await new Promise((resolve) => setImmediate(resolve));
            expect([token.accessToken, previous.accessToken]).toEqual(['CANARY-AT-NEW', 'CANARY-AT-OLD']);
            order.push('update ends');
          },
        },
      }),
    );
    await session.fetch(API);
    expect(order).toEqual(['refresh', 'update begins', 'update ends', 'api']);
  });

  it('entirely by the session', async () => {
    const { fetch, tokenCalls, apiCalls } = provider(json(renewed));
    const session = makeSession(fetch, automatic(heldToken()));
    expect(session.authorized).toBe('refreshable');
    await session.fetch(API);
    await session.fetch(API);
    expect(tokenCalls()).toHaveLength(1);
    expect(apiCalls()).toHaveLength(2);
    expect(session.authorized).toBe('valid');
  });
});

describe('a refresh', () => {
  it('is one request for a hundred calls at once, and each call succeeds', async () => {
    const { fetch, tokenCalls, apiCalls } = provider(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return json(renewed);
    });
    const session = makeSession(fetch, automatic(heldToken()));
    const answers = await Promise.all(Array.from({ length: 100 }, () => session.fetch(API)));
    expect(answers.map((answer) => answer.status)).toEqual(Array(100).fill(200));
    expect(tokenCalls()).toHaveLength(1);
    expect(apiCalls()).toHaveLength(100);
    expect(new Set(apiCalls().map((call) => call.headers.authorization))).toEqual(new Set(['Bearer CANARY-AT-NEW']));
  });

  it('is built on its own: nothing of the API call is in it', async () => {
    const { fetch, tokenCalls } = provider(json(renewed));
    const session = makeSession(fetch, automatic(heldToken()));
    await session.fetch(`${API}?q=secret+search`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'evil', refresh_token: 'evil', note: 'private' }),
      headers: { 'x-private': 'private' },
    });
    expect(tokenCalls()).toHaveLength(1);
    expect(tokenCalls()[0]?.form).toEqual({ grant_type: 'refresh_token', refresh_token: 'CANARY-RT-OLD' });
    expect(Object.keys(tokenCalls()[0]?.headers ?? {}).sort()).toEqual(['accept', 'authorization', 'content-type']);
  });

  it.each([
    ['without one', {}],
    ['empty', { refresh_token: '' }],
    ['null', { refresh_token: null }],
  ])('keeps the old refresh token when the answer comes %s', async (_name, change) => {
    const { refresh_token: _dropped, ...silent } = renewed;
    const { fetch, tokenCalls } = provider(json({ ...silent, ...change }));
    const session = makeSession(fetch, { token: heldToken() });
    expect((await session.refresh()).refreshToken).toBe('CANARY-RT-OLD');
    await session.refresh();
    expect(tokenCalls()[1]?.form.refresh_token).toBe('CANARY-RT-OLD');
  });

  it('replaces everything that was known of the expiry', async () => {
    const { fetch, tokenCalls } = provider(json({ access_token: 'CANARY-AT-NEW', token_type: 'Bearer' }));
    const session = makeSession(fetch, automatic(heldToken()));
    await session.fetch(API);
    await session.fetch(API);
    expect(session.token?.expiresAt).toBeUndefined();
    expect(session.authorized).toBe('valid');
    expect(tokenCalls()).toHaveLength(1);
  });

  it('keeps scopes and extra fields that the answer does not repeat, and records narrowing', async () => {
    const token = heldToken({ parameters: { user_id: 'U1' } });
    const silent = makeSession(provider(json(renewed)).fetch, { token });
    expect((await silent.refresh()).scopes).toEqual(['read']);
    expect(silent.token?.parameters).toEqual({ user_id: 'U1' });
    const narrowed = makeSession(provider(json({ ...renewed, scope: '' })).fetch, { token });
    expect((await narrowed.refresh()).scopes).toEqual([]);
  });

  it('asks for narrower scopes in a request of its own', async () => {
    const { fetch, tokenCalls } = provider(json(renewed));
    const session = makeSession(fetch, { token: heldToken() });
    await Promise.all([session.refresh(), session.refresh({ scopes: ['read', 'sleep'] })]);
    expect(tokenCalls().map((call) => call.form.scope)).toEqual([undefined, 'read sleep']);
  });

  it('with expires_in 0 happens once per call, never in a loop', async () => {
    const { fetch, tokenCalls } = provider(json({ ...renewed, expires_in: 0 }));
    const session = makeSession(fetch, automatic(heldToken()));
    await session.fetch(API);
    await session.fetch(API);
    expect(tokenCalls()).toHaveLength(2);
  });

  it('happens a little before expiry, and an outage then does no harm', async () => {
    const token = heldToken({ expiresAt: new Date(NOW + 5_000).toISOString() });
    const down = provider(json({}, { status: 500 }));
    expect((await makeSession(down.fetch, automatic(token)).fetch(API)).status).toBe(200);
    expect(down.tokenCalls()).toHaveLength(1);
    expect(down.apiCalls()[0]?.headers.authorization).toBe('Bearer CANARY-AT-OLD');
    const dead = provider(json({ error: 'invalid_grant' }, { status: 400 }));
    expect((await failureOf(() => makeSession(dead.fetch, automatic(token)).fetch(API))).code).toBe(
      'oauth2_invalid_grant',
    );
    const patient = provider(json(renewed));
    const margin = { refreshing: { mode: 'automatic' as const, marginMs: 1_000 } };
    await makeSession(patient.fetch, automatic(token, margin)).fetch(API);
    expect(patient.tokenCalls()).toHaveLength(0);
  });

  it('that fails reaches every waiting call, and the next call tries again', async () => {
    let attempts = 0;
    const { fetch, tokenCalls } = provider(() => {
      attempts += 1;
      return attempts === 1 ? json({}, { status: 500 }) : json(renewed);
    });
    const session = makeSession(fetch, automatic(heldToken()));
    const failures = await Promise.all(Array.from({ length: 5 }, () => failureOf(() => session.fetch(API))));
    expect(failures.map((failure) => failure.code)).toEqual(Array(5).fill('oauth2_server_error'));
    expect(tokenCalls()).toHaveLength(1);
    expect((await session.fetch(API)).status).toBe(200);
  });

  it('goes on when one waiter gives up, because its answer must not be lost', async () => {
    let answer: (response: Response) => void = () => undefined;
    const { fetch, tokenCalls } = provider(() => new Promise((resolve) => (answer = resolve)));
    const session = makeSession(fetch, { token: heldToken() });
    const controller = new AbortController();
    const impatient = session.refresh({ signal: controller.signal });
    const patient = session.refresh();
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error('enough'));
    await expect(impatient).rejects.toThrow('enough');
    answer(json(renewed));
    expect((await patient).refreshToken).toBe('CANARY-RT-NEW');
    expect(session.token?.refreshToken).toBe('CANARY-RT-NEW');
    expect(tokenCalls()).toHaveLength(1);
  });

  it('does not replace a new grant that came meanwhile', async () => {
    let answer: (response: Response) => void = () => undefined;
    const { fetch } = provider(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    const session = makeSession(fetch, { token: heldToken() });
    const refreshing = session.refresh();
    await new Promise((resolve) => setImmediate(resolve));
    const granted = new OAuth2Token({ accessToken: 'CANARY-AT-GRANTED' });
    session.token = granted;
    answer(json(renewed));
    expect(await refreshing).toBe(granted);
    expect(session.token).toBe(granted);
  });

  it('cannot be done without a token or a refresh token', async () => {
    const { fetch, calls } = provider(json(renewed));
    expect((await failureOf(() => makeSession(fetch).refresh())).code).toBe('oauth2_token_missing');
    const { refreshToken: _none, ...plain } = heldToken().toPlain();
    const bare = OAuth2Token.from(plain);
    expect((await failureOf(() => makeSession(fetch, { token: bare }).refresh())).code).toBe('oauth2_not_refreshable');
    expect(await failureOf(() => makeSession(fetch, automatic(bare)).fetch(API))).toBeInstanceOf(TokenExpired);
    expect(calls).toHaveLength(0);
  });

  it('whose token the updater cannot store is not used, and handed over again by the next call', async () => {
    let broken = true;
    const stored: string[] = [];
    const { fetch, tokenCalls, apiCalls } = provider(json(renewed));
    const updater = (token: OAuth2Token) => {
      if (broken) throw new TypeError(`INSERT failed: ${token.accessToken}`);
      stored.push(token.accessToken);
    };
    const session = makeSession(fetch, automatic(heldToken(), { refreshing: { mode: 'automatic', updater } }));
    const error = await failureOf(() => session.fetch(API));
    expect(error.code).toBe('oauth2_token_update_failed');
    expect(error.cause).toEqual({ reason: 'TypeError' });
    expect(inspect(error, { depth: 9 })).not.toMatch(/CANARY/);
    expect(apiCalls()).toHaveLength(0);
    broken = false;
    await session.fetch(API);
    expect(stored).toEqual(['CANARY-AT-NEW']);
    expect(tokenCalls()).toHaveLength(1);
  });
});

describe('a 401 from the API', () => {
  const challenge = (value: string) => json({}, { status: 401, headers: { 'www-authenticate': value } });
  const invalid = challenge('Bearer realm="api", error="invalid_token", error_description="expired"');
  const valid = () => heldToken({ expiresAt: new Date(NOW + 3_600_000).toISOString() });
  const onceRefused = () => {
    const refused = (call: { headers: Readonly<Record<string, string>> }) =>
      call.headers.authorization === 'Bearer CANARY-AT-OLD' ? invalid.clone() : json({ ok: true });
    return provider(json(renewed), refused);
  };

  it('that names the token leads to one refresh and one retry', async () => {
    const { fetch, tokenCalls, apiCalls } = onceRefused();
    const response = await makeSession(fetch, automatic(valid())).fetch(API, { method: 'POST', body: '{"a":1}' });
    expect(response.status).toBe(200);
    expect(tokenCalls()).toHaveLength(1);
    expect(apiCalls().map((call) => call.body)).toEqual(['{"a":1}', '{"a":1}']);
  });

  it('in the loose spelling of some providers does too', async () => {
    const loose = challenge('Bearer realm="api" error=invalid_token error_description="Access token expired"');
    const { fetch, tokenCalls } = provider(json(renewed), loose);
    await makeSession(fetch, automatic(valid())).fetch(API);
    expect(tokenCalls()).toHaveLength(1);
  });

  it('for ever leads to exactly one refresh and one retry', async () => {
    const { fetch, tokenCalls, apiCalls } = provider(json(renewed), invalid);
    expect((await makeSession(fetch, automatic(valid())).fetch(API)).status).toBe(401);
    expect([tokenCalls().length, apiCalls().length]).toEqual([1, 2]);
  });

  it('to fifty calls at once leads to one refresh', async () => {
    const { fetch, tokenCalls } = onceRefused();
    const session = makeSession(fetch, automatic(valid()));
    const answers = await Promise.all(Array.from({ length: 50 }, () => session.fetch(API)));
    expect(answers.every((answer) => answer.status === 200)).toBe(true);
    expect(tokenCalls()).toHaveLength(1);
  });

  it('that comes after somebody else has refreshed costs no refresh', async () => {
    const late: ((response: Response) => void)[] = [];
    const { fetch, tokenCalls, apiCalls } = provider(json(renewed), (call) =>
      call.headers.authorization === 'Bearer CANARY-AT-OLD' ? new Promise((resolve) => late.push(resolve)) : json({}),
    );
    const session = makeSession(fetch, automatic(valid()));
    const slow = session.fetch(API);
    await new Promise((resolve) => setImmediate(resolve));
    await session.refresh();
    for (const answer of late) answer(invalid.clone());
    expect((await slow).status).toBe(200);
    expect([tokenCalls().length, apiCalls().length]).toEqual([1, 2]);
  });

  it.each([
    ['without a challenge', json({}, { status: 401 })],
    ['for another reason', challenge('Bearer error="insufficient_scope"')],
    ['of another scheme', challenge('Basic realm="invalid_token"')],
    ['that is a 403', json({}, { status: 403, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } })],
  ])('%s is handed on', async (_name, answer) => {
    const { fetch, tokenCalls } = provider(json(renewed), answer);
    expect((await makeSession(fetch, automatic(valid())).fetch(API)).status).toBe(answer.status);
    expect(tokenCalls()).toHaveLength(0);
  });

  it('is handed on when the body cannot be sent again, or the policy is to ask', async () => {
    const streamed = provider(json(renewed), invalid);
    const body = new Blob(['data']).stream();
    const response = await makeSession(streamed.fetch, automatic(valid())).fetch(API, { method: 'POST', body });
    expect([response.status, streamed.tokenCalls().length, streamed.apiCalls()[0]?.body]).toEqual([401, 0, 'data']);
    const asking = provider(json(renewed), invalid);
    expect((await makeSession(asking.fetch, { token: valid() }).fetch(API)).status).toBe(401);
    expect(asking.tokenCalls()).toHaveLength(0);
  });

  it.each([
    ['text', () => 'data'],
    ['bytes', () => new Uint8Array([100, 97, 116, 97])],
    ['a blob', () => new Blob(['data'])],
  ])('replays %s', async (_name, body) => {
    const { fetch, apiCalls } = onceRefused();
    await makeSession(fetch, automatic(valid())).fetch(API, { method: 'PUT', body: body() });
    expect(apiCalls().map((call) => call.body)).toEqual(['data', 'data']);
  });
});

describe('a refreshed ID token', () => {
  it('has to be about the same person', async () => {
    const key = await makeKey('ES256', 'k1');
    const openid = { issuer: ISSUER, jwksUri: JWKS_URI };
    const token = heldToken({ idToken: await idToken(key) });
    const refreshWith = async (claims: object) => {
      const answer = json({ ...renewed, id_token: await idToken(key, { nonce: undefined, ...claims }) });
      const { fetch } = scriptedFetch((call) => (call.url === JWKS_URI ? json({ keys: [key.jwk] }) : answer.clone()));
      return makeSession(fetch, { token, openid });
    };
    expect((await (await refreshWith({})).refresh()).claims?.sub).toBe(goodClaims.sub);
    const other = await refreshWith({ sub: 'somebody-else' });
    const error = await failureOf(() => other.refresh());
    expect(error.code).toBe('oidc_subject_changed');
    expect(classifyTokenError(error).kind).toBe('invalid_grant');
    expect(other.token?.accessToken).toBe('CANARY-AT-OLD');
  });

  it('does not cost the new refresh token when the provider’s keys cannot be had', async () => {
    const key = await makeKey('ES256', 'k1');
    const openid = { issuer: ISSUER, jwksUri: JWKS_URI };
    const token = heldToken({ idToken: await idToken(key) });
    const refreshTo = async (sub: string) => {
      const answer = json({ ...renewed, id_token: await idToken(key, { sub }) });
      const { fetch } = scriptedFetch((call) => (call.url === JWKS_URI ? json({}, { status: 503 }) : answer.clone()));
      return makeSession(fetch, { token, openid });
    };
    const kept = await (await refreshTo('subject-1')).refresh();
    expect([kept.refreshToken, kept.idToken, kept.claims]).toEqual(['CANARY-RT-NEW', token.idToken, undefined]);
    const other = await refreshTo('somebody-else');
    expect((await failureOf(() => other.refresh())).code).toBe('oidc_subject_changed');
  });
});
