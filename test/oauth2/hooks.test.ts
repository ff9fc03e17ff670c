import { applyHooks } from '../../src/oauth2/hooks.js';
import { camelToSnakeCase, mapJsonBody, OAuth2Token, type TokenEndpointRequest } from '../../src/oauth2/index.js';
import { json, scriptedFetch, text } from './support/scripted-fetch.js';
import { failureOf, makeSession } from './support/session.js';

const granted = { access_token: 'a', token_type: 'Bearer', refresh_token: 'r2' };
const API = 'https://api.provider.test/me';

describe('compliance hooks', () => {
  it('act at the five points, each at its own', async () => {
    const seen: string[] = [];
    const noting =
      <T>(point: string) =>
      (value: T): T => {
        seen.push(point);
        return value;
      };
    const { fetch } = scriptedFetch(json(granted), json(granted), json({}));
    const session = makeSession(fetch, {
      hooks: {
        tokenRequest: [noting('token request')],
        tokenResponse: [noting('token response')],
        refreshRequest: [noting('refresh request')],
        refreshResponse: [noting('refresh response')],
        protectedRequest: [noting('protected request')],
      },
    });
    const { pending } = await session.authorizationRequest({ scopes: [] });
    await session.exchangeCode(session.checkCallback(`?code=c&state=${pending.state}`, pending));
    await session.refresh();
    await session.fetch(API);
    expect(seen).toEqual([
      'token request',
      'token response',
      'refresh request',
      'refresh response',
      'protected request',
    ]);
  });

  it('run in order, each on the result of the one before', () => {
    const append = (letter: string) => (value: { text: string }) => ({ text: value.text + letter });
    expect(applyHooks({ text: '' }, [append('a'), append('b'), append('c')])).toEqual({ text: 'abc' });
  });

  it('cannot change their input', () => {
    const careless = (value: { text: string }) => Object.assign(value, { text: 'changed' });
    expect(() => applyHooks({ text: '' }, [careless])).toThrow(TypeError);
  });

  it('can change request and answer of the token endpoint', async () => {
    const { fetch, calls } = scriptedFetch(text('token: a; type: Bearer', 'text/plain'));
    const token = new OAuth2Token({ accessToken: 'old', refreshToken: 'r1' });
    const session = makeSession(fetch, {
      token,
      hooks: {
        refreshRequest: [
          (request: TokenEndpointRequest): TokenEndpointRequest => ({
            ...request,
            headers: { ...request.headers, 'x-version': '2' },
            parameters: [...request.parameters, ['action', 'requesttoken']],
          }),
        ],
        refreshResponse: [
          (response) => {
            const [, access_token, token_type] = /token: (\w+); type: (\w+)/.exec(response.text) ?? [];
            return { ...response, text: JSON.stringify({ access_token, token_type }) };
          },
        ],
      },
    });
    expect((await session.refresh()).accessToken).toBe('a');
    expect(calls[0]?.headers['x-version']).toBe('2');
    expect(calls[0]?.form.action).toBe('requesttoken');
  });

  it('cannot take the token to another origin', async () => {
    const { fetch, calls } = scriptedFetch(json({}));
    const session = makeSession(fetch, {
      token: new OAuth2Token({ accessToken: 'a' }),
      hooks: { protectedRequest: [(request) => ({ ...request, url: 'https://evil.test/' })] },
    });
    expect((await failureOf(() => session.fetch(API))).code).toBe('oauth2_origin_not_allowed');
    expect(calls).toHaveLength(0);
  });

  it('leave bodies alone that are no text', async () => {
    const { fetch, calls } = scriptedFetch(json({}));
    const session = makeSession(fetch, {
      token: new OAuth2Token({ accessToken: 'a' }),
      hooks: {
        protectedRequest: [
          (request) => ({ ...request, headers: { ...request.headers, 'x-own': String(request.body) } }),
        ],
      },
    });
    await session.fetch(API, { method: 'POST', body: new Blob(['data']) });
    expect([calls[0]?.body, calls[0]?.headers['x-own']]).toEqual(['data', 'undefined']);
  });

  it('mapJsonBody passes what is no JSON object', () => {
    const hook = mapJsonBody(camelToSnakeCase);
    for (const unchanged of ['<html>', '[1]', '']) {
      expect(hook({ status: 200, headers: {}, text: unchanged }).text).toBe(unchanged);
    }
    expect(hook({ status: 200, headers: {}, text: '{"userId":9007199254740993}' }).text).toBe(
      '{"user_id":"9007199254740993"}',
    );
  });
});

describe('token request rules', () => {
  it('add parameters and headers, and can ask for JSON', async () => {
    const { fetch, calls } = scriptedFetch(json(granted));
    const session = makeSession(fetch, {
      token: new OAuth2Token({ accessToken: 'old', refreshToken: 'r1' }),
      tokenRequest: {
        format: 'json',
        headers: { 'Notion-Version': '2026-01-01', Accept: 'application/json; v=2' },
        parameters: { action: 'x' },
      },
    });
    await session.refresh();
    expect(calls[0]?.headers).toMatchObject({
      'notion-version': '2026-01-01',
      accept: 'application/json; v=2',
      'content-type': 'application/json',
    });
    expect(JSON.parse(calls[0]?.body ?? '')).toEqual({ grant_type: 'refresh_token', refresh_token: 'r1', action: 'x' });
  });

  it('are for the token endpoint only', async () => {
    const { fetch, calls } = scriptedFetch(new Response(null, { status: 200 }));
    const session = makeSession(fetch, {
      token: new OAuth2Token({ accessToken: 'a' }),
      tokenRequest: { format: 'json', parameters: { action: 'x' } },
    });
    await session.revoke();
    expect(calls[0]?.form).toEqual({ token: 'a', token_type_hint: 'access_token' });
  });
});
