/** What a person decides about an account that waits on /welcome. The same facts are looked at again, under the same lock. */
import {
  addIdentity,
  connectedBy,
  createPerson,
  credentialsOf,
  holdState,
  identityOwner,
  noteSignIn,
  takePendingIdentity,
} from '../accounts/index.js';
import { type AccountProfile, type Grant, labelOf, lockAccount, saveConnection } from '../connections/index.js';
import type { PendingIdentity, PrismaTransaction } from '../db/index.js';
import type { Catalogue } from '../providers/index.js';
import type { ConcludeOptions } from './conclude.js';

/** `create` a new account · `connect` it to the signed-in one · `switch` to the account it belongs to. */
export type WelcomeDecision = 'create' | 'connect' | 'switch';

export type WelcomeOutcome =
  | { readonly kind: 'signed_in'; readonly userId: string; readonly created: boolean }
  | { readonly kind: 'connected'; readonly userId: string; readonly added: boolean }
  | {
      readonly kind: 'refused';
      readonly because: 'gone' | 'sign_up_closed' | 'account_disabled' | 'account_lost' | 'belongs_to_somebody_else';
    };

/** What the page may offer for a waiting identity. */
export type WelcomeOffer = 'new' | 'link' | 'switch';

/** @param signedInAs the person of this browser, if any */
export async function offerFor(
  prisma: ConcludeOptions['prisma'],
  pending: PendingIdentity,
  signedInAs: string | undefined,
): Promise<WelcomeOffer> {
  if (signedInAs === undefined) return 'new';
  const owner = await identityOwner(prisma, pending.namespace, pending.subject);
  return owner && owner.userId !== signedInAs ? 'switch' : 'link';
}

export async function settleWelcome(
  options: ConcludeOptions & { catalogue: Catalogue },
  pending: PendingIdentity,
  decision: WelcomeDecision,
  signedInAs: string | undefined,
): Promise<WelcomeOutcome> {
  const grant = grantOf(options, pending);
  if (!grant) return { kind: 'refused', because: 'gone' };
  const outcome = await options.prisma.$transaction((tx) => settle(tx, options, pending, grant, decision, signedInAs));
  if ('userId' in outcome) options.changed({ userId: outcome.userId });
  await report(options, grant, outcome);
  return outcome;
}

async function settle(
  tx: PrismaTransaction,
  { vault, signUp }: ConcludeOptions,
  pending: PendingIdentity,
  grant: Grant,
  decision: WelcomeDecision,
  signedInAs: string | undefined,
): Promise<WelcomeOutcome> {
  const { namespace, subject } = pending;
  await lockAccount(tx, namespace, subject);
  if (!(await takePendingIdentity(tx, pending.id))) return { kind: 'refused', because: 'gone' };
  const owner = await identityOwner(tx, namespace, subject);
  if (owner?.state === 'missing') return { kind: 'refused', because: 'account_lost' };
  const connected = await connectedBy(tx, namespace, subject);
  if (decision === 'connect') {
    if (signedInAs === undefined || (await holdState(tx, signedInAs)) !== 'active')
      return { kind: 'refused', because: 'gone' };
    const other = owner?.userId ?? connected;
    if (other !== undefined && other !== signedInAs) return { kind: 'refused', because: 'belongs_to_somebody_else' };
    if (!owner) await addIdentity(tx, signedInAs, pending);
    await saveConnection(tx, vault, signedInAs, grant);
    return { kind: 'connected', userId: signedInAs, added: !owner };
  }
  if (owner) {
    // Another tab was quicker, or the person switches: either way the subject proves who they are.
    if ((await holdState(tx, owner.userId)) !== 'active') return { kind: 'refused', because: 'account_disabled' };
    await noteSignIn(tx, namespace, subject);
    await saveConnection(tx, vault, owner.userId, grant);
    return { kind: 'signed_in', userId: owner.userId, created: false };
  }
  // The account that was to be switched to gave this way up meanwhile; a switch never makes a new account.
  if (decision === 'switch') return { kind: 'refused', because: 'gone' };
  if (connected !== undefined) return { kind: 'refused', because: 'belongs_to_somebody_else' };
  if (signUp === 'closed') return { kind: 'refused', because: 'sign_up_closed' };
  const userId = await createPerson(tx, grant.provider, grant.account);
  await saveConnection(tx, vault, userId, grant);
  return { kind: 'signed_in', userId, created: true };
}

function grantOf(
  options: { catalogue: Catalogue; vault: ConcludeOptions['vault'] },
  pending: PendingIdentity,
): Grant | undefined {
  const provider = options.catalogue.find(pending.provider, pending.sandbox);
  if (!provider) return undefined;
  const profile = pending.profile as AccountProfile;
  return {
    provider,
    account: { subject: pending.subject, label: labelOf(pending.subject, profile), profile },
    credentials: credentialsOf(options.vault, pending),
    intent: 'sign-in',
    receivedAt: pending.createdAt.getTime(),
  };
}

async function report({ events }: ConcludeOptions, { provider }: Grant, outcome: WelcomeOutcome): Promise<void> {
  const about = { provider: provider.id };
  if (outcome.kind === 'refused') {
    if (outcome.because !== 'gone')
      await events.record({ kind: 'sign_in_refused', ...about, detail: { because: outcome.because } });
    return;
  }
  const { userId } = outcome;
  if (outcome.kind === 'connected') {
    await events.record({ kind: outcome.added ? 'way_to_sign_in_added' : 'reconnected', userId, ...about });
    return;
  }
  if (outcome.created) await events.record({ kind: 'account_created', userId, ...about });
  await events.record({ kind: 'signed_in', userId, ...about });
}
