/** Ctrl-C and the time limit of an attempt, as one signal. */

export class TimedOut extends Error {
  readonly code = 'timed_out';

  constructor() {
    super('Nobody came back in time.');
    this.name = 'TimedOut';
  }
}

export interface Patience {
  readonly signal: AbortSignal;
  /** Forgets the time limit. */
  end(): void;
}

export function patience(cancelled: AbortSignal, limitMs: number): Patience {
  const controller = new AbortController();
  const cancel = () => controller.abort(cancelled.reason);
  const timer = setTimeout(() => controller.abort(new TimedOut()), limitMs);
  if (cancelled.aborted) cancel();
  else cancelled.addEventListener('abort', cancel, { once: true });
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer);
      cancelled.removeEventListener('abort', cancel);
    },
  };
}
