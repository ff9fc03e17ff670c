/** This installation's engine with one provider: the token endpoint of the bench. */
import { type Connections, createConnections, openVault } from '../../dist/connections/index.js';
import type { Database } from '../../dist/db/index.js';
import { createCatalogue, defineProvider } from '../../dist/providers/index.js';
import type { Vault } from '../../dist/vault/index.js';

export const PROVIDER = 'instant';

export interface Engine {
  readonly connections: Connections;
  readonly vault: Vault;
}

/** @param origin where the token endpoint listens */
export async function createEngine(database: Database, origin: string): Promise<Engine> {
  const vault = await openVault(database, `bench:${Buffer.alloc(32, 1).toString('base64')}`);
  const definition = defineProvider({
    id: PROVIDER,
    name: 'Instant',
    protocol: 'oauth2',
    authorize: { url: `${origin}/authorize` },
    token: { url: `${origin}/token`, clientAuth: 'basic' },
    scopes: { signIn: [], connect: [] },
    pkce: 'required',
    profile: { url: `${origin}/me`, subject: 'id' },
    api: { baseUrls: [origin] },
  });
  const clients = { [PROVIDER]: { clientId: 'bench', clientSecret: 'bench-secret' } };
  const connections = createConnections({
    prisma: database.prisma,
    vault,
    catalogue: createCatalogue({ definitions: [definition], clients }),
    onTrouble: (what, error) => console.error(what, error),
  });
  return { connections, vault };
}
