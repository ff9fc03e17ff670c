/** What a callback may bring besides code and state, by the provider's own documented example and by what people could make of it. */
import { callbackScopes, detailsOf } from '../../src/flows/callback-extras.js';
import { bindProvider, builtInDefinitions, createCatalogue, defineProvider } from '../../src/providers/index.js';

const refused = expect.objectContaining({ code: 'callback_malformed' });

function providerOf(id: string, definitions = builtInDefinitions, sandboxOrigin?: string) {
  const client = { clientId: 'our-client', clientSecret: 'hush' };
  const options = sandboxOrigin ? { sandboxOrigin } : { clients: { [id]: client } };
  const provider = createCatalogue({ definitions, ...options }).get(id);
  if (!provider) throw new Error(`There is no ${id}.`);
  return provider;
}

describe('a signed callback', () => {
  const shop = 'some-shop.myshopify.com';
  const shopify = bindProvider(providerOf('shopify'), { instance: shop });
  /** The example in Shopify's documentation of its authorization code grant, whose secret is "hush". */
  const example =
    'code=0907a61c0c8d55e99db179b68161bc00&hmac=700e2dadb827fcc8609e9d5ce208b2e9cdaab9df07390d2cbca10d7c328fc4bf' +
    `&shop=${shop}&state=0.6784241404160823&timestamp=1337178173`;
  const details = (query: string | URLSearchParams) => detailsOf(shopify, new URLSearchParams(query), shop);

  test('is accepted as the provider documents it, in whatever order it came', () => {
    expect(details(example)).toEqual({ instance: shop });
    expect(details(example.split('&').toReversed().join('&'))).toEqual({ instance: shop });
  });

  test.each([
    ['with another code', example.replace('code=0', 'code=1')],
    ['with a parameter more', `${example}&host=x`],
    ['with one less', example.replace('&timestamp=1337178173', '')],
    ['without its signature', example.replace(/&hmac=\w+/, '')],
    ['with half of it', example.replace(/(hmac=\w{32})\w{32}/, '$1')],
    ['with nothing in it', example.replace(/hmac=\w+/, 'hmac=')],
    ['with one that is no hexadecimal', example.replace(/hmac=\w+/, `hmac=${'z'.repeat(64)}`)],
  ])('%s is refused', (_what, query) => {
    expect(() => details(query)).toThrow(refused);
  });

  test('of another shop is refused, though it is signed', () => {
    expect(() => detailsOf(shopify, new URLSearchParams(example), shop)).not.toThrow();
    const other = 'other-shop.myshopify.com';
    const elsewhere = bindProvider(providerOf('shopify'), { instance: other });
    expect(() => detailsOf(elsewhere, new URLSearchParams(example), other)).toThrow(refused);
  });
});

describe('the host in a callback', () => {
  const { callback: _signed, ...unsigned } = builtInDefinitions.find(({ id }) => id === 'shopify') ?? {};
  const definition = defineProvider({ ...unsigned, callback: { instanceParameter: 'shop' } });
  const host = 'some-shop.myshopify.com';

  test.each([
    ['at the real one', undefined],
    ['in the sandbox, where it is a step of the path', 'http://localhost:4000'],
  ])('has to be the one that the flow began at: %s', (_where, sandboxOrigin) => {
    const provider = bindProvider(providerOf('shopify', [definition], sandboxOrigin), { instance: host });
    const details = (query: string) => detailsOf(provider, new URLSearchParams(query), host);
    expect(details(`shop=${host}`)).toEqual({ instance: host });
    for (const query of [
      '',
      'shop=',
      'shop=https:',
      'shop=admin',
      'shop=some-shop',
      'shop=other.myshopify.com',
      `shop=${host}/x`,
    ]) {
      expect(() => details(query)).toThrow(refused);
    }
  });
});

test('the host in a callback is also found by an issuer that has no other address', () => {
  const host = 'one.id.example';
  const definition = defineProvider({
    id: 'by-issuer',
    name: 'By Issuer',
    protocol: 'oidc',
    issuer: 'https://{instance}',
    instance: { label: 'Your host', placeholder: host, pattern: '[a-z.]+', client: 'shared' },
    callback: { instanceParameter: 'at' },
    scopes: { signIn: ['openid'], connect: ['openid'] },
    pkce: 'required',
    profile: { subject: 'sub' },
    api: { baseUrls: ['https://{instance}/api'] },
  });
  const provider = bindProvider(providerOf('by-issuer', [definition]), { instance: host });
  expect(detailsOf(provider, new URLSearchParams(`at=${host}`), host)).toEqual({ instance: host });
  expect(() => detailsOf(provider, new URLSearchParams('at=two.id.example'), host)).toThrow(refused);
});

test('a host that callbacks do not name is the one that the flow began at', () => {
  const host = 'example.my.salesforce.com';
  const salesforce = bindProvider(providerOf('salesforce'), { instance: host });
  expect(detailsOf(salesforce, new URLSearchParams('code=c'), host)).toEqual({ instance: host });
});

describe('values that belong to the grant', () => {
  const quickbooks = providerOf('quickbooks');
  const details = (query: string) => detailsOf(quickbooks, new URLSearchParams(query), undefined);

  test('are kept by their names, and nothing else is', () => {
    expect(details('realmId=9130347957983546&code=c&state=s&more=1')).toEqual({
      kept: { realmId: '9130347957983546' },
    });
  });

  test.each(['', 'realmId=', 'realmId=1234', 'realmId=12345x', 'realmId=12345%0A', `realmId=${'1'.repeat(26)}`])(
    '%j is refused: missing, or of another form',
    (query) => {
      expect(() => details(query)).toThrow(refused);
    },
  );

  test('may be missing where the definition says so, but never of another form', () => {
    const keep = [{ name: 'team', pattern: '[a-z]+', example: 'a' }];
    const { callback: _callback, ...rest } = builtInDefinitions.find(({ id }) => id === 'github') ?? {};
    const provider = providerOf('github', [defineProvider({ ...rest, callback: { keep } })]);
    const kept = (query: string) => detailsOf(provider, new URLSearchParams(query), undefined);
    expect(kept('team=us')).toEqual({ kept: { team: 'us' } });
    expect(kept('')).toEqual({ kept: {} });
    expect(() => kept('team=')).toThrow(refused);
    expect(() => kept('team=US')).toThrow(refused);
  });

  test('are not looked for where the definition has none', () => {
    expect(detailsOf(providerOf('github'), new URLSearchParams('realmId=12345'), undefined)).toBeUndefined();
  });
});

test('granted scopes are read where the definition says that the callback tells them', () => {
  const strava = providerOf('strava');
  expect(callbackScopes(strava, new URLSearchParams('scope=read,activity:read_all,'))).toEqual([
    'read',
    'activity:read_all',
  ]);
  expect(callbackScopes(strava, new URLSearchParams('code=c'))).toBeUndefined();
  expect(callbackScopes(providerOf('github'), new URLSearchParams('scope=read,admin'))).toBeUndefined();
});
