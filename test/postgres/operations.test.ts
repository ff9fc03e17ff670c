/**
 * The commands of docs/operations.md, run as they stand there, one block after the other, on real databases and with the built program. The
 * database's URL ends in a query, as many do, with slashes in it.
 */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { sealCredentials } from '../../src/connections/index.js';
import { type Database, migrate, openDatabase } from '../../src/db/index.js';
import { OAuth2Token } from '../../src/oauth2/index.js';
import { KeyRing, Vault } from '../../src/vault/index.js';
import { freshDatabase, onServer } from '../support/database.js';

const PATIENCE = 60_000;
const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const server = process.env.TEST_DATABASE_URL ?? 'postgresql://nowhere';
const QUERY = 'schema=public&application_name=ops/ci/latchkey';
const K1 = `k1:${Buffer.alloc(32, 9).toString('base64')}`;
const ADA = '0198c0de-0000-7000-8000-000000000001';
const LEFT = '0198c0de-0000-7000-8000-000000000002';
const FIRST = 'First, in every shell';
const CLONES = 'Clones: a copy of production for staging';
const blocks = readBlocks();
const folder = mkdtempSync(join(tmpdir(), 'latchkey-operations-'));
const clients: Client[] = [];
let production: { url: string; drop(): Promise<void> };
let target: { url: string; drop(): Promise<void> };
let environment: Record<string, string>;

/** Shell blocks by the heading they stand under. */
function readBlocks(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let heading = '';
  const page = readFileSync(join(root, 'docs/operations.md'), 'utf8');
  for (const [, title, block] of page.matchAll(/^## (.*)$|^ *```sh\n([\s\S]*?)^ *```$/gm)) {
    if (title !== undefined) heading = title;
    else found.set(heading, [...(found.get(heading) ?? []), (block ?? '').replace(/^ {3}/gm, '')]);
  }
  return found;
}

beforeAll(async () => {
  production = await freshDatabase(server);
  target = await freshDatabase(server);
  await populate(await openDatabase({ url: production.url }));
  writeFileSync(join(folder, 'latchkey'), `#!/bin/sh\nexec "${process.execPath}" "${root}dist/cli/main.js" "$@"\n`);
  chmodSync(join(folder, 'latchkey'), 0o755);
  writeFileSync(join(folder, 'new_key'), Buffer.alloc(32, 11).toString('base64'));
  environment = {
    PATH: `${folder}:${process.env.PATH}`,
    HOME: folder,
    LOG_LEVEL: 'warn',
    DATA_DIR: join(folder, 'data'),
    DATABASE_URL: `${production.url}${production.url.includes('?') ? '&' : '?'}${QUERY}`,
    VAULT_KEYS: K1,
    postgres: target.url,
  };
}, PATIENCE);
afterAll(async () => {
  for (const client of clients) await client.end();
  for (const name of ['latchkey_check', 'latchkey_restored'])
    await onServer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await production.drop();
  await target.drop();
  rmSync(folder, { recursive: true, force: true });
}, PATIENCE);

async function populate(database: Database): Promise<void> {
  await migrate(database);
  const vault = new Vault(KeyRing.parse(K1));
  const { prisma } = database;
  await prisma.user.createMany({ data: [{ id: ADA }, { id: LEFT }] });
  for (const [userId, id] of [
    [ADA, '0198c0de-0000-7000-8000-000000000011'],
    [LEFT, '0198c0de-0000-7000-8000-000000000012'],
  ] as const) {
    const token = new OAuth2Token({ accessToken: 'ACCESS', refreshToken: 'REFRESH' });
    const account = { provider: 'github', namespace: 'github', subject: id, label: 'ada', profile: {}, scopes: [] };
    await prisma.connection.create({
      data: { id, userId, sandbox: false, ...account, ...sealCredentials(vault, id, { protocol: 'oauth2', token }) },
    });
  }
  await prisma.webSession.create({ data: { id: 'session', data: {}, expiresAt: new Date('2030-01-01T00:00:00Z') } });
  await prisma.vaultKey.create({ data: { id: 'k1', fingerprint: vault.fingerprint('k1') ?? '' } });
  await database.close();
}

/** Runs a block in bash, and keeps the variables that it sets for the next one. */
async function follow(heading: string, index: number, extra: Record<string, string> = {}): Promise<string> {
  const block = blocks.get(heading)?.[index];
  if (block === undefined) throw new Error(`docs/operations.md has no block ${index} under "${heading}".`);
  const state = join(folder, 'variables');
  const script = `set -euo pipefail -a\n${block}\nnode -e 'fs.writeFileSync(${JSON.stringify(state)}, JSON.stringify(process.env))'`;
  const { stdout, stderr } = await run('bash', ['-c', script], { cwd: folder, env: { ...environment, ...extra } });
  environment = JSON.parse(readFileSync(state, 'utf8'));
  return stdout + stderr;
}

async function rows(url: string | undefined, sql: string): Promise<unknown[][]> {
  const client = new Client({ connectionString: url });
  clients.push(client);
  await client.connect();
  return (await client.query({ text: sql, rowMode: 'array' })).rows;
}

test(
  'the addresses of other databases on the server keep everything but the path',
  async () => {
    const urls = [
      ['postgresql://u:p@h:5432/db', 'postgresql://u:p@h:5432/db', 'postgresql://u:p@h:5432/other'],
      ['postgres://h', 'postgres://h', 'postgres://h/other'],
      ['postgresql://h/db?schema=public', 'postgresql://h/db', 'postgresql://h/other'],
      [
        'postgresql://u:%2F%3F|@h/db?sslmode=verify-full&schema=public&sslrootcert=/etc/ssl/ca.pem',
        'postgresql://u:%2F%3F|@h/db?sslmode=verify-full&sslrootcert=/etc/ssl/ca.pem',
        'postgresql://u:%2F%3F|@h/other?sslmode=verify-full&sslrootcert=/etc/ssl/ca.pem',
      ],
      [
        'postgresql:///db?host=/var/run/postgresql&schema=public',
        'postgresql:///db?host=/var/run/postgresql',
        'postgresql:///other?host=/var/run/postgresql',
      ],
      [
        'postgresql://%2Fvar%2Frun%2Fpostgresql/db?options=-c%20search_path%3Dpublic',
        'postgresql://%2Fvar%2Frun%2Fpostgresql/db?options=-c%20search_path%3Dpublic',
        'postgresql://%2Fvar%2Frun%2Fpostgresql/other?options=-c%20search_path%3Dpublic',
      ],
    ];
    const block = `${blocks.get(FIRST)?.[0]}\nprintf '%s\\n' "$production"; beside other`;
    for (const [url = '', own = '', other = ''] of urls) {
      const { stdout } = await run('bash', ['-euc', block], { env: { ...environment, DATABASE_URL: url } });
      expect(stdout.split('\n')).toEqual([own, other]);
    }
    await follow(FIRST, 0);
  },
  PATIENCE,
);

test(
  'a backup is made, and proven to fit its keys',
  async () => {
    await follow('Backup', 0);
    // Twice, because it is done now and then.
    for (let times = 0; times < 2; times++) expect(await follow('Backup', 1)).toMatch(/k1 +2 +0 +seals/);
    // With other keys the check says so.
    await expect(
      follow('Backup', 1, { VAULT_KEYS: `k9:${Buffer.alloc(32, 8).toString('base64')}` }),
    ).rejects.toMatchObject({
      stdout: expect.stringMatching(/k1 +2 +0 +MISSING/),
    });
    // Production was only read.
    expect(await rows(production.url, 'SELECT count(*)::int FROM "User"')).toEqual([[2]]);
    expect(await rows(production.url, 'SELECT count(*)::int FROM "WebSession"')).toEqual([[1]]);
  },
  PATIENCE,
);

test(
  'a restore leaves out sessions, and people who had deleted their account since',
  async () => {
    await rows(production.url, `DELETE FROM "User" WHERE "id" = '${LEFT}'`);
    await follow('Restore', 0);
    expect(await rows(environment.restored, 'SELECT count(*)::int FROM "WebSession"')).toEqual([[0]]);
    expect(await rows(environment.restored, 'SELECT count(*)::int FROM "User"')).toEqual([[2]]);
    // Without the broken database, nobody counts as gone.
    const nowhere = environment.production?.replace(/\/latchkey_test_\w+/, '/latchkey_nowhere') ?? '';
    await expect(follow('Restore', 1, { production: nowhere })).rejects.toMatchObject({ code: 2 });
    expect(() => readFileSync(join(folder, 'deleted_since'))).toThrow('ENOENT');
    expect(await follow('Restore', 1)).toMatch(/1 people_now\n +2 people_then\n +1 deleted_since\n/);
    await follow('Restore', 2);
    expect(await rows(environment.restored, 'SELECT "id"::text FROM "User"')).toEqual([[ADA]]);
  },
  PATIENCE,
);

test(
  'what a lost key sealed is given up, and the rest goes on',
  async () => {
    const lost = {
      VAULT_KEYS: `k2:${Buffer.alloc(32, 8).toString('base64')}`,
      DATABASE_URL: environment.restored ?? '',
    };
    const refused = run('latchkey', ['connections'], { cwd: folder, env: { ...environment, ...lost } });
    await expect(refused).rejects.toMatchObject({ stderr: expect.stringContaining('VAULT_KEYS lacks the key "k1"') });
    await expect(follow('A lost key', 0)).rejects.toMatchObject({ stderr: expect.stringContaining('lost') });
    const told = await follow('A lost key', 0, { lost: environment.restored ?? '' });
    expect(told).toMatch(/k1 +0 +1 +gone; what it sealed was given up/);
    expect(told).toMatch(/^k2:[\w+/]{43}=$/m);
    expect(await rows(environment.restored, 'SELECT "status"::text, "reason" FROM "Connection"')).toEqual([
      ['reconnect_required', 'unreadable'],
    ]);
  },
  PATIENCE,
);

test(
  'a clone cannot be opened, holds no token after its treatment, and starts with keys of its own',
  async () => {
    const url = new URL(server);
    url.pathname = '/latchkey_restored';
    await rows(url.href, `UPDATE "Connection" SET "status" = 'active', "reason" = NULL`);
    // All of it or nothing: what is half treated must not pass for treated.
    await rows(url.href, 'ALTER TABLE "WebSession" RENAME TO "Away"');
    await expect(follow(CLONES, 0, { clone: url.href })).rejects.toMatchObject({ code: 3 });
    expect(await rows(url.href, 'SELECT "status"::text FROM "Connection"')).toEqual([['active']]);
    await rows(url.href, 'ALTER TABLE "Away" RENAME TO "WebSession"');
    await follow(CLONES, 0, { clone: url.href });
    expect(await rows(url.href, 'SELECT "credentials", "status"::text FROM "Connection"')).toEqual([
      ['', 'reconnect_required'],
    ]);
    const own = { VAULT_KEYS: `staging:${Buffer.alloc(32, 5).toString('base64')}`, DATABASE_URL: url.href };
    const { stdout } = await run('latchkey', ['connections', '--all'], {
      cwd: folder,
      env: { ...environment, ...own },
    });
    expect(stdout).toContain('reconnect_required (unreadable)');
  },
  PATIENCE,
);

test(
  'a key is rotated step by step',
  async () => {
    const heading = 'Rotating the vault key';
    await follow(heading, 0);
    expect(environment.VAULT_KEYS).toMatch(/^k1:.*,k2:/);
    await follow(heading, 1);
    expect(environment.VAULT_KEYS).toMatch(/^k2:.*,k1:/);
    expect(await follow(heading, 2)).toContain('may be taken out of VAULT_KEYS: k1');
    const status = await follow(heading, 3);
    expect(status).toMatch(/k1 +0 +0 +not needed/);
    expect(status.trimEnd().split('\n').at(-1)).toMatch(/^k2 +1 +0 +seals$/);
    expect(environment.VAULT_KEYS).toMatch(/^k2:[^,]*$/);
  },
  PATIENCE,
);

test(
  'an embedded database moves to PostgreSQL, and its key is not needed afterwards',
  async () => {
    const heading = 'From the embedded database to PostgreSQL';
    const { DATABASE_URL, VAULT_KEYS, ...embedded } = environment;
    environment = embedded;
    const dump = join(root, 'test/cli/transfer/fixtures/allauth.json');
    await run('latchkey', ['import', 'django', dump, '--apply', '--allow-sign-in'], { cwd: folder, env: embedded });
    expect(await follow(heading, 0)).toContain('2 people, 3 ways to sign in, 2 connections');
    expect(statSync(join(folder, 'latchkey.jsonl')).mode & 0o777).toBe(0o600);
    expect(await follow(heading, 1)).toContain('connections: 2 imported, 0 already there');
    const alone = { VAULT_KEYS: `k1:${readFileSync(join(folder, 'new_key'), 'utf8')}`, DATABASE_URL: target.url };
    const { stdout } = await run('latchkey', ['connections', '--all', '--json', '--show-secrets'], {
      cwd: folder,
      env: { ...embedded, ...alone },
    });
    const { connections } = JSON.parse(stdout);
    expect(
      connections.map(({ provider, credentials }: { provider: string; credentials: object }) => [
        provider,
        credentials,
      ]),
    ).toEqual(
      expect.arrayContaining([
        ['google', expect.objectContaining({ accessToken: 'ACCESS-TOKEN-google-ada' })],
        ['twitter', expect.objectContaining({ tokenSecret: 'ACCESS-SECRET-twitter-ada' })],
      ]),
    );
  },
  PATIENCE,
);

test('nothing speaks to psql but the one function that stops at an error and undoes it', () => {
  const commands = [...blocks.values()].flat().join('\n');
  expect(commands.match(/\bpsql\b.*/g)).toEqual([
    'psql --no-psqlrc --set ON_ERROR_STOP=1 --single-transaction "$@"; }',
  ]);
});

test('every block was run', () => {
  const tally = Object.fromEntries([...blocks].map(([heading, list]) => [heading, list.length]));
  expect(tally).toEqual({
    [FIRST]: 1,
    Backup: 2,
    Restore: 3,
    'A lost key': 1,
    [CLONES]: 1,
    'Rotating the vault key': 4,
    'From the embedded database to PostgreSQL': 2,
  });
});
