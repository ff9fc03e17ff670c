/**
 * What a reader is: the call that a service documents, and what may come of it. Both halves are pure, so each can be compared with the
 * documentation alone; `read` puts a person's client between them.
 */
import type { z } from 'zod';
import { type ConnectionClient, RateLimited } from '../connections/index.js';
import { parseJson, retryAfterMs } from '../oauth2/index.js';
import type { ProviderDefinition } from '../providers/index.js';
import type { DayRange } from './reading.js';
import { ReadingFailed } from './reading-failed.js';

export interface Reader<T> {
  /**
   * @param subject the account's id at the provider
   * @param days of what is measured by day; posts and repositories are simply the latest
   */
  request(subject: string, days: DayRange): ReadingRequest;
  /** The documented answer, made into what the reader gives. */
  readonly answer: z.ZodType<T>;
}

export interface ReadingRequest {
  /** Below the provider's first API base. */
  readonly path: string;
  /** Sent as JSON by POST; without it the call is a GET. */
  readonly body?: object;
}

/** What a reader calls with: `clients.for(…)` gives it. */
export type ReadingClient = Pick<ConnectionClient, 'fetch' | 'connection'>;

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Names of the provider's own headers about its limits, from its definition. */
  readonly rateLimit?: ProviderDefinition['api']['rateLimit'];
  /** ms since the epoch */
  readonly now?: () => number;
}

/** The largest documented answer, a fortnight of sleep with all its stages, stays below a quarter of it. */
const ANSWER_BYTES = 2 * 1024 * 1024;

/** @throws ReadingFailed */
export async function read<T>(
  client: ReadingClient,
  reader: Reader<T>,
  days: DayRange,
  { signal, rateLimit, now = Date.now }: ReadOptions = {},
): Promise<T> {
  const { path, body } = reader.request(client.connection.subject, days);
  const response = await send(client, path, {
    ...(signal ? { signal } : {}),
    ...(body === undefined
      ? {}
      : { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  });
  if (!response.ok) {
    response.body?.cancel().catch(() => undefined);
    throw refusalOf(response, rateLimit, now());
  }
  const text = await textOf(response);
  try {
    return reader.answer.parse(parseJson(text));
  } catch {
    // Without a cause: it would quote the answer.
    throw new ReadingFailed('unreadable', { status: response.status });
  }
}

async function send(client: ReadingClient, path: string, init: RequestInit): Promise<Response> {
  try {
    return await client.fetch(path, init);
  } catch (error) {
    if (error instanceof RateLimited) {
      throw new ReadingFailed('rate_limited', { retryAt: error.retryAt, cause: error });
    }
    throw new ReadingFailed('unavailable', { cause: error });
  }
}

/** Counts the bytes that arrive: a length is only what the sender claims. */
async function textOf({ body, status }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of body ?? []) {
      length += chunk.byteLength;
      if (length > ANSWER_BYTES) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw new ReadingFailed('unavailable', { status, cause: error });
  }
  if (length > ANSWER_BYTES) throw new ReadingFailed('unreadable', { status });
  return Buffer.concat(chunks).toString('utf8');
}

function refusalOf({ status, headers }: Response, names: ReadOptions['rateLimit'], now: number): ReadingFailed {
  // GitHub says 403 where others say 429; what is left tells them apart.
  const usedUp = names?.remaining !== undefined && headers.get(names.remaining) === '0';
  if (status === 429 || (status === 403 && usedUp)) {
    return new ReadingFailed('rate_limited', { status, retryAt: retryAt(headers, names, now) });
  }
  if (status === 403) return new ReadingFailed(lacksScope(headers) ? 'not_permitted' : 'refused', { status });
  return new ReadingFailed('unavailable', { status });
}

/** RFC 6750 section 3.1. */
function lacksScope(headers: Headers): boolean {
  return /\berror="?insufficient_scope\b/i.test(headers.get('www-authenticate') ?? '');
}

function retryAt(headers: Headers, names: ReadOptions['rateLimit'], now: number): Date | undefined {
  const waitMs = retryAfterMs(headers, now);
  if (waitMs !== undefined) return new Date(now + waitMs);
  const reset = names?.reset === undefined ? null : headers.get(names.reset);
  if (reset === null || !/^\d{1,10}$/.test(reset)) return undefined;
  if (names?.resetIn === 'epoch') return new Date(Number(reset) * 1000);
  return names?.resetIn === 'seconds' ? new Date(now + Number(reset) * 1000) : undefined;
}
