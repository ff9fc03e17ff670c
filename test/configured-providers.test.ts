import { generateKeyPairSync } from 'node:crypto';
import { type Environment, readConfig } from '../src/config.js';
import { configuredProviders } from '../src/configured-providers.js';
import {
  builtInDefinitions,
  createCatalogue,
  defineProvider,
  type ProviderDefinition,
} from '../src/providers/index.js';

const publicOne = defineProvider({
  id: 'public-one',
  name: 'Public',
  protocol: 'oauth2',
  authorize: { url: 'https://public.test/authorize' },
  token: { url: 'https://public.test/token', clientAuth: 'none' },
  scopes: { signIn: [], connect: [] },
  pkce: 'required',
  profile: { url: 'https://public.test/me', subject: 'id' },
  api: { baseUrls: ['https://public.test'] },
});
const KNOWN: readonly ProviderDefinition[] = [...builtInDefinitions, publicOne];

const configured = (environment: Environment) =>
  configuredProviders(
    readConfig(
      environment,
      KNOWN.map(({ id }) => id),
    ),
    KNOWN,
  );

/** As the app puts it together: what people can use in the end. */
function usable(environment: Environment): readonly string[] {
  const { clients, definitions, problems } = configured(environment);
  return createCatalogue({ definitions: [...KNOWN, ...definitions], clients, problems }).all.map(({ id }) => id);
}

it('nothing configured: nothing to use', () => {
  expect(configured({})).toEqual({ clients: {}, definitions: [], problems: new Map() });
  expect(usable({})).toEqual([]);
});

it('our client at each configured provider', () => {
  const environment = {
    TWITTER_CLIENT_ID: 'consumer key',
    TWITTER_CLIENT_SECRET: 'consumer secret',
    GOOGLE_HEALTH_CLIENT_ID: 'health',
    GOOGLE_HEALTH_CLIENT_SECRET: 'health secret',
  };
  expect(configured(environment)).toEqual({
    clients: {
      twitter: { clientId: 'consumer key', clientSecret: 'consumer secret' },
      'google-health': { clientId: 'health', clientSecret: 'health secret' },
    },
    definitions: [],
    problems: new Map(),
  });
  expect(usable(environment)).toEqual(['twitter', 'google-health']);
});

it.each<[string, Environment, string]>([
  ['without a secret', { GITHUB_CLIENT_ID: 'id' }, 'GITHUB_CLIENT_SECRET is missing.'],
  ['without an id', { GITHUB_CLIENT_SECRET: 'CANARY' }, 'GITHUB_CLIENT_ID is missing.'],
  [
    'with a secret file that is not there',
    { GITHUB_CLIENT_ID: 'i', GITHUB_CLIENT_SECRET_FILE: '/nowhere' },
    'GITHUB_CLIENT_SECRET_FILE names',
  ],
])('one %s is switched off alone, with a reason (sec-O5)', (_what, environment, reason) => {
  const all = { X_CLIENT_ID: 'id', X_CLIENT_SECRET: 'secret', ...environment };
  const { clients, problems } = configured(all);
  expect(Object.keys(clients)).toEqual(['x']);
  expect([...problems]).toEqual([['github', expect.stringMatching(`^${reason}`)]]);
  expect([...problems.values()].join()).not.toContain('CANARY');
  expect(usable(all)).toEqual(['x']);
});

it('one that is switched off is not handed to the sandbox either', () => {
  const { clients, problems } = configured({ GITHUB_CLIENT_ID: 'id' });
  const catalogue = createCatalogue({ definitions: KNOWN, clients, problems, sandboxOrigin: 'http://localhost:4000' });
  expect(catalogue.get('github')).toBeUndefined();
  expect(catalogue.problems.get('github')).toBe('GITHUB_CLIENT_SECRET is missing.');
  expect(catalogue.get('x')?.sandbox).toBe(true);
});

it('a public client needs no secret', () => {
  expect(usable({ PUBLIC_ONE_CLIENT_ID: 'id' })).toEqual(['public-one']);
});

describe('an issuer', () => {
  const environment = {
    ACME_ID_ISSUER: 'https://id.acme.test/realm',
    ACME_ID_CLIENT_ID: 'id',
    ACME_ID_CLIENT_SECRET: 's',
  };

  it('becomes a provider with a name, for signing in and connecting', () => {
    const { definitions, clients } = configured(environment);
    expect(definitions).toEqual([
      expect.objectContaining({
        id: 'acme-id',
        name: 'Acme Id',
        protocol: 'oidc',
        issuer: 'https://id.acme.test/realm',
        signIn: true,
      }),
    ]);
    expect(definitions[0]?.scopes.signIn).toContain('openid');
    expect(clients).toEqual({ 'acme-id': { clientId: 'id', clientSecret: 's' } });
    expect(usable(environment)).toEqual(['acme-id']);
  });

  it('may do without a secret', () => {
    expect(usable({ ACME_ISSUER: 'https://id.acme.test', ACME_CLIENT_ID: 'id' })).toEqual(['acme']);
  });

  it.each([
    { ACME_ISSUER: 'http://id.acme.test', ACME_CLIENT_ID: 'id' },
    { ACME_ISSUER: 'https://u:p@id.acme.test', ACME_CLIENT_ID: 'id' },
    { ACME_ISSUER: 'https://id.acme.test/#x', ACME_CLIENT_ID: 'id' },
    { ACME_ISSUER: ' https://id.acme.test /', ACME_CLIENT_ID: 'id' },
    { ACME_ISSUER: 'https://id.acme.test' },
    { [`${'LONG_'.repeat(20)}ISSUER`]: 'https://id.acme.test', [`${'LONG_'.repeat(20)}CLIENT_ID`]: 'id' },
    { A__B_ISSUER: 'https://id.acme.test', A__B_CLIENT_ID: 'id' },
  ])('that is bad in any way never stops the start: %j', (bad) => {
    const { definitions, problems } = configured(bad);
    expect(definitions).toEqual([]);
    expect(problems.size).toBe(1);
    expect(usable({ ...bad, ...environment })).toEqual(['acme-id']);
  });

  it.each(['constructor', 'hasownproperty', 'valueof'])('may have a name from JavaScript itself: %s', (id) => {
    const variable = id.toUpperCase();
    const odd = { [`${variable}_ISSUER`]: 'https://id.acme.test', [`${variable}_CLIENT_ID`]: 'id' };
    expect(usable(odd)).toEqual([id]);
    expect(usable({ ...odd, X_CLIENT_ID: 'i', X_CLIENT_SECRET: 's' })).toEqual(['x', id]);
  });
});

it.each([
  ['a word', 'CANARY'],
  ['JSON without the key', JSON.stringify({ issuer: 'CANARY', keyId: 'key' })],
  [
    'a key of another kind',
    JSON.stringify({
      issuer: 'team',
      keyId: 'CANARY',
      privateKey: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
    }),
  ],
])('a secret that is to be minted from a key takes no %s', (_what, secret) => {
  const { clients, problems } = configured({ APPLE_CLIENT_ID: 'id', APPLE_CLIENT_SECRET: secret });
  expect(clients).toEqual({});
  expect([...problems]).toEqual([
    ['apple', 'APPLE_CLIENT_SECRET must be JSON with issuer, keyId and privateKey (EC, PEM).'],
  ]);
});

it('and takes the key', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const secret = JSON.stringify({ issuer: 'team', keyId: 'key', privateKey: pem });
  expect(usable({ APPLE_CLIENT_ID: 'id', APPLE_CLIENT_SECRET: secret })).toEqual(['apple']);
});
