/**
 * The request body hash extension (draft-eaton-oauth-bodyhash-00): protects bodies that are not forms. The draft fixes
 * SHA-1; with stronger signature methods the hash follows the method, as providers that use it today expect.
 */
import { createHash } from 'node:crypto';

/** As Node names them. */
export type HashName = 'sha1' | 'sha256' | 'sha512';

/** Base64 of the hash over the body's bytes; without a body, over no bytes. */
export function hashBody(body: string | Uint8Array | undefined, hash: HashName): string {
  return createHash(hash)
    .update(body ?? '')
    .digest('base64');
}
