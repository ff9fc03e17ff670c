/**
 * The end of a flow: decides who the proven account belongs to and stores the result, in one transaction that is serialised for that
 * account. If the database is away for longer than a few seconds, the fresh grant is given back, so that nothing half-made remains.
 */
import { connectedBy, holdState, identityOwner, noteSignIn, stashIdentity } from '../accounts/index.js';
import {
  type ConnectionsChanged,
  type Grant,
  lockAccount,
  type Revoker,
  saveConnection,
} from '../connections/index.js';
import type { PrismaClient, PrismaTransaction } from '../db/index.js';
import type { AuditEvent, Events } from '../events/index.js';
import type { Vault } from '../vault/index.js';
import { decideLinking, type LinkingDecision } from './linking.js';
import { persistently } from './persistently.js';

export type Outcome =
  | {
      readonly kind: 'signed_in';
      readonly userId: string;
      readonly connectionId: string;
      readonly returnTo: string | undefined;
    }
  | {
      readonly kind: 'connected';
      readonly userId: string;
      readonly connectionId: string;
      readonly created: boolean;
      readonly returnTo: string | undefined;
    }
  /** Waits on /welcome; the secret goes into the browser's cookie. */
  | { readonly kind: 'ask'; readonly secret: string }
  | {
      readonly kind: 'refused';
      readonly because: LinkRefusal;
      /** Whose account it is that cannot be used; for their trail, not for the page. */
      readonly ownerId?: string | undefined;
    };

export type LinkRefusal = Extract<LinkingDecision, { do: 'refuse' }>['because'];

export interface Conclusion {
  readonly grant: Grant;
  readonly signedInAs: string | undefined;
  readonly flowHash: string;
  readonly returnTo: string | undefined;
}

export interface ConcludeOptions {
  readonly prisma: PrismaClient;
  readonly vault: Vault;
  readonly events: Events;
  readonly revoker: Revoker;
  readonly changed: ConnectionsChanged;
  readonly signUp: 'open' | 'closed';
}

/** @throws DatabaseAway */
export async function conclude(options: ConcludeOptions, conclusion: Conclusion): Promise<Outcome> {
  const outcome = await persistently(options.revoker, conclusion.grant, () =>
    options.prisma.$transaction((tx) => decideAndStore(tx, options, conclusion)),
  );
  if ('userId' in outcome) options.changed({ userId: outcome.userId });
  const event = eventOf(outcome, conclusion);
  if (event) await options.events.record(event);
  return outcome;
}

async function decideAndStore(
  tx: PrismaTransaction,
  { vault, signUp }: ConcludeOptions,
  conclusion: Conclusion,
): Promise<Outcome> {
  const { grant, signedInAs, returnTo } = conclusion;
  const { provider, account } = grant;
  const { namespace } = provider;
  await lockAccount(tx, namespace, account.subject);
  const owner = await identityOwner(tx, namespace, account.subject);
  const decision = decideLinking({
    intent: grant.intent,
    signedInAs,
    identityOwner: owner,
    connectedBy: await connectedBy(tx, namespace, account.subject),
    signUp,
  });
  if (decision.do === 'sign_in' || decision.do === 'connect') {
    const state = await holdState(tx, decision.userId);
    // Switched off or deleted since the facts were read.
    if (state !== 'active') return { kind: 'refused', because: 'account_disabled', ownerId: decision.userId };
  }
  switch (decision.do) {
    case 'sign_in': {
      await noteSignIn(tx, namespace, account.subject);
      const { id } = await saveConnection(tx, vault, decision.userId, grant);
      return { kind: 'signed_in', userId: decision.userId, connectionId: id, returnTo };
    }
    case 'connect': {
      const { id, created } = await saveConnection(tx, vault, decision.userId, grant);
      return { kind: 'connected', userId: decision.userId, connectionId: id, created, returnTo };
    }
    case 'ask':
      return { kind: 'ask', secret: await stashIdentity(tx, vault, { ...conclusion, ...grant }) };
    case 'refuse':
      return { kind: 'refused', because: decision.because, ownerId: owner?.userId };
  }
}

function eventOf(outcome: Outcome, { grant, signedInAs }: Conclusion): AuditEvent | undefined {
  const provider = grant.provider.id;
  switch (outcome.kind) {
    case 'signed_in':
      // Somebody who was signed in as the same person proved once more who they are.
      if (signedInAs === outcome.userId) return { kind: 'reauthenticated', userId: outcome.userId, provider };
      return { kind: 'signed_in', userId: outcome.userId, connectionId: outcome.connectionId, provider };
    case 'connected': {
      const kind = outcome.created ? 'connected' : 'reconnected';
      return { kind, userId: outcome.userId, connectionId: outcome.connectionId, provider };
    }
    case 'refused': {
      const { because, ownerId } = outcome;
      if (because === 'account_lost') return { kind: 'identity_orphaned', provider };
      // What somebody else tried is not told in the trail of the owner; that their own switched-off account was tried, is.
      const userId = because === 'account_disabled' ? ownerId : signedInAs;
      const kind = grant.intent === 'connect' ? 'connect_refused' : 'sign_in_refused';
      return { kind, userId, provider, detail: { because } };
    }
    case 'ask':
      return undefined;
  }
}
