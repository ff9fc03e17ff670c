/** How a process ends when parts of it fail to: everything else is closed all the same, and the log says what was not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';

const closed: string[] = [];
const logged: unknown[] = [];
/** What fails in a test. */
let failing: { latchkey?: Error; sandboxClosing?: Error; latchkeyClosing?: Error } = {};

async function close(name: string, failure?: Error): Promise<void> {
  closed.push(name);
  if (failure) throw failure;
}

jest.unstable_mockModule('../src/db/open-database.js', () => ({
  openDatabase: async () => ({ close: () => close('database') }),
}));
jest.unstable_mockModule('../src/db/migrate.js', () => ({ migrate: async () => ({ ahead: [] }) }));
jest.unstable_mockModule('../src/sandbox/index.js', () => ({
  createSandbox: async () => ({ listen: async () => undefined, close: () => close('sandbox', failing.sandboxClosing) }),
}));
jest.unstable_mockModule('../src/web/latchkey.js', () => ({
  createLatchkey: async () => {
    if (failing.latchkey) throw failing.latchkey;
    return { router: () => undefined, close: () => close('latchkey', failing.latchkeyClosing) };
  },
}));
jest.unstable_mockModule('../src/web/logger.js', () => {
  const keep = (facts: unknown) => void logged.push(facts);
  return { createLogger: () => ({ info: keep, warn: () => undefined, error: keep }) };
});

const { serve } = await import('../src/serve.js');

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'latchkey-serve-'));
  closed.length = 0;
  logged.length = 0;
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const start = () => serve({ DATA_DIR: dataDir, PORT: '0' }, () => undefined);

test('a start that fails says why, even where closing fails too', async () => {
  failing = { latchkey: new Error('no luck'), sandboxClosing: new Error('the sandbox is stuck') };
  await expect(start()).rejects.toThrow('no luck');
  expect(closed).toEqual(['sandbox', 'database']);
  expect(logged).toEqual([{ error: failing.sandboxClosing }]);
});

test('told to stop, it closes all it can, says what it could not, and ends with 1', async () => {
  failing = { latchkeyClosing: new Error('the app is stuck'), sandboxClosing: new Error('the sandbox is stuck') };
  const before = SIGNALS.map((signal) => process.listeners(signal));
  const running = await start();
  try {
    const exited = new Promise<unknown>((resolve) => {
      jest.spyOn(process, 'exit').mockImplementation(((code: unknown) => resolve(code)) as typeof process.exit);
    });
    process.emit('SIGTERM');
    expect(await exited).toBe(1);
    await expect(running.close()).rejects.toThrow('the app is stuck');
    expect(closed).toEqual(['latchkey', 'sandbox', 'database']);
    expect(logged).toEqual([{ error: failing.latchkeyClosing }, { error: failing.sandboxClosing }]);
  } finally {
    jest.restoreAllMocks();
    for (const [index, signal] of SIGNALS.entries()) {
      for (const listener of process.listeners(signal)) {
        if (!before[index]?.includes(listener)) process.off(signal, listener);
      }
    }
  }
});
