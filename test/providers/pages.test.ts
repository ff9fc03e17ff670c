import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PAGES_DIRECTORY, providerFiles } from '../../scripts/provider-pages.js';

const files = providerFiles();

it('there is a page for each definition, and none besides', () => {
  expect(readdirSync(PAGES_DIRECTORY).sort()).toEqual([...files.keys()].sort());
});

it.each([...files])(
  'docs/providers/%s says what the definition says; else run npx tsx scripts/provider-pages.ts',
  (name, content) => {
    expect(readFileSync(join(PAGES_DIRECTORY, name), 'utf8')).toBe(content);
  },
);
