/**
 * An authorization server that stands for every provider in docs/oauth2.md, each with its own addresses and habits. As strict as the real ones:
 * client authentication, redirect URI, PKCE, single-use codes, rotating refresh tokens.
 */
import { createHash, randomBytes } from 'node:crypto';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

export const CLIENT = { id: 'documented-id', secret: 'documented/secret+1' };
export const SERVICE_HOST = 'https://provider.example';
const TENANT = '11111111-2222-3333-4444-555555555555';

interface ExampleProvider {
  readonly authorize: string;
  readonly token: string;
  readonly clientAuth: 'basic' | 'post' | 'none';
  readonly pkce?: 'forbidden';
  readonly scopeSeparator?: string;
  /** `nonce: false` leaves the nonce out of ID tokens. */
  readonly openid?: {
    readonly issuer: string;
    readonly jwks: string;
    readonly nonce?: false;
    readonly document?: string;
  };
  /** Turns the RFC's answer into this provider's. */
  readonly answer?: (fields: Record<string, unknown>) => Response;
}

const PROVIDERS: readonly ExampleProvider[] = [
  {
    authorize: 'https://github.com/login/oauth/authorize',
    token: 'https://github.com/login/oauth/access_token',
    clientAuth: 'post',
    answer: ({ access_token, token_type }) =>
      Response.json({ access_token, token_type, scope: 'read:user,user:email' }),
  },
  {
    authorize: 'https://accounts.google.com/o/oauth2/v2/auth',
    token: 'https://oauth2.googleapis.com/token',
    clientAuth: 'post',
    openid: { issuer: 'https://accounts.google.com', jwks: 'https://www.googleapis.com/oauth2/v3/certs' },
  },
  {
    authorize: 'https://www.facebook.com/v23.0/dialog/oauth',
    token: 'https://graph.facebook.com/v23.0/oauth/access_token',
    clientAuth: 'post',
    scopeSeparator: ',',
    answer: ({ access_token }) =>
      new Response(`access_token=${access_token}&expires=5183944`, { headers: { 'content-type': 'text/plain' } }),
  },
  {
    authorize: 'https://www.fitbit.com/oauth2/authorize',
    token: 'https://api.fitbit.com/oauth2/token',
    clientAuth: 'basic',
  },
  {
    authorize: 'https://www.linkedin.com/oauth/v2/authorization',
    token: 'https://www.linkedin.com/oauth/v2/accessToken',
    clientAuth: 'post',
    pkce: 'forbidden',
    openid: {
      issuer: 'https://www.linkedin.com/oauth',
      jwks: 'https://www.linkedin.com/oauth/openid/jwks',
      nonce: false,
    },
  },
  {
    authorize: 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
    token: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
    clientAuth: 'post',
    openid: {
      issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0',
      jwks: 'https://login.microsoftonline.com/common/discovery/v2.0/keys',
      document: 'https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration',
    },
  },
  {
    authorize: 'https://accounts.spotify.com/authorize',
    token: 'https://accounts.spotify.com/api/token',
    clientAuth: 'basic',
  },
  {
    authorize: 'https://example.eu.auth0.com/authorize',
    token: 'https://example.eu.auth0.com/oauth/token',
    clientAuth: 'none',
    openid: { issuer: 'https://example.eu.auth0.com/', jwks: 'https://example.eu.auth0.com/.well-known/jwks.json' },
  },
  { authorize: `${SERVICE_HOST}/authorize`, token: `${SERVICE_HOST}/token`, clientAuth: 'basic' },
  {
    authorize: 'https://odd.example/authorize',
    token: 'https://odd.example/token',
    clientAuth: 'basic',
    answer: ({ access_token, refresh_token }) =>
      Response.json({ ok: true, data: { accessToken: access_token, refreshToken: refresh_token, tokenType: 'user' } }),
  },
];

/** What an API answers to a good token. */
const RESOURCES: Readonly<Record<string, unknown>> = {
  'https://api.github.com/user': { login: 'ada', id: 9007199254740993n.toString() },
  'https://openidconnect.googleapis.com/v1/userinfo': { sub: 'subject-1', email: 'ada@example.test' },
  'https://graph.facebook.com/v23.0/me': { id: '77', name: 'Ada' },
  'https://api.fitbit.com/1/user/-/profile.json': { user: { displayName: 'Ada' } },
  'https://api.linkedin.com/v2/userinfo': { sub: 'subject-1', name: 'Ada' },
  'https://graph.microsoft.com/v1.0/me/events': { value: [{ subject: 'Tea' }, { subject: 'Engine' }] },
  'https://api.spotify.com/v1/me': { display_name: 'Ada' },
  'https://example.eu.auth0.com/userinfo': { sub: 'subject-1', nickname: 'ada' },
  [`${SERVICE_HOST}/me`]: { name: 'Ada' },
  'https://odd.example/me': { name: 'Ada' },
};

interface Issued {
  readonly provider: ExampleProvider;
  readonly parameters: URLSearchParams;
}

export class ExampleProviders {
  readonly #codes = new Map<string, Issued>();
  readonly #refreshTokens = new Set<string>();
  readonly #accessTokens = new Set<string>();
  readonly #devicePolls = new Map<string, number>();
  #key: { privateKey: CryptoKey; jwk: JWK } | undefined;

  /** The person agrees. @returns where their browser is sent */
  authorize(address: string): string {
    const url = new URL(address);
    const { searchParams: parameters } = url;
    const provider = PROVIDERS.find((known) => known.authorize === url.origin + url.pathname);
    const challenge = parameters.get('code_challenge');
    const implicit = parameters.get('response_type') === 'token';
    if (!provider || parameters.get('client_id') !== CLIENT.id) throw new Error(`unknown client or page: ${address}`);
    if (!implicit && (challenge !== null) === (provider.pkce === 'forbidden')) throw new Error('PKCE is wrong');
    const callback = new URL(parameters.get('redirect_uri') ?? 'https://app.example/callback');
    const state = parameters.get('state') ?? '';
    if (implicit) {
      callback.hash = new URLSearchParams({ ...this.#granted(), expires_in: '3600', state }).toString();
      return callback.href;
    }
    const code = `code-${secret()}`;
    this.#codes.set(code, { provider, parameters });
    callback.search = new URLSearchParams({ code, state }).toString();
    return callback.href;
  }

  /** Answers a request as the host it was meant for would. */
  async answer(address: string, request: { method: string; headers: Headers; body: string }): Promise<Response> {
    const url = new URL(address);
    const place = url.origin + url.pathname;
    const form = new URLSearchParams(request.body);
    const provider = PROVIDERS.find(({ token }) => token === place);
    if (provider) return await this.#token(provider, form, request.headers);
    const discovered = PROVIDERS.find(
      ({ openid }) => openid && place === (openid.document ?? documentOf(openid.issuer)),
    );
    if (discovered?.openid) return Response.json(metadataOf(discovered, discovered.openid));
    if (PROVIDERS.some(({ openid }) => openid?.jwks === place))
      return Response.json({ keys: [(await this.#signingKey()).jwk] });
    if (place === `${SERVICE_HOST}/device`) return this.#device();
    if (/\/(revoke|tokeninfo)$/.test(place)) return Response.json({ aud: CLIENT.id, expires_in: 3599 });
    return this.#resource(place, request.headers);
  }

  #resource(place: string, headers: Headers): Response {
    const token = headers.get('authorization')?.replace('Bearer ', '') ?? '';
    if (!this.#accessTokens.has(token)) {
      return Response.json({}, { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } });
    }
    return place in RESOURCES ? Response.json(RESOURCES[place]) : Response.json({}, { status: 404 });
  }

  #device(): Response {
    const device_code = secret();
    this.#devicePolls.set(device_code, 0);
    return Response.json({
      device_code,
      user_code: 'WDJB-MJHT',
      verification_uri: `${SERVICE_HOST}/activate`,
      expires_in: 600,
      interval: 0.01,
    });
  }

  async #token(provider: ExampleProvider, form: URLSearchParams, headers: Headers): Promise<Response> {
    const grant = form.get('grant_type');
    if (!isClient(provider, form, headers) && grant !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') {
      return Response.json({ error: 'invalid_client' }, { status: 401 });
    }
    const refused = this.#refusal(provider, grant, form);
    if (refused) return Response.json({ error: refused }, { status: 400 });
    const issued = this.#codes.get(form.get('code') ?? '');
    this.#codes.delete(form.get('code') ?? '');
    this.#refreshTokens.delete(form.get('refresh_token') ?? '');
    const fields: Record<string, unknown> = {
      ...this.#granted(),
      expires_in: 3600,
      refresh_token: `refresh-${secret()}`,
    };
    this.#refreshTokens.add(String(fields.refresh_token));
    const scope = form.get('scope') ?? issued?.parameters.get('scope');
    if (scope) fields.scope = scope;
    if (provider.openid && issued?.parameters.has('nonce'))
      fields.id_token = await this.#idToken(provider.openid, issued.parameters);
    return provider.answer ? provider.answer(fields) : Response.json(fields);
  }

  #refusal(provider: ExampleProvider, grant: string | null, form: URLSearchParams): string | undefined {
    if (grant === 'authorization_code') {
      const issued = this.#codes.get(form.get('code') ?? '');
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url');
      const proven = provider.pkce === 'forbidden' || issued?.parameters.get('code_challenge') === challenge;
      const sameAddress = form.get('redirect_uri') === issued?.parameters.get('redirect_uri');
      return issued?.provider === provider && proven && sameAddress ? undefined : 'invalid_grant';
    }
    if (grant === 'refresh_token')
      return this.#refreshTokens.has(form.get('refresh_token') ?? '') ? undefined : 'invalid_grant';
    if (grant?.endsWith(':device_code')) {
      const polls = this.#devicePolls.get(form.get('device_code') ?? '') ?? 0;
      this.#devicePolls.set(form.get('device_code') ?? '', polls + 1);
      return polls < 1 ? 'authorization_pending' : undefined;
    }
    const known = /^(client_credentials|password|urn:ietf:params:oauth:grant-type:(jwt-bearer|token-exchange))$/;
    return known.test(grant ?? '') ? undefined : 'unsupported_grant_type';
  }

  #granted(): { access_token: string; token_type: string } {
    const access_token = `access-${secret()}`;
    this.#accessTokens.add(access_token);
    return { access_token, token_type: 'Bearer' };
  }

  async #idToken(openid: NonNullable<ExampleProvider['openid']>, asked: URLSearchParams): Promise<string> {
    const { privateKey } = await this.#signingKey();
    const nonce = openid.nonce === false ? {} : { nonce: asked.get('nonce') };
    const tenant = openid.issuer.includes('{tenantid}') ? { tid: TENANT } : {};
    return await new SignJWT({ ...nonce, ...tenant, email: 'ada@example.test' })
      .setProtectedHeader({ alg: 'RS256', kid: 'docs' })
      .setIssuer(openid.issuer.replace('{tenantid}', TENANT))
      .setSubject('subject-1')
      .setAudience(CLIENT.id)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey);
  }

  async #signingKey() {
    if (!this.#key) {
      const { privateKey, publicKey } = await generateKeyPair('RS256');
      this.#key = { privateKey, jwk: { ...(await exportJWK(publicKey)), kid: 'docs', alg: 'RS256' } };
    }
    return this.#key;
  }
}

function isClient(provider: ExampleProvider, form: URLSearchParams, headers: Headers): boolean {
  const encoded = new URLSearchParams({ id: CLIENT.id, secret: CLIENT.secret });
  const basic = [...encoded].map(([, value]) => new URLSearchParams({ v: value }).toString().slice(2)).join(':');
  const named = form.get('client_id') === CLIENT.id;
  if (provider.clientAuth === 'none' || form.get('grant_type')?.endsWith(':device_code')) return named;
  if (provider.clientAuth === 'post') return named && form.get('client_secret') === CLIENT.secret;
  return headers.get('authorization') === `Basic ${Buffer.from(basic).toString('base64')}`;
}

function documentOf(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
}

function metadataOf(provider: ExampleProvider, openid: NonNullable<ExampleProvider['openid']>): object {
  const userinfo = Object.keys(RESOURCES).find((place) => {
    const family = new URL(provider.token).hostname.split('.').slice(-2).join('.');
    return place.endsWith('/userinfo') && new URL(place).hostname.endsWith(family);
  });
  return {
    issuer: openid.issuer,
    authorization_endpoint: provider.authorize,
    token_endpoint: provider.token,
    jwks_uri: openid.jwks,
    userinfo_endpoint: userinfo,
    revocation_endpoint: new URL('/revoke', provider.token).href,
    id_token_signing_alg_values_supported: ['RS256'],
  };
}

function secret(): string {
  return randomBytes(12).toString('base64url');
}
