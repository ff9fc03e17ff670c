import { chmod, mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DataDirectoryLock, lockDataDirectory } from '../../src/db/data-directory-lock.js';
import { type DatabaseProcess, startDatabaseProcess } from '../support/database-process.js';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'latchkey-lock-'));
});
afterEach(() => rm(home, { recursive: true }));

const locked = { code: 'data_directory_locked' };
const files = async (dataDir: string) => (await readdir(join(dataDir, 'lock'))).sort();

describe('lockDataDirectory', () => {
  test('creates the directory for its owner only and holds it until it is released', async () => {
    const dataDir = join(home, 'deep', 'data');
    const lock = await lockDataDirectory(dataDir, 'latchkey serve');
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
    await expect(lockDataDirectory(dataDir, 'latchkey migrate')).rejects.toMatchObject(locked);
    await lock.release();
    await lock.release();
    const next = await lockDataDirectory(dataDir, 'latchkey migrate');
    await next.release();
  });

  test('the refusal is one sentence about the process in the way, and one about the ways out', async () => {
    const dataDir = join(home, 'data');
    const lock = await lockDataDirectory(dataDir, 'latchkey serve');
    const refusal = await lockDataDirectory(dataDir, 'latchkey migrate').catch((error: Error) => error);
    expect((refusal as Error).message).toMatch(
      new RegExp(
        `^The data directory ${dataDir} is in use by process ${process.pid} \\(latchkey serve, started \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC on host .+\\)\\. ` +
          'Stop it, choose another DATA_DIR, or set DATABASE_URL so that several processes can share one database\\.$',
      ),
    );
    await lock.release();
  });

  test('leaves no more behind than a number, however often it is taken', async () => {
    for (let round = 1; round <= 5; round += 1) {
      const lock = await lockDataDirectory(home, 'x');
      expect(await files(home)).toEqual([
        `holder-${round}`,
        expect.stringMatching(/^opener-.*\.json$/),
        expect.stringMatching(/^opener-.*\.sock$/),
      ]);
      await lock.release();
      expect(await files(home)).toEqual([`holder-${round}`]);
    }
  });

  test('clears away what openers left that died long ago, not what may belong to one that is at it', async () => {
    await mkdir(join(home, 'lock'));
    for (const name of ['opener-000000000001.sock', 'opener-000000000002.sock', 'of-somebody-else']) {
      await writeFile(join(home, 'lock', name), '');
    }
    const longAgo = new Date(Date.now() - 2 * 3_600_000);
    await utimes(join(home, 'lock', 'opener-000000000001.sock'), longAgo, longAgo);
    const lock = await lockDataDirectory(home, 'x');
    await lock.release();
    expect(await files(home)).toEqual(['holder-1', 'of-somebody-else', 'opener-000000000002.sock']);
  });

  test('an opener that was so slow that its number is long over retreats', async () => {
    const comeAndGo = async () => (await lockDataDirectory(home, 'x')).release();
    await comeAndGo();
    let holder: DataDirectoryLock | undefined;
    const slow = lockDataDirectory(home, 'slow', async () => {
      if (holder !== undefined) return;
      // It has seen 1, dead. 2 comes and goes, and 3 removes it, so the link for 2 can be made again.
      await comeAndGo();
      holder = await lockDataDirectory(home, 'fast');
      expect((await files(home)).filter((name) => name.startsWith('holder'))).toEqual(['holder-3']);
    });
    await expect(slow).rejects.toMatchObject({ ...locked, holder: { command: 'fast' } });
    await expect(lockDataDirectory(home, 'x')).rejects.toMatchObject({ ...locked, holder: { command: 'fast' } });
    await holder?.release();
  });

  test('of many that come and go at once, never two hold it', async () => {
    let holding = 0;
    let taken = 0;
    let refused = 0;
    const visitor = async (): Promise<void> => {
      for (let round = 0; round < 15; round += 1) {
        let lock: DataDirectoryLock;
        try {
          lock = await lockDataDirectory(home, 'x');
        } catch (error) {
          expect(error).toMatchObject(locked);
          refused += 1;
          continue;
        }
        holding += 1;
        taken += 1;
        expect(holding).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        holding -= 1;
        await lock.release();
      }
    };
    await Promise.all(Array.from({ length: 12 }, visitor));
    expect(taken + refused).toBe(180);
    expect(taken).toBeGreaterThan(1);
    expect(refused).toBeGreaterThan(1);
  });

  test('a path that no socket can have is refused in words', async () => {
    await expect(lockDataDirectory(join(home, 'x'.repeat(110)), 'x')).rejects.toMatchObject({
      code: 'data_directory_unusable',
      message: expect.stringContaining('too long'),
    });
  });

  test('a directory that cannot be made is refused in words', async () => {
    await writeFile(join(home, 'file'), '');
    await expect(lockDataDirectory(join(home, 'file'), 'x')).rejects.toMatchObject({
      code: 'data_directory_unusable',
      message: expect.stringMatching(/ENOTDIR|EEXIST/),
    });
  });

  test("does not touch the mode of a directory that was somebody's before", async () => {
    await chmod(home, 0o755);
    const lock = await lockDataDirectory(home, 'x');
    expect((await stat(home)).mode & 0o777).toBe(0o755);
    expect((await stat(join(home, 'lock'))).mode & 0o777).toBe(0o700);
    await lock.release();
  });
});

describe('among processes', () => {
  let openers: DatabaseProcess[];
  beforeAll(async () => {
    openers = await Promise.all(Array.from({ length: 8 }, startDatabaseProcess));
  }, 60_000);
  afterAll(() => Promise.all(openers.map((opener) => opener.signal('SIGKILL'))));

  async function race(dataDir: string): Promise<number> {
    const answers = await Promise.all(openers.map((opener) => opener.ask({ do: 'lock', dataDir })));
    expect(answers.filter(({ code }) => code === 'data_directory_locked')).toHaveLength(openers.length - 1);
    return answers.findIndex(({ code }) => code === undefined);
  }

  test('of eight on a fresh directory exactly one wins, every time', async () => {
    for (let round = 0; round < 25; round += 1) {
      const winner = await race(join(home, `data-${round}`));
      await openers[winner]?.ask({ do: 'unlock' });
    }
  });

  test('of eight on a directory whose holder was killed exactly one wins, every time', async () => {
    for (let round = 0; round < 4; round += 1) {
      const winner = await race(home);
      await openers[winner]?.signal('SIGKILL');
      openers[winner] = await startDatabaseProcess();
    }
    const last = await race(home);
    expect((await files(home)).filter((name) => name.startsWith('holder'))).toEqual(['holder-5']);
    await openers[last]?.ask({ do: 'unlock' });
  }, 60_000);

  test('a stopped process still holds, and the refusal names it', async () => {
    const [holder] = openers;
    if (holder === undefined) throw new Error('There are no openers.');
    await holder.ask({ do: 'lock', dataDir: home });
    await holder.signal('SIGSTOP');
    await expect(lockDataDirectory(home, 'x')).rejects.toMatchObject({
      code: 'data_directory_locked',
      holder: { pid: holder.pid, command: 'latchkey test' },
    });
    await holder.signal('SIGCONT');
    await holder.ask({ do: 'unlock' });
    const lock = await lockDataDirectory(home, 'x');
    await lock.release();
  });
});
