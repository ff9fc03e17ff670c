/** Why a flow ends without a result. The code decides the page and the status; the cause is for the log. */

export type FlowRefusalCode =
  /** The callback is not of a flow that this browser has pending: foreign, expired, finished before, or made up. */
  | 'flow_unknown'
  /** It was claimed by an earlier callback. */
  | 'flow_spent'
  | 'flow_expired'
  /** Parameters repeated, missing, too long or contradictory. */
  | 'callback_malformed'
  /** The flow belongs to another provider than the one whose callback this is. */
  | 'provider_mismatch'
  /** The flow was started by another person, or its person is not signed in any more. */
  | 'user_mismatch'
  /** The person said no at the provider. Friendly, and no error. */
  | 'denied'
  /** The provider answered with an error instead of a code. */
  | 'provider_error'
  /** The provider could not be reached, or gave up in the middle. */
  | 'provider_unreachable'
  /** The provider answered that something is wrong on its side (a status of 500 and above). */
  | 'provider_failing'
  /** The provider wants fewer requests (status 429). */
  | 'provider_busy'
  | 'provider_timeout'
  /** The provider answered, but not with anything that can be used. */
  | 'provider_nonsense'
  /** The provider refuses our client id or secret. */
  | 'provider_misconfigured'
  /** The provider's clock and ours differ by more than is tolerated. */
  | 'clock_disagrees'
  | 'flow_too_large';

export class FlowRefused extends Error {
  readonly code: FlowRefusalCode;

  constructor(code: FlowRefusalCode, options?: ErrorOptions) {
    super(`The sign-in or connect attempt was refused: ${code}.`, options);
    this.name = 'FlowRefused';
    this.code = code;
  }
}
