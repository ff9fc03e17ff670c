/** A browser and an OAuth 2 client written with nothing but fetch, so that the sandbox is not tested by our own client alone. */
import { createHash, randomBytes } from 'node:crypto';
import type { Running } from './support.js';

export interface Pkce {
  readonly verifier: string;
  readonly challenge: string;
}

export function pkce(): Pkce {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** What differs between the shipped OAuth 2 providers, written down here by hand: the tests must not learn it from the definitions. */
export const oauth2Facts = {
  fitbit: {
    authorize: '/www.fitbit.com/oauth2/authorize',
    token: '/api.fitbit.com/oauth2/token',
    revoke: '/api.fitbit.com/oauth2/revoke',
    profile: '/api.fitbit.com/1/user/-/profile.json',
    scope: 'activity heartrate sleep profile',
    auth: 'basic',
  },
  x: {
    authorize: '/x.com/i/oauth2/authorize',
    token: '/api.x.com/2/oauth2/token',
    revoke: '/api.x.com/2/oauth2/revoke',
    profile: '/api.x.com/2/users/me',
    scope: 'tweet.read users.read offline.access',
    auth: 'basic',
  },
  google: {
    authorize: '/accounts.google.com/o/oauth2/v2/auth',
    token: '/oauth2.googleapis.com/token',
    revoke: '/oauth2.googleapis.com/revoke',
    profile: '/openidconnect.googleapis.com/v1/userinfo',
    scope: 'openid email profile',
    auth: 'post',
  },
  'google-health': {
    authorize: '/accounts.google.com/o/oauth2/v2/auth',
    token: '/oauth2.googleapis.com/token',
    revoke: '/oauth2.googleapis.com/revoke',
    profile: '/health.googleapis.com/v4/users/me/identity',
    scope: [
      'openid email profile',
      'https://www.googleapis.com/auth/googlehealth.activity_and_fitness.readonly',
      'https://www.googleapis.com/auth/googlehealth.health_metrics_and_measurements.readonly',
      'https://www.googleapis.com/auth/googlehealth.sleep.readonly',
    ].join(' '),
    auth: 'post',
  },
  github: {
    authorize: '/github.com/login/oauth/authorize',
    token: '/github.com/login/oauth/access_token',
    revoke: '',
    profile: '/api.github.com/user',
    scope: 'read:user user:email',
    auth: 'post',
  },
  'tumblr-oauth2': {
    authorize: '/www.tumblr.com/oauth2/authorize',
    token: '/api.tumblr.com/v2/oauth2/token',
    revoke: '',
    profile: '/api.tumblr.com/v2/user/info',
    scope: 'basic offline_access',
    auth: 'post',
  },
} as const;

export type OAuth2Provider = keyof typeof oauth2Facts;

export function callbackOf(provider: string): string {
  return `http://localhost:3000/auth/${provider}/callback`;
}

/** The parameters of a good authorization request; a test changes what it is about. */
export function authorizationParameters(provider: OAuth2Provider, challenge: string): Record<string, string> {
  const isGoogle = provider.startsWith('google');
  return {
    response_type: 'code',
    client_id: `sandbox-${provider}`,
    redirect_uri: callbackOf(provider),
    scope: oauth2Facts[provider].scope,
    state: 'state-of-the-test',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...(isGoogle ? { access_type: 'offline', prompt: 'consent' } : {}),
  };
}

export function get(url: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { headers, redirect: 'manual' });
}

/** Everything in a page's one form, as a browser would send it. */
export function formOf(html: string): { action: string; fields: URLSearchParams } {
  const forms = html.match(/<form\b[^>]*>/g) ?? [];
  if (forms.length !== 1) throw new Error(`The page has ${forms.length} forms.`);
  const action = unescapeHtml(/action="([^"]*)"/.exec(forms[0] ?? '')?.[1] ?? '');
  const fields = new URLSearchParams();
  for (const [input] of html.matchAll(/<input type="hidden"[^>]*>/g)) {
    const [, name = '', value = ''] = /name="([^"]*)" value="([^"]*)"/.exec(input) ?? [];
    fields.append(unescapeHtml(name), unescapeHtml(value));
  }
  return { action, fields };
}

function unescapeHtml(text: string): string {
  const entities: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" };
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? entity);
}

/** Presses a button of a consent page. */
export async function decide(origin: string, html: string, decision: string): Promise<Response> {
  const { action, fields } = formOf(html);
  fields.append('decision', decision);
  return fetch(new URL(action, origin), { method: 'POST', body: fields, redirect: 'manual' });
}

/** The whole way of a person who says yes; resolves to the parameters of the callback. */
export async function consent(
  origin: string,
  path: string,
  parameters: Record<string, string>,
): Promise<URLSearchParams> {
  const page = await get(`${origin}${path}?${new URLSearchParams(parameters)}`);
  if (page.status !== 200) throw new Error(`No consent page: ${page.status} ${page.headers.get('location')}`);
  const answer = await decide(origin, await page.text(), 'allow');
  return new URL(answer.headers.get('location') ?? '').searchParams;
}

export interface TokenAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** A request to a token endpoint, with the client authentication that the provider documents. */
export async function tokenRequest(
  origin: string,
  provider: OAuth2Provider,
  parameters: Record<string, string>,
  path: string = oauth2Facts[provider].token,
): Promise<TokenAnswer> {
  const body = new URLSearchParams(parameters);
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (oauth2Facts[provider].auth === 'basic') {
    headers.Authorization = `Basic ${Buffer.from(`sandbox-${provider}:sandbox-secret`).toString('base64')}`;
  } else {
    body.set('client_id', `sandbox-${provider}`);
    body.set('client_secret', 'sandbox-secret');
  }
  const response = await fetch(`${origin}${path}`, { method: 'POST', headers, body });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}

export function redeem(origin: string, provider: OAuth2Provider, code: string, verifier: string): Promise<TokenAnswer> {
  return tokenRequest(origin, provider, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: callbackOf(provider),
    code_verifier: verifier,
  });
}

/** A person connects: consent page, code, tokens. */
export async function connect(
  origin: string,
  provider: OAuth2Provider,
  changes: Record<string, string> = {},
): Promise<{ access: string; refresh: string; answer: TokenAnswer }> {
  const { verifier, challenge } = pkce();
  const callback = await consent(origin, oauth2Facts[provider].authorize, {
    ...authorizationParameters(provider, challenge),
    ...changes,
  });
  const answer = await redeem(origin, provider, callback.get('code') ?? '', verifier);
  if (answer.status !== 200) throw new Error(`No tokens: ${answer.status} ${JSON.stringify(answer.body)}`);
  return { access: String(answer.body.access_token), refresh: String(answer.body.refresh_token ?? ''), answer };
}

export function refresh(origin: string, provider: OAuth2Provider, token: string): Promise<TokenAnswer> {
  return tokenRequest(origin, provider, { grant_type: 'refresh_token', refresh_token: token });
}

export function callAs(origin: string, path: string, access: string): Promise<Response> {
  return get(`${origin}${path}`, { Authorization: `Bearer ${access}` });
}

/** Status of a profile call: 200 while the token lives. */
export async function profileStatus(origin: string, provider: OAuth2Provider, access: string): Promise<number> {
  const response = await callAs(origin, oauth2Facts[provider].profile, access);
  await response.arrayBuffer();
  return response.status;
}

/** Lets somebody connect and gives their way to call; `subject` is who it is. */
export async function callerAs(
  { origin, control }: Running,
  provider: OAuth2Provider,
  subject: string,
  scope?: string,
): Promise<(path: string) => Promise<Response>> {
  await control('user', { subject });
  const { access } = await connect(origin, provider, scope === undefined ? {} : { scope });
  return (path) => callAs(origin, path, access);
}

/** The JSON of an answer that must be a good one. */
export async function jsonOf<Body>(response: Promise<Response>): Promise<Body> {
  const answer = await response;
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
  if (!answer.headers.get('content-type')?.includes('application/json')) throw new Error('The answer is not JSON.');
  return (await answer.json()) as Body;
}
