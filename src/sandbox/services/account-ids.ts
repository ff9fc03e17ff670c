/** Account ids in the forms services use, made up from a seed so that the same person always has the same one. */
import { createHash } from 'node:crypto';

/** A decimal id of exactly this many digits, without a leading zero. */
export function decimalId(seed: string, digits: number): string {
  const value = BigInt(`0x${createHash('sha256').update(`decimal:${seed}`).digest('hex')}`);
  const lowest = 10n ** BigInt(digits - 1);
  return String(lowest + (value % (9n * lowest)));
}

/** An id of capital letters and digits. */
export function alphanumericId(seed: string, length: number): string {
  const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
  const bytes = createHash('sha256').update(`alphanumeric:${seed}`).digest();
  return Array.from(bytes.subarray(0, length), (byte) => letters.charAt(byte % letters.length)).join('');
}

/** An id in the form of a UUID. */
export function hexadecimalId(seed: string): string {
  const hex = createHash('sha256').update(`hexadecimal:${seed}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
