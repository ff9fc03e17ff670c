/** A database with connections whose tokens a {@link TokenEndpoint} granted, and the room that keeps them fresh; no web app around it. */
import { randomUUID } from 'node:crypto';
import {
  type Connections,
  type ConnectionsOptions,
  createConnections,
  sealCredentials,
} from '../../src/connections/index.js';
import type { Connection, Database } from '../../src/db/index.js';
import { OAuth2Token } from '../../src/oauth2/index.js';
import {
  builtInDefinitions,
  type Catalogue,
  createCatalogue,
  type ProviderDefinition,
} from '../../src/providers/index.js';
import { KeyRing, Vault } from '../../src/vault/index.js';
import { testDatabase } from './database.js';
import { TokenEndpoint } from './token-endpoint.js';

export interface StockedConnections {
  readonly database: Database;
  readonly endpoint: TokenEndpoint;
  readonly catalogue: Catalogue;
  readonly vault: Vault;
  /** Faults that reached no caller. */
  readonly troubles: { readonly what: string; readonly error: unknown }[];
  /** A process of its own, as far as the database can tell. */
  instance(options?: Partial<ConnectionsOptions>): Connections;
  /** Connections of as many people, expired for an hour unless `columns` says otherwise. @returns their ids */
  stock(count: number, columns?: Partial<Connection>): Promise<string[]>;
  row(id: string): Promise<Connection>;
  /** Empties the tables, forgets all calls and closes the instances. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export const STOCK_KEYS = `one:${Buffer.alloc(32, 1).toString('base64')}`;

/** @param options.definitions besides the built-in ones */
export async function stockedConnections(
  options: { definitions?: readonly ProviderDefinition[] } = {},
): Promise<StockedConnections> {
  const { database, reset: empty, close: closeDatabase } = await testDatabase();
  const endpoint = new TokenEndpoint();
  const origin = await endpoint.listen();
  const definitions = [...builtInDefinitions, ...(options.definitions ?? [])];
  const catalogue = createCatalogue({ definitions, sandboxOrigin: origin });
  const vault = new Vault(KeyRing.parse(STOCK_KEYS));
  const { prisma } = database;
  const troubles: { what: string; error: unknown }[] = [];
  let instances: Connections[] = [];
  const closeInstances = async () => {
    await Promise.all(instances.map((instance) => instance.close()));
    instances = [];
  };
  return {
    database,
    endpoint,
    catalogue,
    vault,
    troubles,
    instance(more = {}) {
      const onTrouble = (what: string, error: unknown) => troubles.push({ what, error });
      const instance = createConnections({ prisma, vault, catalogue, onTrouble, ...more });
      instances.push(instance);
      return instance;
    },
    async stock(count, columns = {}) {
      const past = new Date(Date.now() - 3_600_000);
      const rows = Array.from({ length: count }, () => {
        const [id, userId] = [randomUUID(), randomUUID()];
        const token = new OAuth2Token({
          accessToken: `access-${id}`,
          refreshToken: endpoint.grant(id),
          expiresAt: past,
        });
        const sealed = sealCredentials(vault, id, { protocol: 'oauth2', token });
        const account = { provider: 'fitbit', sandbox: true, namespace: 'sandbox:fitbit', subject: id, label: id };
        const times = { expiresAt: past, refreshAt: past };
        return { id, userId, ...account, profile: {}, scopes: [], ...sealed, ...times, ...columns };
      });
      await prisma.user.createMany({ data: rows.map(({ userId }) => ({ id: userId })) });
      await prisma.connection.createMany({ data: rows.map((row) => ({ ...row, profile: {} })) });
      return rows.map(({ id }) => id);
    },
    row: (id) => prisma.connection.findUniqueOrThrow({ where: { id } }),
    async reset() {
      await closeInstances();
      await empty();
      endpoint.reset();
      troubles.length = 0;
    },
    async close() {
      await closeInstances();
      await endpoint.close();
      await closeDatabase();
    },
  };
}
