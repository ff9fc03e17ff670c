import {
  builtInDefinitions,
  createCatalogue,
  defineProvider,
  type ProviderDefinition,
} from '../../src/providers/index.js';

const ORIGIN = 'http://localhost:4000';
const clients = { x: { clientId: 'id', clientSecret: 'secret' }, fitbit: { clientId: 'f', clientSecret: 's' } };

function custom(id: string, more: object = {}): ProviderDefinition {
  return defineProvider({
    id,
    name: 'Acme',
    protocol: 'oauth2',
    authorize: { url: 'https://acme.test/authorize' },
    token: { url: 'https://acme.test/token', clientAuth: 'basic' },
    scopes: { signIn: [], connect: [] },
    pkce: 'supported',
    profile: { url: 'https://api.acme.test/me', subject: 'id' },
    api: { baseUrls: ['https://api.acme.test'] },
    ...more,
  });
}

describe('who can be used', () => {
  it('nobody without a client of ours and without a sandbox', () => {
    const catalogue = createCatalogue({ definitions: builtInDefinitions });
    expect([catalogue.all, catalogue.get('x'), catalogue.sandboxOrigin]).toEqual([[], undefined, undefined]);
    expect(catalogue.definitions).toEqual(builtInDefinitions);
  });

  it('those with a client of ours', () => {
    const catalogue = createCatalogue({ definitions: builtInDefinitions, clients });
    expect(catalogue.all.map(({ id, sandbox, namespace }) => [id, sandbox, namespace])).toEqual([
      ['x', false, 'twitter'],
      ['fitbit', false, 'fitbit'],
    ]);
    expect(catalogue.get('x')).toMatchObject({
      client: clients.x,
      definition: builtInDefinitions.find(({ id }) => id === 'x'),
    });
  });

  it('everybody with a sandbox, which stands in only where we have no client', () => {
    const catalogue = createCatalogue({ definitions: builtInDefinitions, clients, sandboxOrigin: ORIGIN });
    expect(catalogue.all.map(({ id }) => id)).toEqual(builtInDefinitions.map(({ id }) => id));
    for (const provider of catalogue.all) {
      const real = Object.hasOwn(clients, provider.id);
      expect([provider.id, provider.sandbox]).toEqual([provider.id, !real]);
      expect(provider.apiOrigins.every((origin) => (origin === ORIGIN) === !real)).toBe(true);
      expect(provider.apiOrigins.length).toBeGreaterThan(0);
      expect(provider.namespace.startsWith('sandbox:')).toBe(!real);
    }
    expect(catalogue.get('google')?.client).toEqual({ clientId: 'sandbox-google', clientSecret: 'sandbox-secret' });
  });

  it('a switched-off one by nobody, sandbox or not', () => {
    const problems = new Map([['x', 'X_CLIENT_SECRET is missing.']]);
    for (const sandboxOrigin of [undefined, ORIGIN]) {
      const catalogue = createCatalogue({
        definitions: builtInDefinitions,
        clients,
        problems,
        ...(sandboxOrigin ? { sandboxOrigin } : {}),
      });
      expect([catalogue.get('x'), catalogue.find('x', true), catalogue.find('x', false)]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      expect(catalogue.get('fitbit')).toBeDefined();
      expect(catalogue.problems).toBe(problems);
    }
  });

  it('two definitions of one id are a mistake', () => {
    expect(() => createCatalogue({ definitions: [custom('acme'), custom('other'), custom('acme')] })).toThrow('"acme"');
  });
});

describe('the provider a stored row belongs to', () => {
  const real = createCatalogue({ definitions: builtInDefinitions, clients });
  const mixed = createCatalogue({ definitions: builtInDefinitions, clients, sandboxOrigin: ORIGIN });

  it('is never on the other side of the fence', () => {
    expect([mixed.find('x', false)?.id, mixed.find('x', true)]).toEqual(['x', undefined]);
    expect([mixed.find('github', true)?.id, mixed.find('github', false)]).toEqual(['github', undefined]);
    expect([real.find('github', true), real.find('github', false)]).toEqual([undefined, undefined]);
    for (const { id, sandbox } of mixed.all) {
      expect([mixed.find(id, sandbox)?.sandbox, mixed.find(id, !sandbox)]).toEqual([sandbox, undefined]);
    }
  });

  it.each([
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'valueOf',
    '',
    ' x',
    'X',
    'x ',
    'no-such-one',
    'size',
  ])('"%s" is unknown (sec-K2)', (id) => {
    expect([mixed.get(id), mixed.find(id, true), mixed.find(id, false)]).toEqual([undefined, undefined, undefined]);
  });

  it.each(['constructor', 'valueof'])('a definition may be called %s and still has no client out of thin air', (id) => {
    expect(createCatalogue({ definitions: [custom(id)], clients: {} }).get(id)).toBeUndefined();
    expect(
      createCatalogue({ definitions: [custom(id)], clients: { [id]: { clientId: 'own' } } }).get(id)?.client,
    ).toEqual({ clientId: 'own' });
  });
});

describe('what is offered', () => {
  it('the sandbox lets every definition sign in, real clients only those that say so', () => {
    const sandboxed = createCatalogue({ definitions: builtInDefinitions, sandboxOrigin: ORIGIN });
    expect(sandboxed.all.every(({ canSignIn }) => canSignIn)).toBe(true);
    const all = Object.fromEntries(
      builtInDefinitions.map(({ id }) => [id, { clientId: 'id', clientSecret: 'secret' }]),
    );
    const real = createCatalogue({ definitions: builtInDefinitions, clients: all });
    const refusing = real.all.filter(({ canSignIn }) => !canSignIn).map(({ id }) => id);
    expect(refusing).toEqual(expect.arrayContaining(['google-health', 'fitbit', 'fitbit-oauth1']));
    for (const id of ['twitter', 'x', 'google', 'github']) expect(refusing).not.toContain(id);
    const definitions = [custom('silent'), custom('willing', { signIn: true }), custom('unwilling', { signIn: false })];
    const own = createCatalogue({
      definitions,
      clients: Object.fromEntries(definitions.map(({ id }) => [id, { clientId: 'i' }])),
    });
    expect(own.all.map(({ canSignIn }) => canSignIn)).toEqual([true, true, false]);
  });

  it('buttons say the name unless the definition knows better', () => {
    const labelled = custom('labelled', { labels: { connect: 'Link your Acme' } });
    const catalogue = createCatalogue({ definitions: [custom('plain'), labelled], sandboxOrigin: ORIGIN });
    expect(catalogue.all.map(({ signInLabel, connectLabel }) => [signInLabel, connectLabel])).toEqual([
      ['Sign in with Acme', 'Connect Acme'],
      ['Sign in with Acme', 'Link your Acme'],
    ]);
  });

  it('definitions that share account ids share a namespace, the others have their own', () => {
    const namespaces = new Map(
      createCatalogue({ definitions: builtInDefinitions, sandboxOrigin: ORIGIN }).all.map((p) => [p.id, p.namespace]),
    );
    expect([namespaces.get('twitter'), namespaces.get('x')]).toEqual(['sandbox:twitter', 'sandbox:twitter']);
    expect([namespaces.get('fitbit'), namespaces.get('fitbit-oauth1')]).toEqual(['sandbox:fitbit', 'sandbox:fitbit']);
    expect(namespaces.get('google')).not.toBe(namespaces.get('google-health'));
  });
});

describe('the origins that may receive credentials', () => {
  it('are those of the API and the profile, and no others', () => {
    const definition = custom('acme', {
      api: { baseUrls: ['https://api.acme.test/v1', 'https://api.acme.test/v2', 'https://files.acme.test:8443'] },
      profile: {
        url: 'https://me.acme.test/me',
        subject: 'id',
        more: [{ url: 'https://mail.acme.test/x', email: 'email' }],
      },
      manageUrl: 'https://people.acme.test',
      docsUrl: 'https://docs.acme.test',
    });
    const [provider] = createCatalogue({ definitions: [definition], clients: { acme: { clientId: 'i' } } }).all;
    expect([...(provider?.apiOrigins ?? [])].sort()).toEqual([
      'https://api.acme.test',
      'https://files.acme.test:8443',
      'https://mail.acme.test',
      'https://me.acme.test',
    ]);
  });
});
