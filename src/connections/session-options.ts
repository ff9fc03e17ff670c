/** What a definition says about a provider's habits, in the words of the protocol engines. */
import type { OAuth1ClientOptions } from '../oauth1/index.js';
import type { OAuth2Endpoints, OAuth2SessionOptions, OpenIdOptions, TokenResponseRules } from '../oauth2/index.js';
import { apiAddressesOf, fillText, type Provider } from '../providers/index.js';
import { clientKeyOf } from './signing-credentials.js';

/** @throws TypeError for a definition without OAuth 1 endpoints */
export function oauth1Options(
  provider: Provider,
): Pick<
  OAuth1ClientOptions,
  'clientId' | 'clientSecret' | 'privateKey' | 'signatureMethod' | 'endpoints' | 'placement' | 'realm'
> {
  const { oauth1 } = provider.definition;
  if (!oauth1) throw new TypeError(`The definition of ${provider.id} has no OAuth 1 endpoints.`);
  const { requestToken, authorize, accessToken, requestTokenMethod, accessTokenMethod } = oauth1;
  const { signatureMethod, placement, realm } = oauth1;
  return {
    ...clientKeyOf(provider),
    signatureMethod,
    endpoints: {
      requestToken,
      authorize,
      accessToken,
      ...(requestTokenMethod ? { requestTokenMethod } : {}),
      ...(accessTokenMethod ? { accessTokenMethod } : {}),
    },
    ...(placement ? { placement } : {}),
    ...(realm === undefined ? {} : { realm }),
  };
}

export type OAuth2Habits = Pick<
  OAuth2SessionOptions,
  | 'clientId'
  | 'clientAuth'
  | 'pkce'
  | 'scopeSeparator'
  | 'scopeParameter'
  | 'denials'
  | 'tokenRules'
  | 'tokenRequest'
  | 'tokenPlacement'
  | 'revocation'
>;

export function oauth2Habits(provider: Provider): OAuth2Habits {
  const { token, scopes, pkce, revoke, callback } = provider.definition;
  const { clientId, clientSecret } = provider.client;
  return {
    clientId,
    clientAuth: token?.clientAuth ?? (clientSecret ? 'basic' : 'none'),
    pkce,
    scopeSeparator: scopes.separator ?? ' ',
    ...(scopes.parameter ? { scopeParameter: scopes.parameter } : {}),
    ...(callback?.denials ? { denials: callback.denials } : {}),
    // The schema's type allows explicit `undefined` where the session's does not; the checked data never has any.
    ...(token?.rules ? { tokenRules: token.rules as TokenResponseRules } : {}),
    ...tokenRequestOf(provider),
    ...tokenPlacementOf(provider),
    ...(revoke?.style === 'token-only' ? { revocation: 'token-only' as const } : {}),
  };
}

/** Where the provider wants the access token of a call. */
export function tokenPlacementOf({ definition }: Provider): Pick<OAuth2SessionOptions, 'tokenPlacement'> {
  const placement = definition.api.token;
  if (!placement) return {};
  if (placement.in === 'query') return { tokenPlacement: placement };
  return { tokenPlacement: { in: 'header', name: placement.name, scheme: placement.scheme ?? '' } };
}

function tokenRequestOf({ definition, client }: Provider): Pick<OAuth2SessionOptions, 'tokenRequest'> {
  const { method, format, parameters, headers } = definition.token ?? {};
  if (!method && !format && !parameters && !headers) return {};
  return {
    tokenRequest: {
      ...(method ? { method } : {}),
      ...(format ? { format } : {}),
      ...(parameters ? { parameters } : {}),
      ...(headers ? { headers: fillText(headers, { clientId: client.clientId }) } : {}),
    },
  };
}

/** Endpoints as the definition itself names them. */
export function endpointsOf({ definition }: Provider): OAuth2Endpoints {
  const { authorize, token, revoke, profile, deviceAuthorization } = definition;
  return {
    token: token?.url ?? definition.issuer ?? '',
    ...(authorize?.url ? { authorize: authorize.url } : {}),
    ...(revoke ? { revoke: revoke.url } : {}),
    ...(profile.style === 'introspection' && profile.url ? { introspect: profile.url } : {}),
    ...(deviceAuthorization ? { deviceAuthorization: deviceAuthorization.url } : {}),
  };
}

/** What the definition knows better than the issuer's metadata, or instead of it. */
export function openIdHabits({ definition }: Provider): Partial<Pick<OpenIdOptions, 'alsoIssuers' | 'nonce'>> {
  const { alsoIssuers, nonce } = definition.openid ?? {};
  return { ...(alsoIssuers ? { alsoIssuers } : {}), ...(nonce === undefined ? {} : { nonce }) };
}

/** Signed revocations go to the revocation endpoint's host as well, and an issuer may keep its userinfo on a host of its own. */
export function allowedOrigins(provider: Provider, userinfo?: string): readonly string[] {
  const further = furtherAddresses(provider, userinfo).map((url) => new URL(url).origin);
  return [...new Set([...provider.apiOrigins, ...further])];
}

/** The same as addresses, for the sandbox, where all origins are one. */
export function allowedAddresses(provider: Provider, userinfo?: string): readonly string[] {
  return [...apiAddressesOf(provider.definition), ...furtherAddresses(provider, userinfo)];
}

function furtherAddresses({ definition }: Provider, userinfo: string | undefined): readonly string[] {
  return [definition.revoke?.url, userinfo].filter((url) => url !== undefined);
}
