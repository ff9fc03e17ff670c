/** docs/parity.md: every row of the earlier systems' capabilities that it lists leads to a test that exists, or to a written reason. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const rows = readFileSync(join(root, 'docs/parity.md'), 'utf8')
  .split('\n')
  .map((line) => /^\| ([A-J]\d+|[FG] [a-z0-9 ]+) \|(.*)\|(.*)\|$/.exec(line))
  .flatMap((match) =>
    match ? [{ row: match[1] ?? '', ours: match[2]?.trim() ?? '', proof: match[3]?.trim() ?? '' }] : [],
  );

/** How many rows each family has. */
const families = { A: 32, B: 10, C: 24, D: 32, E: 7, H: 12, I: 8, J: 8 };

test.each(Object.entries(families))('family %s is complete: %i rows, each once', (family, count) => {
  const numbers = rows.filter(({ row }) => row.startsWith(family)).map(({ row }) => Number(row.slice(1)));
  expect(numbers).toEqual(Array.from({ length: count }, (_, index) => index + 1));
});

test('the fixes and the providers of the earlier tutorials are all there', () => {
  expect(rows.filter(({ row }) => row.startsWith('F ')).length).toBeGreaterThanOrEqual(12);
  expect(rows.filter(({ row }) => row.startsWith('G ')).length).toBeGreaterThanOrEqual(11);
});

test('all rows are there', () => {
  expect(rows.length).toBeGreaterThanOrEqual(156);
});

test.each(rows.map(({ row, ours, proof }) => [row, ours, proof]))('%s leads somewhere', (_row, ours, proof) => {
  expect(ours.length).toBeGreaterThan(2);
  const links = [...proof.matchAll(/\[([^\]]+)\]\(\.\.\/(test\/[\w./-]+)\)/g)];
  if (links.length === 0) {
    expect(proof).toMatch(/^left out: .{20,}/);
    return;
  }
  for (const [, name = '', path = ''] of links) {
    expect([path, existsSync(join(root, path))]).toEqual([path, true]);
    const source = readFileSync(join(root, path), 'utf8').replaceAll('\\', '');
    expect([path, name, source.includes(name)]).toEqual([path, name, true]);
  }
});
