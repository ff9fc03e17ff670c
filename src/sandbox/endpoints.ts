/**
 * Which endpoint stands at which path. A definition's `https://host/path` is served at `/host/path`; several definitions may
 * share an endpoint and are told apart by client id, and two endpoints may share a path and differ in their query only.
 */
import type { ProviderDefinition } from '../providers/index.js';
import { tokenServiceOf } from './services/index.js';

export type EndpointRole =
  | 'temporary-credentials'
  | 'oauth1-authorize'
  | 'oauth1-access-token'
  | 'authorize'
  | 'token'
  | 'revoke'
  | 'discovery'
  | 'jwks';

/** One endpoint with every definition that uses it. */
export interface Endpoint {
  readonly role: EndpointRole;
  readonly path: string;
  /** Query that is part of the endpoint's address, as `name=value` pairs. */
  readonly fixedQuery: readonly (readonly [string, string])[];
  readonly definitions: readonly ProviderDefinition[];
}

/** Path and fixed query of an endpoint, as a form or a link names it. */
export function addressOf({ path, fixedQuery }: Endpoint): string {
  const query = new URLSearchParams();
  for (const [name, value] of fixedQuery) query.append(name, value);
  return fixedQuery.length === 0 ? path : `${path}?${query}`;
}

/** `https://host/path?query` taken apart: `host/path` is where the sandbox serves it. */
export interface ServedUrl {
  readonly path: string;
  readonly query: string;
}

export function served(url: string): ServedUrl {
  const [, place = '', query = ''] = /^https?:\/\/([^?]*)\??(.*)$/s.exec(url) ?? [];
  return { path: `/${place}`, query };
}

/** Endpoints of an issuer whose definition leaves them to discovery. */
export interface IssuerEndpoints {
  readonly issuer: string;
  readonly authorize: string;
  readonly token: string;
  readonly userInfo: string;
  readonly jwks: string;
  readonly revoke: string | undefined;
}

export function issuerOf(definition: ProviderDefinition): string | undefined {
  return definition.issuer ?? definition.authorize?.issuer;
}

/** Every address an OpenID issuer needs: the definition's where it names one, else one under the issuer. */
export function issuerEndpoints(definition: ProviderDefinition): IssuerEndpoints | undefined {
  const issuer = issuerOf(definition);
  if (issuer === undefined) return undefined;
  const base = issuer.replace(/\/$/, '');
  const userInfo = [definition.profile, ...(definition.profile.more ?? [])].find((call) =>
    call.url?.includes('userinfo'),
  );
  return {
    issuer,
    authorize: definition.authorize?.url ?? `${base}/authorize`,
    token: definition.token?.url ?? `${base}/token`,
    userInfo: (definition.protocol === 'oidc' ? definition.profile.url : userInfo?.url) ?? `${base}/userinfo`,
    jwks: tokenServiceOf(definition).jwksUrl ?? `${base}/jwks`,
    revoke: definition.revoke?.url,
  };
}

export class Endpoints {
  readonly #byPath = new Map<string, Endpoint[]>();

  constructor(definitions: readonly ProviderDefinition[]) {
    for (const definition of definitions) {
      for (const [role, url] of addresses(definition)) this.#add(role, url, definition);
    }
    // The most specific address first.
    for (const endpoints of this.#byPath.values()) endpoints.sort((a, b) => b.fixedQuery.length - a.fixedQuery.length);
  }

  find(path: string, query: string): Endpoint | undefined {
    const sent = new URLSearchParams(query);
    return this.#byPath
      .get(path)
      ?.find((endpoint) => endpoint.fixedQuery.every(([name, value]) => sent.getAll(name).includes(value)));
  }

  #add(role: EndpointRole, url: string, definition: ProviderDefinition): void {
    const { path, query } = served(url);
    const fixedQuery = [...new URLSearchParams(query)];
    const here = this.#byPath.get(path) ?? [];
    const same = here.findIndex(
      (endpoint) => endpoint.role === role && JSON.stringify(endpoint.fixedQuery) === JSON.stringify(fixedQuery),
    );
    const known = here[same];
    if (known) here[same] = { ...known, definitions: [...known.definitions, definition] };
    else here.push({ role, path, fixedQuery, definitions: [definition] });
    this.#byPath.set(path, here);
  }
}

function addresses(definition: ProviderDefinition): (readonly [EndpointRole, string])[] {
  const found: (readonly [EndpointRole, string])[] = [];
  const add = (role: EndpointRole, url: string | undefined) => {
    if (url !== undefined && !found.some(([known, at]) => known === role && at === url)) found.push([role, url]);
  };
  if (definition.oauth1) {
    add('temporary-credentials', definition.oauth1.requestToken);
    add('oauth1-authorize', definition.oauth1.authorize);
    add('oauth1-authorize', definition.oauth1.authenticate);
    add('oauth1-access-token', definition.oauth1.accessToken);
  }
  add('authorize', definition.authorize?.url);
  add('token', definition.token?.url);
  add('revoke', definition.revoke?.url);
  const issuer = definition.protocol === 'oauth1' ? undefined : issuerEndpoints(definition);
  if (issuer && definition.protocol === 'oidc') {
    add('authorize', issuer.authorize);
    add('token', issuer.token);
    add('discovery', `${issuer.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    add('jwks', issuer.jwks);
  }
  return found;
}

/** Whether a definition's credentials may be used at this path: below an API base, or at a call the definition itself makes. */
export function servesApiAt(definition: ProviderDefinition, path: string): boolean {
  const calls = [
    definition.profile.url,
    ...(definition.profile.more ?? []).map((call) => call.url),
    definition.protocol === 'oidc' ? issuerEndpoints(definition)?.userInfo : undefined,
  ];
  const below = (url: string) => {
    const base = served(url).path.replace(/\/$/, '');
    return path === base || path.startsWith(`${base}/`);
  };
  const readings = (definition.readings ?? []).map((reading) => new URL(reading.request.url).origin);
  return (
    calls.some((url) => url !== undefined && served(url).path === path) ||
    definition.api.baseUrls.some(below) ||
    readings.some(below)
  );
}
