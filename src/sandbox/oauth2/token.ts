/** The token endpoint: codes and refresh tokens against access tokens (RFC 6749 sections 4.1.3 and 6, RFC 7636 section 4.6). */
import { createHash } from 'node:crypto';
import type { ProviderDefinition } from '../../providers/index.js';
import type { Answer } from '../answer.js';
import type { SandboxContext } from '../context.js';
import type { FoundEndpoint } from '../endpoints.js';
import { type Found, type IssuedTokens, isHere, type RefreshToken } from '../grants.js';
import { besideTheToken } from '../person-facts.js';
import type { Parameters, SandboxRequest } from '../request.js';
import { tokenServiceOf } from '../services/index.js';
import { authenticateClient, claimedDefinition } from './client-authentication.js';
import { DEVICE_GRANT, type Identified, idToken } from './id-token.js';
import { OAuth2Refusal } from './refusal.js';
import { lacksOfflineScope } from './scopes.js';
import { tokenGranted, tokenRefused } from './token-answers.js';
import { checkManner, readTokenRequest } from './token-parameters.js';

const standardTtlSeconds = 3600;

export function exchangeToken(context: SandboxContext, endpoint: FoundEndpoint, request: SandboxRequest): Answer {
  const read = readTokenRequest(request);
  const { parameters } = read;
  try {
    checkManner(request, read, claimedDefinition(request, parameters, endpoint.definitions));
    if (parameters.repeated !== undefined) {
      throw new OAuth2Refusal('invalid_request', `${parameters.repeated} was given more than once.`);
    }
    const definition = authenticateClient(request, parameters, endpoint.definitions, context.now());
    const grantType = parameters.get('grant_type');
    if (grantType === undefined) throw new OAuth2Refusal('invalid_request', 'grant_type is missing.');
    if (grantType === 'authorization_code') {
      return redeemCode(context, definition, request, parameters, endpoint.instance);
    }
    if (grantType === 'refresh_token' && definition.refresh?.mode !== 'none') {
      return refresh(context, definition, request, parameters, endpoint.instance);
    }
    if (grantType === DEVICE_GRANT && definition.deviceAuthorization) {
      return redeemDeviceCode(context, definition, request, parameters);
    }
    throw new OAuth2Refusal('unsupported_grant_type', 'This grant type is not served here.');
  } catch (error) {
    if (!(error instanceof OAuth2Refusal)) throw error;
    return tokenRefused(request, claimedDefinition(request, parameters, endpoint.definitions), error);
  }
}

function redeemCode(
  context: SandboxContext,
  definition: ProviderDefinition,
  request: SandboxRequest,
  parameters: Parameters,
  instance: string | undefined,
): Answer {
  const code = needed(parameters, 'code');
  const known = context.grants.findCode(code);
  if (!known || known.provider !== definition.id || !isHere(known, instance))
    throw invalidGrant('The code is unknown.');
  if (known.redeemedFor !== null) {
    // RFC 6749 section 4.1.2: somebody has a copy, so what the first redemption gave is not safe either.
    context.grants.end(known.redeemedFor);
    throw invalidGrant('The code was redeemed before; the tokens it gave are withdrawn.');
  }
  if (context.now() >= known.expiresAt) throw invalidGrant('The code has expired.');
  if (parameters.get('redirect_uri') !== known.redirectUri) throw invalidGrant('The redirect URI is another one.');
  checkVerifier(known.challenge, parameters.get('code_verifier'));
  const ttl = accessTtlSeconds(context, definition);
  const tokens = context.grants.redeem(code, known, { accessTtlMs: ttl === null ? null : ttl * 1000 });
  return granted(context, definition, request, tokens, known, ttl);
}

/** RFC 8628 section 3.5. */
function redeemDeviceCode(
  context: SandboxContext,
  definition: ProviderDefinition,
  request: SandboxRequest,
  parameters: Parameters,
): Answer {
  const code = needed(parameters, 'device_code');
  const known = context.deviceCodes.find(code);
  if (!known || known.provider !== definition.id) throw invalidGrant('The device code is unknown.');
  if (context.now() >= known.expiresAt) throw new OAuth2Refusal('expired_token', 'The device code has expired.');
  if (context.deviceCodes.asksTooSoon(code)) throw new OAuth2Refusal('slow_down', 'Ask less often.');
  const { decision, scopes, provider } = known;
  if (!decision) throw new OAuth2Refusal('authorization_pending', 'The person has not decided yet.');
  if (!decision.allowed) throw new OAuth2Refusal('access_denied', 'The person said no.');
  const { subject, elsewhere, at: authorizedAt } = decision;
  const ttl = accessTtlSeconds(context, definition);
  const withRefreshToken = definition.refresh?.mode !== 'none' && !lacksOfflineScope(definition, scopes);
  const grant = { provider, subject, elsewhere, scopes, authorizedAt };
  const accessTtlMs = ttl === null ? null : ttl * 1000;
  const spent = [context.deviceCodes.removal(code)];
  const tokens = context.grants.issueFresh(grant, { accessTtlMs, withRefreshToken }, spent);
  return granted(context, definition, request, tokens, { ...grant, nonce: null }, ttl);
}

/** RFC 7636 section 4.6; a verifier without a challenge is refused too, which stops downgrades (RFC 9700 section 4.8.2). */
function checkVerifier(challenge: string | null, verifier: string | undefined): void {
  if (challenge === null) {
    if (verifier !== undefined) throw invalidGrant('There was no code_challenge to this code_verifier.');
    return;
  }
  if (verifier === undefined) throw new OAuth2Refusal('invalid_request', 'code_verifier is missing.');
  if (!/^[A-Za-z0-9._~-]{43,128}$/.test(verifier)) throw invalidGrant('code_verifier is malformed.');
  const computed = createHash('sha256').update(verifier).digest('base64url');
  if (computed !== challenge) throw invalidGrant('code_verifier does not fit the code_challenge.');
}

function refresh(
  context: SandboxContext,
  definition: ProviderDefinition,
  request: SandboxRequest,
  parameters: Parameters,
  instance: string | undefined,
): Answer {
  const used = needed(parameters, 'refresh_token');
  const found = context.grants.findRefresh(used);
  if (!found || found.grant.provider !== definition.id || !isHere(found.grant, instance))
    throw invalidGrant('The refresh token is unknown or withdrawn.');
  checkAge(context, definition, found);
  checkReuse(context, definition, found);
  const asked = parameters.get('scope')?.split(' ') ?? found.grant.scopes;
  if (!asked.every((scope) => found.grant.scopes.includes(scope))) {
    throw new OAuth2Refusal('invalid_scope', 'A refresh cannot widen the scope.');
  }
  const ttl = accessTtlSeconds(context, definition);
  const rotate = context.behaviour.current.rotateRefreshTokens ?? definition.refresh?.mode === 'rotating';
  const accessTtlMs = ttl === null ? null : ttl * 1000;
  const tokens = context.grants.refresh(used, found, { scopes: asked, accessTtlMs, rotate });
  return granted(context, definition, request, tokens, { ...found.grant, scopes: asked, nonce: null }, ttl);
}

/** Some services end a refresh token some time after the consent, however often it was used. */
function checkAge(context: SandboxContext, { refresh }: ProviderDefinition, { grant }: Found<RefreshToken>): void {
  if (refresh?.lifetimeDays === undefined) return;
  if (context.now() < grant.authorizedAt + refresh.lifetimeDays * 86_400_000) return;
  throw invalidGrant('The refresh token has reached the end of its life.');
}

/** A spent refresh token is honoured for its grace; later it is a theft, and the whole family ends (RFC 9700 section 4.14.2). */
function checkReuse(context: SandboxContext, definition: ProviderDefinition, found: Found<RefreshToken>): void {
  const { rotatedAt } = found.token;
  const { reuseKillsFamily } = context.behaviour.current;
  const graceMs = context.behaviour.current.graceMs ?? (definition.refresh?.graceSeconds ?? 0) * 1000;
  if (rotatedAt === null || context.now() < rotatedAt + graceMs) return;
  if (!reuseKillsFamily) throw invalidGrant('The refresh token was used before.');
  context.grants.end(found.grantId);
  throw invalidGrant('The refresh token was used before; everything issued from it is withdrawn.');
}

function granted(
  context: SandboxContext,
  definition: ProviderDefinition,
  request: SandboxRequest,
  tokens: IssuedTokens,
  grant: Identified,
  ttlSeconds: number | null,
): Answer {
  const quirks = tokenServiceOf(definition).tokens;
  const person = context.people.find(definition, grant.subject);
  const separator = definition.token?.rules?.scopeSeparator ?? ' ';
  const identity = idToken(context, definition, request.origin, grant, tokens.access);
  return tokenGranted(request, definition, {
    access_token: tokens.access,
    token_type: quirks.tokenType ?? 'Bearer',
    ...(ttlSeconds === null ? {} : { expires_in: ttlSeconds }),
    ...(tokens.refresh === undefined ? {} : { refresh_token: tokens.refresh }),
    scope: grant.scopes.map((scope) => quirks.reportScope?.(scope) ?? scope).join(separator),
    ...(identity === undefined ? {} : { id_token: identity }),
    ...besideTheToken(definition.profile, person),
    ...quirks.extras?.(person),
  });
}

/** `null` where tokens last until they are withdrawn. */
function accessTtlSeconds(context: SandboxContext, definition: ProviderDefinition): number | null {
  const { lifetimeSeconds } = definition.token ?? {};
  if (definition.refresh?.mode === 'none' && lifetimeSeconds === undefined) return null;
  const usual = lifetimeSeconds ?? tokenServiceOf(definition).tokens.accessTokenTtlSeconds ?? standardTtlSeconds;
  return context.behaviour.current.accessTokenTtl ?? usual;
}

function needed(parameters: Parameters, name: string): string {
  const value = parameters.get(name);
  if (value === undefined) throw new OAuth2Refusal('invalid_request', `${name} is missing.`);
  return value;
}

function invalidGrant(message: string): OAuth2Refusal {
  return new OAuth2Refusal('invalid_grant', message);
}
