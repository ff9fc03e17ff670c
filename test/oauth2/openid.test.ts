/** OpenID Connect through the session: code exchange with an ID token, and userinfo. */
import { inspect } from 'node:util';
import { SignJWT } from 'jose';
import { JwksCache, type OAuth2SessionOptions, OAuth2Token } from '../../src/oauth2/index.js';
import { ISSUER, idToken, JWKS_URI, keyServer, makeKey, NOW_SECONDS, type TestKey } from './support/issuer.js';
import { json, scriptedFetch } from './support/scripted-fetch.js';
import { failureOf, makeSession, NOW } from './support/session.js';

let key: TestKey;
let openid: NonNullable<OAuth2SessionOptions['openid']>;

beforeAll(async () => {
  key = await makeKey('ES256', 'k1');
  openid = {
    issuer: ISSUER,
    jwksUri: JWKS_URI,
    keys: new JwksCache({ fetch: keyServer([key]).fetch, now: () => NOW }),
  };
});

async function signIn(
  claims: (nonce: string | undefined) => Record<string, unknown> | undefined,
  changes: Partial<OAuth2SessionOptions> = {},
) {
  let nonce: string | undefined;
  const { fetch, calls } = scriptedFetch(async () => {
    const given = claims(nonce);
    const token = given && (await idToken(key, given));
    return json({ access_token: 'CANARY-AT-1', token_type: 'Bearer', ...(token ? { id_token: token } : {}) });
  });
  const session = makeSession(fetch, { openid, ...changes });
  const { pending } = await session.authorizationRequest({ redirectUri: 'https://app.test/cb', scopes: ['openid'] });
  nonce = pending.nonce;
  const token = await session.exchangeCode(session.checkCallback(`?code=c&state=${pending.state}`, pending));
  return { session, token, calls };
}

describe('signing in with OpenID Connect', () => {
  it('validates the ID token of this very request', async () => {
    const { token } = await signIn((nonce) => ({ nonce, email: 'ada@example.test' }));
    expect(token.claims).toMatchObject({ iss: ISSUER, sub: 'subject-1', email: 'ada@example.test' });
    expect(token.withoutIdToken().idToken).toBeUndefined();
    expect(token.toPlain().idToken).toBe(token.idToken);
  });

  it.each([
    ['without an ID token', () => undefined, 'oidc_id_token_missing'],
    ['with the nonce of another tab', () => ({ nonce: 'other' }), 'oidc_id_token_nonce'],
    ['without a nonce', () => ({ nonce: undefined }), 'oidc_id_token_nonce'],
    [
      'with somebody else’s audience',
      (nonce: string | undefined) => ({ nonce, aud: 'client-2' }),
      'oidc_id_token_audience',
    ],
  ])('fails %s, and the session keeps nothing', async (_name, claims, code) => {
    expect((await failureOf(() => signIn(claims))).code).toBe(code);
  });

  it('validates an ID token that nobody asked for, and needs none then', async () => {
    const answer = async (extra: object) => {
      const session = makeSession(scriptedFetch(json({ access_token: 'a', token_type: 'Bearer', ...extra })).fetch, {
        openid,
      });
      const { pending } = await session.authorizationRequest({ scopes: ['email'] });
      return await session.exchangeCode(session.checkCallback(`?code=c&state=${pending.state}`, pending));
    };
    expect((await answer({})).claims).toBeUndefined();
    expect((await answer({ id_token: await idToken(key) })).claims?.sub).toBe('subject-1');
    const bad = await idToken(key, { aud: 'client-2' });
    expect((await failureOf(() => answer({ id_token: bad }))).code).toBe('oidc_id_token_audience');
  });
});

describe('a refresh that brings an ID token', () => {
  const refresh = async (renewed: string | undefined, changes: Partial<OAuth2SessionOptions> = {}) => {
    const before = { accessToken: 'a-1', refreshToken: 'r-1', idToken: await idToken(key) };
    const fields = { access_token: 'a-2', token_type: 'Bearer', refresh_token: 'r-2', id_token: renewed };
    const session = makeSession(scriptedFetch(json(fields)).fetch, {
      openid,
      token: new OAuth2Token(before),
      ...changes,
    });
    return await session.refresh();
  };

  it('takes its claims over', async () => {
    const token = await refresh(await idToken(key, { email: 'new@example.test' }));
    expect([token.refreshToken, token.claims?.email]).toEqual(['r-2', 'new@example.test']);
  });

  it.each<[string, () => Promise<string>]>([
    ['from a clock that is ahead of ours', () => idToken(key, { iat: NOW_SECONDS + 120, exp: NOW_SECONDS + 3720 })],
    ['that has ended by our clock', () => idToken(key, { iat: NOW_SECONDS - 3720, exp: NOW_SECONDS - 120 })],
    ['under a key that is not published yet', async () => idToken(await makeKey('ES256', 'k9'))],
    ['for another audience', () => idToken(key, { aud: 'client-2' })],
    ['that is none', async () => 'not.even.a.token'],
  ])('%s keeps the new refresh token, and nothing of the ID token', async (_name, make) => {
    const renewed = await make();
    const token = await refresh(renewed);
    expect([token.accessToken, token.refreshToken, token.claims]).toEqual(['a-2', 'r-2', undefined]);
    expect(token.idToken).not.toBe(renewed);
  });

  it('does not wait for keys that do not come', async () => {
    const keys = new JwksCache({ fetch: () => new Promise(() => {}), now: () => NOW });
    const token = await refresh(await idToken(key, { email: 'new@example.test' }), { openid: { ...openid, keys } });
    expect([token.refreshToken, token.claims]).toEqual(['r-2', undefined]);
  });

  it.each<[string, () => Promise<string>]>([
    ['validated', () => idToken(key, { sub: 'subject-2' })],
    ['or not', async () => idToken(await makeKey('ES256', 'k9'), { sub: 'subject-2' })],
  ])('about somebody else is refused, %s', async (_name, make) => {
    expect((await failureOf(async () => refresh(await make()))).code).toBe('oidc_subject_changed');
  });
});

describe('userinfo', () => {
  const token = new OAuth2Token({ accessToken: 'CANARY-AT-1' });
  const ask = (
    answer: Response,
    options: Partial<OAuth2SessionOptions> = { openid },
    subject: string | undefined = 'subject-1',
  ) =>
    makeSession(scriptedFetch(answer).fetch, { token, ...options }).userinfo(subject === undefined ? {} : { subject });

  it('is about the person of the ID token', async () => {
    expect(await ask(json({ sub: 'subject-1', name: 'Ada' }))).toEqual({ sub: 'subject-1', name: 'Ada' });
    expect((await failureOf(() => ask(json({ sub: 'subject-2' })))).code).toBe('oidc_userinfo_subject');
    const { session } = await signIn((nonce) => ({ nonce }));
    expect((await failureOf(() => session.userinfo())).code).toBe('oidc_userinfo_malformed');
  });

  it.each([
    ['no subject', {}],
    ['an empty subject', { sub: '' }],
    ['a numeric subject', { sub: 7 }],
  ])('with %s is refused', async (_name, body) => {
    expect((await failureOf(() => ask(json(body)))).code).toBe('oidc_userinfo_malformed');
  });

  it('of a provider without OpenID Connect is taken as it is, numbers exact', async () => {
    const body = new Response('{"id":9007199254740993,"login":"ada"}', {
      headers: { 'content-type': 'application/json' },
    });
    expect(await ask(body, {}, undefined)).toEqual({ id: '9007199254740993', login: 'ada' });
  });

  it('with an error is that error, without the token', async () => {
    const echo = json({ error: 'invalid_token', error_description: 'CANARY-AT-1 is gone' }, { status: 401 });
    const error = await failureOf(() => ask(echo));
    expect(error.code).toBe('oauth2_provider_error');
    expect(inspect(error, { depth: 9 })).not.toMatch(/CANARY/);
  });

  it('may be signed', async () => {
    const signed = async (claims: Record<string, unknown>, signer = key) => {
      const jwt = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(signer.privateKey);
      return new Response(jwt, { headers: { 'content-type': 'application/jwt' } });
    };
    const good = { sub: 'subject-1', iss: ISSUER, aud: 'client-1', exp: NOW_SECONDS + 60 };
    expect(await ask(await signed(good))).toMatchObject({ sub: 'subject-1' });
    const forger = await makeKey('ES256', 'k1');
    for (const bad of [
      await signed(good, forger),
      await signed({ ...good, aud: 'x' }),
      await signed({ ...good, iss: 'https://evil.test' }),
    ]) {
      expect((await failureOf(() => ask(bad))).code).toBe('oidc_userinfo_malformed');
    }
    expect((await failureOf(async () => ask(await signed(good), {}))).code).toBe('oidc_userinfo_malformed');
    expect((await failureOf(async () => ask(await signed({ ...good, sub: 'subject-2' })))).code).toBe(
      'oidc_userinfo_subject',
    );
  });
});
