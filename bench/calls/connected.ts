/** People with a connection each at the stub, by OAuth 1 and OAuth 2, and this installation's engine around them. */
import { randomUUID } from 'node:crypto';
import { type Connections, createConnections, openVault, sealCredentials } from '../../dist/connections/index.js';
import type { Database } from '../../dist/db/index.js';
import { TokenCredentials } from '../../dist/oauth1/index.js';
import { OAuth2Token } from '../../dist/oauth2/index.js';
import { createCatalogue, defineProvider } from '../../dist/providers/index.js';

export interface Connected {
  readonly userId: string;
  readonly clients: Connections['clients'];
  close(): Promise<void>;
}

/** @param readAgainAfterMs 0 reads and opens the row for every call */
export async function connect(database: Database, api: string, readAgainAfterMs: number): Promise<Connected> {
  const { prisma } = database;
  const vault = await openVault(database, `bench:${Buffer.alloc(32, 1).toString('base64')}`);
  const definitions = [
    defineProvider({
      id: 'first',
      name: 'First',
      protocol: 'oauth1',
      oauth1: {
        requestToken: `${api}/request`,
        authorize: `${api}/authorize`,
        accessToken: `${api}/access`,
        signatureMethod: 'HMAC-SHA1',
      },
      scopes: { signIn: [], connect: [] },
      pkce: 'forbidden',
      profile: { url: `${api}/me`, subject: 'user.id' },
      api: { baseUrls: [api] },
    }),
    defineProvider({
      id: 'second',
      name: 'Second',
      protocol: 'oauth2',
      authorize: { url: `${api}/authorize` },
      token: { url: `${api}/token`, clientAuth: 'basic' },
      scopes: { signIn: [], connect: [] },
      pkce: 'required',
      profile: { url: `${api}/me`, subject: 'user.id' },
      api: { baseUrls: [api] },
    }),
  ];
  const client = { clientId: 'bench', clientSecret: 'bench-secret' };
  const catalogue = createCatalogue({ definitions, clients: { first: client, second: client } });
  const connections = createConnections({
    prisma,
    vault,
    catalogue,
    recent: { maxAgeMs: readAgainAfterMs },
    onTrouble: (what, error) => console.error(what, error),
  });
  const { id: userId } = await prisma.user.create({ data: { name: 'Bench' } });
  const later = new Date(Date.now() + 3_600_000);
  const tokens = {
    first: { protocol: 'oauth1', token: TokenCredentials.from({ token: 'token', tokenSecret: 'token-secret' }) },
    second: {
      protocol: 'oauth2',
      token: new OAuth2Token({ accessToken: 'access-token', refreshToken: 'refresh-token', expiresAt: later }),
    },
  } as const;
  for (const [provider, credentials] of Object.entries(tokens)) {
    const id = randomUUID();
    const times = credentials.protocol === 'oauth2' ? { expiresAt: later, refreshAt: later } : {};
    const account = { provider, sandbox: false, namespace: provider, subject: id, label: 'Bench', profile: {} };
    const sealed = sealCredentials(vault, id, credentials);
    await prisma.connection.create({ data: { id, userId, ...account, ...times, ...sealed } });
  }
  return { userId, clients: connections.clients, close: () => connections.close() };
}
