/** What the passport bridges need from the flows: the half of an attempt that happens in a browser, with Express taken off. */
import type { Request } from 'express';
import type { AcceptedFlow, Intent, Outcome } from '../../flows/index.js';
import type { Provider } from '../../providers/index.js';

export interface FlowGate {
  /** Starts a flow and puts it into the browser's cookies. @returns the provider's authorization URL */
  begin(req: Request, provider: Provider, start: BeginRequest): Promise<string>;
  /** Checks and claims the callback that this request is. @throws FlowRefused */
  accept(req: Request, provider: Provider): Promise<AcceptedFlow>;
  conclude(req: Request, accepted: AcceptedFlow): Promise<Outcome>;
}

export interface BeginRequest {
  readonly intent: Intent;
  readonly returnTo: string | undefined;
  /** The host that the person named, where a provider has many. */
  readonly instance?: string | undefined;
  /** Asked for instead of the definition's usual ones; never from a form. */
  readonly scopes?: readonly string[] | undefined;
}

/** Options of `passport.authenticate` for our strategies: with `begin` a flow starts, without it a callback is finished. */
export interface BridgeOptions {
  readonly begin?: BeginRequest;
}

/**
 * Given to passport where it expects tokens. The real ones stay inside the accepted flow, so that no passport error, option or profile
 * can carry them along.
 */
export const HELD_BY_THE_FLOW = 'held by the flow';

/** What a bridge hands to passport's `success`: the person, when the outcome signs one in. */
function personOf(outcome: Outcome): Express.User | undefined {
  return outcome.kind === 'signed_in' ? { id: outcome.userId, name: null } : undefined;
}

type Done = (error: unknown, ...results: unknown[]) => void;

/** A strategy of ours: it knows its provider and the gate, and passport gives it the actions when it runs. */
export interface Bridge {
  readonly provider: Provider;
  readonly gate: FlowGate;
  readonly redirect: (url: string, status?: number) => void;
  readonly error: (error: unknown) => void;
}

/** Starts a flow, or accepts a callback and lets passport's strategy go on with it. */
export function startOrAccept(
  bridge: Bridge,
  req: Request,
  { begin }: BridgeOptions,
  goOn: (accepted: AcceptedFlow) => void,
): void {
  const refuse = (error: unknown) => bridge.error(error);
  if (begin) bridge.gate.begin(req, bridge.provider, begin).then((url) => bridge.redirect(url, 303), refuse);
  else bridge.gate.accept(req, bridge.provider).then(goOn).catch(refuse);
}

/** Stands in for passport's HTTP object: redeems the code or verifier of an accepted flow. */
export function redeemer(accepted: AcceptedFlow) {
  return {
    getOAuthAccessToken(_codeOrToken: string, _secretOrParameters: unknown, ...rest: unknown[]) {
      const done = rest.at(-1) as Done;
      accepted.exchange().then(() => done(null, HELD_BY_THE_FLOW, HELD_BY_THE_FLOW, {}), done);
    },
  };
}

/** Passport's verify step: who is it, and what becomes of it. */
export function finish(gate: FlowGate, req: Request, accepted: AcceptedFlow | undefined, done: Done): void {
  if (!accepted) {
    done(new TypeError('A callback is finished that was never accepted.'));
    return;
  }
  gate.conclude(req, accepted).then((outcome) => done(null, personOf(outcome) ?? false, outcome), done);
}
