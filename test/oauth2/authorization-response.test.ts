import { inspect } from 'node:util';
import {
  OAuth2Error,
  OAuth2Session,
  type OAuth2SessionOptions,
  type PendingAuthorization,
} from '../../src/oauth2/index.js';
import { scriptedFetch } from './support/scripted-fetch.js';
import { failureOf, makeSession } from './support/session.js';

const ISSUER = 'https://provider.test';
const pending: PendingAuthorization = { state: 'CANARY-STATE-0123456789', codeVerifier: 'CANARY-VERIFIER-01' };
const S = `state=${pending.state}`;
const check = (
  callback: string | URL | URLSearchParams,
  options: Partial<OAuth2SessionOptions> = {},
  kept: PendingAuthorization | undefined = pending,
) => makeSession(scriptedFetch().fetch, options).checkCallback(callback, kept);

describe('a good callback', () => {
  it.each([
    ['a URL in text', `https://app.test/cb?code=c&${S}`],
    ['a path with a query', `/auth/m/callback?code=c&${S}`],
    ['a query', `?code=c&${S}`],
    ['a bare query', `code=c&${S}`],
    ['a URL', new URL(`https://app.test/cb?code=c&${S}`)],
    ['parameters', new URLSearchParams({ code: 'c', state: pending.state })],
    ['a fragment that some providers append', `https://app.test/cb?code=c&${S}#_=_`],
    ['another app’s own scheme', `com.example.app:/cb?code=c&${S}`],
  ])('as %s', (_name, callback) => {
    expect(check(callback).parameters).toEqual({});
  });

  it('keeps what else it carries, and nothing of the protocol', () => {
    const response = check(`?code=c&${S}&iss=${encodeURIComponent(ISSUER)}&realmId=42&scope=read%2Cwrite`, {
      issuer: ISSUER,
    });
    expect(response.parameters).toEqual({ realmId: '42', scope: 'read,write' });
  });

  it.each([
    ['equal to the issuer', { issuer: ISSUER }, ISSUER],
    ['of an issuer nobody configured', {}, 'https://whatever.test'],
    [
      'in another known spelling',
      { issuer: ISSUER, openid: { issuer: ISSUER, alsoIssuers: ['provider.test'], jwksUri: `${ISSUER}/k` } },
      'provider.test',
    ],
    [
      'of a tenant',
      { issuer: 'https://login.test/{tenantid}/v2.0' },
      'https://login.test/11111111-2222-3333-4444-555555555555/v2.0',
    ],
  ])('with an iss %s', (_name, options, iss) => {
    expect(() => check(`?code=c&${S}&iss=${encodeURIComponent(iss)}`, options)).not.toThrow();
  });
});

describe('a bad callback', () => {
  const known = { issuer: ISSUER };
  const required = { issuer: ISSUER, authorizationResponseIssRequired: true };
  const table: [name: string, callback: string, code: string, options?: Partial<OAuth2SessionOptions>][] = [
    ['empty', '', 'oauth2_state_mismatch'],
    ['without state', '?code=c', 'oauth2_state_mismatch'],
    ['with an empty state', '?code=c&state=', 'oauth2_state_mismatch'],
    ['with another state', '?code=c&state=other', 'oauth2_state_mismatch'],
    ['with the start of the state', `?code=c&state=${pending.state.slice(0, 8)}`, 'oauth2_state_mismatch'],
    ['with an error but without state', '?error=access_denied', 'oauth2_state_mismatch'],
    ['with two codes', `?code=a&code=b&${S}`, 'oauth2_repeated_parameter'],
    ['with the same code twice', `?code=a&code=a&${S}`, 'oauth2_repeated_parameter'],
    ['with two states', `?code=a&${S}&${S}`, 'oauth2_repeated_parameter'],
    ['with two issuers', `?code=a&${S}&iss=a&iss=b`, 'oauth2_repeated_parameter', known],
    ['with any repeated parameter', `?code=a&${S}&x=1&x=2`, 'oauth2_repeated_parameter'],
    ['with a code of 100 kB', `?code=${'c'.repeat(100_000)}&${S}`, 'oauth2_callback_malformed'],
    ['with a NUL', `?code=a%00b&${S}`, 'oauth2_callback_malformed'],
    ['with a line break', `?code=a%0d%0ab&${S}`, 'oauth2_callback_malformed'],
    ['with a signed response instead', `?response=a.b.c&code=a&${S}`, 'oauth2_callback_malformed'],
    ['without code', `?${S}`, 'oauth2_code_missing'],
    ['with an empty code', `?code=&${S}`, 'oauth2_code_missing'],
    ['with code[]', `?code[]=a&${S}`, 'oauth2_code_missing'],
    ['with a code in the fragment', `https://app.test/cb?${S}#code=a`, 'oauth2_code_missing'],
    ['with an access token', `?code=a&${S}&access_token=CANARY-AT`, 'oauth2_unexpected_token_in_callback'],
    ['with an ID token', `?code=a&${S}&id_token=CANARY-ID`, 'oauth2_unexpected_token_in_callback'],
    ['with error and code', `?code=a&error=access_denied&${S}`, 'oauth2_error_with_code'],
    ['denied', `?error=access_denied&${S}`, 'oauth2_denied'],
    ['with another error', `?error=server_error&${S}`, 'oauth2_authorization_error'],
    ['with an empty error', `?error=&${S}`, 'oauth2_authorization_error'],
    ['from another issuer', `?code=a&${S}&iss=https%3A%2F%2Fevil.test`, 'oauth2_issuer_mismatch', known],
    [
      'from the issuer with a slash',
      `?code=a&${S}&iss=${encodeURIComponent(`${ISSUER}/`)}`,
      'oauth2_issuer_mismatch',
      known,
    ],
    ['with an empty issuer', `?code=a&${S}&iss=`, 'oauth2_issuer_mismatch', known],
    [
      'denied by another issuer',
      `?error=access_denied&${S}&iss=https%3A%2F%2Fevil.test`,
      'oauth2_issuer_mismatch',
      known,
    ],
    ['without the issuer that is always there', `?code=a&${S}`, 'oauth2_issuer_missing', required],
    ['denied without that issuer', `?error=access_denied&${S}`, 'oauth2_issuer_missing', required],
  ];

  it.each(table)('%s', async (...row) => {
    const [, callback, code, options] = row;
    const error = await failureOf(() => check(callback, options));
    expect(error).toBeInstanceOf(OAuth2Error);
    expect(error.code).toBe(code);
    expect(inspect(error, { depth: 9 })).not.toMatch(/CANARY/);
    expect(inspect(error, { depth: 9 }).length).toBeLessThan(4_000);
  });

  it('compares with the issuer that was remembered, too', async () => {
    const kept = { ...pending, issuer: 'https://first.test' };
    const callback = `?code=a&${S}&iss=https%3A%2F%2Fsecond.test`;
    expect((await failureOf(() => check(callback, {}, kept))).code).toBe('oauth2_issuer_mismatch');
  });

  it('is refused when nothing is pending', async () => {
    for (const kept of [{ state: '' }, JSON.parse('{}'), JSON.parse('{"state":["a"]}')]) {
      expect((await failureOf(() => check(`?code=a&state=`, {}, kept))).code).toBe('oauth2_state_mismatch');
    }
    const session = makeSession(scriptedFetch().fetch);
    expect((await failureOf(() => session.checkCallback('?code=a&state=b', undefined))).code).toBe(
      'oauth2_state_mismatch',
    );
  });

  it('has its words cleaned before they are kept', async () => {
    const callback = new URLSearchParams({
      error: '<script>alert(1)</script>',
      error_description: `Call +1 555 now ${pending.codeVerifier}\u202e`,
      state: pending.state,
    });
    const error = await failureOf(() => check(callback));
    expect(error.message).toBe('The provider answered the authorization request with the error "scriptalert1/script".');
    expect(error.cause).toEqual({ error: 'scriptalert1/script', description: 'Call +1 555 now [redacted]' });
  });
});

describe('the authorization request', () => {
  const request = { redirectUri: 'https://app.test/cb', scopes: ['a', 'b'] };
  const start = (options: Partial<OAuth2SessionOptions>, changes = {}) =>
    makeSession(scriptedFetch().fetch, options).authorizationRequest({ ...request, ...changes });

  it('keeps the endpoint’s own query, separates scopes as the provider wants, and adds the provider’s parameters', async () => {
    const { url } = await start(
      {
        endpoints: { authorize: 'https://provider.test/authorize?tenant=x', token: 'https://provider.test/token' },
        scopeSeparator: ',',
      },
      { parameters: { access_type: 'offline', empty: '' } },
    );
    expect(url).toMatch(/^https:\/\/provider\.test\/authorize\?tenant=x&access_type=offline&response_type=code&/);
    expect(new URL(url).searchParams.get('scope')).toBe('a,b');
    expect(new URL(url).searchParams.has('empty')).toBe(false);
  });

  it('writes spaces so that every provider reads them', async () => {
    expect((await start({})).url).toContain('scope=a%20b');
  });

  it('asks for an ID token with a nonce of its own', async () => {
    const openid = { issuer: ISSUER, jwksUri: `${ISSUER}/jwks` };
    const { url, pending: kept } = await start({ openid }, { scopes: ['openid', 'email'] });
    expect(new URL(url).searchParams.get('nonce')).toBe(kept.nonce);
    expect(kept.nonce).toMatch(/^[\w-]{43}$/);
    expect(kept.issuer).toBe(ISSUER);
    expect((await start({ openid })).pending.nonce).toBeUndefined();
    expect((await start({ openid }, { openid: true })).pending.nonce).toBeDefined();
  });

  it('asks for no ID token that it could not check', async () => {
    expect((await failureOf(() => start({}, { openid: true }))).code).toBe('oauth2_invalid_option');
    // As plain OAuth 2 it may still be a scope.
    expect((await start({}, { scopes: ['openid'] })).pending.nonce).toBeUndefined();
  });

  it('is new each time, from the system’s random source by default', async () => {
    const session = new OAuth2Session({
      clientId: 'client-1',
      clientAuth: 'none',
      endpoints: { authorize: 'https://provider.test/authorize', token: 'https://provider.test/token' },
      fetch: scriptedFetch().fetch,
    });
    const seen = new Set<string | undefined>();
    for (let count = 0; count < 200; count += 1) {
      const { pending: kept } = await session.authorizationRequest(request);
      seen.add(kept.state).add(kept.codeVerifier);
    }
    expect(seen.size).toBe(400);
    for (const value of seen) expect(value).toMatch(/^[\w-]{43}$/);
  });

  it.each([
    'state',
    'redirect_uri',
    'client_id',
    'code_challenge',
    'code_challenge_method',
    'nonce',
    'response_type',
    'scope',
    'request',
  ])('does not let a parameter replace %s', async (name) => {
    const error = await failureOf(() => start({}, { parameters: { [name]: 'x' } }));
    expect(error.code).toBe('oauth2_invalid_option');
  });

  it.each([
    ['http', 'http://app.test/cb', 'oauth2_insecure_transport'],
    ['script', 'javascript:alert(1)', 'oauth2_insecure_transport'],
    ['a scheme that is no reversed domain', 'myapp:/cb', 'oauth2_insecure_transport'],
    ['a fragment', 'https://app.test/cb#x', 'oauth2_invalid_option'],
    ['an empty fragment', 'https://app.test/cb#', 'oauth2_invalid_option'],
    ['a relative one', '/cb', 'oauth2_invalid_option'],
  ])('refuses a redirect URI: %s', async (_name, redirectUri, code) => {
    expect((await failureOf(() => start({}, { redirectUri }))).code).toBe(code);
  });

  it.each([
    'http://localhost:3000/cb',
    'http://127.0.0.1/cb',
    'http://[::1]:3000/cb',
    'com.example.app:/cb',
    'urn:ietf:wg:oauth:2.0:oob',
  ])('allows the redirect URI %s', async (redirectUri) => {
    expect(new URL((await start({}, { redirectUri })).url).searchParams.get('redirect_uri')).toBe(redirectUri);
  });

  it('takes a state of the caller’s own, unless it is weak', async () => {
    expect((await start({}, { state: 'a'.repeat(22) })).pending.state).toBe('a'.repeat(22));
    expect((await failureOf(() => start({}, { state: 'short' }))).code).toBe('oauth2_invalid_option');
  });
});
