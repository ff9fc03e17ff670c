/**
 * oidc-provider, an independent and certified OpenID provider, on a loopback port of a process of its own: the other side of the peer suite.
 * People are not asked; the interaction signs in one account and consents to everything. Spoken to over the IPC channel, see
 * oidc-provider-peer.ts.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';

/** What the parent process asks for. */
export type PeerRequest =
  | { readonly kind: 'start'; readonly clients: readonly object[] }
  /** A new signing key, used from now on, beside the present ones. */
  | { readonly kind: 'add key'; readonly algorithm: string };

export type PeerAnswer = { readonly kind: 'ready'; readonly issuer: string };

/** What is used of oidc-provider, which ships no types. */
interface ProviderInstance {
  callback(): (request: IncomingMessage, response: ServerResponse) => void;
  interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<InteractionDetails>;
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
  readonly Grant: new (of: { accountId: string; clientId: string }) => PeerGrant;
}

interface InteractionDetails {
  readonly prompt: { readonly name: string; readonly details: { readonly missingOIDCScope?: string[] } };
  readonly params: { readonly client_id: string; readonly scope?: string };
  readonly session?: { readonly accountId: string };
}

interface PeerGrant {
  addOIDCScope(scope: string): void;
  save(): Promise<string>;
}

const ACCOUNT = 'ada-0001';
const SIGNING_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];

const keys: JWK[] = [];
let clients: readonly object[] = [];
let provider: ProviderInstance | undefined;

const server = createServer((request, response) => {
  const current = provider;
  if (!current) return void response.writeHead(503).end();
  if (request.url?.startsWith('/interaction/')) {
    return void consent(current, request, response).catch((error: Error) => response.writeHead(500).end(error.message));
  }
  current.callback()(request, response);
});
const listening = listen(server);

process.on('message', (request: PeerRequest) => {
  void obey(request).then((issuer) => process.send?.({ kind: 'ready', issuer } satisfies PeerAnswer));
});
process.on('disconnect', () => process.exit());

async function obey(request: PeerRequest): Promise<string> {
  const issuer = await listening;
  if (request.kind === 'start') {
    clients = request.clients;
    for (const algorithm of SIGNING_ALGORITHMS) keys.push(await signingKey(algorithm, `key-${keys.length}`));
  } else {
    keys.unshift(await signingKey(request.algorithm, `key-${keys.length}`));
  }
  provider = await makeProvider(issuer);
  return issuer;
}

async function makeProvider(issuer: string): Promise<ProviderInstance> {
  // By a variable, because the package has no types to be found.
  const module = 'oidc-provider';
  const { Provider } = (await import(module)) as {
    Provider: new (issuer: string, configuration: object) => ProviderInstance;
  };
  return new Provider(issuer, {
    clients,
    jwks: { keys },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, email: 'ada@example.test', name: 'Ada' }),
    }),
    claims: { openid: ['sub'], email: ['email'], profile: ['name'] },
    scopes: ['openid', 'offline_access', 'email', 'profile'],
    interactions: { url: (_context: unknown, interaction: { uid: string }) => `/interaction/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true, userCodeInputSource: plainForm, userCodeConfirmSource: plainForm, successSource },
      introspection: { enabled: true },
      revocation: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
    },
    enabledJWA: {
      idTokenSigningAlgValues: SIGNING_ALGORITHMS,
      clientAuthSigningAlgValues: SIGNING_ALGORITHMS,
    },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    ttl: {
      AccessToken: 3600,
      ClientCredentials: 600,
      DeviceCode: 600,
      Grant: 86_400,
      IdToken: 600,
      Interaction: 600,
      RefreshToken: 86_400,
      Session: 600,
    },
    cookies: { keys: ['a key that is only for this test'] },
    pkce: { required: () => true },
  });
}

async function signingKey(algorithm: string, kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  return { ...(await exportJWK(privateKey)), alg: algorithm, use: 'sig', kid };
}

async function consent(provider: ProviderInstance, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    return await provider.interactionFinished(request, response, { login: { accountId: ACCOUNT } });
  }
  const grant = new provider.Grant({ accountId: session?.accountId ?? ACCOUNT, clientId: params.client_id });
  grant.addOIDCScope(params.scope ?? 'openid');
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The device pages, as plain as possible: the form that oidc-provider built. */
function plainForm(context: { body: string }, form: string): void {
  context.body = `<!doctype html><title>device</title>${form}`;
}

function successSource(context: { body: string }): void {
  context.body = '<!doctype html><title>done</title>';
}
