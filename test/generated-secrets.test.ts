import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { readConfig } from '../src/config.js';
import { generatedSecrets } from '../src/generated-secrets.js';
import { KeyRing } from '../src/vault/index.js';

let parent: string;
let dataDir: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'latchkey-secrets-'));
  dataDir = join(parent, 'deeper', 'data');
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const mode = (path: string) => statSync(path).mode & 0o777;

it('are made once and stay', () => {
  const first = generatedSecrets(dataDir);
  expect(generatedSecrets(dataDir)).toEqual(first);
  expect(JSON.parse(readFileSync(join(dataDir, 'secrets.json'), 'utf8'))).toEqual(first);
  expect(readdirSync(dataDir)).toEqual(['secrets.json']);
});

it('differ from one data directory to the next', () => {
  const [one, two] = [generatedSecrets(dataDir), generatedSecrets(join(parent, 'other'))];
  expect(one.sessionSecret).not.toBe(two.sessionSecret);
  expect(one.vaultKeys).not.toBe(two.vaultKeys);
});

it('are good enough for production: 48 random bytes and a 32-byte key', () => {
  const { sessionSecret, vaultKeys } = generatedSecrets(dataDir);
  expect(Buffer.from(sessionSecret, 'base64url')).toHaveLength(48);
  expect(KeyRing.parse(vaultKeys).ids).toEqual(['dev']);
  const environment = {
    NODE_ENV: 'production',
    BASE_URL: 'https://app.example.com',
    DATABASE_URL: 'postgresql://h/d',
    SESSION_SECRET: sessionSecret,
    VAULT_KEYS: vaultKeys,
  };
  expect(readConfig(environment, [])).toMatchObject({ sessionSecrets: [sessionSecret], vaultKeys });
});

it.each([0o000, 0o022, 0o077])('are readable for their owner only, whatever the umask: %i', (umask) => {
  const before = process.umask(umask);
  try {
    generatedSecrets(dataDir);
  } finally {
    process.umask(before);
  }
  expect([mode(dataDir), mode(join(dataDir, 'secrets.json'))]).toEqual([0o700, 0o600]);
});

it('leave the mode of a directory that was there', () => {
  mkdirSync(dataDir, { recursive: true });
  chmodSync(dataDir, 0o750);
  generatedSecrets(dataDir);
  expect(mode(dataDir)).toBe(0o750);
});

it.each([
  ['cut off', '{"sessionSecret":"CANARY-secret","vaultKe'],
  ['empty', ''],
  ['without the keys', '{"sessionSecret":"CANARY-secret"}'],
  ['with keys of another kind', '{"sessionSecret":"CANARY-secret","vaultKeys":["dev:CANARY"]}'],
  ['a list', '["CANARY"]'],
  ['null', 'null'],
])('that are damaged (%s) are neither replaced nor quoted', (_what, content) => {
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, 'secrets.json');
  writeFileSync(file, content);
  let error: unknown;
  try {
    generatedSecrets(dataDir);
  } catch (caught) {
    error = caught;
  }
  // Fresh keys would make every token sealed so far unreadable, so this is for a person to decide.
  expect(error).toMatchObject({ code: 'generated_secrets_damaged', message: expect.stringContaining(file) });
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('CANARY');
  expect(readFileSync(file, 'utf8')).toBe(content);
});

it('are the same for processes that start at once', async () => {
  const rounds = Array.from({ length: 40 }, (_, at) => join(dataDir, String(at)));
  // Each child says when it is ready and then waits for its standard input to end, so that all of them start together.
  const modulePath = pathToFileURL(join(import.meta.dirname, '../src/generated-secrets.ts')).href;
  const script = `
    import { readFileSync } from 'node:fs';
    import { generatedSecrets } from ${JSON.stringify(modulePath)};
    process.stdout.write('ready\\n');
    readFileSync(0);
    process.stdout.write(JSON.stringify(${JSON.stringify(rounds)}.map(generatedSecrets)));
  `;
  const children = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
      cwd: join(import.meta.dirname, '..'),
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  );
  const said = children.map(() => '');
  await Promise.all(
    children.map(async (child, at) => {
      child.stdout.on('data', (chunk) => {
        said[at] += chunk;
      });
      await once(child.stdout, 'data');
    }),
  );
  for (const child of children) child.stdin.end();
  await Promise.all(children.map((child) => once(child, 'close')));
  const kept = rounds.map((directory) => JSON.parse(readFileSync(join(directory, 'secrets.json'), 'utf8')));
  expect(said).toEqual(children.map(() => `ready\n${JSON.stringify(kept)}`));
  expect(rounds.flatMap((directory) => readdirSync(directory))).toEqual(rounds.map(() => 'secrets.json'));
}, 30_000);
