/** Credentials of a connection, sealed at rest and bound to their row; in memory they are objects that print as [redacted]. */
import { TokenCredentials } from '../oauth1/index.js';
import { OAuth2Token } from '../oauth2/index.js';
import type { GrantDetails } from '../providers/index.js';
import type { SealPurpose, Vault } from '../vault/index.js';

/** What signs a call: OAuth 1 token and secret, or OAuth 2 access and refresh token. */
export type Credentials = (
  | { readonly protocol: 'oauth1'; readonly token: TokenCredentials }
  | { readonly protocol: 'oauth2'; readonly token: OAuth2Token }
) & {
  /** Where at the provider they are good, for definitions that leave it open. */
  readonly details?: GrantDetails;
};

export interface SealedCredentials {
  readonly credentials: string;
  readonly keyId: string;
}

/** @param place id of the row that will hold them */
export function sealCredentials(
  vault: Vault,
  place: string,
  credentials: Credentials,
  purpose: SealPurpose = 'credentials',
): SealedCredentials {
  const { protocol, token, details } = credentials;
  const plain = JSON.stringify({ protocol, token: token.toPlain(), details });
  return { credentials: vault.seal(purpose, place, plain), keyId: vault.activeKeyId };
}

/**
 * @param place id of the row that holds them
 * @throws VaultError when this row's value cannot be opened
 */
export function openCredentials(
  vault: Vault,
  place: string,
  sealed: string,
  purpose: SealPurpose = 'credentials',
): Credentials {
  const { protocol, token, details } = JSON.parse(vault.open(purpose, place, sealed));
  const more = details === undefined ? {} : { details };
  return protocol === 'oauth1'
    ? { protocol, token: TokenCredentials.from(token), ...more }
    : { protocol: 'oauth2', token: OAuth2Token.from(token), ...more };
}
