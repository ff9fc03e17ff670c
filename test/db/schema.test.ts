import { schemaBeyondMigrations } from '../../scripts/schema-engine.js';

test('schema.prisma and the migrations say the same', async () => {
  expect(await schemaBeyondMigrations()).toBe('');
});
