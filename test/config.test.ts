import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { inspect } from 'node:util';
import express from 'express';
import { type Config, type Environment, InvalidConfiguration, readConfig } from '../src/config.js';

const IDS = ['twitter', 'google', 'google-health', 'github', 'x'];
const KEY = Buffer.from(Array.from({ length: 32 }, (_, at) => (at * 41 + 17) % 256)).toString('base64');
const OTHER_KEY = Buffer.from(Array.from({ length: 32 }, (_, at) => (at * 43 + 5) % 256)).toString('base64');
const SECRET = 'bX9vQ2pLrT7yWzK4nH8sD1fG6jM3cE5a';
const OTHER_SECRET = 'qP0oI9uY8tR7eW6qA5sD4fG3hJ2kL1zX';
const PRODUCTION: Environment = {
  NODE_ENV: 'production',
  BASE_URL: 'https://app.example.com',
  DATABASE_URL: 'postgresql://latchkey:pw@db.example.com:5432/latchkey',
  SESSION_SECRET: SECRET,
  VAULT_KEYS: `k1:${KEY}`,
};

const read = (environment: Environment = {}) => readConfig(environment, IDS);

function refusal(environment: Environment): InvalidConfiguration {
  try {
    read(environment);
  } catch (error) {
    if (error instanceof InvalidConfiguration) return error;
    throw error;
  }
  throw new Error(`Accepted: ${inspect(environment)}`);
}

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'latchkey-config-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

it('needs nothing in development', () => {
  expect(read()).toEqual({
    production: false,
    doubts: [],
    port: 3000,
    host: '127.0.0.1',
    baseUrl: 'http://localhost:3000',
    databaseUrl: undefined,
    dataDir: resolve('data'),
    sessionSecrets: undefined,
    vaultKeys: undefined,
    sandbox: { kind: 'own', port: 4000 },
    providersDir: undefined,
    providers: new Map(),
    trustProxy: undefined,
    logLevel: 'info',
    rateLimit: true,
    refresher: true,
    operators: [],
    signUp: 'open',
    metricsToken: undefined,
    retentionDays: 90,
  });
});

it('starts in production with what production needs, listening everywhere, without a sandbox', () => {
  expect(read(PRODUCTION)).toMatchObject({
    production: true,
    host: '0.0.0.0',
    baseUrl: 'https://app.example.com',
    databaseUrl: PRODUCTION.DATABASE_URL,
    sessionSecrets: [SECRET],
    vaultKeys: PRODUCTION.VAULT_KEYS,
    sandbox: { kind: 'off' },
  });
});

describe('a good value', () => {
  it.each<[string, string, Partial<Config>]>([
    ['PORT', '8080', { port: 8080, baseUrl: 'http://localhost:8080' }],
    ['PORT', '0', { port: 0 }],
    ['PORT', ' 65535 ', { port: 65_535 }],
    ['HOST', '0.0.0.0', { host: '0.0.0.0' }],
    ['HOST', '::', { host: '::' }],
    ['HOST', 'app.internal', { host: 'app.internal' }],
    ['BASE_URL', 'https://app.example.com/', { baseUrl: 'https://app.example.com' }],
    ['BASE_URL', 'https://app.example.com/people//', { baseUrl: 'https://app.example.com/people' }],
    ['BASE_URL', 'HTTPS://APP.example.com:443', { baseUrl: 'https://app.example.com' }],
    ['BASE_URL', 'https://app.example.com?', { baseUrl: 'https://app.example.com' }],
    ['BASE_URL', 'https://app.example.com/#', { baseUrl: 'https://app.example.com' }],
    ['BASE_URL', 'http://localhost:8080', { baseUrl: 'http://localhost:8080' }],
    ['BASE_URL', 'http://127.0.0.1', { baseUrl: 'http://127.0.0.1' }],
    ['BASE_URL', 'http://[::1]:3000', { baseUrl: 'http://[::1]:3000' }],
    ['DATABASE_URL', 'postgres://u:p@h/d', { databaseUrl: 'postgres://u:p@h/d' }],
    ['DATA_DIR', '/var/lib/latchkey', { dataDir: '/var/lib/latchkey' }],
    ['DATA_DIR', 'here', { dataDir: resolve('here') }],
    ['SESSION_SECRET', SECRET, { sessionSecrets: [SECRET] }],
    ['SESSION_SECRET', `${SECRET} , ${OTHER_SECRET}`, { sessionSecrets: [SECRET, OTHER_SECRET] }],
    ['VAULT_KEYS', `b:${OTHER_KEY},a:${KEY}`, { vaultKeys: `b:${OTHER_KEY},a:${KEY}` }],
    ['PROVIDERS_DIR', './providers', { providersDir: './providers' }],
    ['TRUST_PROXY', '2', { trustProxy: 2 }],
    ['TRUST_PROXY', '0', { trustProxy: undefined }],
    ['TRUST_PROXY', 'loopback', { trustProxy: ['loopback'] }],
    ['TRUST_PROXY', '10.0.0.0/8, fd00::/8, 192.0.2.7', { trustProxy: ['10.0.0.0/8', 'fd00::/8', '192.0.2.7'] }],
    ['TRUST_PROXY', 'uniquelocal,linklocal', { trustProxy: ['uniquelocal', 'linklocal'] }],
    ['LOG_LEVEL', 'silent', { logLevel: 'silent' }],
    ['RATE_LIMIT', 'off', { rateLimit: false }],
    ['REFRESHER', 'off', { refresher: false }],
    ['SIGN_UP', 'closed', { signUp: 'closed' }],
    ['OPERATORS', 'twitter:1234, sandbox:fitbit:ABC:9', { operators: ['twitter:1234', 'sandbox:fitbit:ABC:9'] }],
    ['METRICS_TOKEN', 'scrape-me', { metricsToken: 'scrape-me' }],
    ['RETENTION_DAYS', '1', { retentionDays: 1 }],
    ['RETENTION_DAYS', '3650', { retentionDays: 3650 }],
    ['SANDBOX_PORT', '4711', { sandbox: { kind: 'own', port: 4711 } }],
    ['SANDBOX_URL', 'http://127.0.0.1:4711/', { sandbox: { kind: 'elsewhere', url: 'http://127.0.0.1:4711' } }],
  ])('%s=%s', (variable, value, expected) => {
    expect(read({ [variable]: value })).toMatchObject(expected);
  });

  it.each([
    'PORT',
    'BASE_URL',
    'SESSION_SECRET',
    'VAULT_KEYS',
    'LOG_LEVEL',
    'SANDBOX',
    'DATABASE_URL',
    'TWITTER_CLIENT_ID',
  ])('blank counts as unset: %s', (variable) => {
    expect(read({ [variable]: '  ' })).toEqual(read());
  });
});

describe('a bad value stops the start with one sentence that names the variable', () => {
  it.each([
    ['PORT', 'http'],
    ['PORT', '-1'],
    ['PORT', '65536'],
    ['PORT', '3000.5'],
    ['PORT', '0x50'],
    ['PORT', '1e3'],
    ['HOST', 'http://0.0.0.0'],
    ['HOST', '127.0.0.1:3000'],
    ['HOST', 'two words'],
    ['BASE_URL', 'app.example.com'],
    ['BASE_URL', 'ftp://app.example.com'],
    ['BASE_URL', 'http://app.example.com'],
    ['BASE_URL', 'http://localhost.example.com'],
    ['BASE_URL', 'http://10.0.0.1'],
    ['BASE_URL', 'https://user@app.example.com'],
    ['BASE_URL', 'https://:pw@app.example.com'],
    ['BASE_URL', 'https://app.example.com/?a=b'],
    ['BASE_URL', 'https://app.example.com/#a'],
    ['DATABASE_URL', 'mysql://u:p@h/d'],
    ['DATABASE_URL', 'file:./dev.db'],
    ['DATABASE_URL', 'db.example.com'],
    ['SESSION_SECRET', SECRET.slice(1)],
    ['SESSION_SECRET', `${SECRET},short`],
    ['SESSION_SECRET', `${SECRET},`],
    ['SESSION_SECRET', `${SECRET},${SECRET}`],
    ['SESSION_SECRET', 'a'.repeat(64)],
    ['SESSION_SECRET', 'abcabcabcabcabcabcabcabcabcabcabcabc'],
    ['SESSION_SECRET', 'please-change-me-before-you-go-live-0123456789'],
    ['SESSION_SECRET', 'an example secret of sufficient length 12345'],
    ['VAULT_KEYS', KEY],
    ['VAULT_KEYS', `k1:${KEY.slice(4)}`],
    ['VAULT_KEYS', `k1:${KEY},k1:${OTHER_KEY}`],
    ['SANDBOX', 'yes'],
    ['SANDBOX_PORT', '99999'],
    ['SANDBOX_URL', 'localhost:4000'],
    ['SANDBOX_URL', 'http://sandbox.example.com'],
    ['SANDBOX_URL', 'http://localhost:4000/api.fitbit.com'],
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', '-1'],
    ['TRUST_PROXY', 'abc'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['TRUST_PROXY', '10.0.0.0/0'],
    ['TRUST_PROXY', '10.0.0/8'],
    ['TRUST_PROXY', 'fd00::/129'],
    ['TRUST_PROXY', '10.0.0.1,'],
    ['TRUST_PROXY', 'LOOPBACK'],
    ['LOG_LEVEL', 'INFO'],
    ['LOG_LEVEL', 'loud\nand clear'],
    ['RATE_LIMIT', 'false'],
    ['REFRESHER', 'no'],
    ['RETENTION_DAYS', '0'],
    ['RETENTION_DAYS', '3651'],
    ['RETENTION_DAYS', '-1'],
    ['RETENTION_DAYS', '1.5'],
    ['RETENTION_DAYS', 'forever'],
    ['SIGN_UP', 'invite'],
    ['OPERATORS', '1234'],
    ['OPERATORS', 'twitter:'],
    ['OPERATORS', 'someone@example.com'],
  ])('%s=%s', (variable, value) => {
    const error = refusal({ [variable]: value });
    expect([error.code, error.variable, error.name]).toEqual([
      'invalid_configuration',
      variable,
      'InvalidConfiguration',
    ]);
    expect(error.message).toMatch(new RegExp(`^${variable} [^\\n]+(\\.|48)$`));
  });

  it('what is accepted for TRUST_PROXY, Express accepts too', () => {
    for (const value of [
      '1',
      'loopback',
      'linklocal, uniquelocal',
      '10.0.0.0/8',
      '::1',
      'fd00::/8,::ffff:10.0.0.1',
      '0.0.0.0/1',
    ]) {
      const { trustProxy } = read({ TRUST_PROXY: value });
      expect(() => express().set('trust proxy', trustProxy)).not.toThrow();
    }
  });
});

describe('secrets', () => {
  const everywhere = (error: unknown) => `${inspect(error, { depth: 9, showHidden: true })} ${JSON.stringify(error)}`;

  it.each<[string, Environment, string]>([
    ['SESSION_SECRET', { SESSION_SECRET: 'CANARY-short' }, 'CANARY'],
    ['SESSION_SECRET', { SESSION_SECRET: `${SECRET},CANARY` }, 'CANARY'],
    ['SESSION_SECRET', { SESSION_SECRET: `${SECRET},${SECRET}` }, SECRET],
    ['VAULT_KEYS', { VAULT_KEYS: 'CANARY' }, 'CANARY'],
    ['VAULT_KEYS', { VAULT_KEYS: 'k1:CANARY' }, 'CANARY'],
    ['VAULT_KEYS', { VAULT_KEYS: 'CANARY:k1' }, 'CANARY'],
    ['DATABASE_URL', { DATABASE_URL: 'mysql://u:CANARY@h/d' }, 'CANARY'],
    ['BASE_URL', { BASE_URL: 'https://u:CANARY@h' }, 'CANARY'],
    ['SANDBOX_URL', { SANDBOX_URL: 'http://u:CANARY@localhost' }, 'CANARY'],
  ])('are not in the message: %s', (variable, environment, secret) => {
    const error = refusal(environment);
    expect(error.variable).toBe(variable);
    expect(everywhere(error)).not.toContain(secret);
  });

  it.each([
    ['SESSION_SECRET', SECRET, { sessionSecrets: [SECRET] }],
    ['VAULT_KEYS', `k1:${KEY}`, { vaultKeys: `k1:${KEY}` }],
    ['DATABASE_URL', 'postgresql://u:p@h/d', { databaseUrl: 'postgresql://u:p@h/d' }],
    ['METRICS_TOKEN', 'scrape-me', { metricsToken: 'scrape-me' }],
  ])('may come from a file: %s_FILE, without the line break at its end', (variable, value, expected) => {
    expect(read({ [`${variable}_FILE`]: file(variable, `${value}\n`) })).toMatchObject(expected);
  });

  it('of a provider may come from a file too', () => {
    const environment = {
      X_CLIENT_ID_FILE: file('id', 'our id\n'),
      X_CLIENT_SECRET_FILE: file('secret', 'our secret\r\n'),
    };
    expect(read(environment).providers).toEqual(
      new Map([['x', { client: { clientId: 'our id', clientSecret: 'our secret' } }]]),
    );
  });

  it('the variable itself wins over the file', () => {
    expect(read({ METRICS_TOKEN: 'direct', METRICS_TOKEN_FILE: file('token', 'from the file') }).metricsToken).toBe(
      'direct',
    );
  });

  it.each(['SESSION_SECRET', 'VAULT_KEYS', 'DATABASE_URL', 'METRICS_TOKEN'])(
    'a file that is missing or empty is named, and not taken for an unset %s',
    (variable) => {
      for (const path of [join(directory, 'nowhere'), directory, file('empty', ' \n')]) {
        const error = refusal({ [`${variable}_FILE`]: path });
        expect([error.variable, error.message.split(' ')[0]]).toEqual([`${variable}_FILE`, `${variable}_FILE`]);
      }
    },
  );

  it('a wrong value from a file is refused like any other, by the name of the variable', () => {
    const error = refusal({ SESSION_SECRET_FILE: file('short', 'CANARY\n') });
    expect(error.variable).toBe('SESSION_SECRET');
    expect(everywhere(error)).not.toContain('CANARY');
  });
});

describe('production refuses', () => {
  it.each<[string, string | undefined]>([
    ['BASE_URL', undefined],
    ['BASE_URL', 'http://app.example.com'],
    ['BASE_URL', 'http://localhost:3000'],
    ['DATABASE_URL', undefined],
    ['SESSION_SECRET', undefined],
    ['SESSION_SECRET', 'short'],
    ['VAULT_KEYS', undefined],
    ['VAULT_KEYS', `k1:${Buffer.alloc(32).toString('base64')}`],
    ['VAULT_KEYS', `k1:${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`],
    ['VAULT_KEYS', `k2:${KEY},k1:${KEY}`],
    ['RATE_LIMIT', 'off'],
    ['METRICS_TOKEN', 'scrape-me'],
    ['METRICS_TOKEN', SECRET],
    ['SANDBOX', 'on'],
    ['NODE_TLS_REJECT_UNAUTHORIZED', '0'],
  ])('%s=%s (sec-O1)', (variable, value) => {
    const error = refusal({ ...PRODUCTION, [variable]: value });
    expect(error.variable).toBe(variable);
    expect(error.message).toMatch(value === 'short' ? /32 characters/ : /production/);
    expect(inspect(error)).not.toContain(KEY);
  });

  it('only where NODE_ENV says production', () => {
    expect(read({ NODE_ENV: 'development', RATE_LIMIT: 'off', SANDBOX: 'on' }).production).toBe(false);
    expect(read({ NODE_ENV: 'test' }).production).toBe(false);
  });

  it.each(['produciton', 'Production', 'prod', 'staging'])(
    'NODE_ENV=%s is development, with a word about it',
    (mode) => {
      const { production, doubts } = read({ NODE_ENV: mode });
      expect({ production, doubts }).toEqual({
        production: false,
        doubts: [expect.stringContaining(`NODE_ENV is "${mode}"`)],
      });
    },
  );

  it.each([undefined, '', ' ', 'development', 'test'])('NODE_ENV=%j needs none', (mode) => {
    expect(read({ NODE_ENV: mode }).doubts).toEqual([]);
    expect(read(PRODUCTION).doubts).toEqual([]);
  });

  it('no sandbox that a setting left over from development names', () => {
    const leftovers = { SANDBOX: 'auto', SANDBOX_URL: 'http://localhost:4000', SANDBOX_PORT: '4000' };
    expect(read({ ...PRODUCTION, ...leftovers }).sandbox).toEqual({ kind: 'off' });
  });
});

describe('the sandbox', () => {
  const configured = { X_CLIENT_ID: 'id', X_CLIENT_SECRET: 'secret' };
  const broken = { X_CLIENT_SECRET: 'secret' };

  it.each<[string, Environment, 'own' | 'off']>([
    ['auto, nothing configured', {}, 'own'],
    ['auto, a provider configured', configured, 'off'],
    ['auto, a provider configured badly: nobody is sent to a stand-in by a slip of the pen', broken, 'off'],
    ['on, nothing configured', { SANDBOX: 'on' }, 'own'],
    ['on, a provider configured', { SANDBOX: 'on', ...configured }, 'own'],
    ['off, nothing configured', { SANDBOX: 'off' }, 'off'],
    ['off, a provider configured', { SANDBOX: 'off', ...configured }, 'off'],
    ['off, with an address', { SANDBOX: 'off', SANDBOX_URL: 'http://localhost:1' }, 'off'],
    ['auto in production', PRODUCTION, 'off'],
    ['auto in production, a provider configured', { ...PRODUCTION, ...configured }, 'off'],
    ['off in production', { ...PRODUCTION, SANDBOX: 'off' }, 'off'],
  ])('%s: %#', (_what, environment, kind) => {
    expect(read(environment).sandbox.kind).toBe(kind);
  });

  it('elsewhere wins over a port', () => {
    const environment = { SANDBOX_URL: 'http://localhost:4711', SANDBOX_PORT: '4712' };
    expect(read(environment).sandbox).toEqual({ kind: 'elsewhere', url: 'http://localhost:4711' });
    expect(read({ ...environment, ...configured }).sandbox).toEqual({ kind: 'off' });
    expect(read({ ...environment, ...configured, SANDBOX: 'on' }).sandbox.kind).toBe('elsewhere');
  });
});

describe('providers', () => {
  const settings = (environment: Environment) => Object.fromEntries(read(environment).providers);
  const good = { GITHUB_CLIENT_ID: 'id', GITHUB_CLIENT_SECRET: 'secret' };
  const client = { clientId: 'id', clientSecret: 'secret' };

  it('are named in upper case, a hyphen becoming an underscore', () => {
    const environment = { GOOGLE_HEALTH_CLIENT_ID: 'health', GOOGLE_CLIENT_ID: 'id', GOOGLE_CLIENT_SECRET: 'secret' };
    expect(settings(environment)).toEqual({ google: { client }, 'google-health': { client: { clientId: 'health' } } });
  });

  it.each<[string, Environment, string, RegExp]>([
    ['a secret without an id', { X_CLIENT_SECRET: 'CANARY' }, 'x', /^X_CLIENT_ID is missing\.$/],
    ['a file that is not there', { X_CLIENT_ID: 'i', X_CLIENT_SECRET_FILE: '/nowhere' }, 'x', /^X_CLIENT_SECRET_FILE /],
    ['an issuer without an id', { ACME_ISSUER: 'https://id.acme.test' }, 'acme', /^ACME_CLIENT_ID is missing\.$/],
    ['an issuer over http', { ACME_ISSUER: 'http://id.acme.test', ACME_CLIENT_ID: 'i' }, 'acme', /^ACME_ISSUER /],
    ['an issuer that is no URL', { ACME_ISSUER: 'id.acme.test', ACME_CLIENT_ID: 'i' }, 'acme', /^ACME_ISSUER /],
    [
      'an issuer with a query',
      { ACME_ISSUER: 'https://id.acme.test/?a', ACME_CLIENT_ID: 'i' },
      'acme',
      /^ACME_ISSUER /,
    ],
    [
      'an issuer with credentials',
      { ACME_ISSUER: 'https://u:CANARY@id.acme.test', ACME_CLIENT_ID: 'i' },
      'acme',
      /^ACME_ISSUER /,
    ],
    [
      'an issuer with white space',
      { ACME_ISSUER: 'https://id.acme.test/a b', ACME_CLIENT_ID: 'i' },
      'acme',
      /^ACME_ISSUER /,
    ],
    [
      'an issuer without end',
      { ACME_ISSUER: `https://id.acme.test/${'a'.repeat(2000)}`, ACME_CLIENT_ID: 'i' },
      'acme',
      /^ACME_ISSUER /,
    ],
    [
      'a name with a double hyphen',
      { A__B_ISSUER: 'https://id.acme.test', A__B_CLIENT_ID: 'i' },
      'a--b',
      /^A__B_ISSUER /,
    ],
    [
      'a name that is too long for an id',
      { [`${'A'.repeat(41)}_ISSUER`]: 'https://id.acme.test', [`${'A'.repeat(41)}_CLIENT_ID`]: 'i' },
      'a'.repeat(41),
      /^A{41}_ISSUER /,
    ],
  ])('%s switches that one off with a reason, and no other (sec-O5)', (_what, environment, id, problem) => {
    expect(settings({ ...environment, ...good })).toEqual({
      github: { client },
      [id]: expect.objectContaining({ problem: expect.stringMatching(problem) }),
    });
    expect(JSON.stringify(settings(environment))).not.toContain('CANARY');
  });

  it('an issuer for a provider that is defined already is not silently ignored', () => {
    const environment = {
      GOOGLE_ISSUER: 'https://id.acme.test',
      GOOGLE_CLIENT_ID: 'id',
      GOOGLE_CLIENT_SECRET: 'secret',
    };
    expect(settings(environment)).toEqual({ google: { problem: expect.stringMatching(/^GOOGLE_ISSUER /) } });
  });

  it('a file that only names an issuer and cannot be read switches that one off, too', () => {
    const environment = { ACME_ISSUER: '', ACME_ISSUER_FILE: '/nowhere', ACME_CLIENT_ID: 'i', ...good };
    expect(settings(environment)).toEqual({ github: { client } });
  });

  it.each([
    'https://id.acme.test',
    'https://id.acme.test/realms/main/',
    'http://localhost:8080/realms/x',
    'http://127.0.0.1:1',
  ])('any OpenID issuer becomes one: %s', (issuer) => {
    expect(settings({ ACME_ID_ISSUER: issuer, ACME_ID_CLIENT_ID: 'id', ACME_ID_CLIENT_SECRET: 'secret' })).toEqual({
      'acme-id': { client, issuer },
    });
  });

  it('names from JavaScript itself are names like any other', () => {
    const environment = { CONSTRUCTOR_ISSUER: 'https://id.acme.test', CONSTRUCTOR_CLIENT_ID: 'id' };
    const { providers } = read(environment);
    expect([...providers.keys()]).toEqual(['constructor']);
    expect(read({ __PROTO___ISSUER: 'https://id.acme.test', __PROTO___CLIENT_ID: 'i' }).providers.size).toBe(0);
  });

  it('variables of other programs are left alone', () => {
    expect(
      read({ CLIENT_ID: 'a', OTHER_CLIENT_ID: 'b', OTHER_CLIENT_SECRET: 'c', _ISSUER: 'd', issuer: 'e' }).providers
        .size,
    ).toBe(0);
  });
});

describe('an issuer of somebody else', () => {
  it('does not switch the sandbox off, but is named with what it lacks', () => {
    const config = readConfig({ JWT_ISSUER: 'https://login.example' }, ['twitter']);
    expect(config.sandbox).toEqual({ kind: 'own', port: 4000 });
    expect(config.providers.get('jwt')).toMatchObject({ problem: 'JWT_CLIENT_ID is missing.' });
  });
});
