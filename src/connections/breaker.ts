/**
 * Notices that a provider's token endpoint is of no use at the moment, and then lets one request through at a time until one is answered:
 * thousands of connections that are due must not hammer a provider that is down, or fall upon it when it returns (sec-S22). One for each
 * provider app and process; pure but for its clock.
 */

/** `away`: no usable answer. `refuses_client`: it answers, but not to our client id and secret. */
export type EndpointTrouble = 'away' | 'refuses_client';

export type BreakerAdvice =
  | { readonly go: true; readonly probe: boolean }
  | { readonly go: false; readonly trouble: EndpointTrouble; readonly retryAt: Date };

/** So many failures in a row, whoever's, are no accident. */
const FAILURES_TO_OPEN = 5;
/** Waits between probes, each with jitter of ±20 %: often enough to notice the recovery soon, seldom enough to disturb nobody. */
const PROBE_AFTER_MS = [2_000, 5_000, 10_000, 20_000, 30_000];
/** A provider that asks for days is heard up to an hour, so that one bad header cannot park everybody's connections. */
const HEARD_UP_TO_MS = 3_600_000;

export class Breaker {
  readonly #now: () => number;
  readonly #random: () => number;
  #failures = 0;
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
    this.#failures = 0;
    this.#open = undefined;
  }

  /**
   * @param wasProbe whether the failed request went out as the probe; others that come in late change no schedule
   * @param retryAfterMs what the provider asked for, if it did
   * @returns whether this failure opened it
   */
  failed(trouble: EndpointTrouble, wasProbe: boolean, retryAfterMs: number | undefined): boolean {
    this.#failures += 1;
    if (this.#open && !wasProbe) return false;
    const probes = this.#open ? this.#open.probes + 1 : 0;
    const opens = !this.#open && this.#failures >= FAILURES_TO_OPEN;
    if (this.#open || opens) {
      this.#open = { trouble, probes, nextProbeAt: this.#now() + this.#waitMs(probes, retryAfterMs), probing: false };
    }
    return opens;
  }

  #waitMs(probes: number, retryAfterMs: number | undefined): number {
    const step = PROBE_AFTER_MS[Math.min(probes, PROBE_AFTER_MS.length - 1)] ?? HEARD_UP_TO_MS;
    return Math.max(step * (0.8 + 0.4 * this.#random()), Math.min(retryAfterMs ?? 0, HEARD_UP_TO_MS));
  }
}
