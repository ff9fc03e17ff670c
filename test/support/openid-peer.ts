/**
 * An OpenID provider somebody else wrote (oidc-provider), on a free port of this machine: PKCE required, refresh tokens rotated, `iss` in
 * its callbacks, revocation. Whoever consents is said in the form; there is no page.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair } from 'jose';
import { Browser } from './browser.js';

/** What is used of oidc-provider, which ships no types. */
interface Provider {
  readonly Grant: new (of: { accountId: string; clientId: string }) => Grant;
  callback(): (req: IncomingMessage, res: ServerResponse) => void;
  interactionDetails(
    req: IncomingMessage,
    res: ServerResponse,
  ): Promise<{ params: Record<string, string | undefined> }>;
  interactionFinished(req: IncomingMessage, res: ServerResponse, result: object): Promise<void>;
}

interface Grant {
  addOIDCScope(scopes: string): void;
  /** Gives the grant's id. */
  save(): Promise<string>;
}

export interface OpenIdPeerClient {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUris: readonly string[];
}

export interface OpenIdPeer {
  readonly issuer: string;
  /** Makes the provider; before that its address is all there is. */
  open(client: OpenIdPeerClient): Promise<void>;
  /** Walks from the authorization URL to the callback's address, as somebody who signs in anew. */
  consent(authorizationUrl: string | undefined, subject: string, decision?: 'allow' | 'deny'): Promise<string>;
  /** Posts a form with the client's authentication, to `/token` for example. */
  post(path: string, fields: Record<string, string>): Promise<{ status: number; body: Record<string, unknown> }>;
  close(): Promise<void>;
}

export const ACCESS_TOKEN_SECONDS = 60;

/** @param options.pushed whether it offers to take authorization requests over the back channel (RFC 9126) */
export async function startOpenIdPeer(options: { pushed: boolean }): Promise<OpenIdPeer> {
  let answer: ((req: IncomingMessage, res: ServerResponse) => void) | undefined;
  let authorization = '';
  const server = createServer((req, res) => (answer ? answer(req, res) : res.writeHead(503).end()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    async open(client) {
      const provider = await createProvider(issuer, client, options.pushed);
      const credentials = [client.clientId, client.clientSecret].map(encodeURIComponent).join(':');
      authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
      const goOn = provider.callback();
      answer = (req, res) => {
        if (!req.url?.startsWith('/interaction/')) return goOn(req, res);
        interact(provider, req, res).catch((error: unknown) => res.writeHead(500).end(String(error)));
      };
    },
    async consent(authorizationUrl, subject, decision = 'allow') {
      if (authorizationUrl === undefined) throw new Error('There is no authorization URL to open.');
      const browser = new Browser(issuer);
      const asked = await browser.get(authorizationUrl);
      if (!asked.location?.startsWith(`${issuer}/interaction/`)) return leadsAway(issuer, asked.location, asked.text);
      const body = new URLSearchParams({ subject, decision });
      const agreed = await browser.request(asked.location, { method: 'POST', body });
      const resumed = await browser.get(agreed.location ?? '');
      return leadsAway(issuer, resumed.location, resumed.text);
    },
    async post(path, fields) {
      const body = new URLSearchParams(fields);
      const response = await fetch(issuer + path, { method: 'POST', body, headers: { authorization } });
      const answered = await response.text();
      return { status: response.status, body: answered === '' ? {} : JSON.parse(answered) };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Either the callback, or an error page whose words say what was wrong with the request. */
function leadsAway(issuer: string, location: string | undefined, page: string): string {
  if (location === undefined || location.startsWith(issuer)) throw new Error(`No callback: ${location ?? page}`);
  return location;
}

async function createProvider(issuer: string, client: OpenIdPeerClient, pushed: boolean): Promise<Provider> {
  // Loaded here because it says on the console what it thinks of this Node and of its own defaults.
  const module = 'oidc-provider';
  const { Provider: OpenIdProvider } = (await quietly(() => import(module))) as {
    Provider: new (issuer: string, configuration: object) => Provider;
  };
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return await quietly(
    async () =>
      new OpenIdProvider(issuer, {
        clients: [
          {
            client_id: client.clientId,
            client_secret: client.clientSecret,
            redirect_uris: client.redirectUris,
            grant_types: ['authorization_code', 'refresh_token'],
            response_types: ['code'],
          },
        ],
        jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' }] },
        cookies: { keys: ['only this test knows'] },
        pkce: { required: () => true },
        scopes: ['openid', 'offline_access', 'profile', 'email'],
        claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'] },
        features: {
          devInteractions: { enabled: false },
          revocation: { enabled: true },
          pushedAuthorizationRequests: { enabled: pushed },
        },
        rotateRefreshToken: true,
        ttl: {
          AccessToken: ACCESS_TOKEN_SECONDS,
          IdToken: 600,
          RefreshToken: 3600,
          Grant: 3600,
          Session: 600,
          Interaction: 600,
        },
        findAccount: (_context: unknown, subject: string) => ({ accountId: subject, claims: () => claimsOf(subject) }),
        interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
      }),
  );
}

function claimsOf(subject: string) {
  return {
    sub: subject,
    name: `Name of ${subject}`,
    preferred_username: `user-${subject}`,
    email: `${subject}@example.com`,
    email_verified: true,
  };
}

/** Signing in and consenting in one step. */
async function interact(provider: Provider, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const form = new URLSearchParams(await text(req));
  const { params } = await provider.interactionDetails(req, res);
  const accountId = form.get('subject') ?? '';
  if (form.get('decision') !== 'allow') {
    const refused = { error: 'access_denied', error_description: 'The person said no.' };
    return await provider.interactionFinished(req, res, refused);
  }
  const grant = new provider.Grant({ accountId, clientId: params.client_id ?? '' });
  grant.addOIDCScope(params.scope ?? '');
  const result = { login: { accountId }, consent: { grantId: await grant.save() } };
  await provider.interactionFinished(req, res, result);
}

/** It warns about being a development set-up, which it is. */
async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const { warn, info } = console;
  Object.assign(console, { warn: () => undefined, info: () => undefined });
  try {
    return await work();
  } finally {
    Object.assign(console, { warn, info });
  }
}
