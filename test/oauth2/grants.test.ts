import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { jwtVerify } from 'jose';
import {
  acceptThatTheClientSeesThePassword,
  acceptThatTheTokenTravelsInTheUrl,
  clientCredentials,
  jwtBearer,
  OAuth2Token,
  resourceOwnerPassword,
  tokenExchange,
} from '../../src/oauth2/index.js';
import { json, scriptedFetch } from './support/scripted-fetch.js';
import { ENDPOINTS, failureOf, makeSession, NOW } from './support/session.js';

const granted = json({ access_token: 'CANARY-AT-1', token_type: 'Bearer', expires_in: 60 });

describe('client credentials', () => {
  it('asks with scopes and the provider’s parameters, and the session keeps the token', async () => {
    const { fetch, calls } = scriptedFetch(granted);
    const session = makeSession(fetch, { scopeSeparator: ',' });
    const token = await session.grant(
      clientCredentials({ scopes: ['a', 'b'], parameters: { audience: 'https://api.test' } }),
    );
    expect(calls[0]?.form).toEqual({ grant_type: 'client_credentials', audience: 'https://api.test', scope: 'a,b' });
    expect(session.token).toBe(token);
  });
});

describe('the password grant', () => {
  const person = { username: 'ada@example.test', password: 'CANARY-PASSWORD', scopes: ['read'] };

  it('needs the symbol that names its risk', async () => {
    const untyped = resourceOwnerPassword as (risk: unknown, options: object) => unknown;
    for (const risk of [
      undefined,
      true,
      Symbol('acceptThatTheClientSeesThePassword'),
      acceptThatTheTokenTravelsInTheUrl,
    ]) {
      const error = await failureOf(() => untyped(risk, person));
      expect(error.code).toBe('oauth2_risk_not_accepted');
      expect(error.message).toContain('acceptThatTheClientSeesThePassword');
    }
  });

  it('sends the credentials in the body, and keeps them out of errors', async () => {
    const echo = json({ error: 'invalid_grant', error_description: 'bad CANARY-PASSWORD' }, { status: 400 });
    const { fetch, calls } = scriptedFetch(granted, echo);
    const session = makeSession(fetch);
    const grant = resourceOwnerPassword(acceptThatTheClientSeesThePassword, person);
    await session.grant(grant);
    expect(calls[0]?.form).toEqual({
      grant_type: 'password',
      username: 'ada@example.test',
      password: 'CANARY-PASSWORD',
      scope: 'read',
    });
    const error = await failureOf(() => session.grant(grant));
    expect(error.code).toBe('oauth2_invalid_grant');
    expect(inspect(error, { depth: 9 })).not.toMatch(/CANARY/);
  });
});

describe('the implicit grant', () => {
  const risk: typeof acceptThatTheTokenTravelsInTheUrl = acceptThatTheTokenTravelsInTheUrl;
  const start = async () => {
    const session = makeSession(scriptedFetch().fetch, { issuer: 'https://provider.test' });
    const { url, pending } = await session.implicitRequest(risk, {
      redirectUri: 'https://app.test/cb',
      scopes: ['sleep'],
    });
    return { session, url: new URL(url), pending };
  };

  it('needs the symbol that names its risk', async () => {
    const { session, pending } = await start();
    const untyped = session as unknown as Record<string, (risk: unknown, ...more: unknown[]) => Promise<unknown>>;
    expect((await failureOf(() => untyped.implicitRequest?.('yes', { scopes: [] }))).code).toBe(
      'oauth2_risk_not_accepted',
    );
    expect((await failureOf(() => untyped.tokenFromFragment?.('yes', '#a=b', pending))).code).toBe(
      'oauth2_risk_not_accepted',
    );
  });

  it('asks for a token with state and without PKCE', async () => {
    const { url, pending } = await start();
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'token',
      client_id: 'client-1',
      redirect_uri: 'https://app.test/cb',
      scope: 'sleep',
      state: pending.state,
    });
    expect(pending.codeVerifier).toBeUndefined();
  });

  it.each(['https://app.test/cb', ''])('reads the fragment after "%s"', async (before) => {
    const { session, pending } = await start();
    const fragment = `#access_token=CANARY-AT-1&user_id=U1&token_type=Bearer&expires_in=604800&state=${pending.state}&refresh_token=x&scope=sleep`;
    const token = await session.tokenFromFragment(risk, before + fragment, JSON.parse(JSON.stringify(pending)));
    expect(token.toPlain()).toEqual({
      accessToken: 'CANARY-AT-1',
      tokenType: 'Bearer',
      scopes: ['sleep'],
      expiresAt: new Date(NOW + 604_800_000).toISOString(),
      parameters: { user_id: 'U1' },
    });
    expect(session.authorized).toBe('valid');
  });

  it.each([
    ['another state', 'access_token=CANARY-AT-1&token_type=Bearer&state=other', 'oauth2_state_mismatch'],
    ['no state', 'access_token=CANARY-AT-1&token_type=Bearer', 'oauth2_state_mismatch'],
    ['the token twice', 'access_token=a&access_token=CANARY-AT-1&token_type=Bearer&STATE', 'oauth2_repeated_parameter'],
    ['a denial', 'error=access_denied&STATE', 'oauth2_denied'],
    [
      'another issuer',
      'access_token=CANARY-AT-1&token_type=Bearer&iss=https%3A%2F%2Fevil.test&STATE',
      'oauth2_issuer_mismatch',
    ],
    ['a code beside the token', 'access_token=CANARY-AT-1&token_type=Bearer&code=c&STATE', 'oauth2_callback_malformed'],
    ['another type', 'access_token=CANARY-AT-1&token_type=mac&STATE', 'oauth2_token_type_unsupported'],
    ['nothing', 'STATE', 'oauth2_response_unreadable'],
  ])('refuses a fragment with %s', async (_name, fragment, code) => {
    const { session, pending } = await start();
    const error = await failureOf(() =>
      session.tokenFromFragment(risk, `#${fragment.replace('STATE', `state=${pending.state}`)}`, pending),
    );
    expect(error.code).toBe(code);
    expect(inspect(error, { depth: 9 })).not.toMatch(/CANARY/);
    expect(session.token).toBeUndefined();
  });
});

describe('the JWT bearer grant', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  it('RS256: a service account that acts for a person, scopes in the assertion', async () => {
    const { fetch, calls } = scriptedFetch(granted);
    const grant = jwtBearer({
      key: { key: rsa.privateKey, keyId: 'k1' },
      issuer: 'robot@project.test',
      subject: 'ada@example.test',
      scopes: ['a', 'b'],
      scopesIn: 'assertion',
      claims: { target: 'x' },
    });
    await makeSession(fetch, { clientAuth: 'none' }).grant(grant);
    expect(Object.keys(calls[0]?.form ?? {})).toEqual(['assertion', 'grant_type']);
    expect(calls[0]?.form.grant_type).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    const { payload, protectedHeader } = await jwtVerify(calls[0]?.form.assertion ?? '', rsa.publicKey, {
      currentDate: new Date(NOW),
    });
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'k1' });
    expect(payload).toEqual({
      target: 'x',
      scope: 'a b',
      iss: 'robot@project.test',
      sub: 'ada@example.test',
      aud: ENDPOINTS.token,
      iat: NOW / 1000,
      nbf: NOW / 1000,
      exp: NOW / 1000 + 300,
      jti: expect.stringMatching(/^[\w-]{43}$/),
    });
  });

  it('ES256: with client authentication and scopes in the request', async () => {
    const { fetch, calls } = scriptedFetch(granted);
    await makeSession(fetch).grant(
      jwtBearer({ key: { key: ec.privateKey }, audience: 'urn:as', scopes: ['a'], lifetimeSeconds: 60 }),
    );
    expect(calls[0]?.headers.authorization).toMatch(/^Basic /);
    expect(calls[0]?.form.scope).toBe('a');
    const { payload } = await jwtVerify(calls[0]?.form.assertion ?? '', ec.publicKey, { currentDate: new Date(NOW) });
    expect(payload).toMatchObject({ iss: 'client-1', sub: 'client-1', aud: 'urn:as', exp: NOW / 1000 + 60 });
    expect(payload.scope).toBeUndefined();
  });

  it.each([0, -1, 3601, Number.NaN])('refuses a life of %d seconds', async (lifetimeSeconds) => {
    expect((await failureOf(() => jwtBearer({ key: { key: ec.privateKey }, lifetimeSeconds }))).code).toBe(
      'oauth2_invalid_option',
    );
  });

  it('keeps the assertion out of errors', async () => {
    const { fetch, calls } = scriptedFetch((call) =>
      json({ error: 'invalid_grant', error_description: call.form.assertion }, { status: 400 }),
    );
    const error = await failureOf(() => makeSession(fetch).grant(jwtBearer({ key: { key: ec.privateKey } })));
    expect(inspect(error, { depth: 9 })).not.toContain(calls[0]?.form.assertion?.slice(0, 40));
  });
});

describe('token exchange', () => {
  const own = new OAuth2Token({ accessToken: 'CANARY-OWN' });

  it('names tokens, types, audiences and resources', async () => {
    const { fetch, calls } = scriptedFetch(
      json({
        access_token: 'CANARY-NEW',
        token_type: 'N_A',
        issued_token_type: 'urn:ietf:params:oauth:token-type:saml2',
      }),
    );
    const session = makeSession(fetch, { token: own });
    const grant = tokenExchange({
      subjectToken: 'CANARY-SUBJECT',
      subjectTokenType: 'id_token',
      actorToken: 'CANARY-ACTOR',
      requestedTokenType: 'urn:ietf:params:oauth:token-type:saml2',
      audiences: ['one', 'two'],
      resources: ['https://a.test/', 'https://b.test/'],
      scopes: ['x'],
    });
    const token = await session.grant(grant, { adopt: false });
    expect([...new URLSearchParams(calls[0]?.body)].sort()).toEqual(
      [
        ['grant_type', 'urn:ietf:params:oauth:grant-type:token-exchange'],
        ['subject_token', 'CANARY-SUBJECT'],
        ['subject_token_type', 'urn:ietf:params:oauth:token-type:id_token'],
        ['actor_token', 'CANARY-ACTOR'],
        ['actor_token_type', 'urn:ietf:params:oauth:token-type:access_token'],
        ['requested_token_type', 'urn:ietf:params:oauth:token-type:saml2'],
        ['audience', 'one'],
        ['audience', 'two'],
        ['resource', 'https://a.test/'],
        ['resource', 'https://b.test/'],
        ['scope', 'x'],
      ].sort(),
    );
    expect([token.tokenType, token.parameters]).toEqual([
      'N_A',
      { issued_token_type: 'urn:ietf:params:oauth:token-type:saml2' },
    ]);
    expect(session.token).toBe(own);
  });

  it('replaces the session’s token unless told otherwise', async () => {
    const session = makeSession(scriptedFetch(granted).fetch, { token: own });
    await session.grant(tokenExchange({ subjectToken: 's' }));
    expect(session.token?.accessToken).toBe('CANARY-AT-1');
  });
});

describe('pushed authorization requests', () => {
  const endpoints = { ...ENDPOINTS, pushedAuthorization: 'https://provider.test/par' };

  it('leave the browser with a reference only', async () => {
    const { fetch, calls } = scriptedFetch(
      json({ request_uri: 'urn:ietf:params:oauth:request_uri:abc', expires_in: 60 }, { status: 201 }),
    );
    const session = makeSession(fetch, { endpoints });
    const { url, pending } = await session.authorizationRequest({
      redirectUri: 'https://app.test/cb',
      scopes: ['a'],
      parameters: { prompt: 'login' },
    });
    expect(url).toBe(
      'https://provider.test/authorize?client_id=client-1&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Aabc',
    );
    expect(calls[0]?.url).toBe('https://provider.test/par');
    expect(calls[0]?.headers.authorization).toMatch(/^Basic /);
    expect(calls[0]?.form).toMatchObject({
      response_type: 'code',
      state: pending.state,
      scope: 'a',
      prompt: 'login',
      code_challenge_method: 'S256',
    });
  });

  it.each([
    ['refused', json({ error: 'invalid_request' }, { status: 400 }), 'oauth2_invalid_request'],
    ['answered without a reference', json({ expires_in: 60 }, { status: 201 }), 'oauth2_response_malformed'],
  ])('%s', async (...row) => {
    const [, answer, code] = row;
    const session = makeSession(scriptedFetch(answer).fetch, { endpoints });
    expect((await failureOf(() => session.authorizationRequest({ scopes: [] }))).code).toBe(code);
  });
});
