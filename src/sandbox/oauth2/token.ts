/** The token endpoint: codes and refresh tokens against access tokens (RFC 6749 sections 4.1.3 and 6, RFC 7636 section 4.6). */
import { createHash } from 'node:crypto';
import type { ProviderDefinition } from '../../providers/index.js';
import type { Answer } from '../answer.js';
import type { SandboxContext } from '../context.js';
import type { Endpoint } from '../endpoints.js';
import type { Found, IssuedTokens, RefreshToken } from '../grants.js';
import { isForm, Parameters, type SandboxRequest } from '../request.js';
import { tokenServiceOf } from '../services/index.js';
import { authenticateClient, claimedDefinition } from './client-authentication.js';
import { type Identified, idToken } from './id-token.js';
import { OAuth2Refusal } from './refusal.js';
import { tokenGranted, tokenRefused } from './token-answers.js';

const standardTtlSeconds = 3600;

export function exchangeToken(context: SandboxContext, endpoint: Endpoint, request: SandboxRequest): Answer {
  const parameters = new Parameters(isForm(request.headers) ? request.body.toString('utf8') : '');
  try {
    if (!isForm(request.headers)) throw new OAuth2Refusal('invalid_request', 'The body must be form-encoded.');
    if (parameters.repeated !== undefined) {
      throw new OAuth2Refusal('invalid_request', `${parameters.repeated} was given more than once.`);
    }
    const definition = authenticateClient(request, parameters, endpoint.definitions);
    const grantType = parameters.get('grant_type');
    if (grantType === undefined) throw new OAuth2Refusal('invalid_request', 'grant_type is missing.');
    if (grantType === 'authorization_code') return redeemCode(context, definition, request, parameters);
    if (grantType === 'refresh_token' && definition.refresh?.mode !== 'none') {
      return refresh(context, definition, request, parameters);
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
): Answer {
  const code = needed(parameters, 'code');
  const known = context.grants.findCode(code);
  if (!known || known.provider !== definition.id) throw invalidGrant('The code is unknown.');
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
): Answer {
  const used = needed(parameters, 'refresh_token');
  const found = context.grants.findRefresh(used);
  if (!found || found.grant.provider !== definition.id)
    throw invalidGrant('The refresh token is unknown or withdrawn.');
  checkReuse(context, found);
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

/** A spent refresh token is honoured for its grace; later it is a theft, and the whole family ends (RFC 9700 section 4.14.2). */
function checkReuse(context: SandboxContext, found: Found<RefreshToken>): void {
  const { rotatedAt } = found.token;
  const { graceMs, reuseKillsFamily } = context.behaviour.current;
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
    ...quirks.extras?.(person),
  });
}

/** `null` where tokens last until they are withdrawn. */
function accessTtlSeconds(context: SandboxContext, definition: ProviderDefinition): number | null {
  if (definition.refresh?.mode === 'none') return null;
  const usual = tokenServiceOf(definition).tokens.accessTokenTtlSeconds ?? standardTtlSeconds;
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
