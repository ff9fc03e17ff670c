/**
 * The OAuth 2 bridge: passport-oauth2's strategy with its two halves replaced. Flow state lives in our sealed cookies instead of
 * passport's session slots, and the code is redeemed by our session instead of its `_oauth2` object, so that signing in through passport
 * is checked by the same code as everything else.
 */
import type { Request } from 'express';
import OAuth2Strategy from 'passport-oauth2';
import type { AcceptedFlow } from '../../flows/index.js';
import type { Provider } from '../../providers/index.js';
import {
  type Bridge,
  type BridgeOptions,
  type FlowGate,
  finish,
  HELD_BY_THE_FLOW,
  redeemer,
  startOrAccept,
} from './flow-gate.js';

type Done = (error: unknown, ...results: unknown[]) => void;

export class OAuth2Bridge extends OAuth2Strategy {
  override name: string;
  // Not #private: passport runs each request on an object that inherits from the strategy, which private fields do not survive.
  readonly provider: Provider;
  readonly gate: FlowGate;
  accepted?: AcceptedFlow;
  declare readonly redirect: Bridge['redirect'];
  declare readonly error: Bridge['error'];

  constructor(provider: Provider, gate: FlowGate, callbackURL: string) {
    const { authorize, token, issuer } = provider.definition;
    super(
      {
        // Not called: they identify the strategy to passport, which insists on them. With discovery, the issuer is all there is.
        authorizationURL: authorize?.url ?? issuer ?? callbackURL,
        tokenURL: token?.url ?? issuer ?? callbackURL,
        clientID: provider.client.clientId,
        clientSecret: HELD_BY_THE_FLOW,
        callbackURL,
        passReqToCallback: true,
        store: provenBefore,
      },
      verify as OAuth2Strategy.VerifyFunctionWithRequest,
    );
    this.name = provider.id;
    this.provider = provider;
    this.gate = gate;
  }

  override authenticate(req: Request, options: BridgeOptions = {}): void {
    startOrAccept(this, req, options, (accepted) => {
      this.accepted = accepted;
      Object.assign(this, { _oauth2: redeemer(accepted) });
      super.authenticate(req, options);
    });
  }

  override userProfile(_accessToken: string, done: (error?: unknown, profile?: unknown) => void): void {
    done(null, {});
  }

  /** Our errors are typed and free of secrets already; passport's wrapper would hide their codes. */
  protected _createOAuthError(_message: string, error: unknown): unknown {
    return error;
  }
}

/** The state was compared, and the flow claimed, before passport sees the callback. */
const provenBefore = {
  store: (_req: Request, done: Done) => done(new Error('Flows are begun by the gate.')),
  verify: (_req: Request, _state: string, done: Done) => done(null, true),
} as OAuth2Strategy.StateStore;

/** Passport calls this on the strategy of the request, and counts its parameters to know what to pass. */
function verify(this: OAuth2Bridge, req: Request, _a: string, _r: string, _p: unknown, _i: unknown, done: Done): void {
  finish(this.gate, req, this.accepted, done);
}
