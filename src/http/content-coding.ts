/**
 * The content codings this client asks for and can undo (RFC 9110 section 8.4.1): gzip, deflate and br. One layer only: nobody stacks codings
 * except to build a bomb.
 */
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';

export type ContentCoding = 'identity' | 'gzip' | 'deflate' | 'br';

/**
 * @param header value of `Content-Encoding`, null when absent
 * @returns undefined when we could not undo it
 */
export function contentCoding(header: string | null): ContentCoding | undefined {
  switch (header?.trim().toLowerCase() ?? '') {
    case '':
    case 'identity':
      return 'identity';
    case 'gzip':
    case 'x-gzip':
      return 'gzip';
    case 'deflate':
      return 'deflate';
    case 'br':
      return 'br';
    default:
      return undefined;
  }
}

/**
 * A decoder that works piece by piece, so that what a bomb can make us hold stays at one small piece.
 * @param firstByte of the encoded body: `deflate` means zlib format (RFC 1950), but some servers send bare deflate data (RFC 1951)
 */
export function decoderFor(coding: Exclude<ContentCoding, 'identity'>, firstByte: number): Transform {
  if (coding === 'gzip') return createGunzip();
  if (coding === 'br') return createBrotliDecompress();
  return (firstByte & 0x0f) === 8 ? createInflate() : createInflateRaw();
}
