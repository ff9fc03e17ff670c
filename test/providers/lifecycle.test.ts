import {
  defineProvider,
  lifecycleWarning,
  lifecycleWarnings,
  type ProviderDefinition,
} from '../../src/providers/index.js';

function provider(id: string, status?: ProviderDefinition['status']): ProviderDefinition {
  return defineProvider({
    id,
    name: id.toUpperCase(),
    protocol: 'oauth2',
    ...(status ? { status } : {}),
    authorize: { url: 'https://acme.test/authorize' },
    token: { url: 'https://acme.test/token', clientAuth: 'post' },
    scopes: { signIn: [], connect: [] },
    pkce: 'supported',
    profile: { url: 'https://acme.test/me', subject: 'id' },
    api: { baseUrls: ['https://acme.test'] },
  });
}

const NOW = Date.parse('2026-11-21T12:00:00Z');
const next = provider('next');
const warning = (status?: ProviderDefinition['status']) => {
  const definition = provider('old', status);
  return lifecycleWarning(definition, [definition, next], NOW);
};

it('says nothing of a provider that goes on', () => {
  expect(warning()).toBeUndefined();
  expect(warning({ state: 'usable' })).toBeUndefined();
  expect(warning({ state: 'restricted', note: 'By approval.' })).toBeUndefined();
});

it('says that one has ended, since when, and what to configure instead', () => {
  expect(warning({ state: 'shut' })).toBe('OLD has ended.');
  expect(warning({ state: 'shut', sunset: '2026-11-02', successor: 'next' })).toBe(
    'OLD has ended on 2026-11-02. Configure NEXT instead.',
  );
  // The day has come, whatever the definition still calls it.
  expect(warning({ state: 'usable', sunset: '2026-11-21' })).toBe('OLD has ended on 2026-11-21.');
});

it('says that one ends within 120 days, and keeps still before', () => {
  expect(warning({ state: 'usable', sunset: '2026-11-22' })).toBe('OLD ends on 2026-11-22.');
  expect(warning({ state: 'restricted', sunset: '2027-03-21', successor: 'next' })).toBe(
    'OLD ends on 2027-03-21. Configure NEXT instead.',
  );
  expect(warning({ state: 'usable', sunset: '2027-03-22' })).toBeUndefined();
});

it('is about configured providers only', () => {
  const shut = provider('shut', { state: 'shut' });
  expect([...lifecycleWarnings(['next'], [shut, next], NOW)]).toEqual([]);
  expect([...lifecycleWarnings(['next', 'shut'], [shut, next], NOW)]).toEqual([['shut', 'SHUT has ended.']]);
});
