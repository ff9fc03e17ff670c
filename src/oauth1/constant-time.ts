/** Comparing secrets without telling, by the time it takes, how much of them was right. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** Digests first, so that not even the lengths show. */
export function constantTimeEqual(one: string, other: string): boolean {
  return timingSafeEqual(digestOf(one), digestOf(other));
}

/** SHA-256 over the text's UTF-8. */
export function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
