/** The vault: seals and opens credentials and pending flows with a ring of keys. */
export type { FingerprintStore, KeyFingerprint } from './key-check.js';
export { checkActiveKey, checkVaultKeys, VaultKeyMissing } from './key-check.js';
export { InvalidKeyRing, KEY_BYTES, KeyRing } from './key-ring.js';
export { KeyWatch, type KeyWatchOptions, type Repeat } from './key-watch.js';
export type { SealPurpose, VaultErrorCode } from './vault.js';
export { Vault, VaultError } from './vault.js';
