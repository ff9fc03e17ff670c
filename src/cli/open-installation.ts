/** Opens what a command works on: the database with its migrations, the vault, the catalogue and the connections, as the server does. */
import type { Config } from '../config.js';
import { type Connections, createConnections, openVault } from '../connections/index.js';
import { type Database, migrate, type PrismaClient } from '../db/index.js';
import type { HttpClient } from '../http/index.js';
import { originOfSandbox, secretsOf } from '../installation.js';
import { type Catalogue, createCatalogue, type ProviderDefinition } from '../providers/index.js';
import type { Vault } from '../vault/index.js';
import type { CommandLine } from './command-line.js';
import { complaint } from './complaint.js';
import { ensureSandbox } from './ensure-sandbox.js';

export interface OpenOptions {
  /** What another process is told is running, `latchkey call`. */
  readonly command: string;
  /** Providers are going to be called, so the sandbox has to answer where it stands in for one. */
  readonly online: boolean;
  /** Carries outbound requests instead of a client of its own. */
  readonly http?: HttpClient;
}

export interface OpenInstallation {
  readonly config: Config;
  readonly database: Database;
  readonly prisma: PrismaClient;
  readonly vault: Vault;
  readonly catalogue: Catalogue;
  readonly connections: Connections;
}

/**
 * Everything is closed again when the command ends.
 * @throws DataDirectoryLocked when a running server has the embedded database, and whatever keeps a server from starting
 */
export async function openInstallation(cli: CommandLine, options: OpenOptions): Promise<OpenInstallation> {
  const { config } = cli.installation;
  const database = await openMigratedDatabase(cli, options.command);
  const { prisma } = database;
  const vault = await openVault(database, secretsOf(config).vaultKeys);
  if (options.online) await ensureSandbox(cli);
  const catalogue = catalogueOf(cli);
  const connections = createConnections({
    prisma,
    vault,
    catalogue,
    now: cli.now,
    onTrouble: (what, error) => cli.terminal.say(`Note: ${what} (${complaint(error).message})`),
    ...(options.http ? { http: options.http } : {}),
  });
  cli.defer(() => connections.close());
  return { config, database, prisma, vault, catalogue, connections };
}

/** The database alone, brought up to this release. */
export async function openMigratedDatabase(cli: CommandLine, command: string): Promise<Database> {
  const database = await cli.openDatabase(command);
  const { ahead } = await migrate(database);
  if (ahead.length > 0) cli.terminal.say('Note: a newer release has migrated this database.');
  return database;
}

/** The providers of this installation; needs no database. */
export function catalogueOf(cli: CommandLine): Catalogue {
  const { config, definitions, providers } = cli.installation;
  const sandboxOrigin = originOfSandbox(config);
  const all: readonly ProviderDefinition[] = [...definitions, ...providers.definitions];
  return createCatalogue({
    definitions: all,
    clients: providers.clients,
    problems: providers.problems,
    ...(sandboxOrigin ? { sandboxOrigin } : {}),
  });
}
