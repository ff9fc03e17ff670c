/**
 * Profile answers: OpenID Connect's UserInfo (Core 5.3), whose `sub` has to be the ID token's, and the plain profile or token-info calls of
 * other providers.
 */
import { jwtVerify } from 'jose';
import type { ClientContext } from './client-context.js';
import { failure, readAnswer } from './endpoint-answer.js';
import { OAuth2Error } from './errors.js';
import { acceptableIssuers } from './issuer.js';
import { asRecord, parseJson } from './parse-json.js';
import { createRedactor } from './redaction.js';
import { mediaType, type RawResponse, readResponse } from './response-body.js';

/** Integers beyond 2^53 are strings, so that no account id is rounded. */
export type ProfileFields = Readonly<Record<string, unknown>>;

/**
 * Reads the answer of a call that was made with the access token.
 * @throws OAuth2ResponseError
 */
export async function readProfile(
  context: ClientContext,
  response: Response,
  endpoint: string,
  secrets: readonly (string | undefined)[],
): Promise<ProfileFields> {
  const raw = await readResponse(response);
  if (raw.status === 200 && mediaType(raw.headers) === 'application/jwt') return await verifiedClaims(context, raw);
  return readAnswer(raw, { endpoint, redact: createRedactor(secrets), nowMs: context.now() });
}

/**
 * OpenID Connect Core 5.3.2: without this, a provider's mix-up or an injected access token would hand somebody else's profile to the person
 * whom the ID token proved.
 * @param expected the ID token's subject
 */
export function assertUserinfoSubject(profile: ProfileFields, expected: string | undefined): void {
  if (typeof profile.sub !== 'string' || profile.sub === '') {
    throw new OAuth2Error('oidc_userinfo_malformed', 'The userinfo answer names no subject.', { claim: 'sub' });
  }
  if (expected !== undefined && profile.sub !== expected) {
    throw new OAuth2Error('oidc_userinfo_subject', 'The userinfo answer is about somebody else than the ID token.');
  }
}

/** A signed UserInfo answer (Core 5.3.2, `application/jwt`). */
async function verifiedClaims(context: ClientContext, raw: RawResponse): Promise<ProfileFields> {
  const { openid, clientId } = context.options;
  const answer = { endpoint: 'userinfo endpoint', redact: createRedactor([raw.text]), nowMs: context.now() };
  const refuse = () =>
    failure('oidc_userinfo_malformed', 'The signed userinfo answer cannot be verified.', raw, answer);
  if (!openid) throw refuse();
  try {
    const jwt = raw.text.trim();
    const { payload } = await jwtVerify(jwt, (header, token) => context.keys.keyFor(openid.jwksUri, header, token), {
      algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'],
      currentDate: new Date(context.now()),
      clockTolerance: 60,
    });
    const forUs = payload.aud === undefined || [payload.aud].flat().includes(clientId);
    const fromThem = payload.iss === undefined || acceptableIssuers(openid, payload.tid).includes(payload.iss);
    if (!forUs || !fromThem) throw refuse();
    return asRecord(parseJson(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'))) ?? {};
  } catch (error) {
    if (error instanceof OAuth2Error && error.code === 'oidc_keys_unavailable') throw error;
    throw refuse();
  }
}
