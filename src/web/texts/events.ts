/** The audit trail in plain words, for the person it is about. Kinds that say nothing to a person are left out. */

export interface TrailEntry {
  readonly kind: string;
  readonly detail: unknown;
}

/** @param provider the provider's name as people know it */
export function eventText({ kind, detail }: TrailEntry, provider: string): string | undefined {
  const by = detailOf(detail, 'by') === 'operator' ? ', by an operator of this site' : '';
  switch (kind) {
    case 'account_created':
      return `Your account was created with ${provider}`;
    case 'account_disabled':
      return 'Your account was switched off by an operator of this site';
    case 'account_enabled':
      return 'Your account was switched on again by an operator of this site';
    case 'signed_in':
      return `New sign-in with ${provider}`;
    case 'reauthenticated':
      return `You proved with ${provider} that it is you`;
    case 'signed_out':
      return 'Signed out';
    case 'sign_in_refused':
      return `A sign-in with ${provider} was refused: ${refusal(detailOf(detail, 'because'))}`;
    case 'way_to_sign_in_added':
      return `${provider} became a way to sign in`;
    case 'way_to_sign_in_removed':
      return `${provider} is not a way to sign in any more`;
    case 'session_ended':
      return 'Another browser was signed out from here';
    case 'data_exported':
      return 'Your data was downloaded';
    case 'operator_claimed':
      return 'You became an operator of this site';
    case 'connected':
      return `New connection: ${provider}`;
    case 'reconnected':
      return `${provider} was connected again`;
    case 'disconnected':
      return `${provider} was disconnected${by}`;
    case 'connect_refused':
      return `Connecting ${provider} was refused: ${refusal(detailOf(detail, 'because'))}`;
    case 'flow_failed':
      return `${detailOf(detail, 'intent') === 'connect' ? 'Connecting' : 'A sign-in with'} ${provider} failed: ${failure(detailOf(detail, 'step'))}`;
    case 'flow_user_mismatch':
      return `Connecting ${provider} was refused: you were not signed in any more when it came back`;
    case 'connection_retrying':
      return `${provider} is having trouble; we keep trying`;
    case 'connection_recovered':
      return `${provider} works again`;
    case 'connection_reconnect_required':
      return `${provider} has to be connected again`;
    default:
      return undefined;
  }
}

/** @param step of the attempt, where it ended */
function failure(step: unknown): string {
  switch (step) {
    case 'token':
      return 'it gave us no access';
    case 'profile':
      return 'it did not say whose account it is';
    default:
      return 'it reported an error';
  }
}

function refusal(because: unknown): string {
  switch (because) {
    case 'account_disabled':
      return 'the account is switched off';
    case 'not_a_way_to_sign_in':
      return 'that account is connected, but nobody allowed signing in with it';
    case 'sign_up_closed':
      return 'new accounts are closed';
    case 'belongs_to_somebody_else':
      return 'that account is in use here already';
    default:
      return 'it was not allowed';
  }
}

function detailOf(detail: unknown, name: string): unknown {
  return typeof detail === 'object' && detail !== null && Object.hasOwn(detail, name)
    ? detail[name as keyof typeof detail]
    : undefined;
}
