/** Sends a finished answer: at once and whole, or late, slowly, in part or never, as a script says. */
import type { ServerResponse } from 'node:http';
import type { Answer } from './answer.js';
import type { Script } from './scripts.js';

type Delivery = Pick<Script, 'delayMs' | 'hang' | 'truncateAt' | 'dripBytesPerSecond' | 'closeAfterHeaders'>;

/** What a script puts in the place of the endpoint's own answer; undefined when it only disturbs the delivery. */
export function scriptedAnswer(script: Script): Answer | undefined {
  if (script.status === undefined && script.body === undefined) return undefined;
  const isText = typeof script.body === 'string';
  const body = script.body === undefined ? '' : isText ? String(script.body) : JSON.stringify(script.body);
  const type =
    body === '' ? {} : { 'Content-Type': looksLikeJson(body) ? 'application/json' : 'text/html; charset=utf-8' };
  return withHeaders({ status: script.status ?? 200, headers: type, body }, script.headers ?? {});
}

/** The answer with some headers replaced, whatever their capitals. */
export function withHeaders(answer: Answer, headers: Answer['headers']): Answer {
  const replaced = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const kept = Object.entries(answer.headers).filter(([name]) => !replaced.has(name.toLowerCase()));
  return { ...answer, headers: { ...Object.fromEntries(kept), ...headers } };
}

function looksLikeJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Resolves when the answer has been handed to the network, or can no longer be. */
export async function deliver(response: ServerResponse, answer: Answer, how: Delivery = {}): Promise<void> {
  if (how.delayMs) await elapsed(how.delayMs, response);
  // The connection stays open until the caller, or the end of the sandbox, closes it.
  if (how.hang || response.destroyed) return;
  const body = Buffer.from(answer.body);
  response.statusCode = answer.status;
  const mayHaveBody = answer.status !== 204 && answer.status !== 304;
  const isChunked = Object.keys(answer.headers).some((name) => name.toLowerCase() === 'transfer-encoding');
  if (mayHaveBody && !isChunked) response.setHeader('Content-Length', body.length);
  for (const [name, value] of Object.entries(answer.headers)) {
    response.setHeader(name, typeof value === 'string' ? value : [...value]);
  }
  if (how.closeAfterHeaders) {
    response.flushHeaders();
    cut(response);
    return;
  }
  const sent = mayHaveBody ? body.subarray(0, how.truncateAt) : Buffer.alloc(0);
  if (how.dripBytesPerSecond) await drip(response, sent, how.dripBytesPerSecond);
  if (how.truncateAt === undefined) {
    response.end(how.dripBytesPerSecond ? undefined : sent);
    return;
  }
  response.flushHeaders();
  if (!how.dripBytesPerSecond && sent.length > 0) await written(response, sent);
  cut(response);
}

/** Closes the connection once everything before has left. */
function cut(response: ServerResponse): void {
  const { socket } = response;
  if (!socket) return;
  // Ending first and destroying afterwards lets the bytes out that were written; destroying at once could drop them.
  socket.end(() => socket.destroy());
}

async function drip(response: ServerResponse, body: Buffer, bytesPerSecond: number): Promise<void> {
  response.flushHeaders();
  const tickMs = Math.max(50, 1000 / bytesPerSecond);
  const size = Math.max(1, Math.round((bytesPerSecond * tickMs) / 1000));
  for (let offset = 0; offset < body.length; offset += size) {
    if (offset > 0) await elapsed(tickMs, response);
    if (response.destroyed) return;
    await written(response, body.subarray(offset, offset + size));
  }
}

function written(response: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    response.write(bytes, () => resolve());
  });
}

/** Waits, but not for a caller who has gone. */
function elapsed(ms: number, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      response.off('close', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    response.on('close', done);
  });
}
