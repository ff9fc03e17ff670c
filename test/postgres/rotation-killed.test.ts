/** `latchkey vault rotate` is killed in the middle, twice: nothing is lost, and the next run takes up the rest (sec-S15). */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { openCredentials, sealCredentials } from '../../src/connections/index.js';
import { type Database, migrate, openDatabase } from '../../src/db/index.js';
import { OAuth2Token } from '../../src/oauth2/index.js';
import { KeyRing, Vault } from '../../src/vault/index.js';
import { freshDatabase } from '../support/database.js';
import { until } from '../support/until.js';

const PATIENCE = 90_000;
const ROWS = 4_000;
const K1 = `k1:${Buffer.alloc(32, 9).toString('base64')}`;
const K2 = `k2:${Buffer.alloc(32, 10).toString('base64')}`;
const ring = new Vault(KeyRing.parse(`${K2},${K1}`));
let server: { url: string; drop(): Promise<void> };
let database: Database;

beforeAll(async () => {
  server = await freshDatabase(process.env.TEST_DATABASE_URL ?? 'postgresql://nowhere');
  database = await openDatabase({ url: server.url });
  await migrate(database);
  await populate();
}, PATIENCE);
afterAll(async () => {
  await database.close();
  await server.drop();
});

async function populate(): Promise<void> {
  const { prisma } = database;
  const old = new Vault(KeyRing.parse(K1));
  const user = await prisma.user.create({ data: {} });
  await prisma.vaultKey.create({ data: { id: 'k1', fingerprint: old.fingerprint('k1') ?? '' } });
  await prisma.connection.createMany({
    data: Array.from({ length: ROWS }, (_, index) => {
      const id = randomUUID();
      const token = new OAuth2Token({ accessToken: `access ${index}`, refreshToken: `refresh ${index}` });
      const account = {
        provider: 'github',
        namespace: 'github',
        subject: String(index),
        label: '',
        profile: {},
        scopes: [],
      };
      return {
        id,
        userId: user.id,
        sandbox: false,
        ...account,
        ...sealCredentials(old, id, { protocol: 'oauth2', token }),
      };
    }),
  });
}

function latchkey(keys: string, ...args: string[]) {
  const { PATH = '', HOME = '' } = process.env;
  const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  return spawn(process.execPath, [main, 'vault', ...args, '--json'], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { PATH, HOME, DATABASE_URL: server.url, VAULT_KEYS: keys, SANDBOX: 'off' },
  });
}

async function result(
  keys: string,
  ...args: string[]
): Promise<{ code: number | null; answer: Record<string, unknown> }> {
  const child = latchkey(keys, ...args);
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { code, answer: JSON.parse(output) };
}

function resealed(): Promise<number> {
  return database.prisma.connection.count({ where: { keyId: 'k2' } });
}

/** Every token, by the keys of the given vault. */
async function readable(vault: Vault): Promise<number> {
  const found = await database.prisma.connection.findMany({ select: { id: true, subject: true, credentials: true } });
  const right = found.filter(({ id, subject, credentials }) => {
    const { token } = openCredentials(vault, id, credentials);
    return token.toPlain() && 'refreshToken' in token && token.refreshToken === `refresh ${subject}`;
  });
  return right.length;
}

test(
  'killed with SIGKILL between two batches, it has lost nothing and can be run again',
  async () => {
    for (const atLeast of [1, ROWS / 2]) {
      const child = latchkey(`${K2},${K1}`, 'rotate');
      const gone = once(child, 'exit');
      await until(async () => (await resealed()) >= atLeast, PATIENCE);
      child.kill('SIGKILL');
      expect((await gone)[1]).toBe('SIGKILL');
      const done = await resealed();
      expect(done).toBeLessThan(ROWS);
      expect(await readable(ring)).toBe(ROWS);
      const { answer } = await result(`${K2},${K1}`, 'status');
      expect(answer).toMatchObject({ activeKeyId: 'k2', waiting: ROWS - done });
    }
    const before = await resealed();
    const { code, answer } = await result(`${K2},${K1}`, 'rotate');
    expect(code).toBe(0);
    expect(answer).toMatchObject({ complete: true, resealed: ROWS - before, released: ['k1'], unreadableCount: 0 });
    expect(await readable(new Vault(KeyRing.parse(K2)))).toBe(ROWS);
  },
  PATIENCE,
);

test(
  'afterwards the old key may leave the ring, and a ring without the new one is told what it lacks',
  async () => {
    const { code, answer } = await result(K2, 'status');
    expect(code).toBe(0);
    expect(answer).toMatchObject({ keys: [{ id: 'k2', state: 'active', rows: ROWS }], waiting: 0 });
    const without = await result(K1, 'status');
    expect(without.code).toBe(1);
    expect(without.answer.keys).toContainEqual(expect.objectContaining({ id: 'k2', state: 'missing', rows: ROWS }));
  },
  PATIENCE,
);
