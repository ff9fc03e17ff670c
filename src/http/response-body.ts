/**
 * The body of a response as a web stream: undoes the content coding, counts what comes out, and passes back-pressure from the reader to the
 * socket, so that memory stays bounded whatever the server sends (sec-J10, sec-S4).
 */
import type { Transform } from 'node:stream';
import type { ReadableStreamDefaultController, UnderlyingSource } from 'node:stream/web';
import { type ContentCoding, decoderFor } from './content-coding.js';

/** Who feeds the body: it is asked to slow down, and told how the body ended. */
export interface BodyFeeder {
  /** Stop, or go on, reading the socket. */
  pause(): void;
  resume(): void;
  /** The last byte was handed over. */
  bodyDone(): void;
  /** The reader wants no more. */
  bodyCancelled(reason: unknown): void;
  bodyTooLarge(): void;
  bodyUndecodable(cause: unknown): void;
}

export interface BodyOptions {
  coding: ContentCoding;
  maxBytes: number;
  /** The response said `Content-Length: 0`: nothing was encoded, whatever the coding claims. */
  declaredEmpty: boolean;
}

/** Bytes that wait for a slow reader before the socket is paused. */
const HIGH_WATER_BYTES = 65_536;

/** Encoded data may be a little larger than what it decodes to; more than this only pads. */
const CODING_SLACK_BYTES = 65_536;

export class ResponseBody implements UnderlyingSource<Uint8Array> {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #feeder: BodyFeeder;
  readonly #options: BodyOptions;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #decoder: Transform | undefined;
  #receivedBytes = 0;
  #deliveredBytes = 0;
  #over = false;

  constructor(feeder: BodyFeeder, options: BodyOptions) {
    this.#feeder = feeder;
    this.#options = options;
    this.stream = new ReadableStream(this, {
      highWaterMark: HIGH_WATER_BYTES,
      size: (chunk: Uint8Array | undefined) => chunk?.byteLength ?? 0,
    });
  }

  /** Takes the next bytes from the socket. */
  push(chunk: Uint8Array): void {
    if (this.#over) return;
    const { coding, maxBytes } = this.#options;
    if (coding === 'identity') {
      if (!this.#deliver(chunk)) this.#feeder.pause();
      return;
    }
    this.#receivedBytes += chunk.byteLength;
    if (this.#receivedBytes > maxBytes + CODING_SLACK_BYTES) {
      this.#feeder.bodyTooLarge();
      return;
    }
    this.#decoder ??= this.#open(decoderFor(coding, chunk[0] ?? 0));
    if (!this.#decoder.write(chunk)) this.#feeder.pause();
  }

  /** The socket delivered the whole body. */
  end(): void {
    if (this.#over) return;
    if (this.#decoder !== undefined) {
      this.#decoder.end();
    } else if (this.#options.coding === 'identity' || this.#options.declaredEmpty) {
      this.#close();
    } else {
      this.#feeder.bodyUndecodable(new Error('no data'));
    }
  }

  /** Makes the reader see `error`; later bytes are dropped. */
  fail(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#decoder?.destroy();
    this.#controller?.error(error);
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
  }

  pull(): void {
    if (this.#decoder === undefined) this.#feeder.resume();
    else this.#decoder.resume();
  }

  cancel(reason: unknown): void {
    this.#over = true;
    this.#decoder?.destroy();
    this.#feeder.bodyCancelled(reason);
  }

  #open(decoder: Transform): Transform {
    return decoder
      .on('data', (chunk: Uint8Array) => {
        if (!this.#deliver(chunk)) decoder.pause();
      })
      .on('drain', () => this.#feeder.resume())
      .on('end', () => this.#close())
      .on('error', (cause) => {
        if (!this.#over) this.#feeder.bodyUndecodable(cause);
      });
  }

  /** @returns false when the reader has enough for now */
  #deliver(chunk: Uint8Array): boolean {
    if (this.#over) return true;
    this.#deliveredBytes += chunk.byteLength;
    if (this.#deliveredBytes > this.#options.maxBytes) {
      this.#feeder.bodyTooLarge();
      return true;
    }
    // Copied: a reader may transfer a chunk's memory, and this memory is shared with the parser's or the decoder's next chunks.
    this.#controller?.enqueue(new Uint8Array(chunk));
    return (this.#controller?.desiredSize ?? 0) > 0;
  }

  #close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller?.close();
    this.#feeder.bodyDone();
  }
}
