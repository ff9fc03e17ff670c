/** The start of a flow: asks the protocol for an authorization URL and puts the sealed flow into the browser's jar. No database row. */
import type { Sessions } from '../connections/index.js';
import { TemporaryCredentials } from '../oauth1/index.js';
import type { Provider } from '../providers/index.js';
import type { Vault } from '../vault/index.js';
import type { FlowJar } from './flow-jar.js';
import { type Intent, type PendingProof, sealFlow, surplusFlows } from './pending-flow.js';
import { asRefusal } from './provider-trouble.js';

export interface BeginOptions {
  readonly sessions: Sessions;
  readonly vault: Vault;
  readonly now: () => number;
}

export interface FlowStart {
  readonly provider: Provider;
  readonly intent: Intent;
  /** Who starts it; needed with `connect`. */
  readonly userId: string | undefined;
  /** Checked by safeReturnTo already. */
  readonly returnTo: string | undefined;
  /** The one URL that is registered at the provider. */
  readonly callbackUrl: string;
}

/**
 * @returns where to send the browser
 * @throws FlowRefused when the provider cannot be asked or answers nonsense
 */
export async function beginFlow(
  { sessions, vault, now }: BeginOptions,
  start: FlowStart,
  jar: FlowJar,
): Promise<string> {
  const { provider, intent, userId, returnTo } = start;
  const { url, proof } = await asRefusal(() =>
    provider.definition.protocol === 'oauth1' ? beginOAuth1(sessions, start) : beginOAuth2(sessions, start),
  );
  const startedAt = Math.floor(now() / 1000);
  const flow = { provider: provider.id, sandbox: provider.sandbox, intent, userId, returnTo, startedAt, proof };
  const sealed = sealFlow(vault, flow);
  for (const name of surplusFlows([...jar.all().keys()])) jar.drop(name);
  jar.put(sealed);
  return url;
}

interface Begun {
  readonly url: string;
  readonly proof: PendingProof;
}

async function beginOAuth1(sessions: Sessions, { provider, intent, callbackUrl }: FlowStart): Promise<Begun> {
  const session = sessions.oauth1Flow(provider);
  const temporary = await session.requestTemporaryCredentials({ callback: callbackUrl });
  const { authorize, authenticate } = provider.definition.oauth1 ?? {};
  const endpoint = intent === 'sign-in' ? (authenticate ?? authorize) : authorize;
  const { token, tokenSecret } = TemporaryCredentials.from(temporary);
  return {
    url: session.authorizationUrl(temporary, provider.definition.authorize?.parameters, endpoint),
    proof: { protocol: 'oauth1', token, tokenSecret },
  };
}

async function beginOAuth2(sessions: Sessions, { provider, intent, callbackUrl }: FlowStart): Promise<Begun> {
  const { scopes, authorize, protocol } = provider.definition;
  const asked = intent === 'connect' ? scopes.connect : scopes.signIn;
  const session = await sessions.oauth2Flow(provider);
  const { url, pending } = await session.authorizationRequest({
    redirectUri: callbackUrl,
    scopes: protocol === 'oidc' ? withOpenId(asked) : asked,
    parameters: { ...authorize?.parameters, ...(intent === 'connect' ? authorize?.connectParameters : {}) },
    openid: protocol === 'oidc',
  });
  const { state, codeVerifier, nonce } = pending;
  return {
    url,
    proof: { protocol: 'oauth2', state, ...(codeVerifier ? { codeVerifier } : {}), ...(nonce ? { nonce } : {}) },
  };
}

/** OpenID Connect Core section 3.1.2.1: without this scope it is no OpenID request, and there is no ID token. */
function withOpenId(scopes: readonly string[]): readonly string[] {
  return scopes.includes('openid') ? scopes : ['openid', ...scopes];
}
