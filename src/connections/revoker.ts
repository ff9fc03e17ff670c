/** Withdraws a grant at the provider, once and from memory: by the time this runs, our row is already gone. */
import { OAuth2Error } from '../oauth2/index.js';
import type { Provider } from '../providers/index.js';
import type { Credentials } from './credentials.js';
import type { Sessions } from './sessions.js';

const REVOKE_DEADLINE_MS = 5_000;

/**
 * `revoked`: the provider confirmed. `unsupported`: it has no such call. `failed`: it could not be reached, or refused; the person
 * should remove the app on the provider's own page.
 */
export type Revocation = 'revoked' | 'unsupported' | 'failed';

export class Revoker {
  readonly #sessions: Sessions;

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
  }

  async revoke(provider: Provider, credentials: Credentials): Promise<Revocation> {
    const { revoke } = provider.definition;
    const signal = AbortSignal.timeout(REVOKE_DEADLINE_MS);
    try {
      if (credentials.protocol === 'oauth1') {
        if (!revoke) return 'unsupported';
        const session = this.#sessions.oauth1Flow(provider, credentials.token);
        const response = await session.fetch(revoke.url, { method: 'POST', signal });
        await response.body?.cancel();
        return response.ok ? 'revoked' : 'failed';
      }
      const session = await this.#sessions.oauth2Flow(provider, credentials.token);
      await session.revoke({ signal });
      return 'revoked';
    } catch (error) {
      // Neither the definition nor, with OpenID Connect, the issuer's own metadata names an address.
      if (error instanceof OAuth2Error && error.code === 'oauth2_endpoint_missing') return 'unsupported';
      // Whatever the cause, the person can do the same thing about it, and is told so.
      return 'failed';
    }
  }
}
