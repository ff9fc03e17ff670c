/**
 * Lets token requests out: so many at a time for each provider app and for the process, and while a provider is in trouble one probe only
 * ({@link Breaker}). Whoever came first goes first, whichever provider they wait for; work ahead of time asks for free places first.
 */
import type { Provider } from '../providers/index.js';
import { Breaker, type EndpointFailure, type EndpointTrouble } from './breaker.js';
import { ProviderMisconfigured, RefreshPostponed } from './failures.js';
import { appId } from './provider-apps.js';
import { TOKEN_DEADLINE_MS } from './sessions.js';

export interface TokenGateOptions {
  /** Token requests at once to one provider app. Default 10. */
  readonly perProvider?: number;
  /** Token requests at once of this process. Default 40. */
  readonly overall?: number;
  readonly now: () => number;
  readonly random: () => number;
}

/** How a request ended; `unused` when none was made. */
export type PassResult = { readonly kind: 'answered' | 'unused' } | ({ readonly kind: 'failed' } & EndpointFailure);

/** The right to make one token request (and its immediate repetition). */
export interface Pass {
  /** Must be called once, whatever happens. @returns whether this result made the provider count as in trouble */
  leave(result: PassResult): boolean;
}

/** Who waits longer than a token request may take is told to come back. */
const PATIENCE_MS = TOKEN_DEADLINE_MS;

interface Waiter {
  /** The lower, the earlier it came. */
  readonly ticket: number;
  readonly insist: boolean;
  readonly admit: (pass: Pass) => void;
  readonly refuse: (error: Error) => void;
}

interface Lane {
  readonly provider: Provider;
  readonly breaker: Breaker;
  readonly queue: Set<Waiter>;
  running: number;
}

/** Somebody whom a place was found for. */
interface Turn {
  readonly lane: Lane;
  readonly waiter: Waiter;
  readonly probe: boolean;
}

export class TokenGate {
  readonly #options: TokenGateOptions;
  readonly #perProvider: number;
  readonly #overall: number;
  readonly #lanes = new Map<string, Lane>();
  #running = 0;
  #tickets = 0;

  constructor(options: TokenGateOptions) {
    this.#options = options;
    this.#perProvider = options.perProvider ?? 10;
    this.#overall = options.overall ?? 40;
  }

  /**
   * Waits for a place.
   * @param options.insist somebody clicked: may be the probe although none is due
   * @throws RefreshPostponed while the provider is in trouble, or when there was no place for too long; ProviderMisconfigured while it
   *   refuses our client
   */
  async enter(provider: Provider, options: { readonly insist?: boolean } = {}): Promise<Pass> {
    const lane = this.#laneOf(provider);
    const { insist = false } = options;
    const advice = lane.breaker.advice(insist);
    if (!advice.go) throw refusal(provider, advice);
    if (lane.queue.size === 0 && this.#hasPlace(lane)) return this.#passTo(lane, advice.probe);
    return await this.#queueUp(lane, insist);
  }

  /** Free places of the process. */
  get room(): number {
    return this.#overall - this.#running;
  }

  /** How many requests to this provider could go out now, as far as it is concerned; one while it is in trouble and a probe is due. */
  roomAt(provider: Provider): number {
    const lane = this.#laneOf(provider);
    const advice = lane.breaker.advice();
    if (!advice.go || lane.queue.size > 0) return 0;
    return advice.probe ? 1 : this.#perProvider - lane.running;
  }

  #queueUp(lane: Lane, insist: boolean): Promise<Pass> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        lane.queue.delete(waiter);
        reject(new RefreshPostponed(undefined, { because: 'busy' }));
      }, PATIENCE_MS);
      const waiter: Waiter = {
        ticket: this.#tickets++,
        insist,
        admit: (pass) => {
          clearTimeout(timer);
          resolve(pass);
        },
        refuse: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      lane.queue.add(waiter);
    });
  }

  #passTo(lane: Lane, probe: boolean): Pass {
    lane.running += 1;
    this.#running += 1;
    if (probe) lane.breaker.beginProbe();
    let left = false;
    return {
      leave: (result) => {
        if (left) return false;
        left = true;
        lane.running -= 1;
        this.#running -= 1;
        const opened = this.#judge(lane, probe, result);
        this.#admitWaiters();
        return opened;
      },
    };
  }

  #judge({ breaker }: Lane, probe: boolean, result: PassResult): boolean {
    if (result.kind === 'failed') return breaker.failed(result, probe);
    if (result.kind === 'answered') breaker.answered();
    else if (probe) breaker.abandonProbe();
    return false;
  }

  /**
   * In order of arrival over all lanes: while the process is full, a lane that is served before the others would keep them out for as long
   * as people come for it.
   */
  #admitWaiters(): void {
    for (;;) {
      let first: Turn | undefined;
      for (const lane of this.#lanes.values()) {
        const turn = this.#turnOf(lane);
        if (turn && (!first || turn.waiter.ticket < first.waiter.ticket)) first = turn;
      }
      if (!first) return;
      first.lane.queue.delete(first.waiter);
      first.waiter.admit(this.#passTo(first.lane, first.probe));
    }
  }

  /** The first in a lane's queue, if there is a place for it. Who cannot go because the provider is in trouble is told so. */
  #turnOf(lane: Lane): Turn | undefined {
    for (const waiter of lane.queue) {
      const advice = lane.breaker.advice(waiter.insist);
      if (advice.go) return this.#hasPlace(lane) ? { lane, waiter, probe: advice.probe } : undefined;
      lane.queue.delete(waiter);
      waiter.refuse(refusal(lane.provider, advice));
    }
    return undefined;
  }

  #hasPlace(lane: Lane): boolean {
    return lane.running < this.#perProvider && this.#running < this.#overall;
  }

  #laneOf(provider: Provider): Lane {
    const id = appId(provider);
    const known = this.#lanes.get(id);
    if (known) return known;
    const { now, random } = this.#options;
    const lane: Lane = { provider, breaker: new Breaker({ now, random }), queue: new Set(), running: 0 };
    this.#lanes.set(id, lane);
    return lane;
  }
}

function refusal(provider: Provider, advice: { trouble: EndpointTrouble; retryAt: Date }): Error {
  return advice.trouble === 'refuses_client'
    ? new ProviderMisconfigured(provider.name)
    : new RefreshPostponed(advice.retryAt, { because: 'provider_away' });
}
