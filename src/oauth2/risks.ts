/**
 * Grants that RFC 9700 advises against (sections 2.1.2 and 2.4), kept for services that offer nothing else. Whoever uses one passes the symbol
 * that names its risk: nothing like this can be switched on by configuration, and a review finds every use by its name.
 */
import { OAuth2Error } from './errors.js';

/** The application sees the person's password, can do everything with it, and no second factor stands in the way. */
export const acceptThatTheClientSeesThePassword: unique symbol = Symbol('acceptThatTheClientSeesThePassword');

/** The access token travels in a URL: through the browser's history, its extensions and every script of the page. */
export const acceptThatTheTokenTravelsInTheUrl: unique symbol = Symbol('acceptThatTheTokenTravelsInTheUrl');

/** For callers without types, to whom a missing symbol is no compile error. */
export function assertRiskAccepted(given: unknown, risk: symbol): void {
  if (given === risk) return;
  throw new OAuth2Error(
    'oauth2_risk_not_accepted',
    `This grant needs the symbol ${risk.description} as its first argument.`,
  );
}
