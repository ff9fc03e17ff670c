/** Passport's side of a provider: the strategy that starts its flows and finishes its callbacks. */
import type { Strategy } from 'passport';
import type { Provider } from '../../providers/index.js';
import type { FlowGate } from './flow-gate.js';
import { OAuth1Bridge } from './oauth1.js';
import { OAuth2Bridge } from './oauth2.js';

export type { BeginRequest, BridgeOptions, FlowGate } from './flow-gate.js';

export function bridgeFor(provider: Provider, gate: FlowGate, callbackUrl: string): Strategy {
  switch (provider.definition.protocol) {
    case 'oauth1':
      return new OAuth1Bridge(provider, gate, callbackUrl);
    // OpenID Connect is OAuth 2 to passport; nonce, discovery and the ID token are the session's business.
    case 'oauth2':
    case 'oidc':
      return new OAuth2Bridge(provider, gate, callbackUrl);
  }
}
