/** A clock that can learn from a provider how far it is off (RFC 5849 section 3.3 leaves both sides to agree on the time). */
import { problemIn } from './problem.js';

/** An answer is only as exact as its Date header: whole seconds, and older by the time it travelled. */
const MEASURABLE_MS = 2_000;
/** Beyond this a bare 401 is more likely about the time than about anything else. */
const SUSPICIOUS_MS = 60_000;
/** OAuth Core 1.0 is of December 2007: a provider that lives before it has no clock to learn from. */
const EARLIEST_MS = Date.UTC(2007, 11);

/** Starts with our time and keeps what it learnt for as long as its session lives. */
export class CorrectedClock {
  readonly #now: () => number;
  #offsetMs = 0;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The provider's time as far as it is known; milliseconds since 1970. */
  readonly now = (): number => this.#now() + this.#offsetMs;

  /**
   * Takes over the provider's time when its answer refuses ours. The answer stays readable.
   *
   * @returns true when the clock was set, so that signing again can help
   */
  async learnFrom(answer: Response): Promise<boolean> {
    if (answer.status !== 400 && answer.status !== 401 && answer.status !== 403) return false;
    const theirs = Date.parse(answer.headers.get('date') ?? '');
    const differenceMs = theirs - this.now();
    if (!(theirs >= EARLIEST_MS) || Math.abs(differenceMs) < MEASURABLE_MS) return false;
    const isSuspicious = answer.status === 401 && Math.abs(differenceMs) > SUSPICIOUS_MS;
    if (!isSuspicious && (await problemIn(answer)) !== 'timestamp_refused') return false;
    this.#offsetMs += differenceMs;
    return true;
  }
}
