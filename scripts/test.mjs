/**
 * `npm test`: lint, type check, and every suite that needs no server of its own, on the embedded database. Switches add the others:
 * TEST_DATABASE_URL (the PostgreSQL suites, those that start whole processes, and those about data and pages once more on that server),
 * TEST_BROWSER=1 (Chromium), TEST_PEERS=1 (independent implementations), TEST_TERMINAL=1 (the command line in a real terminal, with tmux),
 * TEST_RELEASE=1 (what `npm pack` gives, installed from the registry). What was left out is said last. Arguments are handed to Jest
 * (`npm test -- test/oauth1`), which then runs alone.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const only = process.argv.slice(2);
const { TEST_DATABASE_URL: databaseUrl, LATCHKEY_JEST_REPORTS: reports, ...environment } = process.env;
/** They start processes of their own, and most of them need a PostgreSQL server. */
const SERVERS = ['test/postgres', 'test/process', 'test/crash', 'test/security/servers'];
const suites = [
  ...SERVERS.map((folder) => ({
    folder,
    on: false,
    switch: databaseUrl ? undefined : 'TEST_DATABASE_URL=postgresql://…',
  })),
  { folder: 'test/browser', on: environment.TEST_BROWSER === '1', switch: 'TEST_BROWSER=1' },
  { folder: 'test/cli/terminal', on: environment.TEST_TERMINAL === '1', switch: 'TEST_TERMINAL=1' },
  { folder: 'test/release', on: environment.TEST_RELEASE === '1', switch: 'TEST_RELEASE=1' },
  { folder: 'test/peers', on: environment.TEST_PEERS === '1', switch: 'TEST_PEERS=1' },
];

function run(title, command, args, extra = {}) {
  console.error(`\n> ${title}`);
  const result = spawnSync(command, args, { stdio: 'inherit', env: { ...environment, ...extra } });
  if (result.error) console.error(`${command}: ${result.error.message}`);
  return result.status === 0;
}

function jest(title, args, extra = {}) {
  const report = reports
    ? ['--silent', '--json', '--outputFile', join(reports, `${title.replaceAll(/\W+/g, '-')}.json`)]
    : [];
  const flags = '--experimental-vm-modules --disable-warning=ExperimentalWarning';
  return run(title, 'npx', ['--no-install', 'jest', ...report, ...args], {
    NODE_OPTIONS: `${environment.NODE_OPTIONS ?? ''} ${flags}`.trim(),
    ...extra,
  });
}

if (only.length > 0) {
  process.exit(jest('tests', only, databaseUrl ? { TEST_DATABASE_URL: databaseUrl } : {}) ? 0 : 1);
}

const leftOut = suites.filter((suite) => !suite.on);
const passed = [
  run('lint', 'npx', ['--no-install', 'biome', 'check', '.']),
  run('type check', 'npx', ['--no-install', 'tsc', '-p', 'tsconfig.json']),
  jest(
    'tests',
    leftOut.flatMap(({ folder }) => ['--testPathIgnorePatterns', `<rootDir>/${folder}/`]),
  ),
  !databaseUrl ||
    jest('tests on PostgreSQL', ['test/postgres', 'test/crash', 'test/security/servers', 'test/db', 'test/web'], {
      TEST_DATABASE_URL: databaseUrl,
    }),
].every(Boolean);

for (const { folder, switch: how } of leftOut) {
  if (how) console.error(`left out: ${folder} (switch on with ${how})`);
}
process.exit(passed ? 0 : 1);
