/** The short form of `npm run test:crash`: real processes on real PostgreSQL, 500 calls at once, and each kind of fault once. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const PATIENCE_MS = 240_000;
let reports: Record<string, number | string>[];
let stderr: string;

beforeAll(() => {
  // A process of its own, as it is run by hand, because it leaves nothing behind when it ends.
  const sizes = ['--faults', '10', '--connections', '8', '--seed', '20261121'];
  const run = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/test-crash.ts', '--json', ...sizes], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  stderr = run.stderr;
  reports = run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}, PATIENCE_MS);

test('nothing is wrong', () => {
  expect(stderr).not.toContain('wrong:');
  expect(reports).toHaveLength(5);
});

test('500 parallel calls with an expired token over four processes make exactly one token call', () => {
  expect(reports[0]).toMatchObject({ answers: '200', 'token calls': 1, status: 'active', generations: 1 });
});

test('with a minute of grace nothing is lost, whatever happens', () => {
  expect(reports[2]).toMatchObject({ 'connections lost': 0, 'overlapping token calls': 0, 'broken at the end': 0 });
  expect(reports[2]?.['token calls']).toBeGreaterThan(10);
});

test('with none, only what nobody could save, and each says that it was interrupted', () => {
  expect(reports[4]).toMatchObject({ 'lost without need': 0, 'overlapping token calls': 0, 'broken at the end': 0 });
});

test('no secret is found anywhere on disk or in the logs', () => {
  for (const report of [reports[2], reports[4]]) {
    expect(report).toMatchObject({ 'files with a secret': 0 });
    expect(report?.['secrets issued']).toBeGreaterThan(20);
  }
});
