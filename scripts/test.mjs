/**
 * `npm test`: lint, type check, and every suite that needs no server of its own, on the embedded database. Switches add the others:
 * TEST_DATABASE_URL (the PostgreSQL suites, those that start whole processes, and those about data and pages once more on that server),
 * TEST_BROWSER=1 (Chromium), TEST_PEERS=1 (independent implementations), TEST_TERMINAL=1 (the command line in a real terminal, with tmux),
 * TEST_RELEASE=1 (what `npm pack` gives, installed from the registry), TEST_LONG=1 (what takes long). What was left out is said last.
 * Arguments are handed to Jest (`npm test -- test/oauth1`), which then runs alone.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const only = process.argv.slice(2);
const { TEST_DATABASE_URL: databaseUrl, LATCHKEY_JEST_REPORTS: reports, ...environment } = process.env;
/** They start processes of their own, and most of them need a PostgreSQL server. */
const SERVERS = ['test/postgres', 'test/process', 'test/crash', 'test/security/servers'];
/** They need nothing but time: whole tables of cases, every provider's whole story, several processes on one data directory. */
const LONG = [
  'test/cli/connect.test.ts',
  'test/cli/transfer/from-python.test.ts',
  'test/connections/background-refresher.test.ts',
  'test/db/data-directory-lock.test.ts',
  'test/db/embedded-database.test.ts',
  'test/db/failures.test.ts',
  'test/db/schema.test.ts',
  'test/db/upgrade.test.ts',
  'test/oauth2/docs.test.ts',
  'test/providers/conformance.test.ts',
  'test/security/metrics.test.ts',
  'test/security/provider-trouble.test.ts',
  'test/security/worst-holes.test.ts',
  'test/web/generations.test.ts',
  'test/web/linking-races.test.ts',
  'test/web/linking-table.test.ts',
  'test/web/named-hosts.test.ts',
];
const suites = [
  ...(databaseUrl ? [] : [{ paths: SERVERS, switch: 'TEST_DATABASE_URL=postgresql://…' }]),
  { paths: ['test/browser'], switch: 'TEST_BROWSER=1' },
  { paths: ['test/cli/terminal'], switch: 'TEST_TERMINAL=1' },
  { paths: ['test/release'], switch: 'TEST_RELEASE=1' },
  { paths: ['test/peers'], switch: 'TEST_PEERS=1' },
  { paths: LONG, switch: 'TEST_LONG=1' },
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

const leftOut = suites.filter((suite) => environment[suite.switch.replace('=1', '')] !== '1');
const elsewhere = [...SERVERS, ...leftOut.flatMap(({ paths }) => paths)];
const passed = [
  run('lint', 'npx', ['--no-install', 'biome', 'check', '.']),
  run('type check', 'npx', ['--no-install', 'tsc', '-p', 'tsconfig.json']),
  jest(
    'tests',
    elsewhere.flatMap((path) => ['--testPathIgnorePatterns', `<rootDir>/${path}(/|$)`]),
  ),
  !databaseUrl || jest('tests on PostgreSQL', [...SERVERS, 'test/db', 'test/web'], { TEST_DATABASE_URL: databaseUrl }),
].every(Boolean);

for (const { paths, switch: how } of leftOut) console.error(`left out (switch on with ${how}): ${paths.join(', ')}`);
process.exit(passed ? 0 : 1);
