/** ID tokens (OpenID Connect Core sections 2 and 3.1.3.6) and the issuer's public documents (Discovery 1.0 section 3). */
import { createHash } from 'node:crypto';
import { type ProviderDefinition, sandboxUrl } from '../../providers/index.js';
import { type Answer, json } from '../answer.js';
import { clientIdOf } from '../clients.js';
import type { SandboxContext } from '../context.js';
import { type Endpoint, issuerEndpoints, issuerOf } from '../endpoints.js';
import { answerWith } from '../person-facts.js';
import type { SandboxRequest } from '../request.js';
import { emailClaims, profileClaims } from '../services/google.js';
import { mentionedScopes } from './scopes.js';

/** What an ID token tells about a grant. */
export interface Identified {
  readonly subject: string;
  readonly elsewhere: Readonly<Record<string, string>>;
  readonly scopes: readonly string[];
  readonly nonce: string | null;
  readonly authorizedAt: number;
}

const lifeSeconds = 3600;

/** The ID token of a grant; undefined where the definition's provider would send none. */
export function idToken(
  context: SandboxContext,
  definition: ProviderDefinition,
  origin: string,
  grant: Identified,
  accessToken: string,
): string | undefined {
  const issuer = issuerOf(definition);
  const speaksOpenId = definition.protocol === 'oidc' || mentionedScopes(definition).has('openid');
  if (issuer === undefined || !speaksOpenId || !grant.scopes.includes('openid')) return undefined;
  const issuedAt = Math.floor(context.shownNow() / 1000);
  const clientId = clientIdOf(definition);
  return context.keys.signJwt({
    ...personClaims(context, definition, grant),
    iss: sandboxUrl(issuer, origin).replaceAll(tenantPlace, tenant),
    ...(isTenantTemplate(issuer) ? { tid: tenant } : {}),
    aud: clientId,
    azp: clientId,
    iat: issuedAt,
    exp: issuedAt + lifeSeconds,
    at_hash: createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url'),
    ...(grant.nonce === null || definition.openid?.nonce === false ? {} : { nonce: grant.nonce }),
  });
}

const tenantPlace = '{tenantid}';
/** The one tenant of the sandbox, for issuers that have one address for each. */
const tenant = '5a9db0c5-7e0c-4b1d-9c3a-000000005abd';

/** Such an issuer cannot name itself in callbacks (RFC 9207): which tenant it is, shows in the ID token only. */
export function isTenantTemplate(issuer: string): boolean {
  return issuer.includes(tenantPlace);
}

/** The claims about the person: the standard ones, and what the definition reads at paths of its own. */
export function personClaims(
  context: SandboxContext,
  definition: ProviderDefinition,
  grant: Pick<Identified, 'subject' | 'elsewhere' | 'scopes'>,
): Record<string, unknown> {
  const person = context.people.find(definition, grant.subject);
  const ownPaths = definition.protocol === 'oidc' && definition.profile.subject !== 'sub';
  return {
    ...(ownPaths ? answerWith(definition.profile, person) : {}),
    sub: grant.elsewhere[namespaceOfIssuer(context, definition)] ?? grant.subject,
    ...(grant.scopes.includes('profile') ? profileClaims(person) : {}),
    ...(grant.scopes.includes('email') ? emailClaims(person) : {}),
  };
}

/** An issuer's subjects are those of the OpenID provider behind it, also for a definition whose accounts are others. */
function namespaceOfIssuer(context: SandboxContext, definition: ProviderDefinition): string {
  const issuer = issuerOf(definition);
  const behind =
    context.definitions.find((other) => other.protocol === 'oidc' && other.issuer === issuer) ?? definition;
  return behind.namespace ?? behind.id;
}

/** RFC 8628 section 3.4. */
export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

export function discoveryDocument(endpoint: Endpoint, request: SandboxRequest): Answer {
  const [definition] = endpoint.definitions;
  const endpoints = definition && issuerEndpoints(definition);
  if (!definition || !endpoints) return json(404, { error: 'not_found' });
  const device = definition.deviceAuthorization?.url;
  const here = (url: string) => sandboxUrl(url, request.origin);
  const scopes = new Set(['openid', ...endpoint.definitions.flatMap((each) => [...mentionedScopes(each)])]);
  return json(200, {
    issuer: here(endpoints.issuer),
    authorization_endpoint: here(endpoints.authorize),
    token_endpoint: here(endpoints.token),
    userinfo_endpoint: here(endpoints.userInfo),
    jwks_uri: here(endpoints.jwks),
    ...(endpoints.revoke === undefined ? {} : { revocation_endpoint: here(endpoints.revoke) }),
    ...(device === undefined ? {} : { device_authorization_endpoint: here(device) }),
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'form_post'],
    grant_types_supported: ['authorization_code', 'refresh_token', ...(device === undefined ? [] : [DEVICE_GRANT])],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: [...scopes],
    token_endpoint_auth_methods_supported: authenticationMethods(definition),
    claims_supported: ['aud', 'email', 'email_verified', 'exp', 'iat', 'iss', 'name', 'nonce', 'picture', 'sub'],
    ...(definition.pkce === 'forbidden' ? {} : { code_challenge_methods_supported: ['S256'] }),
    authorization_response_iss_parameter_supported: !isTenantTemplate(endpoints.issuer),
  });
}

function authenticationMethods(definition: ProviderDefinition): readonly string[] {
  const names = { basic: 'client_secret_basic', post: 'client_secret_post', none: 'none' } as const;
  return definition.token ? [names[definition.token.clientAuth]] : [names.basic, names.post];
}

export function jwks(context: SandboxContext): Answer {
  return json(200, { keys: [context.keys.publicJwk] }, { 'Cache-Control': 'public, max-age=300' });
}
