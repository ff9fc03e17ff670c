/**
 * docs/from-python.md: its sessions are typed as they stand there, against the sandbox, and what it shows is what is printed. In a session, `$` begins a
 * command, `…` stands for anything, and `<pin>` and `<address>` are what the person brings from the provider's page.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answerConsent, startApp, TEST_VAULT_KEYS, type TestApp } from '../../support/app.js';
import { type Typed, type as typeLine } from '../support/typed.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const page = readFileSync(join(root, 'docs/from-python.md'), 'utf8');
const before = process.cwd();
let app: TestApp;
let folder: string;
let running: Typed | undefined;

beforeAll(async () => {
  app = await startApp();
  folder = mkdtempSync(join(tmpdir(), 'latchkey-python-'));
  copyFileSync(join(root, 'test/cli/transfer/fixtures/earlier-models.json'), join(folder, 'dumpdata.json'));
  const keys = { clientId: 'CANARY-id', clientSecret: 'CANARY-1', token: 'CANARY-token', tokenSecret: 'CANARY-2' };
  writeFileSync(join(folder, 'keys.json'), JSON.stringify(keys));
  process.chdir(folder);
}, 60_000);
// One that waits for somebody who does not come would keep the test process alive.
afterEach(() => running?.cancel());
afterAll(async () => {
  process.chdir(before);
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Step {
  readonly args: readonly string[];
  /** What the page shows of its output, and what is typed at which line. */
  readonly lines: readonly string[];
}

interface Session {
  readonly title: string;
  readonly steps: readonly Step[];
}

function readSessions(): readonly Session[] {
  const found: { title: string; steps: Step[] }[] = [];
  let title = '';
  for (const [, heading, session] of page.matchAll(/^## (.*)$|^```console\n([\s\S]*?)^```$/gm)) {
    if (heading !== undefined) title = heading;
    else found.push({ title, steps: stepsOf(session ?? '') });
  }
  return found;
}

function stepsOf(session: string): Step[] {
  return session.split(/^\$ /m).flatMap((step) => {
    const [command = '', ...lines] = step.trimEnd().split('\n');
    return command.startsWith('latchkey ') ? [{ args: command.split(' ').slice(1), lines }] : [];
  });
}

/** @returns everything that was printed */
async function type({ args, lines }: Step): Promise<string> {
  const question = lines.find((line) => /<(pin|address)>/.test(line));
  const command = typeLine(args, {
    database: app.database,
    environment: { DATA_DIR: folder, SANDBOX_URL: app.sandboxUrl, VAULT_KEYS: TEST_VAULT_KEYS, NO_COLOR: '1' },
    ...(question ? { terminal: 200 } : {}),
  });
  running = command;
  if (args[0] === 'connect') {
    const [, url = ''] = await command.says(/(http:\/\/\S+)/);
    if (question) await command.says(patternOf(question.replace(/ ?<.*>/, '')));
    if (question?.includes('<pin>')) command.answer(await numberShown(url));
    else if (question) command.answer(await answerConsent(url, 'allow'));
    else await fetch(await answerConsent(url, 'allow'));
  }
  const code = await command.ended;
  // With its words, because they say why.
  if (code !== 0) throw new Error(`latchkey ${args.join(' ')} ended with ${code}: ${command.words()}`);
  return `${command.out()}\n${command.words()}`;
}

/** Out of band, the provider shows a number instead of sending the browser somewhere (RFC 5849 section 2.1). */
async function numberShown(url: string): Promise<string> {
  const { origin, pathname, searchParams } = new URL(url);
  const body = new URLSearchParams({ oauth_token: searchParams.get('oauth_token') ?? '', decision: 'allow' });
  const shown = await fetch(`${origin}${pathname}`, { method: 'POST', body });
  return /<code>(\d{7})<\/code>/.exec(await shown.text())?.[1] ?? '';
}

function patternOf(line: string): RegExp {
  return new RegExp(line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '[\\s\\S]*?'));
}

test.each(readSessions())(
  '$title',
  async ({ steps }) => {
    expect(steps.length).toBeGreaterThan(0);
    for (const step of steps) {
      const printed = await type(step);
      for (const line of step.lines.filter((shown) => !/<(pin|address)>/.test(shown))) {
        expect([step.args.join(' '), printed]).toEqual([step.args.join(' '), expect.stringMatching(patternOf(line))]);
      }
      expect(printed).not.toMatch(/CANARY-[12]|ACCESS-SECRET|REQUEST-SECRET/);
    }
  },
  30_000,
);

test('a person who comes back finds one connection, not one for each start', async () => {
  const browser = app.browser();
  await app.signIn(browser, 'came-from-django', 'twitter');
  for (const _start of [1, 2]) await app.flow(browser, '/connect/fitbit-oauth1');
  const rows = await app.database.prisma.connection.findMany({
    where: { provider: 'fitbit-oauth1', user: { identities: { some: { subject: 'came-from-django' } } } },
  });
  expect(rows.length).toBe(1);
  const [row] = rows;
  const client = await app.latchkey.clients.for(row?.userId ?? '', 'fitbit-oauth1');
  expect((await client.fetch('/1/user/-/profile.json')).status).toBe(200);
});

test('its programs compile as strictly as the sources', () => {
  const programs = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, source = '']) => source);
  expect(programs.length).toBe(1);
  // Inside the project, so that the compiler finds its packages.
  const directory = mkdtempSync(join(root, 'test', '.from-python-'));
  try {
    const config = {
      extends: '../../tsconfig.json',
      compilerOptions: { paths: { latchkey: ['../../src/index.ts'] } },
      include: ['*.ts', '../../src/web/**/*.d.ts'],
    };
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config));
    for (const [index, source] of programs.entries()) writeFileSync(join(directory, `${index}.ts`), source);
    const { stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', directory], { encoding: 'utf8' });
    expect(stdout).toBe('');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}, 60_000);
