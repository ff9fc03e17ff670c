/**
 * Notices that a provider's token endpoint is of no use at the moment, and then lets one request through at a time until one is answered:
 * thousands of connections that are due must not hammer a provider that is down, or fall upon it when it returns (sec-S22). One connection's
 * trouble is its own: its own waits protect the provider from it, and nobody else waits with it. One breaker for each provider app and
 * process; pure but for its clock.
 */

/** `away`: no usable answer. `refuses_client`: it answers, but not to our client id and secret. */
export type EndpointTrouble = 'away' | 'refuses_client';

export type BreakerAdvice =
  | { readonly go: true; readonly probe: boolean }
  | { readonly go: false; readonly trouble: EndpointTrouble; readonly retryAt: Date };

export interface EndpointFailure {
  readonly trouble: EndpointTrouble;
  /** Whose token was to be renewed. */
  readonly connectionId: string;
  /** What the provider asked for, if it did. */
  readonly retryAfterMs: number | undefined;
  /** It answered 429. RFC 6585 section 4 leaves open whom it counts: this one person, or all that our client asks. */
  readonly rateLimited: boolean;
}

/** So many connections that fail in a row, and none that is answered between them, are no accident. */
const CONNECTIONS_TO_OPEN = 5;
/** Waits between probes, each with jitter of ±20 %: often enough to notice the recovery soon, seldom enough to disturb nobody. */
const PROBE_AFTER_MS = [2_000, 5_000, 10_000, 20_000, 30_000];
/** A provider that asks for days is heard up to an hour, so that one bad header cannot park everybody's connections. */
const HEARD_UP_TO_MS = 3_600_000;

export class Breaker {
  readonly #now: () => number;
  readonly #random: () => number;
  /**
   * The connections that failed last, without an answer between them, and what each was asked to wait, ms. The oldest is forgotten for the
   * newest, so there are never more than it takes to open.
   */
  readonly #failed = new Map<string, number>();
  /** Undefined while closed. */
  #open: { trouble: EndpointTrouble; probes: number; nextProbeAt: number; probing: boolean } | undefined;

  /** @param clock.random a number in [0, 1) */
  constructor(clock: { readonly now: () => number; readonly random: () => number }) {
    this.#now = clock.now;
    this.#random = clock.random;
  }

  /**
   * Whether a request may go out now. Changes nothing: whoever goes as a probe calls {@link beginProbe}.
   * @param insist somebody clicked, and the next probe need not be due
   */
  advice(insist = false): BreakerAdvice {
    if (!this.#open) return { go: true, probe: false };
    const { probing, nextProbeAt, trouble } = this.#open;
    if (!probing && (insist || nextProbeAt <= this.#now())) return { go: true, probe: true };
    return { go: false, trouble, retryAt: new Date(Math.max(nextProbeAt, this.#now())) };
  }

  beginProbe(): void {
    if (this.#open) this.#open.probing = true;
  }

  /** The probe was not needed after all: somebody else may be it. */
  abandonProbe(): void {
    if (this.#open) this.#open.probing = false;
  }

  /** Any complete answer about a grant, good or bad, shows that the endpoint works. Closes at once. */
  answered(): void {
    this.#failed.clear();
    this.#open = undefined;
  }

  /**
   * @param wasProbe whether the failed request went out as the probe; others that come in late change no schedule
   * @returns whether this failure opened it
   */
  failed(failure: EndpointFailure, wasProbe: boolean): boolean {
    this.#remember(failure);
    if (this.#open && !wasProbe) return false;
    const probes = this.#open ? this.#open.probes + 1 : 0;
    const opens = !this.#open && this.#failed.size >= CONNECTIONS_TO_OPEN;
    if (this.#open || opens) {
      const nextProbeAt = this.#now() + this.#waitMs(probes, failure);
      this.#open = { trouble: failure.trouble, probes, nextProbeAt, probing: false };
    }
    return opens;
  }

  #remember({ connectionId, retryAfterMs = 0 }: EndpointFailure): void {
    this.#failed.delete(connectionId);
    this.#failed.set(connectionId, retryAfterMs);
    const [oldest] = this.#failed.keys();
    if (oldest !== undefined && this.#failed.size > CONNECTIONS_TO_OPEN) this.#failed.delete(oldest);
  }

  #waitMs(probes: number, failure: EndpointFailure): number {
    const step = PROBE_AFTER_MS[Math.min(probes, PROBE_AFTER_MS.length - 1)] ?? HEARD_UP_TO_MS;
    return Math.max(step * (0.8 + 0.4 * this.#random()), Math.min(this.#askedOfAllMs(failure), HEARD_UP_TO_MS));
  }

  /** What an endpoint says about itself (503) holds for everybody. What it says to one caller (429), as far as it told the others the same. */
  #askedOfAllMs({ rateLimited, retryAfterMs = 0 }: EndpointFailure): number {
    return rateLimited ? Math.min(...this.#failed.values()) : retryAfterMs;
  }
}
