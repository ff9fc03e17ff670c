/** Withdraws a grant at the provider, once and from memory: by the time this runs, our row is already gone. */
import { OAuth2Error, type OAuth2Token } from '../oauth2/index.js';
import { bindProvider, fillUrl, type Provider } from '../providers/index.js';
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

  async revoke(unbound: Provider, credentials: Credentials): Promise<Revocation> {
    const provider = bindProvider(unbound, credentials.details);
    const signal = AbortSignal.timeout(REVOKE_DEADLINE_MS);
    try {
      if (credentials.protocol === 'oauth1') {
        const { revoke } = provider.definition;
        if (!revoke) return 'unsupported';
        const session = this.#sessions.oauth1Flow(provider, credentials.token);
        return await confirmed(session.fetch(revoke.url, { method: 'POST', signal }));
      }
      return await this.#revokeToken(provider, credentials.token, signal);
    } catch (error) {
      // Neither the definition nor, with OpenID Connect, the issuer's own metadata names an address.
      if (error instanceof OAuth2Error && error.code === 'oauth2_endpoint_missing') return 'unsupported';
      // Whatever the cause, the person can do the same thing about it, and is told so.
      return 'failed';
    }
  }

  async #revokeToken(provider: Provider, token: OAuth2Token, signal: AbortSignal): Promise<Revocation> {
    const { revoke } = provider.definition;
    const { method = 'POST' } = revoke ?? {};
    if (revoke?.style === 'client-json') {
      const init = {
        method,
        signal,
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ access_token: token.accessToken }),
      };
      return await confirmed(this.#sessions.asClient(provider, addressOf(provider, revoke.url, token), init));
    }
    const session = await this.#sessions.oauth2Flow(provider, token);
    if (revoke?.style === 'bearer') {
      return await confirmed(session.fetch(addressOf(provider, revoke.url, token), { method, signal }));
    }
    await session.revoke({ signal });
    return 'revoked';
  }
}

function addressOf({ client }: Provider, url: string, token: OAuth2Token): string {
  const fields = Object.entries(token.parameters).map(([name, value]) => [name, String(value)]);
  return fillUrl(url, { ...Object.fromEntries(fields), clientId: client.clientId, token: token.accessToken });
}

async function confirmed(call: Promise<Response>): Promise<Revocation> {
  const response = await call;
  await response.body?.cancel();
  return response.ok ? 'revoked' : 'failed';
}
