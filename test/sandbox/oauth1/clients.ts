/** Two OAuth 1 clients for the tests: our own, and for every refusal an independent signer (oauth-1.0a). */
import { createHmac } from 'node:crypto';
import OAuth from 'oauth-1.0a';
import {
  type AuthorizedTemporaryCredentials,
  OAuth1Session,
  type TokenCredentials,
} from '../../../src/oauth1/index.js';
import { callbackOf, decide, get, type Running } from '../support.js';

export const places = {
  twitter: {
    requestToken: '/api.x.com/oauth/request_token',
    authorize: '/api.x.com/oauth/authorize',
    accessToken: '/api.x.com/oauth/access_token',
    profile: '/api.x.com/2/users/me?user.fields=profile_image_url',
  },
  'fitbit-oauth1': {
    requestToken: '/api.fitbit.com/oauth/request_token',
    authorize: '/www.fitbit.com/oauth/authorize',
    accessToken: '/api.fitbit.com/oauth/access_token',
    profile: '/api.fitbit.com/1/user/-/profile.json',
  },
} as const;

export type OAuth1Provider = keyof typeof places;

export interface Signing {
  clientId?: string;
  clientSecret?: string;
  token?: string;
  tokenSecret?: string;
  timestamp?: number;
  nonce?: string;
  extra?: Record<string, string>;
  method?: 'GET' | 'POST';
  signatureMethod?: string;
}

/** @param sandbox the one that runs when a client is used */
export function clientsOf(sandbox: () => Running) {
  function session(provider: OAuth1Provider, credentials?: TokenCredentials, now = () => sandbox().clock.now) {
    const { requestToken, authorize, accessToken } = places[provider];
    return new OAuth1Session({
      clientId: `sandbox-${provider}`,
      clientSecret: 'sandbox-secret',
      endpoints: {
        requestToken: sandbox().origin + requestToken,
        authorize: sandbox().origin + authorize,
        accessToken: sandbox().origin + accessToken,
      },
      fetch,
      now,
      ...(credentials ? { credentials } : {}),
    });
  }

  async function authorized(provider: OAuth1Provider): Promise<AuthorizedTemporaryCredentials> {
    const client = session(provider);
    const temporary = await client.requestTemporaryCredentials({ callback: callbackOf(provider) });
    const page = await get(client.authorizationUrl(temporary));
    const back = await decide(sandbox().origin, await page.text(), 'allow');
    return client.checkCallback(new URL(back.headers.get('location') ?? ''), temporary);
  }

  async function connected(provider: OAuth1Provider): Promise<TokenCredentials> {
    return session(provider).requestTokenCredentials(await authorized(provider));
  }

  /** Sends a request signed by somebody else's library. */
  function send(path: string, signing: Signing = {}): Promise<Response> {
    const { method = 'POST', extra = {}, signatureMethod = 'HMAC-SHA1' } = signing;
    const client = new OAuth({
      consumer: { key: signing.clientId ?? 'sandbox-twitter', secret: signing.clientSecret ?? 'sandbox-secret' },
      signature_method: signatureMethod,
      hash_function: (text, key) =>
        createHmac(signatureMethod === 'HMAC-SHA1' ? 'sha1' : 'sha256', key)
          .update(text)
          .digest('base64'),
    });
    client.getTimeStamp = () => signing.timestamp ?? Math.floor(sandbox().clock.now / 1000);
    const { nonce } = signing;
    if (nonce !== undefined) client.getNonce = () => nonce;
    const token = signing.token === undefined ? undefined : { key: signing.token, secret: signing.tokenSecret ?? '' };
    const url = sandbox().origin + path;
    const data = client.authorize({ url, method, data: extra }, token);
    return fetch(url, { method, headers: { ...client.toHeader(data) } });
  }

  return { session, authorized, connected, send };
}

/** The word of refusal, which header and form body must agree on. */
export async function problemOf(response: Response): Promise<string> {
  const header = /oauth_problem="([^"]+)"/.exec(response.headers.get('www-authenticate') ?? '')?.[1];
  expect(new URLSearchParams(await response.text()).get('oauth_problem') ?? header).toBe(header);
  return header ?? '';
}

export const request = places.twitter.requestToken;
export const callback = { oauth_callback: callbackOf('twitter') };
