/**
 * The three timers of one exchange (sec-J10, sec-S2). Node's timers run on the monotonic clock, so a clock that is set does not move a deadline.
 */
import type { ResolvedLimits } from './limits.js';

export type TimeLimit = 'connectMs' | 'deadlineMs' | 'idleMs';

/** Who is told; an object, so that no function has to be made for each exchange. */
export interface Timed {
  expired(limit: TimeLimit): void;
}

export class TimeLimits {
  readonly #limits: ResolvedLimits;
  readonly #timed: Timed;
  readonly #deadline: NodeJS.Timeout;
  #connect: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;

  /** Starts the total deadline. */
  constructor(limits: ResolvedLimits, timed: Timed) {
    this.#limits = limits;
    this.#timed = timed;
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
    return setTimeout(tell, this.#limits[limit], this.#timed, limit);
  }
}

function tell(timed: Timed, limit: TimeLimit): void {
  timed.expired(limit);
}
