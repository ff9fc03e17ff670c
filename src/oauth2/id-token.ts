/**
 * ID token validation (OpenID Connect Core 3.1.3.7): jose verifies signature and times; who issued it, for whom, and for which request is
 * checked here. A token that fails any check says nothing at all about who somebody is.
 */
import { createHash } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, errors, type JWSHeaderParameters, jwtVerify } from 'jose';
import { OAuth2Error, type OAuth2ErrorCode } from './errors.js';
import { acceptableIssuers } from './issuer.js';
import type { JwksCache } from './jwks.js';
import type { OpenIdOptions } from './options.js';
import { asRecord, parseJson } from './parse-json.js';

/** How far clocks may differ. */
const CLOCK_SKEW_SECONDS = 60;
/** Asymmetric signatures only: accepting HS256 beside them would let a public key pass as a shared secret. */
const ALGORITHMS: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
/** JWTs of other kinds that the same keys sign (RFC 9068, logout and security event tokens). */
const OTHER_KINDS = /^(application\/)?(at|logout|secevent|token-introspection|oauth-authz-req)\+jwt$/i;
/** OpenID Connect Core section 2. */
const SUBJECT_LENGTH = 255;

/** Claims of a validated ID token. Integers beyond 2^53 are strings. */
export interface IdTokenClaims extends Readonly<Record<string, unknown>> {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string | readonly string[];
  readonly exp: number;
  readonly iat: number;
}

export interface IdTokenExpectations {
  readonly openid: OpenIdOptions;
  readonly clientId: string;
  readonly keys: JwksCache;
  /** ms since the epoch. */
  readonly nowMs: number;
  /** The nonce of the authorization request; undefined where there was none, after a refresh for example. */
  readonly nonce?: string | undefined;
  /** Compared with `at_hash` where the token has one. */
  readonly accessToken?: string | undefined;
}

/** @throws OAuth2Error with a code `oidc_id_token_…` for the first check that fails, or `oidc_keys_unavailable` */
export async function validateIdToken(idToken: string, expected: IdTokenExpectations): Promise<IdTokenClaims> {
  const { openid, clientId, keys, nowMs } = expected;
  const { header, unverified } = decode(idToken);
  const algorithms = (openid.algorithms ?? ALGORITHMS).filter((algorithm) => ALGORITHMS.includes(algorithm));
  if (header.alg === undefined || !algorithms.includes(header.alg)) {
    throw refusal('oidc_id_token_algorithm', 'The ID token is signed with an algorithm that is not accepted.', {
      algorithm: String(header.alg).slice(0, 40),
      accepted: algorithms,
    });
  }
  try {
    await jwtVerify(idToken, (protectedHeader, token) => keys.keyFor(openid.jwksUri, protectedHeader, token), {
      algorithms,
      issuer: [...acceptableIssuers(openid, unverified.tid)],
      audience: clientId,
      requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat'],
      clockTolerance: CLOCK_SKEW_SECONDS,
      currentDate: new Date(nowMs),
    });
  } catch (error) {
    throw translate(error, openid);
  }
  const claims = exactClaims(idToken);
  checkIssuedAt(claims, nowMs);
  checkAuthorizedParty(claims, clientId);
  if (expected.nonce !== undefined && openid.nonce !== false && claims.nonce !== expected.nonce) {
    throw refusal('oidc_id_token_nonce', 'The ID token was not made for this authorization request.', {
      nonce: claims.nonce === undefined ? 'missing' : 'different',
    });
  }
  checkAccessTokenHash(claims, header.alg, expected.accessToken);
  return claims;
}

/** Who an ID token is about. */
export type Subject = Pick<IdTokenClaims, 'iss' | 'sub'>;

/** A refreshed ID token has to be about the same person (OpenID Connect Core 12.2). */
export function assertSameSubject(before: Subject, after: Subject): void {
  if (before.iss !== after.iss || before.sub !== after.sub) {
    throw refusal('oidc_subject_changed', 'The refreshed ID token is about somebody else.', {
      claim: before.iss === after.iss ? 'sub' : 'iss',
    });
  }
}

/** Whom an ID token speaks of, unverified: for comparison only. Undefined when it cannot be read. */
export function unverifiedSubject(idToken: string): Subject | undefined {
  try {
    const { iss, sub } = decodeJwt(idToken);
    return iss === undefined || sub === undefined ? undefined : { iss, sub };
  } catch {
    // Nothing to compare with, then.
    return undefined;
  }
}

function decode(idToken: string): { header: JWSHeaderParameters; unverified: Readonly<Record<string, unknown>> } {
  try {
    const header = decodeProtectedHeader(idToken);
    if (OTHER_KINDS.test(String(header.typ ?? ''))) throw new TypeError('a JWT of another kind');
    return { header, unverified: decodeJwt(idToken) };
  } catch (error) {
    const parts = idToken.split('.').length;
    const reason =
      parts === 5 ? 'it is encrypted' : error instanceof errors.JOSEError ? error.code : 'it is no signed JWT';
    throw refusal('oidc_id_token_malformed', 'The ID token cannot be read.', { parts, reason });
  }
}

function exactClaims(idToken: string): IdTokenClaims {
  const payload = Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString('utf8');
  const claims = asRecord(parseJson(payload)) as IdTokenClaims | undefined;
  if (
    claims === undefined ||
    typeof claims.sub !== 'string' ||
    claims.sub === '' ||
    claims.sub.length > SUBJECT_LENGTH
  ) {
    throw refusal('oidc_id_token_claim', 'The ID token names no usable subject.', { claim: 'sub' });
  }
  return claims;
}

function checkIssuedAt(claims: IdTokenClaims, nowMs: number): void {
  if (claims.iat > nowMs / 1000 + CLOCK_SKEW_SECONDS) {
    throw refusal('oidc_id_token_not_yet_valid', 'The ID token was issued in the future: one of the clocks is wrong.', {
      claim: 'iat',
    });
  }
}

function checkAuthorizedParty(claims: IdTokenClaims, clientId: string): void {
  const several = Array.isArray(claims.aud) && claims.aud.length > 1;
  if ((several && claims.azp === undefined) || (claims.azp !== undefined && claims.azp !== clientId)) {
    throw refusal('oidc_id_token_authorized_party', 'The ID token was issued to another client.', {
      azp: claims.azp === undefined ? 'missing' : 'different',
    });
  }
}

/** OpenID Connect Core 3.1.3.8: ties the access token that came along to the signature. */
function checkAccessTokenHash(claims: IdTokenClaims, algorithm: string, accessToken: string | undefined): void {
  if (claims.at_hash === undefined || accessToken === undefined) return;
  const bits = /^Ed/.test(algorithm) ? '512' : algorithm.slice(2);
  const digest = createHash(`sha${bits}`).update(accessToken, 'ascii').digest();
  if (claims.at_hash !== digest.subarray(0, digest.length / 2).toString('base64url')) {
    throw refusal('oidc_id_token_hash', 'The ID token does not belong to the access token beside it.', {
      claim: 'at_hash',
    });
  }
}

function translate(error: unknown, openid: OpenIdOptions): Error {
  if (error instanceof OAuth2Error) return error;
  if (error instanceof errors.JWTExpired) {
    return refusal('oidc_id_token_expired', 'The ID token has expired, or one of the clocks is wrong.', {
      claim: error.claim,
    });
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim, reason } = error;
    if (reason === 'missing' || reason === 'invalid') {
      return refusal('oidc_id_token_claim', `The ID token's "${claim}" is missing or of the wrong type.`, {
        claim,
        reason,
      });
    }
    if (claim === 'iss') {
      return refusal('oidc_id_token_issuer', 'The ID token was issued by somebody else.', {
        claim,
        expected: openid.issuer,
      });
    }
    if (claim === 'aud')
      return refusal('oidc_id_token_audience', 'The ID token is meant for another client.', { claim });
    return refusal('oidc_id_token_not_yet_valid', 'The ID token is not valid yet: one of the clocks is wrong.', {
      claim,
    });
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return refusal('oidc_id_token_signature', "The ID token's signature is wrong.", undefined);
  }
  const reason = error instanceof errors.JOSEError ? error.code : 'unusable key';
  return refusal('oidc_id_token_malformed', 'The ID token cannot be read.', { reason });
}

function refusal(code: OAuth2ErrorCode, message: string, evidence: unknown): OAuth2Error {
  return new OAuth2Error(code, message, evidence);
}
