import { inspect } from 'node:util';
import { type OAuth2Error, OAuth2Session, OAuth2Token } from '../../src/oauth2/index.js';
import { json, scriptedFetch } from './support/scripted-fetch.js';
import { failureOf, makeSession, NOW, SECRET } from './support/session.js';

const REDIRECT = 'https://app.test/auth/callback';
const GRANTED = {
  access_token: 'CANARY-AT-7f3a',
  refresh_token: 'CANARY-RT-51c2',
  token_type: 'bearer',
  expires_in: 3600,
  scope: 'read',
  user_id: 9007199254740993n.toString(),
};

async function connect(session: OAuth2Session, scopes: string[] = ['read', 'write']) {
  const { url, pending } = await session.authorizationRequest({ redirectUri: REDIRECT, scopes });
  // Between redirect and callback only plain data survives.
  const kept = JSON.parse(JSON.stringify(pending));
  const callback = `${REDIRECT}?code=CANARY-CODE-88&state=${pending.state}`;
  return { url: new URL(url), pending, kept, callback };
}

describe('authorization code with PKCE', () => {
  it('sends the person away with state and S256 challenge, and the verifier only to the token endpoint', async () => {
    const { fetch, calls } = scriptedFetch(json(GRANTED));
    const { url, kept, callback, pending } = await connect(makeSession(fetch));
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: 'client-1',
      redirect_uri: REDIRECT,
      scope: 'read write',
      state: pending.state,
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
    expect(url.href).not.toContain(pending.codeVerifier);

    // Another process, another session: nothing but options and the kept data.
    const later = makeSession(fetch);
    const token = await later.exchangeCode(later.checkCallback(callback, kept));
    expect(calls).toHaveLength(1);
    expect(calls[0]?.url).toBe('https://provider.test/token');
    expect(calls[0]?.redirect).toBe('manual');
    expect(calls[0]?.form).toEqual({
      grant_type: 'authorization_code',
      code: 'CANARY-CODE-88',
      redirect_uri: REDIRECT,
      code_verifier: pending.codeVerifier,
    });
    const challenge = await crypto.subtle.digest('SHA-256', Buffer.from(calls[0]?.form.code_verifier ?? ''));
    expect(Buffer.from(challenge).toString('base64url')).toBe(url.searchParams.get('code_challenge'));
    expect(token.accessToken).toBe('CANARY-AT-7f3a');
    expect(token.expiresAt).toEqual(new Date(NOW + 3_600_000));
    expect(later.token).toBe(token);
    expect(later.authorized).toBe('valid');
  });

  it('reports the scopes as granted, and none when the provider says nothing', async () => {
    const narrowed = makeSession(scriptedFetch(json(GRANTED)).fetch);
    const first = await connect(narrowed);
    expect((await narrowed.exchangeCode(narrowed.checkCallback(first.callback, first.kept))).scopes).toEqual(['read']);
    const { scope: _scope, ...silent } = GRANTED;
    const unsaid = makeSession(scriptedFetch(json(silent)).fetch);
    const second = await connect(unsaid);
    expect((await unsaid.exchangeCode(unsaid.checkCallback(second.callback, second.kept))).scopes).toBeUndefined();
  });

  it('leaves out PKCE where the definition forbids it, and the redirect URI where none is given', async () => {
    const { fetch, calls } = scriptedFetch(json(GRANTED));
    const session = makeSession(fetch, { pkce: 'forbidden' });
    const { url, pending } = await session.authorizationRequest({ scopes: [] });
    expect([...new URL(url).searchParams.keys()]).toEqual(['response_type', 'client_id', 'state']);
    expect(pending).toEqual({ state: pending.state });
    await session.exchangeCode(session.checkCallback(`?code=c&state=${pending.state}`, pending));
    expect(calls[0]?.form).toEqual({ grant_type: 'authorization_code', code: 'c' });
  });

  it('exchanges nothing but a checked callback', async () => {
    const { fetch, calls } = scriptedFetch(json(GRANTED));
    const session = makeSession(fetch);
    const { callback, kept } = await connect(session);
    const genuine = session.checkCallback(callback, kept);
    const forged = Object.assign(Object.create(Object.getPrototypeOf(genuine)), genuine);
    expect((await failureOf(() => session.exchangeCode(forged))).code).toBe('oauth2_unchecked_callback');
    expect(calls).toHaveLength(0);
    expect(inspect(genuine)).not.toContain('CANARY');
    expect(JSON.stringify(genuine)).not.toContain('CANARY');
  });

  it('keeps extra fields exactly and hides every secret from printing', async () => {
    const session = makeSession(scriptedFetch(json(GRANTED)).fetch);
    const { callback, kept } = await connect(session);
    const token = await session.exchangeCode(session.checkCallback(callback, kept));
    expect(token.parameters).toEqual({ user_id: '9007199254740993' });
    for (const printed of [
      inspect(token),
      JSON.stringify({ token }),
      String(token),
      inspect(session, { depth: 9 }),
      JSON.stringify(session),
    ]) {
      expect(printed).not.toMatch(/CANARY/);
    }
    const restored = OAuth2Token.from(JSON.parse(JSON.stringify(token.toPlain())));
    expect(restored.toPlain()).toEqual(token.toPlain());
    expect(restored.refreshToken).toBe('CANARY-RT-51c2');
    expect(restored.expiresAt).toEqual(token.expiresAt);
  });
});

describe('a token', () => {
  it('can be given another refresh token, and lose its ID token', () => {
    const token = OAuth2Token.from({
      accessToken: 'a',
      tokenType: 'Bearer',
      idToken: 'i',
      scopes: ['x'],
      parameters: { user_id: 1 },
    });
    expect(token.withRefreshToken('r').toPlain()).toEqual({ ...token.toPlain(), refreshToken: 'r' });
    expect(token.withoutIdToken().toPlain()).toEqual({
      accessToken: 'a',
      tokenType: 'Bearer',
      scopes: ['x'],
      parameters: { user_id: 1 },
    });
  });

  it.each([
    undefined,
    null,
    'text',
    [],
    {},
    { accessToken: '' },
    { accessToken: 7 },
    { accessToken: 'CANARY', expiresAt: 'soon' },
    { accessToken: 'CANARY', expiresAt: 7 },
    { accessToken: 'CANARY', scopes: 'read' },
    { accessToken: 'CANARY', scopes: [7] },
  ])('is not made from %j', async (plain) => {
    const error = await failureOf(() => OAuth2Token.from(plain));
    expect(error.code).toBe('oauth2_invalid_option');
    expect(inspect(error)).not.toMatch(/CANARY/);
  });

  it('cannot have its expiry changed from outside', () => {
    const token = OAuth2Token.from({ accessToken: 'a', tokenType: 'Bearer', expiresAt: new Date(NOW).toISOString() });
    token.expiresAt?.setTime(0);
    expect(token.expiresAt).toEqual(new Date(NOW));
  });
});

describe('the session', () => {
  it('says what its token is good for', () => {
    const state = (plain?: object) =>
      makeSession(
        scriptedFetch().fetch,
        plain ? { token: OAuth2Token.from({ accessToken: 'a', tokenType: 'Bearer', ...plain }) } : {},
      ).authorized;
    expect(state()).toBe('none');
    expect(state({})).toBe('valid');
    expect(state({ expiresAt: '2026-01-01T00:00:01.000Z' })).toBe('valid');
    expect(state({ expiresAt: '1970-01-01T00:00:00.000Z' })).toBe('expired');
    expect(state({ expiresAt: '1970-01-01T00:00:00.000Z', refreshToken: 'r' })).toBe('refreshable');
  });

  it.each([
    ['http token endpoint', { endpoints: { token: 'http://provider.test/token' } }, 'oauth2_insecure_transport'],
    ['ftp token endpoint', { endpoints: { token: 'ftp://provider.test/token' } }, 'oauth2_insecure_transport'],
    [
      'credentials in an endpoint',
      { endpoints: { token: 'https://a:b@provider.test/token' } },
      'oauth2_invalid_option',
    ],
    ['relative endpoint', { endpoints: { token: '/token' } }, 'oauth2_invalid_option'],
    ['http allowed origin', { allowedOrigins: ['http://api.provider.test'] }, 'oauth2_insecure_transport'],
    ['empty client id', { clientId: '' }, 'oauth2_invalid_option'],
    ['missing secret', { clientSecret: '' }, 'oauth2_invalid_option'],
    ['missing key', { clientAuth: 'private_key_jwt' as const }, 'oauth2_invalid_option'],
  ])('refuses %s', async (_name, options, code) => {
    const error = await failureOf(() => makeSession(scriptedFetch().fetch, options));
    expect(error.code).toBe(code);
  });

  it('allows http on loopback', () => {
    for (const host of ['localhost:4000', '127.0.0.1:4000', '127.8.9.1', '[::1]:4000']) {
      expect(() => makeSession(scriptedFetch().fetch, { endpoints: { token: `http://${host}/token` } })).not.toThrow();
    }
  });

  it('revokes the refresh token first, then the access token, and takes "unknown" for done', async () => {
    const { fetch, calls } = scriptedFetch(
      json({ error: 'invalid_token' }, { status: 400 }),
      new Response(null, { status: 200 }),
    );
    const token = new OAuth2Token({ accessToken: 'CANARY-AT', refreshToken: 'CANARY-RT' });
    await makeSession(fetch, { token }).revoke();
    expect(calls.map((call) => call.form)).toEqual([
      { token: 'CANARY-RT', token_type_hint: 'refresh_token' },
      { token: 'CANARY-AT', token_type_hint: 'access_token' },
    ]);
    expect(calls[0]?.headers.authorization).toBe(`Basic ${Buffer.from(`client-1:${SECRET}`).toString('base64')}`);
  });

  it('reports a refused revocation without the token', async () => {
    const token = new OAuth2Token({ accessToken: 'CANARY-AT-0001' });
    const echo = json(
      { error: 'unsupported_token_type', error_description: 'no CANARY-AT-0001 here' },
      { status: 400 },
    );
    const error = (await failureOf(() => makeSession(scriptedFetch(echo).fetch, { token }).revoke())) as OAuth2Error;
    expect(error.code).toBe('oauth2_provider_error');
    expect(inspect(error)).not.toContain('CANARY');
  });

  it.each([
    [
      'the provider knows refresh tokens only',
      [new Response(null), json({ error: 'unsupported_token_type' }, { status: 400 })],
      undefined,
    ],
    [
      'the provider knows access tokens only',
      [json({ error: 'unsupported_token_type' }, { status: 400 }), new Response(null)],
      undefined,
    ],
    ['it is away after the first', [new Response(null), json({}, { status: 503 })], 'oauth2_server_error'],
    ['it knows neither', [json({ error: 'unsupported_token_type' }, { status: 400 })], 'oauth2_provider_error'],
    ['it answers with a redirect', [new Response(null, { status: 302 })], 'oauth2_redirect_refused'],
  ])('revokes what it can when %s', async (...row) => {
    const [, answers, code] = row;
    const { fetch, calls } = scriptedFetch(...answers);
    const token = new OAuth2Token({ accessToken: 'CANARY-AT', refreshToken: 'CANARY-RT' });
    const revoked = await makeSession(fetch, { token })
      .revoke()
      .catch((error: OAuth2Error) => error.code);
    expect([revoked, calls.length]).toEqual([code, code === 'oauth2_redirect_refused' ? 1 : 2]);
  });

  it('revokes a single token, without client authentication where the definition says so', async () => {
    const { fetch, calls } = scriptedFetch(new Response(null));
    const session = makeSession(fetch, { revocation: 'token-only' });
    await session.revoke({ token: 'CANARY-RT', hint: 'refresh_token' });
    expect(calls[0]?.form).toEqual({ token: 'CANARY-RT', token_type_hint: 'refresh_token' });
    expect(calls[0]?.headers.authorization).toBeUndefined();
    expect((await failureOf(() => session.revoke())).code).toBe('oauth2_token_missing');
  });

  it('introspects, and refuses an answer that does not say whether the token is active', async () => {
    const token = new OAuth2Token({ accessToken: 'CANARY-AT' });
    const good = scriptedFetch(json({ active: true, scope: 'read' }));
    expect(await makeSession(good.fetch, { token }).introspect()).toEqual({ active: true, scope: 'read' });
    expect(good.calls[0]?.form).toEqual({ token: 'CANARY-AT', token_type_hint: 'access_token' });
    const bad = scriptedFetch(json({ active: 'yes' }));
    expect((await failureOf(() => makeSession(bad.fetch, { token }).introspect())).code).toBe(
      'oauth2_response_malformed',
    );
  });

  it('asks a provider’s own token-info with the token in a form, never in the URL', async () => {
    const token = new OAuth2Token({ accessToken: 'CANARY-AT' });
    const { fetch, calls } = scriptedFetch(json({ aud: 'client-1', user_id: 12345678901234567890n.toString() }));
    const info = await makeSession(fetch, { token }).tokenInfo({
      url: 'https://api.provider.test/tokeninfo',
      field: 'access_token',
    });
    expect(info.aud).toBe('client-1');
    expect(calls[0]?.url).toBe('https://api.provider.test/tokeninfo');
    expect(calls[0]?.form).toEqual({ access_token: 'CANARY-AT' });
    expect(calls[0]?.headers.authorization).toBeUndefined();
  });

  it('names the endpoint that a provider does not have', async () => {
    const session = makeSession(scriptedFetch().fetch, {
      endpoints: { token: 'https://provider.test/token' },
      token: new OAuth2Token({ accessToken: 'a' }),
    });
    for (const call of [
      () => session.revoke(),
      () => session.introspect(),
      () => session.userinfo(),
      () => session.authorizationRequest({ scopes: [] }),
    ]) {
      expect((await failureOf(call)).code).toBe('oauth2_endpoint_missing');
    }
    expect(session).toBeInstanceOf(OAuth2Session);
  });
});
