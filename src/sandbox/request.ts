/** A request as the sandbox's endpoints see it: bytes and addresses exactly as sent, and parameters read strictly. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

export interface SandboxRequest {
  readonly method: string;
  /** Path as sent, undecoded: `/api.fitbit.com/oauth2/token`. */
  readonly path: string;
  /** Query as sent, without the question mark; empty without one. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The origin the caller used, `http://127.0.0.1:4000`: what every address handed out is built from. */
  readonly origin: string;
}

/** Larger bodies are refused; no OAuth message and no sample call comes near. */
const usualLimitBytes = 1024 * 1024;

export class BodyTooLarge extends Error {
  readonly code = 'body_too_large';

  constructor(limitBytes: number) {
    super(`The body may have at most ${limitBytes} bytes.`);
    this.name = 'BodyTooLarge';
  }
}

/**
 * Reads the whole body. A caller that goes away half-way yields what had arrived, so that the call is recorded.
 * @throws BodyTooLarge
 */
export function readBody(
  message: IncomingMessage,
  limitBytes: number = usualLimitBytes,
): Promise<{ body: Buffer; complete: boolean }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    message.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) {
        message.removeAllListeners('data');
        message.resume();
        reject(new BodyTooLarge(limitBytes));
        return;
      }
      chunks.push(chunk);
    });
    message.on('end', () => resolve({ body: Buffer.concat(chunks), complete: true }));
    message.on('close', () => resolve({ body: Buffer.concat(chunks), complete: message.complete }));
    message.on('error', () => resolve({ body: Buffer.concat(chunks), complete: false }));
  });
}

export function splitTarget(target: string): { path: string; query: string } {
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** True for host names that never leave this machine (RFC 6761 section 6.3, RFC 8252 section 7.3). */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

export function isLoopbackAddress(address: string | undefined): boolean {
  return address !== undefined && (address === '::1' || /^(::ffff:)?127(\.\d{1,3}){3}$/.test(address));
}

/** Parameters of which each may be given once (RFC 6749 section 3.1 and 3.2). */
export class Parameters {
  readonly #values = new Map<string, string>();
  readonly #repeated = new Set<string>();

  constructor(encoded: string) {
    for (const [name, value] of new URLSearchParams(encoded)) {
      if (this.#values.has(name)) this.#repeated.add(name);
      this.#values.set(name, value);
    }
  }

  /** The value; undefined also for an empty one, which RFC 6749 section 3.1 treats as left out. */
  get(name: string): string | undefined {
    return this.#values.get(name) || undefined;
  }

  isRepeated(name: string): boolean {
    return this.#repeated.has(name);
  }

  /** Name of a parameter that came more than once. */
  get repeated(): string | undefined {
    return this.#repeated.values().next().value;
  }

  entries(): readonly (readonly [string, string])[] {
    return [...this.#values];
  }
}

/** The media type without its parameters, lower case. */
export function mediaType(headers: IncomingHttpHeaders): string {
  return (headers['content-type'] ?? '').split(';', 1).join('').trim().toLowerCase();
}

export function isForm(headers: IncomingHttpHeaders): boolean {
  return mediaType(headers) === 'application/x-www-form-urlencoded';
}
