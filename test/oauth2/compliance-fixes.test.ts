/** Each built-in fix of the earlier systems (cap-D26 to cap-F, table 1F), as data of a definition or as one small function. */
import {
  camelToSnakeCase,
  mapJsonBody,
  type OAuth2ResponseError,
  type OAuth2SessionOptions,
  OAuth2Token,
} from '../../src/oauth2/index.js';
import { applyTokenRules, findTokenError, grantedScopes } from '../../src/oauth2/token-rules.js';
import { json, scriptedFetch, text } from './support/scripted-fetch.js';
import { failureOf, makeSession, NOW } from './support/session.js';

async function redeem(answer: Response, options: Partial<OAuth2SessionOptions>) {
  const session = makeSession(scriptedFetch(answer).fetch, options);
  const { pending } = await session.authorizationRequest({ scopes: [] });
  return await session.exchangeCode(session.checkCallback(`?code=c&state=${pending.state}`, pending));
}

async function call(options: Partial<OAuth2SessionOptions>, url: string, init?: RequestInit) {
  const { fetch, calls } = scriptedFetch(json({}));
  await makeSession(fetch, { token: new OAuth2Token({ accessToken: 'AT+/=' }), ...options }).fetch(url, init);
  return calls[0];
}

const API = 'https://api.provider.test/v1';

describe('token answers', () => {
  it('facebook: a text/plain form with "expires" and no type', async () => {
    const tokenRules = { rename: { expires: 'expires_in' }, tokenType: 'Bearer' };
    const token = await redeem(text('access_token=urlencoded&expires=86400', 'text/plain'), { tokenRules });
    expect(token.toPlain()).toMatchObject({ accessToken: 'urlencoded', tokenType: 'Bearer' });
    expect(token.expiresAt).toEqual(new Date(NOW + 86_400_000));
  });

  it('fitbit: {errors: [{errorType}]} instead of {error}, on exchange and on refresh', async () => {
    const tokenRules = {
      errors: [{ path: 'success', equals: false, code: 'errors.0.errorType', description: 'errors.0.message' }],
    };
    const answer = () =>
      json(
        { success: false, errors: [{ errorType: 'invalid_grant', message: 'Refresh token invalid' }] },
        { status: 400 },
      );
    const first = (await failureOf(() => redeem(answer(), { tokenRules }))) as OAuth2ResponseError;
    expect([first.code, first.error, first.description]).toEqual([
      'oauth2_invalid_grant',
      'invalid_grant',
      'Refresh token invalid',
    ]);
    const token = new OAuth2Token({ accessToken: 'a', refreshToken: 'r' });
    const again = await failureOf(() => makeSession(scriptedFetch(answer()).fetch, { token, tokenRules }).refresh());
    expect(again.code).toBe('oauth2_invalid_grant');
  });

  it('linkedin, weibo, douban: no token type', async () => {
    const token = await redeem(json({ access_token: 'a', expires_in: 60 }), { tokenRules: { tokenType: 'Bearer' } });
    expect(token.tokenType).toBe('Bearer');
  });

  it('mailchimp: scope null, and expires_in 0 for a token that does not end', async () => {
    const token = await redeem(json({ access_token: 'a', token_type: 'bearer', expires_in: 0, scope: null }), {
      tokenRules: { expiresInZeroMeansNever: true },
    });
    expect([token.scopes, token.expiresAt]).toEqual([undefined, undefined]);
    expect(makeSession(scriptedFetch().fetch, { token }).authorized).toBe('valid');
  });

  it('plentymarkets: camelCase, by a list of names or by a hook', async () => {
    const answer = () => json({ accessToken: 'a', tokenType: 'Bearer', expiresIn: 86400, refreshToken: 'r' });
    const rename = {
      accessToken: 'access_token',
      tokenType: 'token_type',
      expiresIn: 'expires_in',
      refreshToken: 'refresh_token',
    };
    for (const options of [{ tokenRules: { rename } }, { hooks: { tokenResponse: [mapJsonBody(camelToSnakeCase)] } }]) {
      const token = await redeem(answer(), options);
      expect(token.toPlain()).toEqual({
        accessToken: 'a',
        tokenType: 'Bearer',
        refreshToken: 'r',
        expiresAt: new Date(NOW + 86_400_000).toISOString(),
        parameters: {},
      });
    }
  });

  it.each(['User Access Token', 'Application Access Token'])('ebay: token type "%s"', async (token_type) => {
    const token = await redeem(json({ access_token: 'a', token_type }), { tokenRules: { tokenType: 'Bearer' } });
    expect(token.tokenType).toBe('Bearer');
  });

  it('github: errors with status 200, and granted scopes with commas', async () => {
    const rules = { scopeSeparator: ',', errorCodes: { bad_verification_code: 'invalid_grant' } };
    const refused = json({ error: 'bad_verification_code', error_description: 'expired', error_uri: 'https://docs' });
    const error = await failureOf(() => redeem(refused, { tokenRules: rules }));
    expect([error.code, error.message]).toEqual([
      'oauth2_invalid_grant',
      'The token endpoint answered 200 with the error "bad_verification_code".',
    ]);
    const token = await redeem(json({ access_token: 'a', token_type: 'bearer', scope: 'repo,read:user' }), {
      tokenRules: rules,
    });
    expect(token.scopes).toEqual(['repo', 'read:user']);
  });

  it('slack: the person’s token stands in authed_user, the bot’s is not taken or kept', async () => {
    const answer = json({
      ok: true,
      access_token: 'CANARY-BOT',
      token_type: 'bot',
      team: { id: 'T1' },
      authed_user: { id: 'U1', access_token: 'person', token_type: 'user', scope: 'users:read,chat:write' },
    });
    const token = await redeem(answer, {
      tokenRules: { root: 'authed_user', tokenType: 'Bearer', scopeSeparator: ',' },
    });
    expect(token.toPlain()).toEqual({
      accessToken: 'person',
      tokenType: 'Bearer',
      scopes: ['users:read', 'chat:write'],
      parameters: { ok: true, team: { id: 'T1' }, id: 'U1' },
    });
  });

  it('withings: nested in body, failures with status 200', async () => {
    const tokenRules = {
      root: 'body',
      errors: [{ path: 'status', not: 0, code: 'status', description: 'error' }],
      errorCodes: { '503': 'invalid_request' },
    };
    const token = await redeem(json({ status: 0, body: { userid: 7, access_token: 'a', token_type: 'Bearer' } }), {
      tokenRules,
    });
    expect(token.parameters).toEqual({ status: 0, userid: 7 });
    const error = await failureOf(() =>
      redeem(json({ status: 503, body: {}, error: 'Invalid Params' }), { tokenRules }),
    );
    expect(error.code).toBe('oauth2_invalid_request');
  });

  it('bitbucket: granted scopes under "scopes"; twitch: as a list', async () => {
    const renamed = await redeem(json({ access_token: 'a', token_type: 'bearer', scopes: 'account email' }), {
      tokenRules: { rename: { scopes: 'scope' } },
    });
    expect(renamed.scopes).toEqual(['account', 'email']);
    const listed = await redeem(json({ access_token: 'a', token_type: 'bearer', scope: ['a', 'b'] }), {});
    expect(listed.scopes).toEqual(['a', 'b']);
  });
});

describe('protected requests', () => {
  it('linkedin, instagram, weibo, douban, foursquare: the token in the query, unless the caller put one there', async () => {
    const tokenPlacement = { in: 'query', name: 'oauth2_access_token' } as const;
    const placed = await call({ tokenPlacement }, `${API}?q=a%20b+c`);
    expect(placed?.url).toBe(`${API}?q=a%20b+c&oauth2_access_token=AT%2B%2F%3D`);
    expect(placed?.headers.authorization).toBeUndefined();
    const own = await call({ tokenPlacement }, `${API}?oauth2_access_token=own`);
    expect(own?.url).toBe(`${API}?oauth2_access_token=own`);
  });

  it('slack: the token in a form body, else in the query; the caller’s form is left alone', async () => {
    const tokenPlacement = { in: 'form', name: 'token' } as const;
    const body = new URLSearchParams({ channel: 'C1' });
    const form = await call({ tokenPlacement }, API, { method: 'POST', body });
    expect(form?.form).toEqual({ channel: 'C1', token: 'AT+/=' });
    expect([...body.keys()]).toEqual(['channel']);
    const jsonBody = await call({ tokenPlacement }, API, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect([jsonBody?.url, jsonBody?.body]).toEqual([`${API}?token=AT%2B%2F%3D`, '{}']);
    expect((await call({ tokenPlacement }, API))?.url).toBe(`${API}?token=AT%2B%2F%3D`);
    const explicit = await call({ tokenPlacement }, API, {
      method: 'POST',
      body: new URLSearchParams({ token: 'own' }),
    });
    expect(explicit?.form).toEqual({ token: 'own' });
  });

  it('shopify: a header of its own; others: another scheme', async () => {
    const own = await call({ tokenPlacement: { in: 'header', name: 'X-Access-Token', scheme: '' } }, API);
    expect(own?.headers).toEqual({ 'x-access-token': 'AT+/=' });
    const scheme = await call({ tokenPlacement: { in: 'header', scheme: 'OAuth' } }, API);
    expect(scheme?.headers).toEqual({ authorization: 'OAuth AT+/=' });
  });
});

describe('the rules themselves', () => {
  it('are pure, and mean the RFC’s name when both are there', () => {
    const body = Object.freeze({ expires: 1, expires_in: 2, access_token: 'a' });
    expect(Object.fromEntries(applyTokenRules(body, { rename: { expires: 'expires_in' } }))).toEqual({
      expires_in: 2,
      access_token: 'a',
    });
    expect(applyTokenRules(body, { root: 'missing' }).get('access_token')).toBe('a');
  });

  it('find no error where there is none', () => {
    for (const body of [{}, { error: null }, { error: '' }, { error: false }, { error: [] }, { ok: true }, null, 'x']) {
      expect(findTokenError(body, { errors: [{ path: 'ok', equals: false, code: 'error' }] })).toBeUndefined();
    }
    expect(findTokenError({ status: 'ok' }, { errors: [{ path: 'missing', not: 0, code: 'x' }] })).toBeUndefined();
    expect(findTokenError({ failed: true }, { errors: [{ path: 'failed', code: 'nowhere' }] })?.code).toBe(
      'unknown_error',
    );
  });

  it('split scopes', () => {
    expect(grantedScopes(' a  b ')).toEqual(['a', 'b']);
    expect(grantedScopes('a, b,,c', ',')).toEqual(['a', 'b', 'c']);
    expect(grantedScopes(['a', 7, ''])).toEqual(['a']);
    expect(grantedScopes(7)).toBeUndefined();
  });
});
