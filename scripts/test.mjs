/**
 * `npm test`: lint, type check, and every suite that needs no server of its own. Switches add the others:
 * TEST_DATABASE_URL (PostgreSQL), TEST_BROWSER=1 (Chromium), TEST_PEERS=1 (independent implementations). What was left out is said last.
 * Arguments are handed to Jest (`npm test -- test/oauth1`), which then runs alone.
 */
import { spawnSync } from 'node:child_process';

const only = process.argv.slice(2);
const suites = [
  { folder: 'test/postgres', on: Boolean(process.env.TEST_DATABASE_URL), switch: 'TEST_DATABASE_URL=postgresql://…' },
  { folder: 'test/browser', on: process.env.TEST_BROWSER === '1', switch: 'TEST_BROWSER=1' },
  { folder: 'test/peers', on: process.env.TEST_PEERS === '1', switch: 'TEST_PEERS=1' },
];

function run(title, command, args, environment = {}) {
  console.error(`\n> ${title}`);
  const result = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...environment } });
  if (result.error) console.error(`${command}: ${result.error.message}`);
  return result.status === 0;
}

const leftOut = suites.filter((suite) => !suite.on);
const report = process.env.LATCHKEY_JEST_REPORT;
const jestArguments = [
  '--no-install',
  'jest',
  ...(report ? ['--json', '--outputFile', report, '--silent'] : []),
  ...(only.length > 0 ? only : leftOut.flatMap(({ folder }) => ['--testPathIgnorePatterns', `<rootDir>/${folder}/`])),
];
const passed = [
  only.length > 0 || run('lint', 'npx', ['--no-install', 'biome', 'check', '.']),
  only.length > 0 || run('type check', 'npx', ['--no-install', 'tsc', '-p', 'tsconfig.json']),
  run('tests', 'npx', jestArguments, {
    NODE_OPTIONS:
      `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`.trim(),
  }),
].every(Boolean);

if (only.length === 0) {
  for (const { folder, switch: how } of leftOut) console.error(`left out: ${folder} (switch on with ${how})`);
}
process.exit(passed ? 0 : 1);
