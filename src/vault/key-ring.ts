/** The ring of vault keys: the first one seals, all of them open. Written as `id:base64key,id:base64key`. */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

export const KEY_BYTES = 32;

/** A ring that cannot be used; the message says which entry is wrong, never what it holds. */
export class InvalidKeyRing extends Error {
  readonly code = 'vault_keys_invalid';

  constructor(message: string) {
    super(message);
    this.name = 'InvalidKeyRing';
  }
}

export class KeyRing {
  readonly activeId: string;
  readonly #keys: ReadonlyMap<string, KeyObject>;

  private constructor(keys: ReadonlyMap<string, KeyObject>, activeId: string) {
    this.#keys = keys;
    this.activeId = activeId;
  }

  /**
   * Reads a ring.
   * @param text comma-separated `id:base64key` entries, keys of 32 bytes, the active one first
   * @throws InvalidKeyRing
   */
  static parse(text: string): KeyRing {
    const keys = new Map<string, KeyObject>();
    const entries = text.split(',').map((entry) => entry.trim());
    for (const [index, entry] of entries.entries()) {
      const place = `entry ${index + 1}`;
      const colon = entry.indexOf(':');
      const id = entry.slice(0, colon);
      // Entries go by their place: with id and key the wrong way round, the "id" is the secret.
      if (colon < 1 || !isKeyId(id)) {
        throw new InvalidKeyRing(
          `${place} must look like "id:base64key", the id being 1 to 22 letters, digits, - or _`,
        );
      }
      const key = decodeKey(entry.slice(colon + 1));
      if (key?.length !== KEY_BYTES)
        throw new InvalidKeyRing(`${place} must have a key of ${KEY_BYTES} bytes in base64`);
      if (keys.has(id)) throw new InvalidKeyRing(`${place} has the id of an earlier one`);
      keys.set(id, createSecretKey(key));
    }
    const [activeId] = keys.keys();
    if (activeId === undefined) throw new InvalidKeyRing('at least one key is needed');
    return new KeyRing(keys, activeId);
  }

  get ids(): readonly string[] {
    return [...this.#keys.keys()];
  }

  get(id: string): KeyObject | undefined {
    return this.#keys.get(id);
  }

  /** Tells two keys of the same id apart without giving either away. */
  fingerprint(id: string): string | undefined {
    const key = this.#keys.get(id);
    return key && createHmac('sha256', key).update('latchkey vault key fingerprint').digest('base64url').slice(0, 22);
  }
}

/** Short, so that the largest sealed flow keeps within its cookie; without a dot, which separates the envelope's parts. */
export function isKeyId(text: string): boolean {
  return /^[\w-]{1,22}$/.test(text);
}

function decodeKey(text: string): Buffer | undefined {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, 'base64');
}
