import {
  checkVaultKeys,
  type FingerprintStore,
  type KeyFingerprint,
  KeyRing,
  Vault,
  VaultKeyMissing,
} from '../../src/vault/index.js';

const key = (seed: number) =>
  Buffer.from(Array.from({ length: 32 }, (_, at) => (at * 29 + seed * 53) % 256)).toString('base64');
const vault = (...entries: readonly [id: string, seed: number][]) =>
  new Vault(KeyRing.parse(entries.map(([id, seed]) => `${id}:${key(seed)}`).join(',')));

/** Like the table: the first fingerprint of an id stays. */
class Store implements FingerprintStore {
  readonly kept = new Map<string, string>();

  async list(): Promise<readonly KeyFingerprint[]> {
    return [...this.kept].map(([id, fingerprint]) => ({ id, fingerprint }));
  }

  async remember({ id, fingerprint }: KeyFingerprint): Promise<void> {
    if (!this.kept.has(id)) this.kept.set(id, fingerprint);
  }
}

function gate(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((open) => {
    resolve = open;
  });
  return { promise, resolve };
}

async function verdict(ring: Vault, store: FingerprintStore): Promise<string> {
  try {
    await checkVaultKeys(ring, store);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof VaultKeyMissing)) throw error;
    expect(error.code).toBe('vault_key_missing');
    expect(error.message).toContain('VAULT_KEYS');
    expect(error.message).toContain(`"${error.keyId}"`);
    return `refused for ${error.keyId}`;
  }
}

describe('the keys of a database', () => {
  it('are remembered at the first start: the active one only', async () => {
    const store = new Store();
    const ring = vault(['a', 1], ['spare', 2]);
    expect(await verdict(ring, store)).toBe('accepted');
    expect([...store.kept]).toEqual([['a', ring.fingerprint('a')]]);
    expect(await verdict(ring, store)).toBe('accepted');
  });

  it('may be rotated: the new one in front, the old one behind it', async () => {
    const store = new Store();
    await verdict(vault(['a', 1]), store);
    expect(await verdict(vault(['b', 2], ['a', 1]), store)).toBe('accepted');
    expect([...store.kept.keys()]).toEqual(['a', 'b']);
  });

  it('must all be there, active or not', async () => {
    const store = new Store();
    await verdict(vault(['b', 2], ['a', 1]), store);
    await verdict(vault(['a', 1], ['b', 2]), store);
    expect(await verdict(vault(['b', 2]), store)).toBe('refused for a');
    expect(await verdict(vault(['a', 1]), store)).toBe('refused for b');
  });

  it('are not taken for a missing key that another one of the same id replaces, and the message says which of the two it is', async () => {
    const store = new Store();
    await verdict(vault(['a', 1]), store);
    await expect(checkVaultKeys(vault(['a', 2]), store)).rejects.toThrow(/another key of that id/);
    await expect(checkVaultKeys(vault(['b', 2]), store)).rejects.toThrow(/lacks the key "a"/);
  });

  it('stay as they are when a start is refused', async () => {
    const store = new Store();
    await verdict(vault(['a', 1]), store);
    const before = [...store.kept];
    await verdict(vault(['b', 2]), store);
    await verdict(vault(['a', 2]), store);
    expect([...store.kept]).toEqual(before);
  });

  it('are told apart when two instances start at once with different keys: at most one goes on', async () => {
    // Both have read the empty list before either writes, which is the worst order.
    for (const [first, second] of [
      [vault(['a', 1]), vault(['a', 2])],
      [vault(['a', 2]), vault(['a', 1])],
    ] as const) {
      const store = new Store();
      const { promise: bothHaveRead, resolve } = gate();
      let reads = 0;
      const racing: FingerprintStore = {
        async list() {
          const seen = await store.list();
          reads += 1;
          if (reads === 2) resolve();
          if (reads <= 2) await bothHaveRead;
          return seen;
        },
        remember: (known) => store.remember(known),
      };
      const verdicts = await Promise.all([verdict(first, racing), verdict(second, racing)]);
      expect(verdicts).toEqual(['accepted', 'refused for a']);
    }
  });

  it('of different ids at once: whoever reads last notices that it lacks the other', async () => {
    const store = new Store();
    const { promise: bothHaveWritten, resolve } = gate();
    let writes = 0;
    const racing: FingerprintStore = {
      list: () => store.list(),
      async remember(known) {
        await store.remember(known);
        writes += 1;
        if (writes === 2) resolve();
        await bothHaveWritten;
      },
    };
    const verdicts = await Promise.all([verdict(vault(['a', 1]), racing), verdict(vault(['b', 2]), racing)]);
    expect(verdicts).toEqual(['refused for b', 'refused for a']);
  });

  it('that start together with the same ring all go on', async () => {
    const store = new Store();
    const verdicts = await Promise.all(Array.from({ length: 5 }, () => verdict(vault(['a', 1], ['b', 2]), store)));
    expect(new Set(verdicts)).toEqual(new Set(['accepted']));
  });

  it('an outage of the store stops the start instead of passing for a match', async () => {
    const away = new Error('database away');
    const store: FingerprintStore = { list: () => Promise.reject(away), remember: () => Promise.resolve() };
    await expect(checkVaultKeys(vault(['a', 1]), store)).rejects.toBe(away);
  });
});
