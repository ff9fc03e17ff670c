/** Which provider a way to sign in is shown as. An identity names a namespace, which definitions of one service share. */
import type { WayToSignIn } from '../accounts/index.js';
import type { Catalogue, Provider } from '../providers/index.js';

/** The one that the person connected the account at; else the first one whose accounts these are. */
export function providerOfWay(
  { all }: Catalogue,
  { namespace, provider: connectedAt }: Pick<WayToSignIn, 'namespace' | 'provider'>,
): Provider | undefined {
  const sharing = all.filter((provider) => provider.namespace === namespace);
  return sharing.find(({ id }) => id === connectedAt) ?? sharing[0];
}
