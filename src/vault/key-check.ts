/**
 * Compares the ring with the fingerprints of the keys that sealed something in this database, so that an instance with other
 * keys refuses to start instead of failing row by row later.
 */
import type { Vault } from './vault.js';

export interface KeyFingerprint {
  readonly id: string;
  readonly fingerprint: string;
}

/** Where the fingerprints are kept. `remember` keeps the first one when two instances write the same id at once. */
export interface FingerprintStore {
  list(): Promise<readonly KeyFingerprint[]>;
  remember(key: KeyFingerprint): Promise<void>;
}

/** The ring lacks a key that this database needs, or has another key under its id. */
export class VaultKeyMissing extends Error {
  readonly code = 'vault_key_missing';
  readonly keyId: string;

  constructor(keyId: string, differs: boolean) {
    super(
      differs
        ? `VAULT_KEYS has a key "${keyId}", but another key of that id sealed this database. Put the right one back.`
        : `VAULT_KEYS lacks the key "${keyId}" that sealed this database. Add it back (it may stand behind the active one).`,
    );
    this.name = 'VaultKeyMissing';
    this.keyId = keyId;
  }
}

/**
 * Checks the ring and records the active key as in use.
 * @throws VaultKeyMissing
 */
export async function checkVaultKeys(vault: Vault, store: FingerprintStore): Promise<void> {
  refuseStrangers(vault, await store.list());
  // Read again: of two instances that start at once with different keys, the one that wrote second must notice.
  await reaffirmKeys(vault, store);
}

/**
 * Records the active key as in use, also when others' keys are missing here: what this instance seals meanwhile needs it.
 * @throws VaultKeyMissing
 */
export async function reaffirmKeys(vault: Vault, store: FingerprintStore): Promise<void> {
  await rememberActive(vault, store);
  refuseStrangers(vault, await store.list());
}

/**
 * Records the active key as in use, like {@link checkVaultKeys}, but asks nothing of the ring's other keys.
 * @throws VaultKeyMissing when this database knows another key under its id
 */
export async function checkActiveKey(vault: Vault, store: FingerprintStore): Promise<void> {
  await rememberActive(vault, store);
  const known = await store.list();
  refuseStrangers(
    vault,
    known.filter(({ id }) => id === vault.activeKeyId),
  );
}

async function rememberActive(vault: Vault, store: FingerprintStore): Promise<void> {
  const id = vault.activeKeyId;
  await store.remember({ id, fingerprint: vault.fingerprint(id) ?? '' });
}

function refuseStrangers(vault: Vault, known: readonly KeyFingerprint[]): void {
  for (const { id, fingerprint } of known) {
    const own = vault.fingerprint(id);
    if (own !== fingerprint) throw new VaultKeyMissing(id, own !== undefined);
  }
}
