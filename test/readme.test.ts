/** README keeps its promises: short, its programs compile against the library, and every file it points at is there. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');

test('it is at most 150 lines', () => {
  expect(readme.split('\n').length).toBeLessThanOrEqual(150);
});

test('every link and picture leads to a file of the project', () => {
  const targets = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target]) => target ?? '');
  expect(targets.length).toBeGreaterThan(1);
  expect(targets.filter((target) => !existsSync(join(root, target)))).toEqual([]);
});

test('its commands are those of package.json', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const [, command] of readme.matchAll(/^npm (?:run )?(\w+)$/gm)) expect(Object.keys(scripts)).toContain(command);
  expect(readme).toContain('npm ci && npm start');
});

test('its programs compile, in the order of set-up and use', () => {
  const blocks = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code ?? '');
  const setUp = blocks.find((code) => code.includes("from 'latchkey'")) ?? '';
  const use = blocks.filter((code) => code !== setUp);
  expect(use.length).toBeGreaterThan(0);
  // Inside the project, so that the compiler finds its packages.
  const directory = mkdtempSync(join(root, 'test', '.readme-'));
  try {
    const config = {
      extends: '../../tsconfig.json',
      compilerOptions: { paths: { latchkey: ['../../src/index.ts'] }, noUnusedLocals: false },
      include: ['program.ts', '../../src/web/**/*.d.ts'],
    };
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config));
    writeFileSync(join(directory, 'program.ts'), [setUp, 'declare const userId: string;', ...use].join('\n'));
    execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', directory], { encoding: 'utf8' });
  } catch (error) {
    throw new Error(String((error as { stdout?: string }).stdout ?? error));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('.env.example names every variable of README’s table', () => {
  const example = readFileSync(join(root, '.env.example'), 'utf8');
  const table = readme.slice(readme.indexOf('## Environment'), readme.indexOf('## Tests'));
  const names = [...table.matchAll(/`([A-Z][A-Z_]{3,})`/g)].map(([, name]) => name ?? '');
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !example.includes(`${name}=`))).toEqual([]);
});
