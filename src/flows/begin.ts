/** The start of a flow: asks the protocol for an authorization URL and puts the sealed flow into the browser's jar. No database row. */
import type { Sessions } from '../connections/index.js';
import { TemporaryCredentials } from '../oauth1/index.js';
import { bindProvider, fillText, type Provider } from '../providers/index.js';
import type { Vault } from '../vault/index.js';
import { markScopes } from './asked-scopes.js';
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
  /** From {@link namedInstance}; needed by definitions with `instance`. */
  readonly instance?: string | undefined;
  /** The one URL that is registered at the provider. */
  readonly callbackUrl: string;
  /** Asked for instead of the definition's usual ones. */
  readonly scopes?: readonly string[];
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
  const { intent, userId, returnTo, instance } = start;
  const provider = bindProvider(start.provider, instance === undefined ? undefined : { instance });
  const bound = { ...start, provider };
  const { url, proof } =
    provider.definition.protocol === 'oauth1'
      ? await asRefusal(() => beginOAuth1(sessions, bound), { byClientAlone: true })
      : await asRefusal(() => beginOAuth2(sessions, bound));
  const startedAt = Math.floor(now() / 1000);
  const flow = {
    provider: provider.id,
    sandbox: provider.sandbox,
    intent,
    userId,
    returnTo,
    instance,
    asked: start.scopes && markScopes(provider.definition, start.scopes),
    startedAt,
    proof,
  };
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
  const { authorize, authenticate, requestTokenParameters } = provider.definition.oauth1 ?? {};
  const temporary = await session.requestTemporaryCredentials({
    callback: callbackUrl,
    ...(requestTokenParameters ? { parameters: requestTokenParameters } : {}),
  });
  const endpoint = intent === 'sign-in' ? (authenticate ?? authorize) : authorize;
  const { token, tokenSecret } = TemporaryCredentials.from(temporary);
  return {
    url: session.authorizationUrl(temporary, furtherParameters(provider, intent), endpoint),
    proof: { protocol: 'oauth1', token, tokenSecret },
  };
}

async function beginOAuth2(sessions: Sessions, start: FlowStart): Promise<Begun> {
  const { provider, intent, callbackUrl } = start;
  const { scopes, protocol } = provider.definition;
  const asked = start.scopes ?? (intent === 'connect' ? scopes.connect : scopes.signIn);
  const session = await sessions.oauth2Flow(intent === 'sign-in' ? withSignInPage(provider) : provider);
  const { url, pending } = await session.authorizationRequest({
    redirectUri: callbackUrl,
    scopes: protocol === 'oidc' ? withOpenId(asked) : asked,
    parameters: furtherParameters(provider, intent),
    openid: protocol === 'oidc',
  });
  const { state, codeVerifier, nonce } = pending;
  return {
    url,
    proof: { protocol: 'oauth2', state, ...(codeVerifier ? { codeVerifier } : {}), ...(nonce ? { nonce } : {}) },
  };
}

function furtherParameters({ definition, client }: Provider, intent: Intent): Record<string, string> {
  const { parameters, connectParameters } = definition.authorize ?? {};
  const all = { ...parameters, ...(intent === 'connect' ? connectParameters : {}) };
  return fillText(all, { clientId: client.clientId });
}

function withSignInPage(provider: Provider): Provider {
  const { authorize } = provider.definition;
  if (!authorize?.signInUrl) return provider;
  const page = { ...authorize, url: authorize.signInUrl };
  return { ...provider, definition: { ...provider.definition, authorize: page } };
}

/** OpenID Connect Core section 3.1.2.1: without this scope it is no OpenID request, and there is no ID token. */
export function withOpenId(scopes: readonly string[]): readonly string[] {
  return scopes.includes('openid') ? scopes : ['openid', ...scopes];
}
