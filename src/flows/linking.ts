/**
 * The linking decision: who a proven identity signs in as, or whose connection it becomes. A pure function over facts, so that every
 * row of the table can be read and tested. What it never looks at: e-mail addresses and names.
 */
import type { Intent } from './pending-flow.js';

export interface LinkingFacts {
  readonly intent: Intent;
  /** Who is signed in at the callback. */
  readonly signedInAs: string | undefined;
  /** Owner of the identity (namespace, subject), if it is somebody's way to sign in. */
  readonly identityOwner:
    | { readonly userId: string; readonly state: 'active' | 'disabled' | 'deleting' | 'missing' }
    | undefined;
  /** Who has this account connected, whether or not it is their way to sign in. */
  readonly connectedBy: string | undefined;
  readonly signUp: 'open' | 'closed';
}

/** The letters in brackets are the rows of the linking table. */
export type LinkingDecision =
  /** [LG1, LG12] Sign in as this person; the subject is the proof. */
  | { readonly do: 'sign_in'; readonly userId: string }
  /** [LG2] The account is switched off. */
  | { readonly do: 'refuse'; readonly because: 'account_disabled' }
  /** [LG3] The identity is left over from an account that is not there: never given to anybody, an operator has to look. */
  | { readonly do: 'refuse'; readonly because: 'account_lost' }
  /** [CN10] Known as a connection only; signing in with it was never allowed. */
  | { readonly do: 'refuse'; readonly because: 'not_a_way_to_sign_in' }
  /** [LG11] */
  | { readonly do: 'refuse'; readonly because: 'sign_up_closed' }
  /** [CN4, CN5, CN11] Somebody else's; nothing changes for either, and nobody is named. */
  | { readonly do: 'refuse'; readonly because: 'belongs_to_somebody_else' }
  /** [LG4–LG10] Unknown: ask on the neutral page. [LG13] Switch accounts? [LG14] Link to the signed-in person? */
  | { readonly do: 'ask' }
  /** [CN1–CN3, CN8] */
  | { readonly do: 'connect'; readonly userId: string };

export function decideLinking(facts: LinkingFacts): LinkingDecision {
  return facts.intent === 'connect' ? decideConnect(facts) : decideSignIn(facts);
}

function decideSignIn({ signedInAs, identityOwner, connectedBy, signUp }: LinkingFacts): LinkingDecision {
  if (identityOwner) {
    if (identityOwner.state === 'missing') return { do: 'refuse', because: 'account_lost' };
    if (identityOwner.state !== 'active') return { do: 'refuse', because: 'account_disabled' };
    if (signedInAs !== undefined && signedInAs !== identityOwner.userId) return { do: 'ask' };
    return { do: 'sign_in', userId: identityOwner.userId };
  }
  if (connectedBy !== undefined && connectedBy !== signedInAs) return { do: 'refuse', because: 'not_a_way_to_sign_in' };
  if (signedInAs === undefined && signUp === 'closed') return { do: 'refuse', because: 'sign_up_closed' };
  return { do: 'ask' };
}

function decideConnect({ signedInAs, identityOwner, connectedBy }: LinkingFacts): LinkingDecision {
  const somebodyElses =
    (identityOwner !== undefined && identityOwner.userId !== signedInAs) ||
    (connectedBy !== undefined && connectedBy !== signedInAs);
  if (signedInAs === undefined || somebodyElses) return { do: 'refuse', because: 'belongs_to_somebody_else' };
  return { do: 'connect', userId: signedInAs };
}
