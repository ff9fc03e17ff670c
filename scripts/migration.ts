/**
 * `npm run migration -- <name>`: writes the next folder in prisma/migrations from what schema.prisma says beyond the existing ones.
 * Read the SQL before committing it: a rename, for instance, is seen as a drop and an addition.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { lockFileText, migrationsDir, schemaBeyondMigrations } from './schema-engine.js';

const name = process.argv[2];
if (name === undefined || !/^[a-z0-9_]{1,60}$/.test(name)) {
  console.error('Usage: npm run migration -- <name>   (lower-case letters, digits and _)');
  process.exit(2);
}

const sql = await schemaBeyondMigrations();
if (sql === '') {
  console.error('The migrations already say everything that prisma/schema.prisma says.');
} else {
  const timestamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = join(migrationsDir, `${timestamp}_${name}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'migration.sql'), sql, { flag: 'wx' });
  await writeFile(join(migrationsDir, 'migration_lock.toml'), lockFileText);
  console.log(relative(process.cwd(), join(folder, 'migration.sql')));
}
