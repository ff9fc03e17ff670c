/**
 * Malformed requests over all routes. None of them may be answered as a fault of ours, keep an answer from coming, end the process or fill its
 * memory (sec-K1, K3).
 */
import { connect } from 'node:net';
import { type Malformed, malformedRequests } from './fuzz-requests.js';

export interface FuzzOptions extends Malformed {
  readonly requests: number;
  readonly parallel?: number;
}

export interface FuzzReport {
  /** How many answers had each status; `closed` is a connection that ended without one. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Requests that were answered with a 5xx, or not at all in time. */
  readonly wrong: readonly { readonly number: number; readonly status: string; readonly request: string }[];
}

const ANSWER_MS = 10_000;
/** Sends it, says that nothing more comes, and waits for the end. @returns the status, `closed` without one, `silent` when nothing came in time */
function answerTo(port: number, request: string): Promise<string> {
  return new Promise((resolve) => {
    let start = '';
    let silent = false;
    const socket = connect(port, '127.0.0.1', () => socket.end(request, 'latin1'));
    socket.setTimeout(ANSWER_MS, () => {
      silent = true;
      socket.destroy();
    });
    socket.on('data', (chunk) => {
      if (start.length < 12) start += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      const status = /^HTTP\/1\.1 (\d{3})/.exec(start)?.[1];
      resolve(status ?? (silent ? 'silent' : 'closed'));
    });
  });
}

export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const next = malformedRequests(options);
  const port = Number(new URL(options.url).port);
  const statuses: Record<string, number> = {};
  const wrong: { number: number; status: string; request: string }[] = [];
  let sent = 0;
  const worker = async () => {
    while (sent < options.requests) {
      const number = sent++;
      const request = next();
      const status = await answerTo(port, request);
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (status.startsWith('5') || status === 'silent')
        wrong.push({ number, status, request: request.slice(0, 1_500) });
    }
  };
  await Promise.all(Array.from({ length: options.parallel ?? 8 }, worker));
  return { statuses, wrong };
}
