/** The three streams of a command, as data: the process's own, or a test's. */
import type { Readable, Writable } from 'node:stream';

export interface InputStream extends Readable {
  readonly isTTY?: boolean;
  setRawMode?(on: boolean): unknown;
}

export interface OutputStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface Streams {
  readonly input: InputStream;
  /** Results, and nothing else. */
  readonly output: OutputStream;
  /** Words for people: questions, progress, complaints. */
  readonly words: OutputStream;
}
