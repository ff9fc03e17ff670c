import { builtInDefinitions, defineProvider, type ProviderDefinition } from '../../src/providers/index.js';

const byId = new Map(builtInDefinitions.map((definition) => [definition.id, definition]));

it('every id is there once', () => {
  expect(byId.size).toBe(builtInDefinitions.length);
  for (const id of ['twitter', 'x', 'google', 'github', 'google-health', 'fitbit', 'fitbit-oauth1']) {
    expect([...byId.keys()]).toContain(id);
  }
});

describe.each(builtInDefinitions.map((definition) => [definition.id, definition] as const))('%s', (_id, definition) => {
  it('fits the format, loses nothing by it, and survives a file', () => {
    const written = JSON.parse(JSON.stringify(definition));
    expect(defineProvider(written)).toEqual(written);
    expect(written).toEqual(definition);
  });

  it('is reached over https only', () => {
    const addresses = JSON.stringify(definition).match(/(?<=")https?:\/\/[^"]*/g) ?? [];
    expect(addresses.length).toBeGreaterThan(4);
    expect(addresses.filter((address) => !address.startsWith('https://'))).toEqual([]);
  });

  it('names what its protocol needs', () => {
    const endpoints = definition.protocol === 'oauth1' ? definition.oauth1?.accessToken : definition.token?.url;
    expect(endpoints).toEqual(expect.stringMatching(/^https:/));
    for (const path of [definition.profile.subject].flat()) {
      expect(path).not.toMatch(/login|username|screen_name|email|displayName/);
    }
    if (definition.protocol === 'oauth1') expect(definition.pkce).toBe('forbidden');
    if (definition.protocol === 'oidc') expect(definition.scopes.signIn).toContain('openid');
  });

  it('gives people a place to withdraw consent, and operators a place to register', () => {
    expect(definition.manageUrl).toBeDefined();
    expect(definition.docsUrl).toBeDefined();
    if (definition.status?.state !== 'shut') expect(definition.consoleUrl).toBeDefined();
  });

  it('refers to definitions that exist', () => {
    if (definition.status?.successor !== undefined) expect(byId.get(definition.status.successor)).toBeDefined();
    if (definition.namespace !== undefined) expect(byId.get(definition.namespace)).toBeDefined();
  });

  it('offers no sign-in with a service that is shut', () => {
    if (definition.status?.state === 'shut') expect(definition.signIn).toBe(false);
  });

  it('says what to register, what surprises, and how sure it is of itself', () => {
    if (definition.status?.state === 'shut') expect(definition.status.note).toBeDefined();
    else expect(definition.register?.steps.length).toBeGreaterThan(0);
    if (definition.status) expect(definition.status.note).toBeDefined();
    const { claims = [] } = definition.confidence ?? {};
    expect(claims.length).toBeGreaterThan(0);
    // Nobody may be certain of what nobody has read or seen.
    if (definition.confidence?.level === 'high') {
      expect(claims.map(({ basis }) => basis)).toEqual(
        expect.arrayContaining([expect.stringMatching(/documented|reported/)]),
      );
    }
  });

  it('offers signing in only where the account id lasts and is vouched for by the provider itself', () => {
    if (definition.signIn) expect(definition.instance).toBeUndefined();
    if (definition.signIn) expect(JSON.stringify(definition.profile.subject)).not.toContain('@callback.');
  });
});

/** As the providers' own documentation says in 2026. */
it.each<[string, string, (definition: ProviderDefinition) => unknown[], unknown[]]>([
  [
    'twitter',
    'OAuth 1.0a endpoints',
    ({ oauth1 }) => [
      oauth1?.requestToken,
      oauth1?.authenticate,
      oauth1?.authorize,
      oauth1?.accessToken,
      oauth1?.signatureMethod,
    ],
    [
      'https://api.x.com/oauth/request_token',
      'https://api.x.com/oauth/authenticate',
      'https://api.x.com/oauth/authorize',
      'https://api.x.com/oauth/access_token',
      'HMAC-SHA1',
    ],
  ],
  [
    'x',
    'PKCE is required, Basic for confidential clients, rotation',
    ({ authorize, token, pkce, refresh }) => [authorize?.url, token?.url, token?.clientAuth, pkce, refresh?.mode],
    ['https://x.com/i/oauth2/authorize', 'https://api.x.com/2/oauth2/token', 'basic', 'required', 'rotating'],
  ],
  ['x', 'the account ids of twitter', ({ namespace, profile }) => [namespace, profile.subject], ['twitter', 'data.id']],
  [
    'x',
    'a refresh token is asked for where it is kept',
    ({ scopes }) => [scopes.connect.includes('offline.access')],
    [true],
  ],
  [
    'google',
    'issuer and endpoints',
    ({ issuer, authorize, token }) => [issuer, authorize?.url, token?.url, token?.clientAuth],
    [
      'https://accounts.google.com',
      'https://accounts.google.com/o/oauth2/v2/auth',
      'https://oauth2.googleapis.com/token',
      'post',
    ],
  ],
  [
    'google',
    'offline access',
    ({ authorize }) => [authorize?.parameters],
    [{ access_type: 'offline', prompt: 'consent' }],
  ],
  [
    'google-health',
    'its own account id; the grant is no way to sign in',
    ({ profile, signIn, refresh }) => [profile.url, profile.subject, signIn, refresh?.mode],
    ['https://health.googleapis.com/v4/users/me/identity', 'healthUserId', false, 'static'],
  ],
  [
    'fitbit',
    'endpoints, Basic, refresh tokens that work once',
    ({ authorize, token, refresh }) => [authorize?.url, token?.url, token?.clientAuth, refresh?.mode],
    ['https://www.fitbit.com/oauth2/authorize', 'https://api.fitbit.com/oauth2/token', 'basic', 'rotating'],
  ],
  [
    'fitbit',
    'shut',
    ({ status }) => [status?.state, status?.sunset, status?.successor],
    ['shut', '2026-11-02', 'google-health'],
  ],
  [
    'fitbit-oauth1',
    'endpoints, and the account ids of fitbit',
    ({ oauth1, namespace }) => [oauth1?.requestToken, oauth1?.authorize, oauth1?.accessToken, namespace],
    [
      'https://api.fitbit.com/oauth/request_token',
      'https://www.fitbit.com/oauth/authorize',
      'https://api.fitbit.com/oauth/access_token',
      'fitbit',
    ],
  ],
  ['fitbit-oauth1', 'shut', ({ status }) => [status?.state, status?.sunset], ['shut', '2016-04-12']],
  [
    'github',
    'errors with status 200, scopes with commas, issuer in the callback',
    ({ authorize, token }) => [authorize?.issuer, token?.rules?.scopeSeparator, token?.rules?.errors?.[0]?.path],
    ['https://github.com/login/oauth', ',', 'error'],
  ],
  [
    'github',
    'the number is the account, the login is not',
    ({ profile }) => [profile.subject, profile.username],
    ['id', 'login'],
  ],
])('%s: %s', (id, _what, facts, expected) => {
  const definition = byId.get(id);
  expect(definition && facts(definition)).toEqual(expected);
});
