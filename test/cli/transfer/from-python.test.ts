/**
 * docs/from-python.md: its sessions are typed as they stand there, against the sandbox, and what it shows is what is printed. In a session, `$` begins a
 * command, `…` stands for anything, and `<pin>` and `<address>` are what the person brings from the provider's page.
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answerConsent, startApp, type TestApp, TEST_VAULT_KEYS } from '../../support/app.js';
import { readPrograms } from '../../support/documented-programs.js';
import { type TypingOptions, type as typeLine } from '../support/typed.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const page = readFileSync(join(root, 'docs/from-python.md'), 'utf8');
const before = process.cwd();
let app: TestApp;
let folder: string;

beforeAll(async () => {
  app = await startApp();
  folder = mkdtempSync(join(tmpdir(), 'latchkey-python-'));
  copyFileSync(join(root, 'test/cli/transfer/fixtures/earlier-models.json'), join(folder, 'dumpdata.json'));
  const keys = { clientId: 'CANARY-id', clientSecret: 'CANARY-1', token: 'CANARY-token', tokenSecret: 'CANARY-2' };
  writeFileSync(join(folder, 'keys.json'), JSON.stringify(keys));
  process.chdir(folder);
}, 60_000);
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
  const options: TypingOptions = {
    database: app.database,
    terminal: 100,
    environment: { DATA_DIR: folder, SANDBOX_URL: app.sandboxUrl, VAULT_KEYS: TEST_VAULT_KEYS, TERM: 'dumb' },
  };
  // What is imported is not asked for twice in a pipe.
  const { terminal, ...inPipe } = options;
  const command = typeLine(args, args[0] === 'import' || args[0] === 'call' ? inPipe : options);
  if (args[0] === 'connect') {
    const [, url] = await command.says(/(http:\/\/\S+)/);
    const came = await answerConsent(url, 'allow');
    const asked = lines.find((line) => /<(pin|address)>/.test(line));
    if (asked === undefined) await fetch(came);
    else {
      await command.says(patternOf(asked.replace(/ ?<.*>/, '')));
      command.answer(asked.includes('<pin>') ? await pinFor(url ?? '', came) : came);
    }
  }
  expect([args.join(' '), await command.ended, command.words()]).toEqual([args.join(' '), 0, expect.anything()]);
  return `${command.out()}\n${command.words()}`;
}

/** Out of band, the provider shows a number instead of sending the browser somewhere. */
async function pinFor(_url: string, came: string): Promise<string> {
  return new URL(came).searchParams.get('oauth_verifier') ?? '';
}

function patternOf(line: string): RegExp {
  return new RegExp(line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '[\\s\\S]*?'));
}

test.each(readSessions())('$title', async ({ steps }) => {
  expect(steps.length).toBeGreaterThan(0);
  for (const step of steps) {
    const printed = await type(step);
    for (const line of step.lines.filter((shown) => !/<(pin|address)>/.test(shown))) {
      expect([step.args.join(' '), printed]).toEqual([step.args.join(' '), expect.stringMatching(patternOf(line))]);
    }
    expect(printed).not.toMatch(/CANARY-[12]|ACCESS-SECRET|REQUEST-SECRET/);
  }
});
