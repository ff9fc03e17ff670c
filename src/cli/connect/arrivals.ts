/** How the provider's answer comes back to a command: a request to the loopback listener, or something the person types or pastes. */
import type { Terminal } from '../terminal/terminal.js';
import type { Arrival, LoopbackListener } from './loopback.js';

export interface Arrivals {
  /** Waits for the next answer. @throws the signal's reason */
  next(signal: AbortSignal): Promise<Arrival>;
  /** Whether another answer may follow one that was foreign or mistyped. */
  readonly mayRepeat: boolean;
}

/** The listener alone, and beside it what the person pastes who opened the page on another machine. */
export function fromListener(listener: LoopbackListener, terminal: Terminal, paste: boolean): Arrivals {
  if (!paste) return { next: (signal) => listener.next(signal), mayRepeat: true };
  return {
    mayRepeat: true,
    async next(signal) {
      const over = new AbortController();
      const both = AbortSignal.any([signal, over.signal]);
      const typed = pasted(terminal, 'Waiting for you there (or paste the address you ended up at):', both);
      const came = listener.next(both);
      // Whoever comes second is called off.
      for (const loser of [typed, came]) loser.catch(() => undefined);
      try {
        return await Promise.race([typed, came]);
      } finally {
        over.abort();
      }
    },
  };
}

/**
 * What the person brings by hand.
 * @param oauthToken of an out-of-band OAuth 1 flow: then a bare number is its verifier (RFC 5849 section 2.1)
 */
export function byHand(terminal: Terminal, oauthToken: string | undefined): Arrivals {
  const question = oauthToken === undefined ? 'Paste the address you ended up at:' : 'Type the number shown there:';
  return {
    mayRepeat: terminal.interactive,
    next: (signal) => pasted(terminal, question, signal, oauthToken),
  };
}

async function pasted(
  terminal: Terminal,
  question: string,
  signal: AbortSignal,
  oauthToken?: string,
): Promise<Arrival> {
  for (;;) {
    const text = await terminal.ask(question, { signal, piped: true });
    if (text !== '' || !terminal.interactive) {
      return { parameters: parametersIn(text, oauthToken), answer: () => undefined };
    }
  }
}

/** An address, its query, or a bare verifier; terminals and mail programs wrap what is long. */
function parametersIn(text: string, oauthToken: string | undefined): URLSearchParams {
  const whole = text.replaceAll(/\s/g, '');
  if (oauthToken !== undefined && !/oauth_verifier=|denied/.test(whole)) {
    return new URLSearchParams({ oauth_token: oauthToken, oauth_verifier: whole });
  }
  const query = whole.includes('?') ? whole.slice(whole.indexOf('?') + 1) : whole;
  return new URLSearchParams(query.split('#', 1)[0] ?? '');
}
