import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import { defineProvider } from '../../../src/providers/index.js';
import {
  authorizationParameters,
  callAs,
  callbackOf,
  connect,
  consent,
  freshFolder,
  get,
  oauth2Facts,
  pkce,
  type Running,
  redeem,
  refresh,
  removeFolder,
  start,
} from '../support.js';

let sandbox: Running;

beforeEach(async () => {
  sandbox = await start();
});

afterEach(async () => {
  await sandbox.stop();
  removeFolder(sandbox.dataDir);
});

async function discovery(origin: string, issuer = 'accounts.google.com'): Promise<Record<string, string>> {
  const response = await get(`${origin}/${issuer}/.well-known/openid-configuration`);
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, string>;
}

/** Checks an ID token as a stranger would: by the discovery document and the key set alone. */
async function verified(
  origin: string,
  idToken: unknown,
  audience: string,
  currentDate = sandbox.clock.now,
): Promise<JWTPayload> {
  const document = await discovery(origin);
  const keys = createRemoteJWKSet(new URL(document.jwks_uri ?? ''));
  const { payload } = await jwtVerify(String(idToken), keys, {
    issuer: document.issuer ?? '',
    audience,
    algorithms: ['RS256'],
    currentDate: new Date(currentDate),
  });
  return payload;
}

test('the ID token verifies and says who, for whom, and for which request', async () => {
  const { answer, access } = await connect(sandbox.origin, 'google', { nonce: 'n-0S6_WzA2Mj' });
  const claims = await verified(sandbox.origin, answer.body.id_token, 'sandbox-google');
  const now = sandbox.clock.now / 1000;
  expect(claims).toEqual({
    iss: `${sandbox.origin}/accounts.google.com`,
    aud: 'sandbox-google',
    azp: 'sandbox-google',
    sub: '108204268033311374519',
    iat: now,
    exp: now + 3600,
    nonce: 'n-0S6_WzA2Mj',
    at_hash: createHash('sha256').update(access).digest().subarray(0, 16).toString('base64url'),
    name: 'Robin Sandbox',
    given_name: 'Robin',
    family_name: 'Sandbox',
    email: 'robin@sandbox.example',
    email_verified: true,
  });
});

test('a changed token does not verify', async () => {
  const { answer } = await connect(sandbox.origin, 'google');
  const [header, , signature] = String(answer.body.id_token).split('.');
  const forged = Buffer.from(JSON.stringify({ sub: '1' })).toString('base64url');
  await expect(verified(sandbox.origin, `${header}.${forged}.${signature}`, 'sandbox-google')).rejects.toThrow();
});

test('claims follow the scopes', async () => {
  const { answer } = await connect(sandbox.origin, 'google', { scope: 'openid' });
  const claims = await verified(sandbox.origin, answer.body.id_token, 'sandbox-google');
  expect(claims).not.toHaveProperty('email');
  expect(claims).not.toHaveProperty('name');
  expect(claims).not.toHaveProperty('nonce');
  const without = await connect(sandbox.origin, 'google', { scope: 'email' });
  expect(without.answer.body).not.toHaveProperty('id_token');
});

test('localhost and 127.0.0.1 each see an issuer of their own', async () => {
  const byName = `http://localhost:${sandbox.port}`;
  const document = await discovery(byName);
  expect(document).toMatchObject({
    issuer: `${byName}/accounts.google.com`,
    authorization_endpoint: `${byName}${oauth2Facts.google.authorize}`,
    token_endpoint: `${byName}${oauth2Facts.google.token}`,
    userinfo_endpoint: `${byName}${oauth2Facts.google.profile}`,
    revocation_endpoint: `${byName}${oauth2Facts.google.revoke}`,
    jwks_uri: `${byName}/www.googleapis.com/oauth2/v3/certs`,
  });
  expect((await discovery(sandbox.origin)).issuer).toBe(`${sandbox.origin}/accounts.google.com`);
  const { answer } = await connect(byName, 'google');
  expect((await verified(byName, answer.body.id_token, 'sandbox-google')).iss).toBe(document.issuer);
});

test('google-health speaks for the Google account behind it', async () => {
  const { answer, access } = await connect(sandbox.origin, 'google-health');
  const claims = await verified(sandbox.origin, answer.body.id_token, 'sandbox-google-health');
  expect(claims.sub).toBe('108204268033311374519');
  const userInfo = await callAs(sandbox.origin, oauth2Facts.google.profile, access);
  expect(await userInfo.json()).toMatchObject({ sub: '108204268033311374519', email: 'robin@sandbox.example' });
});

test('a refresh brings a new ID token without the nonce', async () => {
  const { answer, refresh: token } = await connect(sandbox.origin, 'google', { nonce: 'once' });
  sandbox.clock.now += 3_000_000;
  const again = await refresh(sandbox.origin, 'google', token);
  const claims = await verified(sandbox.origin, again.body.id_token, 'sandbox-google');
  expect(claims).not.toHaveProperty('nonce');
  expect(again.body.id_token).not.toBe(answer.body.id_token);
});

test('providers without OpenID Connect send no ID token', async () => {
  const { answer } = await connect(sandbox.origin, 'fitbit', { scope: 'openid profile' });
  expect(answer.body).not.toHaveProperty('id_token');
});

test('clockSkewSeconds moves the dates that are shown, not the lifetimes', async () => {
  await sandbox.control('behaviour', { clockSkewSeconds: 600 });
  const { answer, access } = await connect(sandbox.origin, 'google');
  const shown = sandbox.clock.now + 600_000;
  const claims = await verified(sandbox.origin, answer.body.id_token, 'sandbox-google', shown);
  expect(claims.iat).toBe(shown / 1000);
  expect(new Date(answer.headers.get('date') ?? '').getTime()).toBe(shown);
  sandbox.clock.now += 3_599_000;
  expect((await callAs(sandbox.origin, oauth2Facts.google.profile, access)).status).toBe(200);
});

test('the keys are made once, privately, and survive a restart', async () => {
  const dataDir = freshFolder();
  const keySet = async (running: Running) =>
    (await (await get(`${running.origin}/www.googleapis.com/oauth2/v3/certs`)).json()) as {
      keys: Record<string, unknown>[];
    };
  const first = await start({ dataDir, ownKey: true });
  for (const file of ['id-token.pem', 'oauth1-secrets.key']) {
    expect(statSync(`${dataDir}/${file}`).mode & 0o777).toBe(0o600);
  }
  const before = await keySet(first);
  await first.stop();
  const second = await start({ dataDir, ownKey: true });
  expect(await keySet(second)).toEqual(before);
  expect(Object.keys(before.keys[0] ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
  expect(before).not.toEqual(await keySet(sandbox));
  await second.stop();
  removeFolder(dataDir);
});

test('an issuer alone is enough: its endpoints are told by discovery', async () => {
  const other = await start({
    definitions: [
      defineProvider({
        id: 'corporate',
        name: 'Corporate login',
        protocol: 'oidc',
        issuer: 'https://login.corporate.example/realms/main/',
        scopes: { signIn: ['openid', 'email'], connect: ['openid', 'email', 'offline_access'] },
        pkce: 'required',
        profile: { subject: 'sub', email: 'email' },
        api: { baseUrls: ['https://api.corporate.example'] },
      }),
    ],
  });
  const document = await discovery(other.origin, 'login.corporate.example/realms/main');
  expect(document.issuer).toBe(`${other.origin}/login.corporate.example/realms/main/`);
  const { verifier, challenge } = pkce();
  const callback = await consent(other.origin, new URL(document.authorization_endpoint ?? '').pathname, {
    ...authorizationParameters('google', challenge),
    client_id: 'sandbox-corporate',
    redirect_uri: callbackOf('corporate'),
    scope: 'openid email',
  });
  expect(callback.get('iss')).toBe(document.issuer);
  const response = await fetch(document.token_endpoint ?? '', {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: callback.get('code') ?? '',
      redirect_uri: callbackOf('corporate'),
      code_verifier: verifier,
      client_id: 'sandbox-corporate',
      client_secret: 'sandbox-secret',
    }),
  });
  const tokens = (await response.json()) as Record<string, string>;
  expect(tokens).not.toHaveProperty('refresh_token');
  const { payload } = await jwtVerify(tokens.id_token ?? '', createRemoteJWKSet(new URL(document.jwks_uri ?? '')), {
    issuer: document.issuer ?? '',
    audience: 'sandbox-corporate',
    currentDate: new Date(other.clock.now),
  });
  const userInfo = await get(document.userinfo_endpoint ?? '', { Authorization: `Bearer ${tokens.access_token}` });
  expect(await userInfo.json()).toMatchObject({ sub: payload.sub, email: 'robin@sandbox.example' });
  await other.stop();
  removeFolder(other.dataDir);
});

test('a code of one issuer flow is worth nothing elsewhere', async () => {
  const { verifier, challenge } = pkce();
  const parameters = authorizationParameters('google', challenge);
  const callback = await consent(sandbox.origin, oauth2Facts.google.authorize, parameters);
  expect((await redeem(sandbox.origin, 'github', callback.get('code') ?? '', verifier)).body.error).toBe(
    'bad_verification_code',
  );
});
