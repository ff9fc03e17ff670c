import {
  addressInSandbox,
  aimAtSandbox,
  builtInDefinitions,
  defineProvider,
  type ProviderDefinition,
  sandboxUrl,
} from '../../src/providers/index.js';

const ORIGIN = 'http://localhost:4000';

/** A definition that uses every field that may hold an address, or something that looks like one. */
const everything = defineProvider({
  id: 'everything',
  name: 'https://name.test',
  protocol: 'oidc',
  labels: { signIn: 'https://label.test', connect: 'http://label.test' },
  status: { state: 'restricted', note: 'https://note.test tells more' },
  issuer: 'https://issuer.test/realm',
  authorize: {
    url: 'https://a.test/authorize?kept=1',
    parameters: { audience: 'https://audience.test/' },
    issuer: 'https://a.test',
  },
  token: { url: 'http://127.0.0.1:9999/token', clientAuth: 'post' },
  oauth1: {
    requestToken: 'https://b.test/request_token',
    authorize: 'https://b.test/authorize',
    authenticate: 'https://b.test/authenticate',
    accessToken: 'https://b.test:8443/access_token',
    signatureMethod: 'HMAC-SHA1',
  },
  scopes: { signIn: ['https://scope.test/auth/read'], connect: ['http://scope.test/auth/write', 'openid'] },
  pkce: 'supported',
  profile: {
    url: 'https://c.test/me',
    subject: 'id',
    more: [{ url: 'https://c.test/emails', select: { kind: 'https://select.test' }, email: 'email' }],
  },
  api: { baseUrls: ['https://c.test', 'https://D.test/v2'], headers: { Referer: 'https://header.test' } },
  revoke: { url: 'https://e.test/revoke' },
  manageUrl: 'https://person.test/apps',
  consoleUrl: 'https://person.test/console',
  docsUrl: 'https://person.test/docs',
  readings: [{ id: 'one', reader: 'service/one' }],
});

/** Paths of the fields that hold an address which the app itself calls, redirects to or compares with. */
const ADDRESSES: readonly RegExp[] = [
  /^issuer$/,
  /^authorize\.(url|signInUrl|issuer)$/,
  /^openid\.(discoveryUrl|jwksUrl|alsoIssuers\.\d+)$/,
  /^token\.url$/,
  /^deviceAuthorization\.url$/,
  /^oauth1\.(requestToken|authorize|authenticate|accessToken)$/,
  /^profile\.(more\.\d+\.)?url$/,
  /^api\.(baseUrls|hosts)\.\d+$/,
  /^revoke\.url$/,
];

function leaves(value: unknown, path = ''): readonly (readonly [path: string, value: unknown])[] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([name, item]) => leaves(item, path ? `${path}.${name}` : name));
}

const cases: readonly (readonly [string, ProviderDefinition])[] = [...builtInDefinitions, everything].map((d) => [
  d.id,
  d,
]);

describe.each(cases)('%s in the sandbox', (_id, definition) => {
  const real = new Map(leaves(definition));
  const aimed = new Map(leaves(aimAtSandbox(definition, ORIGIN)));

  it('every address leads to the sandbox, host and path behind its origin', () => {
    const addresses = [...real].filter(([path]) => ADDRESSES.some((pattern) => pattern.test(path)));
    expect(addresses.length).toBeGreaterThan(2);
    for (const [path, value] of addresses) {
      const [, rest] = /^https?:\/\/(.*)$/.exec(String(value)) ?? [];
      expect([path, aimed.get(path)]).toEqual([path, `${ORIGIN}/${rest}`]);
      expect(new URL(String(aimed.get(path))).origin).toBe(ORIGIN);
    }
  });

  it('everything else stays, whatever it looks like', () => {
    const others = [...real].filter(([path]) => !ADDRESSES.some((pattern) => pattern.test(path)));
    expect(others.map(([path]) => [path, aimed.get(path)])).toEqual(others);
    expect(aimed.size).toBe(real.size);
  });

  it('no other host is left but those for people to read at, and texts', () => {
    const stays =
      /^(manageUrl|consoleUrl|docsUrl|name|confidence\..*|register\..*|quirks\..*|limits\..*|instance\..*|callback\..*|token\.mintedSecret\..*|.*\.template|scopes\..*|labels\..*|status\..*|.*\.(parameters|headers|select|body)\..*|readings\..*)$/;
    const strange = [...aimed].filter(
      ([path, value]) =>
        /^\s*https?:/i.test(String(value)) && !String(value).startsWith(`${ORIGIN}/`) && !stays.test(path),
    );
    expect(strange).toEqual([]);
  });

  it('the definition itself is untouched', () => {
    const before = structuredClone(definition);
    aimAtSandbox(definition, ORIGIN);
    expect(definition).toEqual(before);
  });
});

it.each([
  ['https://api.fitbit.com/oauth2/token', 'http://localhost:4000/api.fitbit.com/oauth2/token'],
  ['http://localhost:9000/x', 'http://localhost:4000/localhost:9000/x'],
  ['https://a.test', 'http://localhost:4000/a.test'],
  ['https://a.test/https://b.test', 'http://localhost:4000/a.test/https://b.test'],
  ['https://a.test/$&/$1', 'http://localhost:4000/a.test/$&/$1'],
])('%s becomes %s', (url, expected) => {
  expect(sandboxUrl(url, ORIGIN)).toBe(expected);
});

describe('a call while the sandbox stands in', () => {
  const own = [`${ORIGIN}/api.acme.test/v2`, `${ORIGIN}/D.test`, `${ORIGIN}/b.test:8443/x`, `${ORIGIN}/{instance}/api`];

  it.each([
    ['of a path below a base', `${ORIGIN}/api.acme.test/v2/me?a=1%2F2`, `${ORIGIN}/api.acme.test/v2/me?a=1%2F2`],
    ['elsewhere on that host', `${ORIGIN}/api.acme.test/v1/me`, `${ORIGIN}/api.acme.test/v1/me`],
    ['of the real address', 'https://api.acme.test/v1/me?a=1%2F2', `${ORIGIN}/api.acme.test/v1/me?a=1%2F2`],
    ['of a host in capitals', 'https://d.test/a', `${ORIGIN}/D.test/a`],
    ['with the port of the scheme', 'https://API.acme.test:443/a', `${ORIGIN}/api.acme.test/a`],
    ['with a port', 'https://b.test:8443/a', `${ORIGIN}/b.test:8443/a`],
  ])('%s goes to the sandbox', (_what, address, expected) => {
    expect(addressInSandbox(address, own)).toBe(expected);
  });

  it.each([
    'https://evil.test/api.acme.test/me',
    'https://api.acme.test.evil.test/',
    'https://api.acme.test@evil.test/',
    'https://u:p@api.acme.test/',
    'https://api.acme.test:8443/',
    'http://api.acme.test/',
    `${ORIGIN}/evil.test/me`,
    `${ORIGIN}/api.acme.test.evil.test/`,
    `${ORIGIN}/api.acme.test/../evil.test/me`,
    `${ORIGIN}/api.acme.test/%2e%2e/evil.test/me`,
    `${ORIGIN}//api.acme.test/me`,
    `${ORIGIN}/_control/reset`,
    `${ORIGIN}/`,
    ORIGIN,
    'no address',
  ])('%s does not', (address) => {
    const called = addressInSandbox(address, own);
    expect(URL.canParse(called) && new URL(called).origin === ORIGIN).toBe(false);
  });
});

it('no spelling of an address that a definition may use slips past', () => {
  const spellings = [
    'HTTPS://api.acme.test/x',
    'Https://api.acme.test/x',
    ' https://api.acme.test/x',
    'https:/api.acme.test/x',
  ];
  for (const url of [
    ...spellings,
    'https:api.acme.test/x',
    'https:\\\\api.acme.test',
    '\thttps://api.acme.test',
    'ht\ntps://api.acme.test',
  ]) {
    let origin = 'refused';
    try {
      const definition = defineProvider({ ...everything, profile: { ...everything.profile, url } });
      origin = new URL(String(aimAtSandbox(definition, ORIGIN).profile.url)).origin;
    } catch (error) {
      expect(error).toMatchObject({
        code: 'invalid_provider_definition',
        fields: [expect.stringMatching(/^profile\.url: /)],
      });
    }
    expect([url, origin]).toEqual([url, 'refused']);
  }
});
