/** What a flow asked for fits its cookie, and comes back as it was. */
import { markedScopes, markScopes } from '../../src/flows/asked-scopes.js';
import { builtInDefinitions, type ProviderDefinition } from '../../src/providers/index.js';

const googleHealth = builtInDefinitions.find(({ id }) => id === 'google-health') as ProviderDefinition;

test('any of a definition’s scopes, in a few characters', () => {
  const asked = googleHealth.scopes.connect.filter((scope) => !scope.includes('sleep'));
  const marks = markScopes(googleHealth, asked);
  expect(marks).toMatch(/^[0-9a-f]{1,3}$/);
  expect(markedScopes(googleHealth, marks ?? '')).toEqual(asked);
  expect(markedScopes(googleHealth, markScopes(googleHealth, []) ?? '')).toEqual([]);
});

test('as many as a definition may have', () => {
  const many = Array.from({ length: 200 }, (_, index) => `https://scopes.example/auth/number-${index}`);
  const definition = { ...googleHealth, scopes: { connect: many.slice(0, 100), signIn: many.slice(100) } };
  expect(markScopes(definition, many)).toHaveLength(50);
  const some = many.filter((_scope, index) => index % 7 === 0);
  expect(markedScopes(definition, markScopes(definition, some) ?? '')).toEqual(some);
});

test('a scope of somebody’s own is not among them', () => {
  expect(markScopes(googleHealth, ['openid', 'calendar'])).toBeUndefined();
});
