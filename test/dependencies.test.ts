/** Every direct runtime dependency has its one line of reason, and there are at most 25 of them. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const read = (path: string) => readFileSync(resolve(import.meta.dirname, '..', path), 'utf8');
const installed = Object.keys(JSON.parse(read('package.json')).dependencies).sort();

test('at most 25', () => {
  expect(installed.length).toBeLessThanOrEqual(25);
});

test('docs/dependencies.md justifies each in one line', () => {
  const lines = read('docs/dependencies.md').matchAll(/^\| `([^`]+)` \| (.{20,}) \|$/gm);
  expect([...lines].map(([, name]) => name).sort()).toEqual(installed);
});

test('the change log begins with the version that package.json names', () => {
  const { version } = JSON.parse(read('package.json'));
  const [, first] = /^## \[?(\d+\.\d+\.\d+)/m.exec(read('CHANGELOG.md')) ?? [];
  expect(first).toBe(version);
});
