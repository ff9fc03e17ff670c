/**
 * The three timers of one exchange (sec-J10, sec-S2). Node's timers run on the monotonic clock, so a clock that is set does not move a deadline.
 */
import type { ResolvedLimits } from './limits.js';

export type TimeLimit = 'connectMs' | 'deadlineMs' | 'idleMs';

export class TimeLimits {
  readonly #limits: ResolvedLimits;
  readonly #expired: (limit: TimeLimit) => void;
  readonly #deadline: NodeJS.Timeout;
  #connect: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;

  /** Starts the total deadline. */
  constructor(limits: ResolvedLimits, expired: (limit: TimeLimit) => void) {
    this.#limits = limits;
    this.#expired = expired;
    this.#deadline = this.#start('deadlineMs');
  }

  connecting(): void {
    this.#connect = this.#start('connectMs');
  }

  connected(): void {
    clearTimeout(this.#connect);
  }

  /** From now on, until `stopListening`, silence counts. */
  startListening(): void {
    this.#idle = this.#start('idleMs');
  }

  heard(): void {
    this.#idle?.refresh();
  }

  stopListening(): void {
    clearTimeout(this.#idle);
    this.#idle = undefined;
  }

  stop(): void {
    clearTimeout(this.#deadline);
    this.connected();
    this.stopListening();
  }

  #start(limit: TimeLimit): NodeJS.Timeout {
    return setTimeout(this.#expired, this.#limits[limit], limit);
  }
}
