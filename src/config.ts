/** The environment, read once: by main.ts and the command line only, and handed down. The README's table explains each variable. */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import {
  type Environment,
  type EnvironmentReader,
  environmentReader,
  InvalidConfiguration,
  shown,
} from './environment.js';
import { isLoopback } from './oauth2/index.js';
import { type ProviderSetting, readProviderSettings } from './provider-settings.js';
import { KeyRing } from './vault/index.js';

export { type Environment, InvalidConfiguration } from './environment.js';

export type SandboxSetting =
  | { readonly kind: 'off' }
  | { readonly kind: 'own'; readonly port: number }
  | { readonly kind: 'elsewhere'; readonly url: string };

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface Config {
  readonly production: boolean;
  /** What can be started with and is hardly what was meant; one sentence each. */
  readonly doubts: readonly string[];
  readonly port: number;
  readonly host: string;
  /** Origin and path without a trailing slash. */
  readonly baseUrl: string;
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  /** Undefined in development when none is set: then they are generated once into the data directory. */
  readonly sessionSecrets: readonly string[] | undefined;
  readonly vaultKeys: string | undefined;
  readonly sandbox: SandboxSetting;
  readonly providersDir: string | undefined;
  readonly providers: ReadonlyMap<string, ProviderSetting>;
  readonly trustProxy: number | readonly string[] | undefined;
  readonly logLevel: LogLevel;
  readonly rateLimit: boolean;
  readonly refresher: boolean;
  readonly operators: readonly string[];
  readonly signUp: 'open' | 'closed';
  readonly metricsToken: string | undefined;
  /** How long events and network addresses are kept. */
  readonly retentionDays: number;
}

const LOG_LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];
const MIN_SECRET_LENGTH = 32;
/** 32 random bytes have about 30 different ones; keys made of zeros, text or hex digits have fewer than this. */
const MIN_DIFFERENT_BYTES = 17;

/**
 * Reads the configuration.
 * @param environment process.env, or a test's own
 * @param definitionIds ids of all provider definitions, to find `<ID>_CLIENT_ID` and friends
 * @throws InvalidConfiguration
 */
export function readConfig(environment: Environment, definitionIds: readonly string[]): Config {
  const read = environmentReader(environment);
  const production = environment.NODE_ENV === 'production';
  const port = read.port('PORT', 3000);
  const providers = readProviderSettings(read, definitionIds);
  const configured = [...providers.values()].some(
    ({ client, problem, doubtful }) => client !== undefined || (problem !== undefined && !doubtful),
  );
  const config: Config = {
    production,
    doubts: doubtsAboutMode(environment.NODE_ENV?.trim()),
    port,
    host: readHost(read, production),
    baseUrl: readBaseUrl(read, port, production),
    databaseUrl: readDatabaseUrl(read),
    dataDir: resolve(read.text('DATA_DIR') ?? './data'),
    sessionSecrets: readSessionSecrets(read),
    vaultKeys: readVaultKeys(read),
    sandbox: readSandbox(read, production, configured),
    providersDir: read.text('PROVIDERS_DIR'),
    providers,
    trustProxy: readTrustProxy(read),
    logLevel: read.oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    rateLimit: read.oneOf('RATE_LIMIT', ['on', 'off'], 'on') === 'on',
    refresher: read.oneOf('REFRESHER', ['on', 'off'], 'on') === 'on',
    operators: readOperators(read),
    signUp: read.oneOf('SIGN_UP', ['open', 'closed'], 'open'),
    metricsToken: read.text('METRICS_TOKEN'),
    retentionDays: read.wholeNumber('RETENTION_DAYS', { fallback: 90, min: 1, max: 3650 }),
  };
  if (config.sandbox.kind === 'own' && config.sandbox.port === port && port !== 0) {
    throw new InvalidConfiguration('SANDBOX_PORT', 'must differ from PORT.');
  }
  if (production) refuseUnsafe(config, read);
  return config;
}

/** Other programs have modes of their own, so no other value is refused; but a slip of the pen must not be the end of production's checks. */
function doubtsAboutMode(mode: string | undefined): readonly string[] {
  if (!mode || ['development', 'test', 'production'].includes(mode)) return [];
  return [`NODE_ENV is "${shown(mode)}", which is taken for development. Only "production" is production.`];
}

function refuseUnsafe(config: Config, read: EnvironmentReader): void {
  const need = (variable: string, why: string) => {
    throw new InvalidConfiguration(variable, `must be set in production: ${why}.`);
  };
  if (!config.databaseUrl)
    need('DATABASE_URL', 'the embedded database is for development and does not survive a power cut');
  if (!config.sessionSecrets) need('SESSION_SECRET', 'it signs the session cookies');
  if (!config.vaultKeys) need('VAULT_KEYS', 'they seal the stored tokens');
  else refuseWeakKeys(KeyRing.parse(config.vaultKeys));
  if (!config.rateLimit) throw new InvalidConfiguration('RATE_LIMIT', 'must not be "off" in production.');
  refuseWeakToken(config);
  if (read.text('NODE_TLS_REJECT_UNAUTHORIZED') === '0') {
    throw new InvalidConfiguration('NODE_TLS_REJECT_UNAUTHORIZED', 'must not be "0" in production.');
  }
}

function refuseWeakToken({ metricsToken, sessionSecrets = [] }: Config): void {
  if (metricsToken === undefined) return;
  if (metricsToken.length < MIN_SECRET_LENGTH) {
    const make = 'make one with: openssl rand -hex 24';
    throw new InvalidConfiguration('METRICS_TOKEN', `must have ${MIN_SECRET_LENGTH} characters in production; ${make}`);
  }
  if (sessionSecrets.includes(metricsToken)) {
    throw new InvalidConfiguration('METRICS_TOKEN', 'must not be the SESSION_SECRET too in production.');
  }
}

function refuseWeakKeys(ring: KeyRing): void {
  const make = 'make one for production with: openssl rand -base64 32';
  const keys = ring.ids.map((id) => ring.get(id)?.export() ?? Buffer.alloc(0));
  if (keys.some((key) => new Set(key).size < MIN_DIFFERENT_BYTES)) {
    throw new InvalidConfiguration('VAULT_KEYS', `holds a key that looks like an example; ${make}`);
  }
  if (new Set(keys.map((key) => key.toString('hex'))).size < keys.length) {
    throw new InvalidConfiguration('VAULT_KEYS', `holds the same key twice; ${make}`);
  }
}

function readHost(read: EnvironmentReader, production: boolean): string {
  const host = read.text('HOST') ?? (production ? '0.0.0.0' : '127.0.0.1');
  if (isIP(host) || /^[a-z\d]([a-z\d.-]*[a-z\d])?$/i.test(host)) return host;
  throw new InvalidConfiguration('HOST', 'must be an address or a host name to listen on, without a port.');
}

function readBaseUrl(read: EnvironmentReader, port: number, production: boolean): string {
  const url = read.url('BASE_URL');
  if (!url) {
    if (production)
      throw new InvalidConfiguration('BASE_URL', 'must be set in production: providers send people back to it.');
    return `http://localhost:${port}`;
  }
  if (url.protocol === 'http:' && (production || !isLoopback(url.hostname))) {
    throw new InvalidConfiguration(
      'BASE_URL',
      production ? 'must be https in production.' : 'must be https, except on localhost.',
    );
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function readDatabaseUrl(read: EnvironmentReader): string | undefined {
  const value = read.text('DATABASE_URL');
  if (value === undefined) return undefined;
  if (!URL.canParse(value) || !/^postgres(ql)?:$/.test(new URL(value).protocol)) {
    throw new InvalidConfiguration('DATABASE_URL', 'must look like postgresql://user:password@host:5432/database.');
  }
  return value;
}

function readSessionSecrets(read: EnvironmentReader): readonly string[] | undefined {
  const value = read.text('SESSION_SECRET');
  if (value === undefined) return undefined;
  const secrets = value.split(',').map((secret) => secret.trim());
  if (secrets.some((secret) => secret.length < MIN_SECRET_LENGTH)) {
    throw new InvalidConfiguration(
      'SESSION_SECRET',
      `must be at least ${MIN_SECRET_LENGTH} characters, each of a comma list.`,
    );
  }
  if (new Set(secrets).size !== secrets.length)
    throw new InvalidConfiguration('SESSION_SECRET', 'names a secret twice.');
  if (secrets.some((secret) => new Set(secret).size < 8 || /change.?me|example|secret-?here/i.test(secret))) {
    throw new InvalidConfiguration('SESSION_SECRET', 'looks like an example; make one with: openssl rand -base64 48');
  }
  return secrets;
}

function readVaultKeys(read: EnvironmentReader): string | undefined {
  const value = read.text('VAULT_KEYS');
  if (value === undefined) return undefined;
  try {
    KeyRing.parse(value);
  } catch (error) {
    throw new InvalidConfiguration(
      'VAULT_KEYS',
      `cannot be used: ${error instanceof Error ? error.message : 'unknown'}.`,
    );
  }
  return value;
}

function readSandbox(read: EnvironmentReader, production: boolean, configured: boolean): SandboxSetting {
  const setting = read.oneOf('SANDBOX', ['auto', 'on', 'off'], 'auto');
  if (production && setting === 'on') throw new InvalidConfiguration('SANDBOX', 'must not be "on" in production.');
  const url = read.url('SANDBOX_URL');
  const port = read.port('SANDBOX_PORT', 4000);
  if (url && !(isLoopback(url.hostname) && url.pathname === '/')) {
    throw new InvalidConfiguration('SANDBOX_URL', 'must be a loopback host and its port, without a path.');
  }
  const on = setting === 'on' || (setting === 'auto' && !production && !configured);
  if (!on) return { kind: 'off' };
  return url ? { kind: 'elsewhere', url: url.origin } : { kind: 'own', port };
}

function readTrustProxy(read: EnvironmentReader): Config['trustProxy'] {
  const value = read.text('TRUST_PROXY');
  if (value === undefined) return undefined;
  if (/^\d{1,2}$/.test(value)) return Number(value) || undefined;
  const networks = value.split(',').map((network) => network.trim());
  if (networks.every(isNetwork)) return networks;
  throw new InvalidConfiguration(
    'TRUST_PROXY',
    'must be a number of proxies or a comma list of addresses or networks.',
  );
}

/** As Express reads it: a name, an address, or an address and a prefix length. */
function isNetwork(text: string): boolean {
  if (/^(loopback|linklocal|uniquelocal)$/.test(text)) return true;
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || address.includes('%') || rest.length > 0) return false;
  return prefix === undefined || (/^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

function readOperators(read: EnvironmentReader): readonly string[] {
  const operators = (read.text('OPERATORS') ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
  if (operators.some((operator) => !/^[a-z0-9:-]+:.+$/.test(operator))) {
    throw new InvalidConfiguration('OPERATORS', 'must be a comma list of namespace:subject.');
  }
  return operators;
}
