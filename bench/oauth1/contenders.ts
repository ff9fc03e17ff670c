/** Who is compared: every one signs a GET with HMAC-SHA1 and gives an Authorization header, for another URL at each call. */
import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { createSigner } from '../../src/oauth1/index.js';

const require = createRequire(import.meta.url);

/** The parts of the libraries that are used here; they bring no types, or not these. */
interface OAuth10a {
  authorize(request: { url: string; method: string }, token: { key: string; secret: string }): unknown;
  toHeader(authorization: unknown): { Authorization: string };
}
interface NodeOAuth {
  authHeader(url: string, token: string, secret: string, method: string): string;
}
interface OAuthSign {
  hmacsign(
    method: string,
    url: string,
    parameters: Record<string, string>,
    secret: string,
    tokenSecret: string,
  ): string;
  rfc3986(text: string): string;
}
const OAuth10a: new (options: object) => OAuth10a = require('oauth-1.0a');
const nodeOAuth: { OAuth: new (...options: (string | null)[]) => NodeOAuth } = require('oauth');
const oauthSign: OAuthSign = require('oauth-sign');

const client = { key: 'xvz1evFS4wEEPTGEFPHBog', secret: 'kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw' };
const token = {
  key: '370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb',
  secret: 'LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE',
};
const site = 'https://api.twitter.com/1.1/statuses/home_timeline.json';

let calls = 0;
const nextUrl = () => `${site}?count=200&include_rts=1&since_id=${++calls}`;

const signer = createSigner({
  clientId: client.key,
  clientSecret: client.secret,
  token: token.key,
  tokenSecret: token.secret,
});
const preparedKey = `${client.secret}&${token.secret}`;
const preparedBaseString = signer.sign({ method: 'GET', url: nextUrl() }).baseString;

const oauth10a = new OAuth10a({
  consumer: client,
  signature_method: 'HMAC-SHA1',
  hash_function: (base: string, key: string) => createHmac('sha1', key).update(base).digest('base64'),
});
const node = new nodeOAuth.OAuth(null, null, client.key, client.secret, '1.0', null, 'HMAC-SHA1');

/** oauth-sign wants everything taken apart: this is the least a caller has to do around it. */
function signWithOAuthSign(): string {
  const url = new URL(nextUrl());
  const oauth: Record<string, string> = {
    oauth_consumer_key: client.key,
    oauth_nonce: String(Math.random()).slice(2),
    oauth_signature_method: 'HMAC-SHA1',
    oauth_timestamp: String(Math.floor(Date.now() / 1000)),
    oauth_token: token.key,
    oauth_version: '1.0',
  };
  const all = { ...Object.fromEntries(url.searchParams), ...oauth };
  oauth.oauth_signature = oauthSign.hmacsign('GET', url.origin + url.pathname, all, client.secret, token.secret);
  return `OAuth ${Object.entries(oauth)
    .map(([name, value]) => `${name}="${oauthSign.rfc3986(value)}"`)
    .join(', ')}`;
}

export const FLOOR = 'createHmac over a prebuilt base string';
export const OURS = 'latchkey createSigner';
export const RIVAL = 'oauth-1.0a';

/** Each gives something of the length it made, so that nothing can be optimised away. */
export const contenders: Readonly<Record<string, () => number>> = {
  [FLOOR]: () => createHmac('sha1', preparedKey).update(preparedBaseString).digest('base64').length,
  [OURS]: () => signer.sign({ method: 'GET', url: nextUrl() }).headers.Authorization?.length ?? 0,
  [RIVAL]: () => oauth10a.toHeader(oauth10a.authorize({ url: nextUrl(), method: 'GET' }, token)).Authorization.length,
  'oauth (node-oauth)': () => node.authHeader(nextUrl(), token.key, token.secret, 'GET').length,
  'oauth-sign, header by hand': () => signWithOAuthSign().length,
};
