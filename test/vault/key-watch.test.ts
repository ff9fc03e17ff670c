/** The key that seals stays recorded, and keys of others are noticed, while a process runs (sec-S15). */
import { jest } from '@jest/globals';
import {
  type FingerprintStore,
  type KeyFingerprint,
  KeyRing,
  KeyWatch,
  type KeyWatchOptions,
  Vault,
} from '../../src/vault/index.js';

const vault = (...ids: string[]) =>
  new Vault(KeyRing.parse(ids.map((id) => `${id}:${Buffer.alloc(32, id).toString('base64')}`).join(',')));

class Store implements FingerprintStore {
  readonly kept = new Map<string, string>();
  away = false;

  async list(): Promise<readonly KeyFingerprint[]> {
    if (this.away) throw new Error('away');
    return [...this.kept].map(([id, fingerprint]) => ({ id, fingerprint }));
  }

  async remember({ id, fingerprint }: KeyFingerprint): Promise<void> {
    if (this.away) throw new Error('away');
    if (!this.kept.has(id)) this.kept.set(id, fingerprint);
  }
}

function watch(ring: Vault, more: Partial<KeyWatchOptions> = {}) {
  const store = new Store();
  const missing: string[] = [];
  const failures: unknown[] = [];
  const watching = new KeyWatch({
    vault: ring,
    store,
    onMissing: ({ keyId }) => missing.push(keyId),
    onFailure: (error) => failures.push(error),
    ...more,
  });
  return { watching, store, missing, failures };
}

describe('while a process runs', () => {
  it('its active key is recorded again, although a key of others is missing here', async () => {
    const { watching, store, missing } = watch(vault('a', 'b'));
    store.kept.set('c', 'somebody’s');
    await watching.look();
    expect([...store.kept.keys()]).toEqual(['c', 'a']);
    expect(missing).toEqual(['c']);
  });

  it('a missing key is told once, and again when it was there in between', async () => {
    const { watching, store, missing } = watch(vault('a'));
    for (const present of [true, true, false, true]) {
      if (present) store.kept.set('c', 'somebody’s');
      else store.kept.delete('c');
      await watching.look();
    }
    expect(missing).toEqual(['c', 'c']);
  });

  it('another key under the same id is told too', async () => {
    const { watching, store, missing } = watch(vault('a'));
    store.kept.set('a', 'another');
    await watching.look();
    expect(missing).toEqual(['a']);
    expect([...store.kept]).toEqual([['a', 'another']]);
  });

  it('an outage of the store is told, and forgets nothing', async () => {
    const { watching, store, missing, failures } = watch(vault('a'));
    store.kept.set('c', 'somebody’s');
    await watching.look();
    store.away = true;
    await watching.look();
    store.away = false;
    await watching.look();
    expect(failures).toEqual([new Error('away')]);
    expect(missing).toEqual(['c']);
  });
});

describe('its pace', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is once a minute, until it is stopped', async () => {
    const { watching, store } = watch(vault('a'));
    watching.start();
    watching.start();
    expect(jest.getTimerCount()).toBe(1);
    await jest.advanceTimersByTimeAsync(59_999);
    expect(store.kept.size).toBe(0);
    await jest.advanceTimersByTimeAsync(1);
    expect(store.kept.size).toBe(1);
    await watching.stop();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('keeps no process alive', () => {
    const { watching } = watch(vault('a'));
    const set = jest.spyOn(globalThis, 'setInterval');
    watching.start();
    const timer = set.mock.results[0]?.value as NodeJS.Timeout | undefined;
    expect(timer?.hasRef()).toBe(false);
  });
});
