/**
 * Nonces (RFC 5849 section 3.3). A nonce is 26 letters and digits carrying 130 random bits: enough never to
 * repeat, and inside the 20 to 30 alphanumeric characters that strict servers accept.
 */
import { randomBytes as systemRandomBytes } from 'node:crypto';
import { OAuth1Error } from './errors.js';

const LENGTH = 26;
const ALPHABET = Buffer.from('abcdefghijkmnopqrstuvwxyz2345678');
const POOLED_NONCES = 256;

/** Makes nonces from a source of random bytes; the system's source is asked for many at a time. */
export function createNonceSource(randomBytes?: (size: number) => Uint8Array): () => string {
  if (randomBytes === undefined) return nextPooledNonce;
  return () => spell(randomBytes(LENGTH)).toString('latin1');
}

let pool: Buffer = Buffer.alloc(0);
let used = 0;

/** Nonces are public, and no two calls get the same bytes, so one pool may serve every signer of the process. */
function nextPooledNonce(): string {
  if (used >= pool.length) {
    pool = spell(systemRandomBytes(LENGTH * POOLED_NONCES));
    used = 0;
  }
  used += LENGTH;
  return pool.toString('latin1', used - LENGTH, used);
}

/** 256 is a multiple of the 32 letters, so every letter is equally likely. */
function spell(random: Uint8Array): Buffer {
  if (random.length % LENGTH !== 0)
    throw new OAuth1Error('oauth1_invalid_option', 'randomBytes gave a wrong number of bytes.');
  const letters = Buffer.allocUnsafe(random.length);
  for (let index = 0; index < random.length; index++) {
    letters[index] = ALPHABET[(random[index] ?? 0) % ALPHABET.length] ?? 0;
  }
  return letters;
}
