import { bindProvider, createCatalogue, defineProvider, fillText, fillUrl } from '../../src/providers/index.js';

const shop = {
  id: 'shop',
  name: 'Shop',
  protocol: 'oauth2',
  instance: { label: 'Your shop', placeholder: 'example', pattern: '[a-z0-9-]{1,30}' },
  authorize: { url: 'https://{instance}.shop.test/authorize' },
  callback: { keep: [{ name: 'realmId', pattern: '[0-9]+', example: '42' }] },
  token: { url: 'https://{instance}.shop.test/token', clientAuth: 'post' },
  scopes: { signIn: [], connect: [] },
  pkce: 'supported',
  profile: { url: 'https://{instance}.shop.test/me', subject: 'id' },
  api: { baseUrls: ['https://{instance}.shop.test/company/{realmId}'], hosts: ['https://files.shop.test'] },
} as const;
const definition = defineProvider(shop);
const clients = { shop: { clientId: 'id', clientSecret: 'secret' } };
const catalogue = (options: object = { clients }) => createCatalogue({ definitions: [definition], ...options });

it('puts the host and the kept values into every address, and nowhere else', () => {
  const provider = catalogue().get('shop');
  if (!provider) throw new Error('no provider');
  expect(provider.apiOrigins).toEqual(['https://files.shop.test']);
  const bound = bindProvider(provider, { instance: 'mine', kept: { realmId: '7/..' } });
  expect(bound.definition).toMatchObject({
    authorize: { url: 'https://mine.shop.test/authorize' },
    token: { url: 'https://mine.shop.test/token' },
    api: { baseUrls: ['https://mine.shop.test/company/7%2F..'] },
    instance: shop.instance,
  });
  expect(bound.apiOrigins).toEqual(['https://mine.shop.test', 'https://files.shop.test']);
  expect(provider.definition).toEqual(definition);
});

it('knows that people name its hosts, which in the sandbox are paths', () => {
  expect(catalogue().get('shop')?.hostsAreNamed).toBe(true);
  const provider = catalogue({ sandboxOrigin: 'http://localhost:4000' }).get('shop');
  expect(provider?.hostsAreNamed).toBe(false);
  expect(provider && bindProvider(provider, { instance: 'mine' }).definition.token?.url).toBe(
    'http://localhost:4000/mine.shop.test/token',
  );
});

it('leaves a provider without such places as it is', () => {
  const { instance: _instance, callback: _callback, ...rest } = shop;
  const plain = JSON.parse(JSON.stringify(rest).replaceAll('{instance}', 'www').replaceAll('{realmId}', 'all'));
  const provider = createCatalogue({ definitions: [defineProvider(plain)], clients }).get('shop');
  if (!provider) throw new Error('no provider');
  expect(bindProvider(provider, undefined)).toBe(provider);
  expect(provider.hostsAreNamed).toBe(false);
});

it('fills templates with what is known, and with own names only', () => {
  expect(fillUrl('https://a.test/{b}/{c}?d={b}', { b: 'x y&' })).toBe('https://a.test/x%20y%26/{c}?d=x%20y%26');
  expect(fillUrl('https://a.test/{constructor}', {})).toBe('https://a.test/{constructor}');
  expect(fillText({ 'x-key': '{clientId}:{clientSecret}' }, { clientId: 'a', clientSecret: '$&' })).toEqual({
    'x-key': 'a:$&',
  });
});

describe('the rules of a definition with several hosts', () => {
  it.each<[string, object, string]>([
    ['addresses with a host that nobody names', { ...shop, instance: undefined }, 'instance: is needed'],
    [
      'an example that does not fit',
      { ...shop, instance: { ...shop.instance, placeholder: 'No' } },
      'instance.placeholder: must be an example',
    ],
    [
      'a pattern that is none',
      { ...shop, instance: { ...shop.instance, pattern: '(' } },
      'instance.pattern: must be a regular expression',
    ],
    [
      'a kept value whose example does not fit',
      { ...shop, callback: { keep: [{ name: 'realmId', pattern: '[0-9]+', example: 'x' }] } },
      'callback.keep.0.example: must fit',
    ],
    [
      'a minted secret that would be sent as Basic',
      {
        ...shop,
        token: {
          ...shop.token,
          clientAuth: 'basic',
          mintedSecret: { algorithm: 'ES256', audience: 'https://shop.test', lifetimeSeconds: 300 },
        },
      },
      'token.clientAuth: must be "post"',
    ],
    [
      'refresh tokens that end and are not there',
      { ...shop, refresh: { mode: 'none', inactivityDays: 3 } },
      'refresh: with mode "none"',
    ],
    ['an account id from nowhere', { ...shop, profile: { subject: 'id' } }, 'profile.url: is needed'],
  ])('refuse %s', (_what, wrong, message) => {
    expect(() => defineProvider(JSON.parse(JSON.stringify(wrong)))).toThrow(message);
  });

  it('take an account id that stands beside the token without a profile call', () => {
    expect(() => defineProvider({ ...shop, profile: { subject: ['@token.team.id', '@token.id'] } })).not.toThrow();
  });
});
