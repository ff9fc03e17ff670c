/** Stores a fresh grant for the person of a command: by the linking rules for people of the web, plainly for those of the command line. */

import type { Grant } from '../../connections/index.js';
import { conclude, keepLocally } from '../../flows/index.js';
import { CliFailure } from '../failure.js';
import type { OpenInstallation } from '../open-installation.js';
import { linkFailure } from './words.js';

export interface KeptGrant {
  readonly id: string;
  readonly created: boolean;
}

/** @throws CliFailure when the account cannot become this person's */
export async function keepGrant(
  { prisma, vault, connections }: OpenInstallation,
  grant: Grant,
  userId: string,
  flowHash: string,
): Promise<KeptGrant> {
  const { events, revoker } = connections;
  const options = { ...connections.disconnecting, prisma, vault, events, revoker, signUp: 'closed' } as const;
  const user = await prisma.user.findUnique({ where: { id: userId }, select: { localName: true } });
  if (user?.localName) {
    const kept = await keepLocally(options, grant, userId);
    if (kept) return kept;
    throw linkFailure('account_disabled', grant.provider.name);
  }
  const outcome = await conclude(options, { grant, signedInAs: userId, flowHash, returnTo: undefined });
  if (outcome.kind === 'connected') return { id: outcome.connectionId, created: outcome.created };
  // Kept by nobody, so it must not live on at the provider.
  await revoker.revoke(grant.provider, grant.credentials);
  if (outcome.kind === 'refused') throw linkFailure(outcome.because, grant.provider.name);
  throw new CliFailure('not_connected_here', 'The account could not be connected.');
}
