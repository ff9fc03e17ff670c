/** Every request the sandbox was sent, except to `/_control` and `/healthz`, for harnesses that count and compare. */
import type { IncomingHttpHeaders } from 'node:http';

export interface RecordedCall {
  readonly method: string;
  readonly path: string;
  /** As sent, without the question mark. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** As sent. */
  readonly body: string;
  /** When the request's headers had arrived, ISO 8601, by the real clock. */
  readonly time: string;
}

/** A sandbox may run for weeks: beyond this, the oldest calls are forgotten. */
const memoryBytes = 64 * 1024 * 1024;
/** What a call takes besides its body, roughly. */
const overheadBytes = 1024;

export class CallLog {
  readonly #calls: RecordedCall[] = [];
  #bytes = 0;

  add(call: RecordedCall): void {
    // A slow upload ends after requests that came later, yet it is listed where it began.
    let index = this.#calls.length;
    while (index > 0 && (this.#calls[index - 1]?.time ?? '') > call.time) index -= 1;
    this.#calls.splice(index, 0, call);
    this.#bytes += sizeOf(call);
    while (this.#bytes > memoryBytes) {
      const oldest = this.#calls.shift();
      if (!oldest) break;
      this.#bytes -= sizeOf(oldest);
    }
  }

  /** Oldest first; with a path, only the requests to exactly that one. */
  list(path?: string): readonly RecordedCall[] {
    return path === undefined ? [...this.#calls] : this.#calls.filter((call) => call.path === path);
  }

  forget(): void {
    this.#calls.length = 0;
    this.#bytes = 0;
  }
}

function sizeOf(call: RecordedCall): number {
  return call.body.length + call.query.length + overheadBytes;
}
