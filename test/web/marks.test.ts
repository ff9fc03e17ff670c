/** The marks in views/assets are those of the catalogue, made by the script, and nothing but pictures. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MARKS_DIRECTORY, markFiles } from '../../scripts/marks.js';
import { builtInDefinitions } from '../../src/providers/index.js';
import { createMarks } from '../../src/web/marks.js';

test('they are up to date; otherwise run `npx tsx scripts/marks.ts`', () => {
  const stored = readdirSync(MARKS_DIRECTORY).map((file) => [file, readFileSync(join(MARKS_DIRECTORY, file), 'utf8')]);
  expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(markFiles()));
});

test('each says its licence, names its provider, and runs and loads nothing', () => {
  for (const [file, content] of markFiles()) {
    expect([file, content]).toEqual([file, expect.stringMatching(/CC0 1\.0.*<title>[^<]+<\/title>/s)]);
    expect(content.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/script|href|url\(|https?:|on\w+=/i);
    expect(content.length).toBeLessThan(5_000);
  }
});

test('a definition names its mark or has one of its own id; others get a letter, ids that nobody knows too', () => {
  const markOf = createMarks(MARKS_DIRECTORY, builtInDefinitions);
  expect(markOf('github')).toEqual({ src: '/assets/marks/github.svg', letter: 'G' });
  expect(markOf('twitter').src).toBe('/assets/marks/x.svg');
  expect(markOf('linkedin')).toEqual({ src: undefined, letter: 'L' });
  expect(markOf('gone-long-ago')).toEqual({ src: undefined, letter: 'G' });
});
