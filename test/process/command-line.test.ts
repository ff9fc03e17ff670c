/** The built command line as people and scripts run it: whole processes, the embedded database, pipes and signals. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CLI, runCli, startCli } from '../cli/support/process.js';
import { freePort, startProcess } from '../support/process.js';
import { answerConsent, sandboxControl } from '../support/sandbox-control.js';
import { until } from '../support/until.js';

const PATIENCE = 90_000;

let folder: string;
let environment: { DATA_DIR: string; SANDBOX_PORT: string; PORT: string };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-cli-'));
  environment = { DATA_DIR: join(folder, 'data'), SANDBOX_PORT: await freePort(), PORT: await freePort() };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (args: readonly string[], more: Record<string, string> = {}, input = '') =>
  runCli(args, { ...environment, ...more }, folder, input);

test(
  'a whole life on an empty directory: connect, call, refresh, disconnect',
  async () => {
    const connecting = startCli(['connect', 'fitbit', '--json'], environment, folder);
    await until(() => connecting.words().includes('Ctrl-C cancels'), PATIENCE);
    await fetch(await answerConsent(/http:\/\/\S+/.exec(connecting.words())?.[0], 'allow'));
    expect(await connecting.ended).toBe(0);
    const { id } = JSON.parse(connecting.out());
    const called = await run(['call', 'fitbit', '/1/user/-/profile.json']);
    expect({ code: called.code, words: called.words }).toEqual({ code: 0, words: '' });
    expect(JSON.parse(called.out)).toMatchObject({ user: { encodedId: expect.any(String) } });
    expect(JSON.parse((await run(['refresh', id, '--json'])).out)).toMatchObject({ id, renewed: true });
    expect(await run(['disconnect', id, '--yes'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('confirmed'),
    });
    const secrets = readFileSync(join(environment.DATA_DIR, 'secrets.json'), 'utf8');
    expect(JSON.parse(secrets).vaultKeys).toMatch(/^dev:/);
  },
  PATIENCE,
);

test(
  'while a server has the data directory, commands say so and name it; its sandbox is used, not doubled',
  async () => {
    const app = await startProcess({ ...environment });
    try {
      const { code, words } = await run(['connections']);
      expect(code).toBe(1);
      expect(words).toContain(`is in use by process ${app.pid} (latchkey serve`);
      expect(words).not.toContain('    at ');
      const json = await run(['connections', '--json']);
      expect(JSON.parse(json.out)).toMatchObject({ error: { code: 'data_directory_locked' } });
      const doctor = await run(['doctor']);
      expect(doctor.code).toBe(0);
      expect(doctor.out).toContain(`It answers at http://localhost:${environment.SANDBOX_PORT}`);
      expect(doctor.out).toContain(`is in use by process ${app.pid}`);
    } finally {
      await app.stop();
    }
  },
  PATIENCE,
);

test(
  'Ctrl-C ends a waiting connect with 130, and the data directory is free again',
  async () => {
    const waiting = startCli(['connect', 'twitter'], environment, folder);
    await until(() => waiting.words().includes('Ctrl-C cancels'), PATIENCE);
    waiting.child.kill('SIGINT');
    expect(await waiting.ended).toBe(130);
    expect(waiting.words()).toContain('Cancelled.');
    expect(await run(['connections', '--json'])).toMatchObject({ code: 0 });
  },
  PATIENCE,
);

test(
  'serve is the server: it answers, and stops when it is told to',
  async () => {
    const serving = startCli(['serve'], { ...environment, LOG_LEVEL: 'warn' }, folder);
    const started = () => serving.out().includes('Latchkey: ') || serving.child.exitCode !== null;
    await until(started, PATIENCE);
    expect(serving.words()).toBe('');
    const ready = async () => (await fetch(`http://localhost:${environment.PORT}/readyz`)).status === 200;
    await until(ready, PATIENCE);
    serving.child.kill('SIGTERM');
    expect(await serving.ended).toBe(0);
  },
  PATIENCE,
);

test(
  'sandbox runs until Ctrl-C, which is a success',
  async () => {
    const sandbox = startCli(['sandbox'], environment, folder);
    await until(() => sandbox.out().includes('Sandbox: '), PATIENCE);
    expect(await sandboxControl(`http://localhost:${environment.SANDBOX_PORT}`).calls()).toEqual([]);
    sandbox.child.kill('SIGINT');
    expect(await sandbox.ended).toBe(0);
  },
  PATIENCE,
);

test(
  'reads .env of the working directory, which the real environment beats; a broken one is one sentence',
  async () => {
    const elsewhere = mkdtempSync(join(folder, 'env-'));
    writeFileSync(join(elsewhere, '.env'), 'SANDBOX=off\nGITHUB_CLIENT_ID=from-file\nGITHUB_CLIENT_SECRET=x\n');
    const usable = async (more: Record<string, string>) => {
      const { out } = await runCli(['providers', '--usable', '--json'], { ...environment, ...more }, elsewhere);
      return JSON.parse(out).providers.map(({ id }: { id: string }) => id);
    };
    expect(await usable({})).toEqual(['github']);
    expect((await usable({ SANDBOX: 'on' })).length).toBeGreaterThan(5);
    expect(await runCli(['providers'], { PORT: 'abc' }, folder)).toMatchObject({
      code: 1,
      words: expect.stringMatching(/^latchkey: PORT must be a port number.*\n$/),
    });
  },
  PATIENCE,
);

test(
  'in a pipeline: credentials go in, a reader may leave early',
  async () => {
    const keys = JSON.stringify({ clientId: 'a', clientSecret: 'b' });
    const signed = await run(['sign', 'GET', 'https://api.example.com/', '-c', '-'], {}, keys);
    expect(signed).toMatchObject({ code: 0, words: '' });
    const command = `"${process.execPath}" "${CLI}" --help | head -n 1`;
    const { stdout, stderr } = await promisify(execFile)('sh', ['-c', command], { cwd: folder });
    expect({ stdout, stderr }).toEqual({ stdout: 'Usage: latchkey <command> [options]\n', stderr: '' });
  },
  PATIENCE,
);
