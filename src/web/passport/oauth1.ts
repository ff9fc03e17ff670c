/**
 * The OAuth 1.0a bridge: passport-oauth1's strategy with its two halves replaced. Temporary credentials live in our sealed cookies
 * instead of passport's one slot per provider (which forgets to compare the token), and requests are signed by our session.
 */
import type { Request } from 'express';
import OAuthStrategy from 'passport-oauth1';
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

export class OAuth1Bridge extends OAuthStrategy {
  override name: string;
  // Not #private: passport runs each request on an object that inherits from the strategy, which private fields do not survive.
  readonly provider: Provider;
  readonly gate: FlowGate;
  accepted?: AcceptedFlow;
  declare readonly redirect: Bridge['redirect'];
  declare readonly error: Bridge['error'];

  constructor(provider: Provider, gate: FlowGate, callbackURL: string) {
    const { oauth1 } = provider.definition;
    if (!oauth1) throw new TypeError(`The definition of ${provider.id} has no OAuth 1 endpoints.`);
    super(
      {
        requestTokenURL: oauth1.requestToken,
        accessTokenURL: oauth1.accessToken,
        userAuthorizationURL: oauth1.authorize,
        consumerKey: provider.client.clientId,
        consumerSecret: HELD_BY_THE_FLOW,
        callbackURL,
        passReqToCallback: true,
        requestTokenStore: provenBefore,
      },
      function (this: OAuth1Bridge, req: Request, _t: string, _s: string, _p: unknown, _i: unknown, done: Done) {
        finish(this.gate, req, this.accepted, done);
      },
    );
    this.name = provider.id;
    this.provider = provider;
    this.gate = gate;
  }

  override authenticate(req: Request, options: BridgeOptions = {}): void {
    startOrAccept(this, req, options, (accepted) => {
      this.accepted = accepted;
      Object.assign(this, { _oauth: redeemer(accepted) });
      super.authenticate(req, options);
    });
  }

  override userProfile(_token: string, _tokenSecret: string, _parameters: unknown, done: Done): void {
    done(null, {});
  }

  protected override _createOAuthError(_message: string, error: unknown): unknown {
    return error;
  }
}

/** The token was compared, and the flow claimed, before passport sees the callback. */
const provenBefore = {
  get: (_req: Request, _token: string, done: (error: unknown, tokenSecret?: string) => void) =>
    done(null, HELD_BY_THE_FLOW),
  set: (_req: Request, _token: string, _secret: string, done: (error: unknown) => void) =>
    done(new Error('Flows are begun by the gate.')),
  destroy: (_req: Request, _token: string, done: (error: unknown) => void) => done(null),
};
