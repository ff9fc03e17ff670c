/** The one field of a start form that changes the request: which host of a provider with many it is for. */
import { namedInstance } from '../../src/flows/instance.js';
import { builtInDefinitions, defineProvider } from '../../src/providers/index.js';

function definitionOf(id: string) {
  const found = builtInDefinitions.find((definition) => definition.id === id);
  if (!found) throw new Error(`There is no ${id}.`);
  return found;
}
const shopify = definitionOf('shopify');
const mastodon = definitionOf('mastodon');
/** Registers its clients at each host, and lets people name any. */
const anywhere = defineProvider({
  ...mastodon,
  instance: { label: 'Your server', placeholder: 'a.example', pattern: '[a-z0-9.-]{1,200}', client: 'shared' },
});

test.each([
  ['some-shop.myshopify.com', 'some-shop.myshopify.com'],
  ['  some-shop.myshopify.com\n', 'some-shop.myshopify.com'],
  ['Some-Shop.MyShopify.com', 'some-shop.myshopify.com'],
  ['https://some-shop.myshopify.com', 'some-shop.myshopify.com'],
  ['HTTPS://some-shop.myshopify.com/', 'some-shop.myshopify.com'],
])('%j is %s, as people paste addresses', (typed, name) => {
  expect(namedInstance(shopify, typed)).toEqual({ name });
});

test.each([
  'some-shop.myshopify.com//',
  'https://https://some-shop.myshopify.com',
  'http://some-shop.myshopify.com',
  'some-shop.myshopify.com/admin',
  'evil.example',
  'mystore',
])('%j is no shop', (typed) => {
  expect(namedInstance(shopify, typed)).toEqual({ problem: 'form' });
});

test.each([[''], ['   '], [undefined], [null], [['some-shop.myshopify.com']], [{}], [7]])(
  '%j says nothing',
  (typed) => {
    expect(namedInstance(shopify, typed)).toEqual({ problem: 'missing' });
  },
);

test('a name of 100 characters is the longest, with or without what stands around it in an address', () => {
  const longest = 'a'.repeat(100);
  expect(namedInstance(anywhere, longest)).toEqual({ name: longest });
  expect(namedInstance(anywhere, `https://${longest}/`)).toEqual({ name: longest });
  expect(namedInstance(anywhere, `${longest}a`)).toEqual({ problem: 'form' });
  expect(namedInstance(anywhere, `https://${longest}a/`)).toEqual({ problem: 'form' });
});

test('an empty field means the usual host, and a client that is registered there goes to no other', () => {
  for (const typed of ['', undefined, 'https://Mastodon.social/']) {
    expect(namedInstance(mastodon, typed)).toEqual({ name: 'mastodon.social' });
  }
  expect(namedInstance(mastodon, 'evil.example')).toEqual({ problem: 'elsewhere' });
  expect(namedInstance(mastodon, 'https://mastodon.social/@me')).toEqual({ problem: 'form' });
  expect(namedInstance(anywhere, 'other.example')).toEqual({ name: 'other.example' });
});

test('where nobody names a host, nothing that is typed is heard', () => {
  expect(namedInstance(definitionOf('github'), 'evil.example')).toEqual({ name: undefined });
});
