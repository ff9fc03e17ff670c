/**
 * Honours what a provider's API says about slowing down: 429 (RFC 6585 section 4) and 503, with Retry-After (RFC 9110 section 10.2.3). Until
 * the time it names, further calls fail here instead of there; nothing is queued and nothing sleeps, because only the caller knows whether its
 * call is still worth making then.
 *
 * What is held is one connection at one origin. An answer speaks about the call that it answers: most limits are per person, and where the
 * whole app is limited, every other connection finds that out by one call of its own. The other way round, one person who is limited (or
 * makes it look so) would keep everybody else from their data.
 */
import { retryAfterMs } from '../oauth2/index.js';
import { RateLimited } from './failures.js';

/** A provider that asks for more is asked again after this, so that a bad header cannot park a connection for long. */
const HELD_AT_MOST_MS = 60 * 60_000;
/** Memory stays bounded whatever providers answer; beyond it the eldest note goes, which costs one refused call. */
const CONNECTIONS_AT_MOST = 10_000;

export class RateLimits {
  readonly #now: () => number;
  /** By connection, then origin: until when, ms since the epoch. */
  readonly #held = new Map<string, Map<string, number>>();

  /** @param now ms since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * @param name the provider's, for the message
   * @throws RateLimited while the provider wants to be left alone
   */
  check(connectionId: string, url: string, name: string): void {
    const origins = this.#held.get(connectionId);
    if (!origins || !URL.canParse(url)) return;
    const { origin } = new URL(url);
    const until = origins.get(origin);
    if (until === undefined) return;
    if (this.#now() < until) throw new RateLimited(name, new Date(until));
    origins.delete(origin);
    if (origins.size === 0) this.#held.delete(connectionId);
  }

  /** Learns from an answer; it stays unread. */
  note(connectionId: string, url: string, answer: Response): void {
    if (answer.status !== 429 && answer.status !== 503) return;
    const waitMs = retryAfterMs(answer.headers, this.#now());
    if (!waitMs) return;
    const until = this.#now() + Math.min(waitMs, HELD_AT_MOST_MS);
    const origins = this.#held.get(connectionId) ?? new Map<string, number>();
    origins.set(new URL(url).origin, until);
    this.#held.delete(connectionId);
    this.#held.set(connectionId, origins);
    const [eldest] = this.#held.keys();
    if (this.#held.size > CONNECTIONS_AT_MOST && eldest !== undefined) this.#held.delete(eldest);
  }
}
