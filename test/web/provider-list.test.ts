/** How many providers are offered: a few at once, many in groups with a search, each exactly once. */
import { builtInDefinitions, createCatalogue, type Provider } from '../../src/providers/index.js';
import { type ProviderList, providerList, searchText } from '../../src/web/provider-list.js';

const { all } = createCatalogue({ definitions: builtInDefinitions, sandboxOrigin: 'http://localhost:4000' });
const few = all.slice(0, 7);
const ids = (providers: readonly Provider[]) => providers.map(({ id }) => id);
const listed = ({ featured, groups }: ProviderList) =>
  ids([...featured, ...groups.flatMap((group) => group.providers)]);

test('many: the featured ones stand out, the others follow in groups, what is outdated comes last, and nobody twice', () => {
  const list = providerList(all, null);
  expect(list.many).toBe(true);
  expect(ids(list.featured)).toEqual(ids(all.filter(({ definition }) => definition.featured)));
  expect(listed(list).sort()).toEqual(ids(all).sort());
  const last = list.groups.at(-1);
  expect(last?.heading).toBe('Earlier generations');
  expect(ids(last?.providers ?? [])).toContain('fitbit');
  expect(new Set(list.groups.map(({ heading }) => heading)).size).toBe(list.groups.length);
  // Every definition of ours says where it belongs.
  expect(list.groups.map(({ heading }) => heading)).not.toContain('Others');
});

test('many without a word about who stands out: the first ones do', () => {
  const plain = all.map((provider) => ({ ...provider, definition: { ...provider.definition, featured: undefined } }));
  const list = providerList(plain as unknown as Provider[], null);
  expect(list.featured).toHaveLength(6);
  expect(list.featured[0]?.id).toBe(all[0]?.id);
});

test('few: all are simply shown, an earlier generation under its own heading, and a search is not needed', () => {
  const list = providerList(few, 'git');
  expect(list).toMatchObject({ many: false, find: '' });
  expect(listed(list).sort()).toEqual(ids(few).sort());
  expect(list.groups.map(({ heading }) => heading)).toEqual(['Earlier Fitbit']);
});

test.each([
  ['github', ['github']],
  ['  GitHub ', ['github']],
  ['hub git', ['github']],
  ['no such thing', []],
  ['\u0000git\u0000hub', ['github']],
])('searching for %j', (search, found) => {
  const list = providerList(all, search);
  expect(ids(list.featured)).toEqual(found);
  expect(list.groups).toEqual([]);
});

test('a search longer than anybody types is cut', () => {
  expect(providerList(all, 'x'.repeat(5_000)).find).toHaveLength(60);
});

test('a provider is found by its name, its id and the heading it stands under', () => {
  const strava = all.find(({ id }) => id === 'strava');
  if (!strava) throw new Error('The catalogue has no Strava.');
  expect(searchText(strava)).toMatch(/strava.*health and sport/);
});
