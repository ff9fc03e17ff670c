/** Makes one call of the console as the person, within limits of its own (sec-J10), and says what came of it in a form that a page can show. */
import { type Clients, RateLimited, type SentCall } from '../../connections/index.js';
import type { Connection } from '../../db/index.js';
import { troubleOf } from '../call-trouble.js';
import { type ShownAnswer, shownAnswer } from './answer.js';
import type { ConsoleCall } from './request.js';

/** The request as it left, the answer, or why there is none. */
export interface ConsoleResult {
  readonly sent: Pick<SentCall, 'method' | 'url' | 'headers' | 'signature'> | undefined;
  readonly answer: ShownAnswer | undefined;
  /** Code of what went wrong on the way. */
  readonly trouble: string | undefined;
  /** From when on the provider answers again, where it wants to be left alone and said until when. */
  readonly retryAt?: Date | undefined;
}

const CONSOLE_PATIENCE_MS = 10_000;

/**
 * @param options.signal ends the call when nobody waits for it any more
 * @returns whatever the provider does; only faults of our own are thrown
 */
export async function sendCall(
  clients: Clients,
  { id, userId, provider }: Connection,
  call: ConsoleCall,
  { signal, patienceMs = CONSOLE_PATIENCE_MS }: { signal: AbortSignal; patienceMs?: number },
): Promise<ConsoleResult> {
  let sent: SentCall | undefined;
  const witness = (seen: SentCall) => {
    sent = seen;
  };
  const startedAt = performance.now();
  const timeout = AbortSignal.timeout(patienceMs);
  const tookMs = () => Math.round(performance.now() - startedAt);
  try {
    const client = await clients.for(userId, provider, { connection: id, fresh: true, witness });
    const response = await client.fetch(call.address, {
      method: call.method,
      headers: call.headers,
      // Not even on the same origin: what is shown is the answer to what was asked (sec-J3).
      redirect: 'manual',
      signal: AbortSignal.any([signal, timeout]),
      ...(call.body === undefined ? {} : { body: call.body }),
    });
    // Assigned while the call was made, which the compiler does not follow.
    const seen = sent as SentCall | undefined;
    if (!seen) throw new TypeError('A call was made that nobody saw.');
    const answer = await shownAnswer(response, { url: urlOf(call, response, seen), tookMs, mask: seen.mask });
    return { sent: shownSent(seen), answer, trouble: undefined };
  } catch (error) {
    const trouble = troubleOf(error);
    if (trouble === undefined) throw error;
    const tooLong = trouble === 'http_aborted' && timeout.aborted;
    const retryAt = error instanceof RateLimited ? error.retryAt : undefined;
    return { sent: sent && shownSent(sent), answer: undefined, trouble: tooLong ? 'http_timeout' : trouble, retryAt };
  }
}

/** Masked, it may still be read for its origin. */
function urlOf({ address }: ConsoleCall, { url }: Response, sent: SentCall): string {
  return [url, sent.url, address].find((candidate) => URL.canParse(candidate)) ?? 'https://base.invalid';
}

function shownSent({ method, url, headers, signature }: SentCall): ConsoleResult['sent'] {
  return { method, url, headers, signature };
}
