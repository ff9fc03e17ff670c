/** docs/security.md: every requirement is there once, and leads to a test that exists or to a written reason. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/security.md'), 'utf8');
const rows = page
  .split('\n')
  .map((line) => /^\| ([A-S]\d+) \|([^|]*)\|([^|]*)\|(.*)\|$/.exec(line))
  .flatMap((match) => (match ? [match.slice(1).map((cell) => cell.trim())] : []))
  .map(([row = '', requirement = '', state = '', proof = '']) => ({ row, requirement, state, proof }));

/** How many rows each letter has. */
const letters = {
  ...{ A: 10, B: 14, C: 9, D: 7, E: 9, F: 10, G: 4, H: 6, I: 8, J: 10 },
  ...{ K: 5, L: 5, M: 4, N: 3, O: 5, P: 3, Q: 3, R: 5, S: 24 },
};
const LINK = /\[([^\]]+)\]\(\.\.\/(test\/[\w./-]+)\)/g;

test.each(Object.entries(letters))('%s has its %i rows, each once and in order', (letter, count) => {
  const numbers = rows.filter(({ row }) => row.startsWith(letter)).map(({ row }) => Number(row.slice(1)));
  expect(numbers).toEqual(Array.from({ length: count }, (_, index) => index + 1));
});

test.each(rows.map((one) => [one.row, one] as const))('%s leads somewhere', (_row, { requirement, state, proof }) => {
  expect(requirement.length).toBeGreaterThan(5);
  const links = [...proof.matchAll(LINK)];
  const words = proof.replaceAll(LINK, '').trim();
  switch (state) {
    case 'proven':
      expect(links.length).toBeGreaterThan(0);
      break;
    case 'partly':
    case 'left out':
      expect(words.length).toBeGreaterThan(20);
      break;
    default:
      throw new Error(`"${state}" is no state.`);
  }
  for (const [, name = '', path = ''] of links) {
    expect([path, existsSync(join(root, path))]).toEqual([path, true]);
    const source = readFileSync(join(root, path), 'utf8').replaceAll('\\', '');
    expect([path, name, source.includes(name)]).toEqual([path, name, true]);
  }
});

test('what the page links to besides is there, and it stays readable in one sitting', () => {
  for (const [, path = ''] of page.matchAll(/\]\(([\w./-]+\.md)\)/g)) {
    expect([path, existsSync(join(root, 'docs', path))]).toEqual([path, true]);
  }
  expect(page.split('\n').length).toBeLessThanOrEqual(301);
});
