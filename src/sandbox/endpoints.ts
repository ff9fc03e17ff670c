/**
 * Which endpoint stands at which path. A definition's `https://host/path` is served at `/host/path`; several definitions may
 * share an endpoint and are told apart by client id, and two endpoints may share a path and differ in their query only.
 */
import type { ProviderDefinition } from '../providers/index.js';
import { clientIdOf } from './clients.js';
import { tokenServiceOf } from './services/index.js';

export type EndpointRole =
  | 'temporary-credentials'
  | 'oauth1-authorize'
  | 'oauth1-access-token'
  | 'authorize'
  | 'token'
  | 'device-authorization'
  | 'device-code-page'
  | 'revoke'
  | 'introspection'
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

/** An endpoint at a path that a request named. */
export interface FoundEndpoint extends Endpoint {
  /** The host that somebody named, where the definition has many. */
  readonly instance?: string;
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
  // One tenant's place is a name and no address.
  const base = issuer.replaceAll('{tenantid}', 'common').replace(/\/$/, '');
  const userInfo = [definition.profile, ...(definition.profile.more ?? [])].find((call) =>
    call.url?.includes('userinfo'),
  );
  return {
    issuer,
    authorize: definition.authorize?.url ?? `${base}/authorize`,
    token: definition.token?.url ?? `${base}/token`,
    userInfo: (definition.protocol === 'oidc' ? definition.profile.url : userInfo?.url) ?? `${base}/userinfo`,
    jwks: definition.openid?.jwksUrl ?? tokenServiceOf(definition).jwksUrl ?? `${base}/jwks`,
    revoke: definition.revoke?.url,
  };
}

export class Endpoints {
  readonly #byPath = new Map<string, Endpoint[]>();

  constructor(definitions: readonly ProviderDefinition[]) {
    for (const definition of definitions) {
      // Their addresses are complete only once somebody has named a host; see instances.ts.
      if (JSON.stringify(addresses(definition)).includes('{instance}')) continue;
      for (const [role, url] of addresses(definition)) this.#add(role, url, definition);
    }
    // The most specific address first.
    for (const endpoints of this.#byPath.values()) endpoints.sort((a, b) => b.fixedQuery.length - a.fixedQuery.length);
  }

  /** The first steps of all paths: the real hosts. */
  get hosts(): ReadonlySet<string> {
    return new Set([...this.#byPath.keys()].map((path) => path.split('/')[1] ?? ''));
  }

  find(path: string, query: string): FoundEndpoint | undefined {
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
  add('authorize', definition.authorize?.signInUrl);
  add('token', definition.token?.url);
  const device = definition.deviceAuthorization?.url;
  add('device-authorization', device);
  add('device-code-page', device && `${device}/page`);
  // Revocation by the token itself is a call like any other; see api.ts.
  if (definition.revoke && definition.revoke.style !== 'bearer') add('revoke', revocationUrl(definition));
  if (definition.profile.style === 'introspection') add('introspection', definition.profile.url);
  const issuer = definition.protocol === 'oauth1' ? undefined : issuerEndpoints(definition);
  if (issuer && definition.protocol === 'oidc') {
    add('authorize', issuer.authorize);
    add('token', issuer.token);
    add('discovery', discoveryUrl(definition, issuer.issuer));
    add('jwks', issuer.jwks);
  }
  return found;
}

function discoveryUrl({ openid }: ProviderDefinition, issuer: string): string {
  return openid?.discoveryUrl ?? `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
}

function revocationUrl(definition: ProviderDefinition): string | undefined {
  return definition.revoke?.url.replaceAll('{clientId}', clientIdOf(definition));
}

/** Whether a path is the one of an address; `{name}` in a step of it stands for anything. */
export function isAt(url: string, path: string): boolean {
  const wanted = served(url).path.split('/');
  const given = path.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((step, index) => step === given[index] || (/\{\w+\}/.test(step) && given[index] !== ''))
  );
}

/** Whether a definition's credentials may be used at this path: below an API base, or at a call the definition itself makes. */
export function servesApiAt(definition: ProviderDefinition, path: string): boolean {
  const calls = [
    definition.revoke?.style === 'bearer' ? definition.revoke.url : undefined,
    definition.profile.url,
    ...(definition.profile.more ?? []).map((call) => call.url),
    definition.protocol === 'oidc' ? issuerEndpoints(definition)?.userInfo : undefined,
  ];
  const below = (url: string) => {
    const base = served(url).path.replace(/\/$/, '');
    return path === base || path.startsWith(`${base}/`);
  };
  return (
    calls.some((url) => url !== undefined && isAt(url, path)) ||
    [...definition.api.baseUrls, ...(definition.api.hosts ?? [])].some(below)
  );
}
