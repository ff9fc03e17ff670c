import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sessions } from '../../src/connections/sessions.js';
import { HttpClient } from '../../src/http/index.js';
import { createCatalogue, defineProvider, definitionOfIssuer, loadDefinitions } from '../../src/providers/index.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'latchkey-providers-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function load(files: Record<string, unknown>) {
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(directory, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return loadDefinitions(directory);
}

const common = { name: 'Acme', scopes: { signIn: [], connect: [] }, api: { baseUrls: ['https://api.acme.test'] } };
const profile = { url: 'https://api.acme.test/me', subject: 'data.user.id' };
const minimal = {
  oauth1: {
    ...common,
    id: 'acme-one',
    protocol: 'oauth1',
    oauth1: {
      requestToken: 'https://acme.test/request_token',
      authorize: 'https://acme.test/authorize',
      accessToken: 'https://acme.test/access_token',
      signatureMethod: 'HMAC-SHA256',
    },
    pkce: 'forbidden',
    profile,
  },
  oauth2: {
    ...common,
    id: 'acme-two',
    protocol: 'oauth2',
    authorize: { url: 'https://acme.test/authorize' },
    token: { url: 'https://acme.test/token', clientAuth: 'post' },
    pkce: 'required',
    profile,
  },
  oidc: {
    ...common,
    id: 'acme-id',
    protocol: 'oidc',
    issuer: 'https://id.acme.test',
    pkce: 'supported',
    profile: { subject: 'sub' },
  },
};

const KEYS = 'https://id.acme.test/keys';

describe('files in the documented format', () => {
  it('at least: one for each protocol', () => {
    const { definitions, refused } = load({
      'a.json': minimal.oauth1,
      'b.json': minimal.oauth2,
      'c.json': minimal.oidc,
    });
    expect(refused).toEqual([]);
    expect(definitions).toEqual([minimal.oauth1, minimal.oauth2, minimal.oidc]);
    const catalogue = createCatalogue({ definitions, sandboxOrigin: 'http://localhost:4000' });
    expect(catalogue.all.map(({ id }) => id)).toEqual(['acme-one', 'acme-two', 'acme-id']);
  });

  it('with everything that the short form mentions', () => {
    const one = {
      ...minimal.oauth1,
      oauth1: { ...minimal.oauth1.oauth1, placement: 'query' },
      revoke: { url: 'https://acme.test/r' },
    };
    const two = {
      ...minimal.oauth2,
      profile: { ...profile, name: 'data.name', username: 'data.login', email: 'data.mail' },
    };
    const open = {
      ...minimal.oidc,
      issuer: undefined,
      authorize: { ...minimal.oauth2.authorize, issuer: 'https://id.acme.test' },
      token: minimal.oauth2.token,
      openid: { jwksUrl: KEYS },
    };
    const { definitions, refused } = load({ 'a.json': one, 'b.json': two, 'c.json': open });
    expect(refused).toEqual([]);
    expect(definitions).toHaveLength(3);
  });

  it.each(['basic', 'post', 'none'])('token.clientAuth %s', (clientAuth) => {
    expect(load({ 'a.json': { ...minimal.oauth2, token: { ...minimal.oauth2.token, clientAuth } } }).refused).toEqual(
      [],
    );
  });

  it.each(['HMAC-SHA1', 'HMAC-SHA256', 'HMAC-SHA512', 'RSA-SHA1', 'RSA-SHA256', 'RSA-SHA512', 'PLAINTEXT'])(
    'oauth1.signatureMethod %s',
    (signatureMethod) => {
      expect(
        load({ 'a.json': { ...minimal.oauth1, oauth1: { ...minimal.oauth1.oauth1, signatureMethod } } }).refused,
      ).toEqual([]);
    },
  );

  it('http on a loopback host, for a provider on one’s own machine', () => {
    for (const host of ['localhost:8080', '127.0.0.1', '[::1]:8080']) {
      expect(load({ 'a.json': { ...minimal.oidc, issuer: `http://${host}/realm` } }).refused).toEqual([]);
    }
  });
});

it('the ID tokens of a provider without a discovery document are checked', async () => {
  const definition = defineProvider({
    ...minimal.oidc,
    issuer: undefined,
    authorize: { ...minimal.oauth2.authorize, issuer: 'https://id.acme.test' },
    token: minimal.oauth2.token,
    openid: { jwksUrl: KEYS },
  });
  const provider = createCatalogue({
    definitions: [definition],
    clients: { 'acme-id': { clientId: 'c', clientSecret: 's' } },
  }).get('acme-id');
  if (!provider) throw new Error('The provider is missing.');
  const fetch = async () => Response.json({ access_token: 'at', token_type: 'Bearer', id_token: 'not.even.a.token' });
  const http = Object.assign(new HttpClient(), { fetch: () => fetch });
  const session = await new Sessions({ http }).oauth2Flow(provider);
  const { pending } = await session.authorizationRequest({
    redirectUri: 'https://app.test/auth/acme-id/callback',
    scopes: ['openid'],
    openid: true,
  });
  const callback = new URLSearchParams({ code: 'c', state: pending.state, iss: 'https://id.acme.test' });
  await expect(session.exchangeCode(session.checkCallback(callback, pending))).rejects.toMatchObject({
    code: 'oidc_id_token_malformed',
  });
  await http.close();
});

describe('a wrong file is refused with the path of the wrong field, while the others load', () => {
  const { oauth1, oauth2, oidc } = minimal;

  it.each<[string, unknown, RegExp]>([
    ['no id', { ...oauth2, id: undefined }, /\bid: is missing$/],
    ['an id in capitals', { ...oauth2, id: 'Acme' }, /\bid: must be lower-case/],
    ['an id with an underscore', { ...oauth2, id: 'ac_me' }, /\bid: /],
    ['an id with a double hyphen', { ...oauth2, id: 'ac--me' }, /\bid: /],
    ['an id that climbs', { ...oauth2, id: '../acme' }, /\bid: /],
    ['an id like a prototype', { ...oauth2, id: '__proto__' }, /\bid: /],
    ['an id without end', { ...oauth2, id: 'a'.repeat(41) }, /\bid: /],
    ['no name', { ...oauth2, name: '' }, /\bname: must not be empty$/],
    ['an unknown protocol', { ...oauth2, protocol: 'saml' }, /\bprotocol: must be "oauth1", "oauth2" or "oidc"$/],
    [
      'an address over http',
      { ...oauth2, token: { ...oauth2.token, url: 'http://acme.test/token' } },
      /\btoken\.url: must be an https URL/,
    ],
    [
      'an address with credentials',
      { ...oauth2, authorize: { url: 'https://u:CANARY@acme.test' } },
      /\bauthorize\.url: /,
    ],
    ['an address with a fragment', { ...oauth2, authorize: { url: 'https://acme.test/#a' } }, /\bauthorize\.url: /],
    ['a script for an address', { ...oauth2, manageUrl: 'javascript:alert(1)' }, /\bmanageUrl: /],
    ['a host that only looks like loopback', { ...oidc, issuer: 'http://localhost.evil.test' }, /\bissuer: /],
    [
      'one wrong address in a list',
      { ...oauth2, api: { baseUrls: ['https://a.test', 'ftp://b.test'] } },
      /\bapi\.baseUrls\.1: /,
    ],
    ['no API', { ...oauth2, api: { baseUrls: [] } }, /\bapi\.baseUrls: /],
    ['no profile', { ...oauth2, profile: undefined }, /\bprofile: is missing$/],
    ['a text instead of an object', { ...oauth2, profile: 'CANARY' }, /\bprofile: must be an object$/],
    ['a number instead of a text', { ...oauth2, name: 7 }, /\bname: must be a text$/],
    ['a profile without a subject', { ...oauth2, profile: { url: profile.url } }, /\bprofile\.subject: is missing$/],
    [
      'a subject that is no path',
      { ...oauth2, profile: { ...profile, subject: 'data..id' } },
      /\bprofile\.subject: must be a dotted path/,
    ],
    [
      'a profile without an address',
      { ...oauth2, profile: { subject: 'id' } },
      /\bprofile\.url: is needed by protocol "oauth2"/,
    ],
    ['OAuth 1 without its endpoints', { ...oauth1, oauth1: undefined }, /\boauth1: is needed by protocol "oauth1"/],
    [
      'an unknown signature method',
      { ...oauth1, oauth1: { ...oauth1.oauth1, signatureMethod: 'MD5' } },
      /\boauth1\.signatureMethod: /,
    ],
    ['an unknown placement', { ...oauth1, oauth1: { ...oauth1.oauth1, placement: 'cookie' } }, /\boauth1\.placement: /],
    ['OAuth 2 without authorize', { ...oauth2, authorize: undefined }, /\bauthorize: is needed/],
    ['OAuth 2 without token', { ...oauth2, token: undefined }, /\btoken: is needed/],
    ['OpenID without an issuer', { ...oidc, issuer: undefined }, /\bissuer: is needed/],
    [
      'OpenID with endpoints, but nothing to check an ID token with',
      { ...oidc, issuer: undefined, authorize: oauth2.authorize, token: oauth2.token },
      /\bissuer: is needed by protocol "oidc" to check ID tokens/,
    ],
    [
      'OpenID with keys, but of nobody',
      { ...oidc, issuer: undefined, authorize: oauth2.authorize, token: oauth2.token, openid: { jwksUrl: KEYS } },
      /\bissuer: is needed/,
    ],
    [
      'OpenID with an issuer of callbacks, but without keys',
      { ...oidc, issuer: undefined, authorize: { ...oauth2.authorize, issuer: oidc.issuer }, token: oauth2.token },
      /\bissuer: is needed/,
    ],
    ['OpenID with keys, but without endpoints', { ...oidc, openid: { jwksUrl: KEYS } }, /\bopenid\.jwksUrl: needs/],
    [
      'an unknown client authentication',
      { ...oauth2, token: { ...oauth2.token, clientAuth: 'mtls' } },
      /\btoken\.clientAuth: /,
    ],
    ['no pkce', { ...oauth2, pkce: undefined }, /\bpkce: /],
    ['an empty scope', { ...oauth2, scopes: { signIn: [''], connect: [] } }, /\bscopes\.signIn\.0: /],
    ['no scopes', { ...oauth2, scopes: undefined }, /\bscopes: /],
    ['a misspelt field', { ...oauth2, tokn: {} }, /holds "tokn", which is no field of it$/],
    ['two of them', { ...oauth2, tokn: {}, b: 1 }, /holds "tokn" and "b", which are no fields of it$/],
    ['a lifetime of nothing', { ...oauth2, token: { ...oauth2.token, lifetimeSeconds: 0 } }, /must be more than 0$/],
    ['a name without end', { ...oauth2, name: 'a'.repeat(61) }, /\bname: must have at most 60 characters$/],
    [
      'a day that is none',
      { ...oauth2, status: { state: 'shut', sunset: 'soon' } },
      /sunset: must be a date such as 2026-11-02$/,
    ],
    [
      'a misspelt field further in',
      { ...oauth2, token: { ...oauth2.token, clientauth: 'post' } },
      /\btoken: .*"clientauth"/,
    ],
    ['a secret of ours', { ...oauth2, clientSecret: 'CANARY' }, /"clientSecret"/],
    ['a list', [oauth2], /\(top level\): must be an object$/],
    ['a word', '"acme"', /\(top level\): /],
    ['null', 'null', /\(top level\): /],
    ['something that is no JSON', '{"id": "acme", "clientSecret": CANARY}', /not valid JSON/],
    ['an end too soon', '{"id": "CANARY', /not valid JSON/],
    ['nothing', '', /not valid JSON/],
    ['an id that ships with the app', { ...oauth2, id: 'github' }, /\bid: "github" is taken already/],
  ])('%s', (_what, wrong, reason) => {
    const { definitions, refused } = load({ 'a.json': oauth1, 'b-wrong.json': wrong, 'c.json': oidc });
    expect(definitions.map(({ id }) => id)).toEqual(['acme-one', 'acme-id']);
    expect(refused).toEqual([{ file: 'b-wrong.json', reason: expect.stringMatching(reason) }]);
    expect(JSON.stringify(refused)).not.toContain('CANARY');
  });

  it('several wrong fields at once are all named', () => {
    const { refused } = load({ 'a.json': { ...oauth2, id: 'A', pkce: 'maybe', api: { baseUrls: ['x'] } } });
    expect(refused[0]?.reason).toMatch(/id: .*; pkce: .*; api\.baseUrls\.0: /);
  });

  it('a second file with the same id is refused; the first by name stays', () => {
    const { definitions, refused } = load({
      '2.json': { ...oauth2, name: 'Second' },
      '1.json': { ...oauth2, name: 'First' },
    });
    expect(definitions.map(({ name }) => name)).toEqual(['First']);
    expect(refused).toEqual([{ file: '2.json', reason: expect.stringContaining('"acme-two" is taken already') }]);
  });

  it('a field called __proto__ changes nothing', () => {
    const { definitions, refused } = load({
      'a.json': `{"__proto__": {"polluted": true}, ${JSON.stringify(oauth2).slice(1)}`,
    });
    expect(definitions.length + refused.length).toBe(1);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    for (const definition of definitions) expect(Reflect.get(definition, 'polluted')).toBeUndefined();
  });

  it('a directory that ends in .json is refused like a file; other files are left alone', () => {
    mkdirSync(join(directory, 'd.json'));
    const { definitions, refused } = load({
      'a.json': oauth2,
      'README.md': '# no definition',
      'a.json.bak': '{',
      'b.JSON5': '{',
    });
    expect(definitions.map(({ id }) => id)).toEqual(['acme-two']);
    expect(refused.map(({ file }) => file)).toEqual(['d.json']);
  });
});

describe('the directory', () => {
  it('none: nothing', () => {
    expect(loadDefinitions(undefined)).toEqual({ definitions: [], refused: [] });
    expect(loadDefinitions(directory)).toEqual({ definitions: [], refused: [] });
  });

  it('one that cannot be listed stops the start with a sentence that names the variable', () => {
    expect(() => loadDefinitions(join(directory, 'nowhere'))).toThrow(
      expect.objectContaining({ code: 'providers_dir_unreadable', message: expect.stringContaining('PROVIDERS_DIR') }),
    );
  });
});

describe('an issuer and nothing else', () => {
  it.each([
    ['acme', 'Acme'],
    ['acme-id', 'Acme Id'],
    ['my-company-sso', 'My Company Sso'],
    ['2fa', '2fa'],
  ])('%s is called %s', (id, name) => {
    expect(definitionOfIssuer(id, 'https://id.acme.test/').name).toBe(name);
  });

  it('is OpenID Connect with PKCE, whose subject is `sub`', () => {
    expect(definitionOfIssuer('acme', 'https://id.acme.test')).toMatchObject({
      protocol: 'oidc',
      issuer: 'https://id.acme.test',
      pkce: 'supported',
      signIn: true,
      profile: { subject: 'sub', emailVerified: 'email_verified' },
      api: { baseUrls: ['https://id.acme.test'] },
    });
  });
});
