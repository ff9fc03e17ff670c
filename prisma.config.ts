import { defineConfig } from 'prisma/config';

// `prisma generate` never runs the native schema engine, but the CLI looks for it and would download it. Any existing
// file satisfies that look-up; migrations go through the WebAssembly engine instead (scripts/migration.ts).
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  ...(process.env.DATABASE_URL ? { datasource: { url: process.env.DATABASE_URL } } : {}),
});
