/** Token requests that are no form POST, and scopes under another name. */
import { OAuth2Session, type OAuth2SessionOptions } from '../../src/oauth2/index.js';

const REDIRECT = 'https://app.test/callback';

function session(more: Partial<OAuth2SessionOptions>) {
  const sent: { url: string; init: RequestInit }[] = [];
  const made = new OAuth2Session({
    clientId: 'c1',
    clientSecret: 'CANARY-SECRET',
    clientAuth: 'post',
    endpoints: { authorize: 'https://id.test/authorize', token: 'https://id.test/token?kept=1' },
    pkce: 'forbidden',
    fetch: async (url, init = {}) => {
      sent.push({ url: String(url), init });
      return Response.json({ access_token: 'a', token_type: 'Bearer' });
    },
    ...more,
  });
  return { made, sent };
}

async function redeem(more: Partial<OAuth2SessionOptions>) {
  const { made, sent } = session(more);
  const { pending } = await made.authorizationRequest({ redirectUri: REDIRECT, scopes: [] });
  await made.exchangeCode(made.checkCallback(`${REDIRECT}?code=C0DE&state=${pending.state}`, pending));
  const [request] = sent;
  if (!request) throw new Error('nothing was sent');
  return request;
}

it('GET puts everything into the query, beside what the endpoint has there', async () => {
  const { url, init } = await redeem({ tokenRequest: { method: 'GET', parameters: { v: '20260101' } } });
  const query = new URL(url).searchParams;
  expect(Object.fromEntries(query)).toEqual({
    kept: '1',
    client_id: 'c1',
    client_secret: 'CANARY-SECRET',
    grant_type: 'authorization_code',
    code: 'C0DE',
    redirect_uri: REDIRECT,
    v: '20260101',
  });
  expect([init.method, init.body, new Headers(init.headers).has('content-type')]).toEqual(['GET', undefined, false]);
});

it('a failure of such a request shows neither its query nor the secret', async () => {
  const { made } = session({
    tokenRequest: { method: 'GET' },
    fetch: async () => Response.json({ error: 'invalid_client', error_description: 'CANARY-SECRET' }, { status: 401 }),
  });
  const { pending } = await made.authorizationRequest({ redirectUri: REDIRECT, scopes: [] });
  const response = made.checkCallback(`${REDIRECT}?code=CANARY-CODE&state=${pending.state}`, pending);
  const error: unknown = await made.exchangeCode(response).catch((problem: unknown) => problem);
  expect(error).toMatchObject({ code: 'oauth2_invalid_client' });
  expect(JSON.stringify(error) + String(error)).not.toContain('CANARY');
});

it('JSON is an object of the same fields', async () => {
  const { url, init } = await redeem({ tokenRequest: { format: 'json' } });
  expect(url).toBe('https://id.test/token?kept=1');
  expect(JSON.parse(String(init.body))).toMatchObject({ grant_type: 'authorization_code', code: 'C0DE' });
  expect(new Headers(init.headers).get('content-type')).toBe('application/json');
});

it('scopes go under the name that the provider has for them', async () => {
  const { made } = session({ scopeParameter: 'user_scope', scopeSeparator: ',' });
  const { url } = await made.authorizationRequest({ redirectUri: REDIRECT, scopes: ['a', 'b'] });
  const query = new URL(url).searchParams;
  expect([query.get('user_scope'), query.get('scope')]).toEqual(['a,b', null]);
});
