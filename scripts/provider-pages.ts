/**
 * Writes docs/providers from the definitions: a page for each provider, an overview, and the JSON Schema that editors check custom definitions with.
 * `npx tsx scripts/provider-pages.ts`. Run it after a definition was changed; a test says so when it was forgotten.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { builtInDefinitions, definitionJsonSchema, type ProviderDefinition } from '../src/providers/index.js';
import { overviewPage } from './provider-pages/overview.js';
import { providerPage } from './provider-pages/page.js';

export const PAGES_DIRECTORY = fileURLToPath(new URL('../docs/providers', import.meta.url));

/** @returns the files' contents by file name */
export function providerFiles(
  definitions: readonly ProviderDefinition[] = builtInDefinitions,
): ReadonlyMap<string, string> {
  const byId = new Map(definitions.map((definition) => [definition.id, definition]));
  return new Map([
    ['README.md', overviewPage(definitions)],
    ['definition.schema.json', `${JSON.stringify(definitionJsonSchema(), null, 2)}\n`],
    ...definitions.map((definition) => [`${definition.id}.md`, providerPage(definition, byId)] as const),
  ]);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  mkdirSync(PAGES_DIRECTORY, { recursive: true });
  const files = providerFiles();
  for (const file of readdirSync(PAGES_DIRECTORY)) if (!files.has(file)) rmSync(join(PAGES_DIRECTORY, file));
  for (const [file, content] of files) writeFileSync(join(PAGES_DIRECTORY, file), content);
  console.log(`${files.size} files in ${PAGES_DIRECTORY}`);
}
