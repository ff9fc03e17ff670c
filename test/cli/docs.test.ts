/** docs/cli.md is what its script writes from the commands, and every command line in it can be read. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cliPage } from '../../scripts/cli-page/page.js';

const page = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8');

test('the page is up to date (npx tsx scripts/cli-page.ts)', () => {
  expect(page).toBe(cliPage());
});

test('its contents lead to its sections', () => {
  const anchors = [...page.matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor]) => anchor);
  const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, heading = '']) => heading.replaceAll(' ', '-'));
  expect(anchors.length).toBeGreaterThan(14);
  expect(anchors).toEqual(headings);
});

test('every option that an example uses is one of its command', () => {
  const sections = page.split(/^## /m).slice(1);
  for (const section of sections) {
    const [heading = ''] = section.split('\n');
    const options = [...section.matchAll(/^\| `([^`]+)`/gm)].flatMap(
      ([, flags = '']) => flags.match(/--?[\w-]+/g) ?? [],
    );
    const lines = [...section.matchAll(/^(?:\w+=\S+ )*(latchkey .*)$/gm)].map(([, line = '']) => line);
    for (const line of lines.filter((each) => each.startsWith(heading))) {
      const used =
        line
          .split(' | ')[0]
          ?.replaceAll(/'[^']*'|"[^"]*"/g, '')
          .match(/(?<= )--?[a-z][\w-]*/gi) ?? [];
      expect([line, used.filter((option) => !options.includes(option))]).toEqual([line, []]);
    }
  }
});
