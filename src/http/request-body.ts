/**
 * Turns every kind of body `fetch` takes into bytes or a Node stream, together with the length and content type it implies (Fetch standard,
 * "extract a body"). Lengths are known wherever possible, because not every provider accepts chunked uploads.
 */
import { Buffer } from 'node:buffer';
import { Readable } from 'node:stream';
import type { ReadableStream as WebStream } from 'node:stream/web';

export interface RequestBody {
  payload: Buffer | Readable | null;
  /** Bytes of a streamed payload, where known in advance. */
  length?: number;
  contentType?: string;
}

/** A body that has to be read before its length is known. */
export interface UnreadBody {
  unread: Readable;
  contentType?: string;
}

/**
 * @throws TypeError when the body is of an unknown kind or its stream was already read
 */
export function requestBody(body: RequestInit['body']): RequestBody | UnreadBody {
  if (body === undefined || body === null) return { payload: null };
  if (typeof body === 'string') return { payload: Buffer.from(body), contentType: 'text/plain;charset=UTF-8' };
  if (body instanceof URLSearchParams) {
    return { payload: Buffer.from(body.toString()), contentType: 'application/x-www-form-urlencoded;charset=UTF-8' };
  }
  // Copied, as fetch does: the caller may wipe or reuse its buffer as soon as the call returned.
  if (ArrayBuffer.isView(body))
    return { payload: Buffer.copyBytesFrom(new Uint8Array(body.buffer, body.byteOffset, body.byteLength)) };
  if (isArrayBuffer(body)) return { payload: Buffer.from(body.slice(0)) };
  if (body instanceof Blob) return blobBody(body);
  if (body instanceof FormData) return formBody(body);
  if (body instanceof ReadableStream) return { payload: fromWeb(body) };
  if (Symbol.asyncIterator in body) return { payload: guarded(Readable.from(body, { objectMode: false })) };
  throw new TypeError('unsupported kind of body');
}

/**
 * The body of a `Request`. It only offers a stream, even when it was made from a string, so it is read into memory first to learn its length;
 * pass a `ReadableStream` as `init.body` to upload without that.
 * @throws TypeError when it was already read
 */
export function bodyOfRequest(request: Request): RequestBody | UnreadBody {
  if (request.body === null) return { payload: null };
  return { unread: fromWeb(request.body) };
}

/** Reads a whole stream; rejects when it is destroyed on the way. */
export async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function blobBody(blob: Blob): RequestBody {
  if (blob.size === 0) return { payload: Buffer.alloc(0) };
  const contentType = blob.type === '' ? {} : { contentType: blob.type };
  return { payload: fromWeb(blob.stream()), length: blob.size, ...contentType };
}

/** The platform knows how to encode a form; the boundary it chose is in the content type. */
function formBody(form: FormData): RequestBody | UnreadBody {
  const encoded = new Response(form);
  if (encoded.body === null) return { payload: null };
  return { unread: fromWeb(encoded.body), contentType: encoded.headers.get('content-type') ?? 'multipart/form-data' };
}

function fromWeb(stream: WebStream): Readable {
  return guarded(Readable.fromWeb(stream));
}

/** A source may still fail after the response is complete; without a listener that late error would end the process. */
function guarded(stream: Readable): Readable {
  return stream.on('error', () => undefined);
}

/** By tag, since buffers cross realms (workers, test environments) where `instanceof` fails. */
function isArrayBuffer(body: object): body is ArrayBuffer {
  return Object.prototype.toString.call(body) === '[object ArrayBuffer]';
}
