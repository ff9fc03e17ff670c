/** What the environment says this installation is: its settings, its providers and its secrets. The server and the command line begin here. */
import { type Config, type Environment, InvalidConfiguration, readConfig } from './config.js';
import { type ConfiguredProviders, configuredProviders } from './configured-providers.js';
import { createDataDirectory } from './data-directory.js';
import { generatedSecrets } from './generated-secrets.js';
import {
  builtInDefinitions,
  type LoadedDefinitions,
  loadDefinitions,
  type ProviderDefinition,
} from './providers/index.js';

export interface Installation {
  readonly config: Config;
  /** Those that ship with Latchkey and those of PROVIDERS_DIR. */
  readonly definitions: readonly ProviderDefinition[];
  /** What of it did not ship with Latchkey, and the files that were refused. */
  readonly custom: LoadedDefinitions;
  readonly providers: ConfiguredProviders;
}

export interface Secrets {
  readonly sessionSecrets: readonly string[];
  readonly vaultKeys: string;
}

/**
 * Reads a `.env` file of the working directory into the process's environment, when there is one. A variable from it never replaces one
 * of the real environment.
 * @throws InvalidConfiguration
 */
export function loadEnvironmentFile(): void {
  try {
    process.loadEnvFile();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw new InvalidConfiguration('.env', 'is there but cannot be read as a file of variables.');
  }
}

/** @throws InvalidConfiguration, and an error when PROVIDERS_DIR cannot be listed */
export function readInstallation(environment: Environment): Installation {
  const custom = loadDefinitions(environment.PROVIDERS_DIR?.trim() || undefined);
  const definitions = [...builtInDefinitions, ...custom.definitions];
  const config = readConfig(
    environment,
    definitions.map(({ id }) => id),
  );
  return { config, definitions, custom, providers: configuredProviders(config, definitions) };
}

/**
 * The secrets that are set; those that are not, which production does not allow, are generated once into the data directory.
 * @throws InvalidConfiguration, GeneratedSecretsDamaged
 */
export function secretsOf({ sessionSecrets, vaultKeys, dataDir }: Config): Secrets {
  if (sessionSecrets && vaultKeys) return { sessionSecrets, vaultKeys };
  createDataDirectory(dataDir);
  const generated = generatedSecrets(dataDir);
  return {
    sessionSecrets: sessionSecrets ?? [generated.sessionSecret],
    vaultKeys: vaultKeys ?? generated.vaultKeys,
  };
}

/** Where the stand-in for real providers answers; undefined when it is off. */
export function originOfSandbox({ sandbox }: Config): string | undefined {
  if (sandbox.kind === 'off') return undefined;
  return sandbox.kind === 'own' ? `http://localhost:${sandbox.port}` : sandbox.url;
}
