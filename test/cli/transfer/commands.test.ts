/** `import django`, `export`, `import` and `vault` as they are typed: what they ask, print, refuse, and with which code they end. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TEST_VAULT_KEYS } from '../../support/app.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { type TypingOptions, typed as typedLine, type as typeLine } from '../support/typed.js';

const NEW_KEYS = `next:${Buffer.alloc(32, 21).toString('base64')}`;
const fixtures = join(import.meta.dirname, 'fixtures');
const earlier = join(fixtures, 'earlier-models.json');
let db: TestDatabase;
let folder: string;

beforeAll(async () => {
  db = await testDatabase();
  folder = mkdtempSync(join(tmpdir(), 'latchkey-commands-'));
}, 30_000);
beforeEach(() => db.reset());
afterAll(async () => {
  await db.close();
  rmSync(folder, { recursive: true, force: true });
});

function options(more: TypingOptions = {}): TypingOptions {
  const environment = {
    DATA_DIR: folder,
    SANDBOX: 'off',
    NO_COLOR: '1',
    VAULT_KEYS: TEST_VAULT_KEYS,
    ...more.environment,
  };
  return { database: db.database, ...more, environment };
}

const type = (args: readonly string[], more?: TypingOptions) => typeLine(args, options(more));
const typed = (args: readonly string[], more?: TypingOptions) => typedLine(args, options(more));
const people = () => db.database.prisma.user.count();

describe('import django', () => {
  test('in a pipe it only says what it would do', async () => {
    const { code, out, words } = await typed(['import', 'django', earlier]);
    expect({ code, words }).toEqual({ code: 0, words: 'Nothing was changed. Add --apply to import.\n' });
    expect(out).toContain('3 to import, 0 already there, 5 skipped; 3 people, 3 of them new.');
    expect(out).toContain('fitbit-oauth1 has no client here yet');
    expect(await people()).toBe(0);
  });

  test.each([
    ['n', 0],
    ['y', 3],
  ])('on a terminal it asks, and %s is heard', async (answer, expected) => {
    const command = type(['import', 'django', earlier], { terminal: 200 });
    await command.says(/Import these\? \[y\/N\]/);
    expect(await people()).toBe(0);
    command.answer(answer);
    expect(await command.ended).toBe(0);
    expect(await people()).toBe(expected);
  });

  test('as JSON: every row with what became of it and why, and no secret', async () => {
    const { code, out } = await typed(['import', 'django', earlier, '--apply', '--json']);
    expect(code).toBe(0);
    const report = JSON.parse(out);
    expect(report).toMatchObject({
      dryRun: false,
      people: { inDump: 3, withAccounts: 3, created: 3 },
      counts: { imported: 3, there: 0, skipped: 5 },
      withoutWayToSignIn: 2,
    });
    expect(report.rows).toHaveLength(8);
    expect(report.rows).toContainEqual({
      place: 'fitness.fitbitapi 12',
      person: '2',
      provider: 'fitbit',
      label: null,
      outcome: 'skipped',
      reason: 'empty_secret',
      why: 'the secret is empty: the flow was never finished',
      signIn: false,
      expired: false,
    });
    expect(out).not.toMatch(/TOKEN|SECRET|pbkdf2/);
  });

  test('a client that differs from the one the tokens were issued to is pointed out', async () => {
    const environment = {
      GOOGLE_CLIENT_ID: 'another-client',
      GOOGLE_CLIENT_SECRET: 'a secret',
      TWITTER_CLIENT_ID: 'earlier-twitter-key',
      TWITTER_CLIENT_SECRET: 's',
    };
    const { out } = await typed(['import', 'django', join(fixtures, 'allauth.json'), '--json'], { environment });
    const { notes } = JSON.parse(out);
    expect(notes).toContainEqual(expect.stringContaining('google tokens were issued to client earlier-google-client'));
    expect(notes.filter((note: string) => note.startsWith('twitter'))).toEqual([]);
  });

  test.each([
    [['nowhere.json'], 'dump_unreadable', 'there is no such file'],
    [[earlier, '--map', 'fitbit=nowhere'], 'invalid_mapping', 'there is no provider "nowhere"'],
    [[import.meta.dirname], 'dump_unreadable', 'it cannot be opened'],
  ])('%j is refused', async (args, code, message) => {
    const result = await typed(['import', 'django', ...args, '--json']);
    expect(result.code).toBe(1);
    expect(JSON.parse(result.out).error).toEqual(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  test('a dump of other models says so', async () => {
    const file = join(folder, 'others.json');
    writeFileSync(file, JSON.stringify([{ model: 'shop.order', pk: 1, fields: {} }]));
    const { code, words } = await typed(['import', 'django', file]);
    expect(code).toBe(1);
    expect(words).toContain('There is nothing to import in it: it holds shop.order.');
  });
});

describe('export and import', () => {
  const file = () => join(folder, 'latchkey.jsonl');

  test('there and back, with the older key behind a new one', async () => {
    await typed(['import', 'django', earlier, '--apply']);
    const exported = await typed(['export', file(), '--json']);
    expect(exported.code).toBe(0);
    expect(JSON.parse(exported.out)).toMatchObject({ sealed: true, counts: { user: 3, connection: 3 }, unreadable: 0 });
    const again = await typed(['export', file()]);
    expect([again.code, again.words]).toEqual([1, expect.stringContaining('is there already')]);
    await db.reset();
    const environment = { VAULT_KEYS: `${NEW_KEYS},${TEST_VAULT_KEYS}` };
    const imported = await typed(['import', file()], { environment });
    expect([imported.code, imported.out]).toEqual([
      0,
      expect.stringContaining('connections: 3 imported, 0 already there'),
    ]);
    // The older key may go.
    const alone = await typed(['connections', '--all', '--json', '--show-secrets'], {
      environment: { VAULT_KEYS: NEW_KEYS },
    });
    expect(JSON.parse(alone.out).connections).toContainEqual(
      expect.objectContaining({
        provider: 'twitter',
        credentials: expect.objectContaining({ tokenSecret: 'ACCESS-SECRET-twitter-grace' }),
      }),
    );
  });

  test('without the key that sealed it, the file stays shut', async () => {
    await typed(['import', 'django', earlier, '--apply']);
    await typed(['export', file(), '--force']);
    await db.reset();
    const { code, words } = await typed(['import', file()], { environment: { VAULT_KEYS: NEW_KEYS } });
    expect([code, words]).toEqual([
      1,
      expect.stringContaining('The vault key "test" is not in VAULT_KEYS. Add it back.'),
    ]);
    expect(await people()).toBe(0);
  });

  test('one of something is one, and none are none', async () => {
    await db.database.prisma.user.create({ data: {} });
    const { out } = await typed(['export', file(), '--force']);
    expect(out).toContain('0 people, 0 ways to sign in, 0 connections, 0 events.');
    expect(out).toContain('0 connections and 0 ways to sign in of the sandbox, 1 person with nothing else.');
  });

  test('readable tokens are written only with a warning', async () => {
    await typed(['import', 'django', earlier, '--apply']);
    const { words } = await typed(['export', file(), '--force', '--show-secrets']);
    expect(words).toContain('whoever reads this file can act as these people');
    expect(readFileSync(file(), 'utf8')).toContain('ACCESS-SECRET-twitter-grace');
  });
});

describe('vault', () => {
  test('rotation, from the first status to the last', async () => {
    await typed(['import', 'django', earlier, '--apply']);
    const both = { VAULT_KEYS: `${NEW_KEYS},${TEST_VAULT_KEYS}` };
    const before = await typed(['vault', 'status'], { environment: both });
    expect(before.out).toMatch(/next +0 +0 +seals\ntest +3 +0 +still needed/);
    expect(before.out).toContain('3 values wait to be sealed anew.');
    const rotated = await typed(['vault', 'rotate'], { environment: both });
    expect([rotated.code, rotated.out]).toEqual([0, expect.stringContaining('3 values were sealed anew.')]);
    expect(rotated.out).toContain('Not needed any more, and may be taken out of VAULT_KEYS: test.');
    const after = await typed(['vault', 'status', '--json'], { environment: { VAULT_KEYS: NEW_KEYS } });
    expect(JSON.parse(after.out)).toMatchObject({ activeKeyId: 'next', waiting: 0, keys: [{ id: 'next', rows: 3 }] });
  });

  test('a ring that lacks a key is told so, and that is a failure', async () => {
    await typed(['import', 'django', earlier, '--apply']);
    const { code, out } = await typed(['vault', 'status'], { environment: { VAULT_KEYS: NEW_KEYS } });
    expect(code).toBe(1);
    expect(out).toMatch(/test +3 +0 +MISSING: put it back into VAULT_KEYS/);
    const rotation = await typed(['vault', 'rotate'], { environment: { VAULT_KEYS: NEW_KEYS } });
    expect(rotation.code).toBe(1);
  });

  test('a value that cannot be opened is named and left as it is', async () => {
    await typed(['import', 'django', earlier, '--apply']);
    const { prisma } = db.database;
    const { id } = await prisma.connection.findFirstOrThrow({ where: { provider: 'twitter' } });
    await prisma.connection.update({ where: { id }, data: { credentials: '1.test.AAAA' } });
    const { out } = await typed(['vault', 'rotate'], { environment: { VAULT_KEYS: `${NEW_KEYS},${TEST_VAULT_KEYS}` } });
    expect(out).toContain(`- Connection ${id} (key test, vault_envelope_malformed)`);
    expect((await prisma.connection.findUniqueOrThrow({ where: { id } })).credentials).toBe('1.test.AAAA');
  });
});
