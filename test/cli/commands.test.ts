/** The commands about the installation itself, and what all commands have in common. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandLine } from '../../src/cli/command-line.js';
import { isSandbox } from '../../src/cli/ensure-sandbox.js';
import { createProgram, everyCommand } from '../../src/cli/program.js';
import { examples } from '../../src/cli/subcommand.js';
import {
  addressInSandbox,
  apiAddressesOf,
  builtInDefinitions,
  createCatalogue,
  hasEnded,
  type Provider,
} from '../../src/providers/index.js';
import { freePort } from '../support/process.js';
import { typed as typedLine, type as typeLine } from './support/typed.js';
import { createWorld, type World } from './support/world.js';

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
beforeEach(() => world.reset());
afterAll(() => world.close());

const typed: World['typed'] = (args, more) => world.typed(args, more);

describe('providers', () => {
  test('says of each whether it can be connected, and what it needs', async () => {
    const environment = { SANDBOX: 'off', GITHUB_CLIENT_ID: 'a', GITHUB_CLIENT_SECRET: 'b', X_CLIENT_ID: 'a' };
    const { code, out } = await typed(['providers', '--json'], { environment });
    expect(code).toBe(0);
    const { providers }: { providers: { id: string; state: string; note: string }[] } = JSON.parse(out);
    const named = Object.fromEntries(providers.map((provider) => [provider.id, provider]));
    expect(named.github).toMatchObject({ state: 'ready', note: '' });
    expect(named.x).toMatchObject({ state: 'off', note: 'X_CLIENT_SECRET is missing.' });
    expect(named.shelf).toMatchObject({ state: 'off', note: 'needs SHELF_CLIENT_ID and SHELF_CLIENT_SECRET' });
    expect(named.fitbit?.note).toContain('use google-health');
    const usable = await typed(['providers', '--usable', '--json'], { environment });
    expect(JSON.parse(usable.out).providers.map(({ id }: { id: string }) => id)).toEqual(['github']);
  });

  test('check runs a whole connection in the sandbox and leaves a report without secrets, and nothing else', async () => {
    const report = join(world.dataDir, 'reports');
    const { code, out } = await typed([
      'providers',
      'check',
      'google-health',
      '--path',
      '/v4/users/me/identity',
      '--report',
      report,
      '--json',
    ]);
    const [file = ''] = readdirSync(report);
    expect(file).toMatch(/^google-health-sandbox-\d{4}-\d\d-\d\d\.json$/);
    const text = readFileSync(join(report, file), 'utf8');
    expect(statSync(join(report, file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(out)).toEqual({ ...JSON.parse(text), file: join(report, file) });
    const { steps, passed } = JSON.parse(text);
    expect(steps.map(({ step, outcome }: { step: string; outcome: string }) => `${step}: ${outcome}`)).toEqual([
      'connect: passed',
      'profile: passed',
      'call: passed',
      'refresh: passed',
      'call after refresh: passed',
      'revoke: passed',
    ]);
    expect({ code, passed }).toEqual({ code: 0, passed: true });
    expect(text).not.toMatch(/sbx_|robin/i);
    expect(await world.db.database.prisma.connection.count()).toBe(0);
    // Whoever uses this sandbox is asked again.
    const consent = await fetch(`${world.sandboxUrl}/_control/behaviour`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(await consent.json()).toMatchObject({ autoApprove: false });
  });

  test.each(['twitter', 'shelf', 'lamp'])('check passes at %s too, with whatever it has', async (id) => {
    const { code, out } = await typed(['providers', 'check', id, '--report', join(world.dataDir, id), '--json']);
    expect({
      code,
      steps: JSON.parse(out).steps.filter(({ outcome }: { outcome: string }) => outcome === 'failed'),
    }).toEqual({ code: 0, steps: [] });
  });

  test('check says which step failed', async () => {
    await world.control.next({ path: '/shelf.example/me', times: 1, body: { id: 's', name: 'S' } });
    await world.control.next({ path: '/shelf.example/me', times: 9, status: 500 });
    const { code, out } = await typed(['providers', 'check', 'shelf', '--report', join(world.dataDir, 'bad')]);
    expect(code).toBe(1);
    expect(out).toMatch(/profile +failed .*status 500/);
    expect(out).toContain('Not all is well at shelf in the sandbox');
  });

  test('check asks before it uses a real account', async () => {
    const environment = { SHELF_CLIENT_ID: 'a', SHELF_CLIENT_SECRET: 'b' };
    const { code, words } = await typed(['providers', 'check', 'shelf'], { environment });
    expect({ code, words }).toEqual({ code: 1, words: expect.stringContaining('has to be confirmed') });
  });
});

describe('doctor', () => {
  const levels = (out: string) => {
    const { findings }: { findings: { about: string; level: string; message: string; advice?: string }[] } =
      JSON.parse(out);
    return findings;
  };

  test('finds nothing wrong with a sound installation', async () => {
    const { code, out } = await typed(['doctor', '--json']);
    expect(levels(out).filter(({ level }) => level === 'failure')).toEqual([]);
    expect(code).toBe(0);
    expect(out).toContain(`It answers at ${world.sandboxUrl}`);
  });

  test('every complaint says what to do', async () => {
    const server = createServer((_request, response) => {
      response.setHeader('Date', new Date(Date.now() + 900_000).toUTCString());
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const live = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const dead = `http://127.0.0.1:${await freePort()}`;
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-doctor-'));
    const definition = (id: string, origin: string, more: object = {}) =>
      JSON.stringify({
        id,
        name: id,
        protocol: 'oauth2',
        authorize: { url: `${origin}/a` },
        token: { url: `${origin}/t`, clientAuth: 'post' },
        scopes: { signIn: [], connect: [] },
        pkce: 'supported',
        profile: { url: `${origin}/me`, subject: 'id' },
        api: { baseUrls: [origin] },
        ...more,
      });
    const { writeFileSync } = await import('node:fs');
    writeFileSync(join(folder, 'alive.json'), definition('alive', live));
    writeFileSync(join(folder, 'dead.json'), definition('dead', dead));
    writeFileSync(
      join(folder, 'over.json'),
      definition('over', live, { status: { state: 'shut', sunset: '2020-01-01', successor: 'alive' } }),
    );
    const soon = new Date(Date.now() + 160 * 86_400_000).toISOString().slice(0, 10);
    writeFileSync(
      join(folder, 'gone.json'),
      definition('gone', live, { status: { state: 'usable', sunset: '2020-01-01' } }),
    );
    writeFileSync(join(folder, 'later.json'), definition('later', live, { status: { state: 'usable', sunset: soon } }));
    writeFileSync(join(folder, 'broken.json'), '{');
    await world.db.database.prisma.providerApp.create({
      data: { id: 'alive', clientId: 'a', refusedAt: new Date(), reason: 'invalid_client' },
    });
    chmodSync(world.dataDir, 0o755);
    const client = (id: string) => ({ [`${id}_CLIENT_ID`]: 'a', [`${id}_CLIENT_SECRET`]: 'b' });
    const environment = {
      PROVIDERS_DIR: folder,
      SANDBOX: 'off',
      ...client('ALIVE'),
      ...client('DEAD'),
      ...client('OVER'),
      ...client('GONE'),
      ...client('LATER'),
      GITHUB_CLIENT_ID: 'a',
    };
    const { code, out } = await typed(['doctor', '--json'], { environment });
    expect(code).toBe(1);
    const wrong = levels(out).filter(({ level }) => level !== 'ok');
    for (const finding of wrong) expect(finding.advice).toMatch(/.{10}/);
    const said = wrong.map(({ about, message }) => `${about}: ${message}`).join('\n');
    expect(said).toMatch(/data directory: Other users .* can read/);
    expect(said).toContain('github: It is switched off: GITHUB_CLIENT_SECRET is missing.');
    expect(said).toContain('broken.json: Provider definition refused');
    expect(said).toContain('over: over has ended on 2020-01-01.');
    // As the server says it when it starts: a day that has passed has passed, and one far off is no matter yet.
    expect(said).toContain('gone: gone has ended on 2020-01-01.');
    expect(said).not.toContain('later: ');
    const list = await typed(['providers', '--json'], { environment });
    expect(JSON.parse(list.out).providers).toContainEqual(
      expect.objectContaining({ id: 'gone', note: 'shut on 2020-01-01' }),
    );
    expect(said).toContain('alive: It refuses our client');
    expect(said).toMatch(/network: 127\.0\.0\.1:\d+ cannot be reached.*\(dead\)/);
    expect(said).toMatch(/clock: This machine’s clock is (89|90)\d seconds behind/);
    chmodSync(world.dataDir, 0o700);
    rmSync(folder, { recursive: true, force: true });
    await new Promise((resolve) => server.close(resolve));
  });

  test('a mode that is none is doubted, with what to do', async () => {
    const { out } = await typed(['doctor', '--offline', '--json'], { environment: { NODE_ENV: 'produciton' } });
    expect(levels(out)).toContainEqual(
      expect.objectContaining({ level: 'warning', message: expect.stringContaining('"produciton"') }),
    );
  });

  test('a missing vault key, an unusable setting', async () => {
    await typed(['connections']);
    const other = `other:${Buffer.alloc(32, 9).toString('base64')}`;
    const missing = await typed(['doctor', '--offline'], { environment: { VAULT_KEYS: other } });
    expect(missing).toMatchObject({
      code: 1,
      out: expect.stringContaining('VAULT_KEYS lacks the key that sealed this database: test'),
    });
    const unusable = await typed(['doctor', '--offline'], { environment: { PORT: 'abc' } });
    expect(unusable).toMatchObject({ code: 1, out: expect.stringMatching(/✗ settings: PORT must be a port number/) });
  });
});

describe('sandbox', () => {
  test('runs alone, with things going wrong as wanted, until it is told to stop', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-alone-'));
    const port = await freePort();
    const args = [
      'sandbox',
      '--port',
      port,
      '--json',
      '--auto-approve',
      '--access-token-ttl',
      '5',
      '--fail',
      '/api.fitbit.com/oauth2/token=503',
    ];
    const command = typeLine(args, { environment: { DATA_DIR: dataDir } });
    while (command.out() === '') await new Promise((resolve) => setTimeout(resolve, 20));
    const { url } = JSON.parse(command.out());
    expect(url).toBe(`http://localhost:${port}`);
    expect(await isSandbox(url)).toBe(true);
    const token = () => fetch(`${url}/api.fitbit.com/oauth2/token`, { method: 'POST' });
    expect([(await token()).status, (await token()).status]).toEqual([503, 503]);
    const taken = await typedLine(['sandbox', '--port', port], { environment: { DATA_DIR: join(dataDir, 'other') } });
    expect(taken).toMatchObject({ code: 1, words: expect.stringContaining(`cannot listen on port ${port}`) });
    command.cancel();
    await command.ended;
    expect(await isSandbox(url)).toBe(false);
    rmSync(dataDir, { recursive: true, force: true });
  });

  test.each([
    ['--port', 'x'],
    ['--access-token-ttl', 'soon'],
    ['--fail', 'nothing'],
    ['--fail', '/path=999'],
  ])('%s %s is refused', async (...option) => {
    expect(await typedLine(['sandbox', ...option])).toMatchObject({ code: 2 });
  });

  test('a command that needs one starts it, on its own port, and says so when that is taken', async () => {
    const port = await freePort();
    const environment = { SANDBOX_URL: '', SANDBOX_PORT: port, DATA_DIR: mkdtempSync(join(tmpdir(), 'latchkey-own-')) };
    const { code } = await typed(['connect', 'fitbit', '--timeout', '1'], { environment });
    expect(code).toBe(1);
    expect(await isSandbox(`http://localhost:${port}`)).toBe(false);
    const server = createServer((_request, response) => response.end('{}'));
    await new Promise<void>((resolve) => server.listen(Number(port), '127.0.0.1', resolve));
    const taken = await typed(['connect', 'fitbit', '--timeout', '1'], { environment });
    expect(taken).toMatchObject({ code: 1, words: expect.stringContaining('Set SANDBOX_PORT to a free port') });
    await new Promise((resolve) => server.close(resolve));
    rmSync(environment.DATA_DIR, { recursive: true, force: true });
  });

  test('one that should run elsewhere and does not is named', async () => {
    const environment = { SANDBOX_URL: `http://localhost:${await freePort()}` };
    expect(await typed(['connect', 'fitbit'], { environment })).toMatchObject({
      code: 1,
      words: expect.stringContaining('latchkey sandbox'),
    });
  });
});

test('migrate tells what it did', async () => {
  expect(await typed(['migrate'])).toEqual({ code: 0, out: 'The database is up to date.\n', words: '' });
  expect(JSON.parse((await typed(['migrate', '--json'])).out)).toEqual({ applied: [], ahead: [] });
});

describe('every command', () => {
  const program = () =>
    createProgram(
      new CommandLine({
        streams: { input: process.stdin, output: process.stdout, words: process.stderr },
        environment: {},
        signal: new AbortController().signal,
        leaveSignals: () => undefined,
      }),
    );
  const all = everyCommand(program()).filter((command) => command.commands.length === 0 || command.options.length > 0);

  test('of the contract is there', () => {
    const names = program().commands.map((command) => command.name());
    for (const name of [
      'serve',
      'migrate',
      'providers',
      'connect',
      'connections',
      'call',
      'refresh',
      'disconnect',
      'sign',
      'vault',
      'import',
      'export',
      'doctor',
      'sandbox',
    ]) {
      expect(names).toContain(name);
    }
  });

  test.each(all.map((command) => [command.name(), command] as const))(
    '%s has examples, --json, and a sentence about itself',
    (_name, command) => {
      expect(command.description()).toMatch(/^[A-Z].*\.$/);
      expect(examples(command).length).toBeGreaterThan(0);
      expect(command.options.some(({ long }) => long === '--json')).toBe(true);
      for (const { description } of command.options) expect(description).toMatch(/.{8}/);
      // What is typed on a command line can be seen by everybody on the machine, and stays in the shell's memory.
      const takesSecret = command.options.filter(
        ({ long }) =>
          /secret|token|password|key/.test(long ?? '') &&
          !['--show-secrets', '--access-token-ttl'].includes(long ?? ''),
      );
      expect(takesSecret.map(({ long }) => long)).toEqual([]);
    },
  );

  test.each([[['--help']], [['help', 'call']], [['call', '--help']], [['providers', 'check', '-h']]])(
    '%j is help on stdout',
    async (args) => {
      const { code, out, words } = await typedLine(args);
      expect({ code, words }).toEqual({ code: 0, words: '' });
      expect(out).toMatch(/^Usage: latchkey/);
      expect(out).toContain('Examples:');
    },
  );

  test.each(all.map((command) => [command.name(), command] as const))(
    '%s: help shows no default that says nothing',
    (_name, command) => {
      expect(command.helpInformation()).not.toMatch(/default: (?:\[|0\)|""|undefined)/);
    },
  );

  test('no example is about a service that has ended', async () => {
    const ended = builtInDefinitions.filter(({ status }) => status && hasEnded(status, Date.now())).map(({ id }) => id);
    const typedIn = all.flatMap((command) => examples(command).map((example) => example.command));
    const { out: helps } = await typedLine(['--help']);
    expect(helps).toContain('latchkey connect ');
    expect(typedIn.filter((line) => line.split(' ').some((word) => ended.includes(word)))).toEqual([]);
    expect(ended.filter((id) => new RegExp(`(?:connect|call) ${id}\\b`).test(helps))).toEqual([]);
  });

  test('every address that an example calls is one of its provider’s', () => {
    const called = all
      .flatMap((command) => examples(command))
      .flatMap(({ command }) => [...command.matchAll(/^latchkey call (\S+) (https:\S+)/g)]);
    expect(called.length).toBeGreaterThan(0);
    const catalogue = createCatalogue({ definitions: builtInDefinitions, sandboxOrigin: 'http://localhost:4000' });
    for (const [, id = '', address = ''] of called) {
      const own = apiAddressesOf((catalogue.get(id) as Provider).definition);
      expect(addressInSandbox(address, own)).toMatch(/^http:\/\/localhost:4000\//);
    }
  });

  test('help fits a narrow terminal', async () => {
    const { out } = await typedLine(['connections', '--help'], { terminal: 60 });
    const described = out.slice(0, out.indexOf('Examples:')).split('\n');
    expect(Math.max(...described.map((line) => line.length))).toBeLessThanOrEqual(60);
  });

  test.each([
    [['nonsense']],
    [['call']],
    [['call', 'a', 'b', 'c']],
    [['connect', 'x', '--nonsense']],
    [['connect', 'x', '--timeout', '0']],
    [[]],
  ])('%j makes no sense, which is exit code 2 and one complaint', async (args) => {
    const { code, out, words } = await typedLine(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(words).toMatch(/^latchkey: |^Usage: /);
    expect(words).not.toContain('    at ');
  });
});
