/** Starts of the built app: what it refuses, in one sentence, and how it goes. Real processes, as `npm start` runs them. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, runToEnd, startProcess } from '../support/process.js';

const PATIENCE = 60_000;
let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'latchkey-start-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

test.each([
  ['PORT', { PORT: '70000' }],
  ['BASE_URL', { BASE_URL: 'http://app.example.com' }],
  ['SESSION_SECRET', { SESSION_SECRET: 'short' }],
  ['VAULT_KEYS', { VAULT_KEYS: 'a:bm90IDMyIGJ5dGVz' }],
  ['SANDBOX', { SANDBOX: 'maybe' }],
  ['DATABASE_URL', { DATABASE_URL: 'mysql://localhost/x' }],
  ['LOG_LEVEL', { LOG_LEVEL: 'loud' }],
  ['SESSION_SECRET_FILE', { SESSION_SECRET_FILE: '/nowhere/at/all' }],
  ['DATA_DIR', { DATA_DIR: '/dev/null/x', PORT: '0' }],
  ['DATA_DIR', { DATA_DIR: '/proc/nope/deeper', PORT: '0' }],
  ['HOST', { HOST: '203.0.113.7' }],
  ['SANDBOX_PORT', { PORT: '3999', SANDBOX_PORT: '3999' }],
  ['DATABASE_URL', { NODE_ENV: 'production', BASE_URL: 'https://app.example.com' }],
])('a malformed %s stops the start with one sentence that names it', async (variable, environment) => {
  const { code, output } = await runToEnd({ DATA_DIR: dataDir, ...environment });
  expect(code).toBe(1);
  const lines = output.trim().split('\n');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(new RegExp(`^Latchkey cannot start: ${variable} `));
  expect(output).not.toContain('bm90IDMyIGJ5dGVz');
});

test(
  'a server that is not there is named without its password',
  async () => {
    const port = await freePort();
    const { code, output } = await runToEnd({
      DATA_DIR: dataDir,
      DATABASE_URL: `postgresql://someone:topsecret@127.0.0.1:${port}/latchkey`,
    });
    expect(code).toBe(1);
    expect(output).toContain(`127.0.0.1:${port}`);
    expect(output).not.toContain('topsecret');
    expect(output.trim().split('\n')).toHaveLength(1);
  },
  PATIENCE,
);

test(
  'a data directory that is in use names the process that holds it, and generated secrets are private',
  async () => {
    const environment = { PORT: await freePort(), SANDBOX_PORT: await freePort(), DATA_DIR: dataDir };
    const app = await startProcess(environment);
    try {
      expect(statSync(join(dataDir, 'secrets.json')).mode & 0o777).toBe(0o600);
      const second = await runToEnd({ ...environment, PORT: await freePort(), SANDBOX_PORT: await freePort() });
      expect(second.code).toBe(1);
      expect(second.output).toContain(`process ${app.pid}`);
      expect(second.output.trim().split('\n')).toHaveLength(1);
    } finally {
      expect(await app.stop('SIGTERM')).toBe(0);
    }
  },
  PATIENCE,
);

test(
  'a port that is taken is named',
  async () => {
    const environment = { PORT: await freePort(), SANDBOX: 'off', DATA_DIR: dataDir };
    const app = await startProcess(environment);
    const elsewhere = mkdtempSync(join(tmpdir(), 'latchkey-start-'));
    try {
      const second = await runToEnd({ ...environment, DATA_DIR: elsewhere });
      expect(second.code).toBe(1);
      expect(second.output).toContain(`PORT ${environment.PORT} cannot be used`);
    } finally {
      await app.stop('SIGKILL');
      rmSync(elsewhere, { recursive: true, force: true });
    }
  },
  PATIENCE,
);
