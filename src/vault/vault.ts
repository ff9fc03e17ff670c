/**
 * Seals and opens what must not be readable at rest: AES-256-GCM, a random nonce for each write, the key id in the envelope,
 * and additional authenticated data that binds the value to its purpose and its place, so that a sealed value moved to another
 * row, column or cookie does not open. Each purpose has its own key, derived by HKDF (RFC 5869).
 *
 * Envelope: `1.<key id>.<base64url of nonce, ciphertext and tag>`.
 */
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { isKeyId, KEY_BYTES, type KeyRing } from './key-ring.js';

const VERSION = '1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What a sealed value is for; a value sealed for one purpose opens for no other. */
export type SealPurpose = 'credentials' | 'pending-identity' | 'flow' | 'archive';

export type VaultErrorCode = 'vault_envelope_malformed' | 'vault_key_unknown' | 'vault_value_damaged';

/** A sealed value that cannot be opened. Concerns that value only; never falls back to plain text. */
export class VaultError extends Error {
  readonly code: VaultErrorCode;
  /** The key id that the envelope names, when it could be read. */
  readonly keyId: string | undefined;

  constructor(code: VaultErrorCode, message: string, keyId?: string) {
    super(message);
    this.name = 'VaultError';
    this.code = code;
    this.keyId = keyId;
  }
}

export class Vault {
  readonly #ring: KeyRing;
  readonly #subkeys = new Map<string, KeyObject>();

  constructor(ring: KeyRing) {
    this.#ring = ring;
  }

  /** Id of the key that seals. */
  get activeKeyId(): string {
    return this.#ring.activeId;
  }

  get keyIds(): readonly string[] {
    return this.#ring.ids;
  }

  fingerprint(keyId: string): string | undefined {
    return this.#ring.fingerprint(keyId);
  }

  /**
   * @param purpose what the value is for
   * @param place what it belongs to, such as a row id; the same must be given to open it
   */
  seal(purpose: SealPurpose, place: string, plaintext: string): string {
    const keyId = this.#ring.activeId;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#subkey(keyId, purpose), nonce);
    cipher.setAAD(boundTo(purpose, keyId, place));
    const sealed = Buffer.concat([nonce, cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${VERSION}.${keyId}.${sealed.toString('base64url')}`;
  }

  /** @throws VaultError */
  open(purpose: SealPurpose, place: string, envelope: string): string {
    const [version, keyId, body, ...rest] = envelope.split('.');
    const bytes = Buffer.from(body ?? '', 'base64url');
    // Decoding is lenient about strange characters and unused bits; one value has one spelling only.
    const canonical = bytes.toString('base64url') === body;
    if (version !== VERSION || keyId === undefined || !isKeyId(keyId) || !canonical || rest.length > 0) {
      throw new VaultError('vault_envelope_malformed', 'The sealed value has no envelope that this release knows.');
    }
    if (bytes.length < NONCE_BYTES + TAG_BYTES) {
      throw new VaultError('vault_envelope_malformed', 'The sealed value is too short.', keyId);
    }
    const key = this.#subkey(keyId, purpose);
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(boundTo(purpose, keyId, place));
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    try {
      const ciphertext = bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES);
      return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8');
    } catch {
      // The cipher's own error says nothing more, and must not carry half-decrypted bytes along.
      throw new VaultError(
        'vault_value_damaged',
        'The sealed value was changed, moved, or sealed by another key.',
        keyId,
      );
    }
  }

  #subkey(keyId: string, purpose: SealPurpose): KeyObject {
    const name = `${keyId}/${purpose}`;
    const known = this.#subkeys.get(name);
    if (known) return known;
    const key = this.#ring.get(keyId);
    if (!key) {
      throw new VaultError('vault_key_unknown', `The vault key "${keyId}" is not in VAULT_KEYS. Add it back.`, keyId);
    }
    const derived = createSecretKey(Buffer.from(hkdfSync('sha256', key, '', `latchkey/${purpose}`, KEY_BYTES)));
    this.#subkeys.set(name, derived);
    return derived;
  }
}

/** Lengths in front of the parts, so that no two different places can spell the same bytes. */
function boundTo(...parts: string[]): Buffer {
  return Buffer.from(parts.map((part) => `${Buffer.byteLength(part)}:${part}`).join('|'));
}
