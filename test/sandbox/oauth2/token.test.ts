import {
  authorizationParameters,
  callbackOf,
  connect,
  consent,
  type OAuth2Provider,
  oauth2Facts,
  pkce,
  profileStatus,
  type Running,
  redeem,
  refresh,
  removeFolder,
  start,
  tokenRequest,
} from '../support.js';

let sandbox: Running;

beforeEach(async () => {
  sandbox = await start();
});

afterEach(async () => {
  await sandbox.stop();
  removeFolder(sandbox.dataDir);
});

const basic = (pair: string) => ({ Authorization: `Basic ${Buffer.from(pair).toString('base64')}` });

async function freshCode(provider: OAuth2Provider, changes: Record<string, string> = {}) {
  const { verifier, challenge } = pkce();
  const parameters = { ...authorizationParameters(provider, challenge), ...changes };
  const callback = await consent(sandbox.origin, oauth2Facts[provider].authorize, parameters);
  return { code: callback.get('code') ?? '', verifier };
}

/** A token request spelled out, to get it wrong in one place. */
function send(
  provider: OAuth2Provider,
  body: Record<string, string> | string,
  headers: Record<string, string>,
): Promise<Response> {
  return fetch(`${sandbox.origin}${oauth2Facts[provider].token}`, {
    method: 'POST',
    headers: { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    body: typeof body === 'string' ? body : new URLSearchParams(body).toString(),
  });
}

describe('a code', () => {
  test('works once; a second redemption takes down what the first one gave', async () => {
    const { code, verifier } = await freshCode('fitbit');
    const first = await redeem(sandbox.origin, 'fitbit', code, verifier);
    expect(first.status).toBe(200);
    expect(await profileStatus(sandbox.origin, 'fitbit', String(first.body.access_token))).toBe(200);
    const second = await redeem(sandbox.origin, 'fitbit', code, verifier);
    expect(second.status).toBe(400);
    expect(second.body).toMatchObject({ success: false, errors: [{ errorType: 'invalid_grant' }] });
    expect(await profileStatus(sandbox.origin, 'fitbit', String(first.body.access_token))).toBe(401);
    expect((await refresh(sandbox.origin, 'fitbit', String(first.body.refresh_token))).status).toBe(400);
  });

  test('lives sixty seconds', async () => {
    const early = await freshCode('x');
    sandbox.clock.now += 59_999;
    expect((await redeem(sandbox.origin, 'x', early.code, early.verifier)).status).toBe(200);
    const late = await freshCode('x');
    sandbox.clock.now += 60_000;
    const answer = await redeem(sandbox.origin, 'x', late.code, late.verifier);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toBe('invalid_grant');
  });

  test('belongs to the client it was given to', async () => {
    const { code, verifier } = await freshCode('google');
    const stolen = await tokenRequest(sandbox.origin, 'google-health', {
      grant_type: 'authorization_code',
      code,
      redirect_uri: callbackOf('google'),
      code_verifier: verifier,
    });
    expect(stolen.body.error).toBe('invalid_grant');
    expect((await redeem(sandbox.origin, 'google', code, verifier)).status).toBe(200);
  });

  test('goes with its redirect URI, to the letter', async () => {
    const { code, verifier } = await freshCode('google');
    for (const redirect of ['http://127.0.0.1:3000/auth/google/callback', '']) {
      const answer = await tokenRequest(sandbox.origin, 'google', {
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirect,
        code_verifier: verifier,
      });
      expect(answer.body.error).toBe('invalid_grant');
    }
  });

  test('goes with its verifier', async () => {
    const { code } = await freshCode('google');
    expect((await redeem(sandbox.origin, 'google', code, pkce().verifier)).body.error).toBe('invalid_grant');
    expect((await redeem(sandbox.origin, 'google', code, 'short')).body.error).toBe('invalid_grant');
    const without = { grant_type: 'authorization_code', code, redirect_uri: callbackOf('google') };
    expect((await tokenRequest(sandbox.origin, 'google', without)).body.error).toBe('invalid_request');
  });

  test('asked for without a challenge is refused with a verifier', async () => {
    const { code, verifier } = await freshCode('google', { code_challenge: '', code_challenge_method: '' });
    expect((await redeem(sandbox.origin, 'google', code, verifier)).body.error).toBe('invalid_grant');
    const answer = await tokenRequest(sandbox.origin, 'google', {
      grant_type: 'authorization_code',
      code,
      redirect_uri: callbackOf('google'),
    });
    expect(answer.status).toBe(200);
  });

  test('that nobody issued is refused', async () => {
    expect((await redeem(sandbox.origin, 'x', 'sbx_code_invented', pkce().verifier)).body.error).toBe('invalid_grant');
  });
});

describe('client authentication', () => {
  const body = { grant_type: 'refresh_token', refresh_token: 'x' };
  const inBody = { client_id: 'sandbox-fitbit', client_secret: 'sandbox-secret' };

  test.each([
    ['a wrong secret', body, basic('sandbox-fitbit:wrong')],
    ['an unknown client', body, basic('sandbox-nobody:sandbox-secret')],
    ['no authentication', body, {}],
    ['the body, where Basic is asked for', { ...body, ...inBody }, {}],
    ['both ways at once', { ...body, ...inBody }, basic('sandbox-fitbit:sandbox-secret')],
    ['another client id in the body', { ...body, client_id: 'sandbox-x' }, basic('sandbox-fitbit:sandbox-secret')],
    ['a bearer token', body, { Authorization: 'Bearer sandbox-secret' }],
  ] as [string, Record<string, string>, Record<string, string>][])('refuses %s', async (_name, form, headers) => {
    const response = await send('fitbit', form, headers);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Basic');
    expect(await response.json()).toMatchObject({ success: false, errors: [{ errorType: 'invalid_client' }] });
  });

  test('refuses Basic where the body is asked for', async () => {
    const response = await send('google', body, basic('sandbox-google:sandbox-secret'));
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: 'invalid_client' });
  });

  test('reads Basic form-decoded (RFC 6749 section 2.3.1)', async () => {
    const response = await send('fitbit', body, basic('sandbox%2Dfitbit:sandbox%2dsecret'));
    expect(await response.json()).toMatchObject({ errors: [{ errorType: 'invalid_grant' }] });
  });

  test('tells clients apart that share an endpoint', async () => {
    const response = await send(
      'google',
      { ...body, client_id: 'sandbox-fitbit', client_secret: 'sandbox-secret' },
      {},
    );
    expect(response.status).toBe(401);
  });
});

describe('requests to the token endpoint', () => {
  const headers = basic('sandbox-x:sandbox-secret');

  test.each([
    [
      'a JSON body',
      '{"grant_type":"refresh_token"}',
      { ...headers, 'Content-Type': 'application/json' },
      'invalid_request',
    ],
    ['a repeated parameter', 'grant_type=refresh_token&refresh_token=a&refresh_token=b', headers, 'invalid_request'],
    ['no grant type', 'code=x', headers, 'invalid_request'],
    ['no code', 'grant_type=authorization_code', headers, 'invalid_request'],
    ['no refresh token', 'grant_type=refresh_token&refresh_token=', headers, 'invalid_request'],
    ['another grant type', 'grant_type=password&username=a&password=b', headers, 'unsupported_grant_type'],
  ])('are refused with %s', async (_name, body, sent, error) => {
    const response = await send('x', body, sent);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error });
  });

  test('are made by POST', async () => {
    const response = await fetch(`${sandbox.origin}${oauth2Facts.x.token}`);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
  });
});

describe('token answers', () => {
  test('are never cached', async () => {
    const { answer } = await connect(sandbox.origin, 'fitbit');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('content-type')).toContain('application/json');
  });

  test.each([
    ['fitbit', 28_800],
    ['x', 7200],
    ['google', 3600],
    ['google-health', 3600],
  ] as const)('%s tokens live %d seconds', async (provider, seconds) => {
    const { access, answer } = await connect(sandbox.origin, provider);
    expect(answer.body.expires_in).toBe(seconds);
    sandbox.clock.now += seconds * 1000 - 1;
    expect(await profileStatus(sandbox.origin, provider, access)).toBe(200);
    sandbox.clock.now += 1;
    expect(await profileStatus(sandbox.origin, provider, access)).toBe(401);
  });

  test('of Fitbit name the person', async () => {
    const { answer } = await connect(sandbox.origin, 'fitbit');
    expect(answer.body).toMatchObject({
      user_id: '7XJ2QP',
      scope: 'activity heartrate sleep profile',
      token_type: 'Bearer',
    });
  });

  test('of GitHub know no end, separate scopes by commas and are form-encoded unless JSON is asked for', async () => {
    const { verifier, challenge } = pkce();
    const parameters = authorizationParameters('github', challenge);
    const callback = await consent(sandbox.origin, oauth2Facts.github.authorize, parameters);
    const form = {
      grant_type: 'authorization_code',
      client_id: 'sandbox-github',
      client_secret: 'sandbox-secret',
      code: callback.get('code') ?? '',
      redirect_uri: callbackOf('github'),
      code_verifier: verifier,
    };
    const response = await send('github', form, { Accept: '*/*' });
    expect(response.headers.get('content-type')).toContain('application/x-www-form-urlencoded');
    const answer = new URLSearchParams(await response.text());
    expect([...answer.keys()].sort()).toEqual(['access_token', 'scope', 'token_type']);
    expect(answer.get('scope')).toBe('read:user,user:email');
    sandbox.clock.now += 10 * 365 * 86_400_000;
    expect(await profileStatus(sandbox.origin, 'github', answer.get('access_token') ?? '')).toBe(200);
    const again = await send('github', form, {});
    expect(again.status).toBe(200);
    expect(await again.json()).toMatchObject({ error: 'bad_verification_code' });
  });

  test('of Google report scopes by their long names', async () => {
    const { answer } = await connect(sandbox.origin, 'google');
    expect(String(answer.body.scope).split(' ')).toEqual([
      'openid',
      'https://www.googleapis.com/auth/userinfo.email',
      'https://www.googleapis.com/auth/userinfo.profile',
    ]);
  });
});

describe('refresh tokens', () => {
  test('Google gives none without access_type=offline', async () => {
    const { answer } = await connect(sandbox.origin, 'google', { access_type: 'online' });
    expect(answer.body).not.toHaveProperty('refresh_token');
  });

  test('Google gives none to somebody who consented before, unless asked to consent again', async () => {
    expect((await connect(sandbox.origin, 'google', { prompt: '' })).refresh).not.toBe('');
    expect((await connect(sandbox.origin, 'google', { prompt: '' })).refresh).toBe('');
    expect((await connect(sandbox.origin, 'google', { prompt: 'consent' })).refresh).not.toBe('');
  });

  test('X gives none without offline.access', async () => {
    const { answer } = await connect(sandbox.origin, 'x', { scope: 'tweet.read users.read' });
    expect(answer.body).not.toHaveProperty('refresh_token');
    expect(answer.body.expires_in).toBe(7200);
  });

  test('GitHub gives none at all, and refreshes nothing', async () => {
    const { answer } = await connect(sandbox.origin, 'github');
    expect(answer.body).not.toHaveProperty('refresh_token');
    expect((await refresh(sandbox.origin, 'github', 'x')).body.error).toBe('unsupported_grant_type');
  });
});
