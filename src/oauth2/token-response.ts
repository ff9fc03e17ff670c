/**
 * From a token endpoint's answer to a token. The definition's rules bring the answer into RFC 6749's words; then oauth4webapi decides whether it
 * conforms to section 5.1, the same for every provider. ID tokens are validated separately (id-token.ts).
 */
import * as oauth from 'oauth4webapi';
import { type AnswerContext, failure, readAnswer } from './endpoint-answer.js';
import type { OAuth2ErrorCode } from './errors.js';
import { extraParameters } from './extra-parameters.js';
import type { RawResponse } from './response-body.js';
import { OAuth2Token } from './token.js';
import { expiryOf } from './token-expiry.js';
import { applyTokenRules, grantedScopes } from './token-rules.js';

export interface TokenResponseOptions {
  /** RFC 8693 section 2.2.1: an exchanged token that is no access token is said to be of type `N_A`. */
  readonly acceptNotApplicable?: boolean;
}

/** oauth4webapi wants to be told which server and client it works for; nothing of this check depends on them. */
const ANY_SERVER: oauth.AuthorizationServer = { issuer: 'https://unused.invalid' };
const ANY_CLIENT: oauth.Client = { client_id: 'unused' };
/** What an HTTP header can carry; anything else would only fail later, in a message that quotes the token. */
const PRINTABLE_ASCII = /^[\x20-\x7e]+$/;

/**
 * @throws OAuth2ResponseError with the provider's error, or `oauth2_access_token_missing`, `oauth2_token_type_unsupported`,
 *   `oauth2_token_response_malformed` naming the field
 */
export async function parseTokenResponse(
  raw: RawResponse,
  context: AnswerContext,
  options: TokenResponseOptions = {},
): Promise<OAuth2Token> {
  const body = readAnswer(raw, context);
  const rules = context.rules ?? {};
  const fields = applyTokenRules(body, rules);
  const refuse = (code: OAuth2ErrorCode, message: string, field: string) =>
    failure(code, message, raw, context, { field: `${field} is ${kindOf(fields.get(field))}` });

  const trouble = await nonconformity(fields, options);
  if (trouble) throw refuse(trouble.code, trouble.message, trouble.field);
  const accessToken = text(fields.get('access_token'));
  if (accessToken === undefined || !PRINTABLE_ASCII.test(accessToken)) {
    throw refuse(
      'oauth2_token_response_malformed',
      'The access token holds characters that no header can carry.',
      'access_token',
    );
  }
  const refreshToken = text(fields.get('refresh_token'));
  const idToken = text(fields.get('id_token'));
  return new OAuth2Token({
    accessToken,
    tokenType: text(fields.get('token_type'))?.toLowerCase() === 'n_a' ? 'N_A' : 'Bearer',
    refreshToken,
    idToken,
    scopes: grantedScopes(fields.get('scope'), rules.scopeSeparator),
    expiresAt: expiryOf(
      { expires_in: fields.get('expires_in'), expires_at: fields.get('expires_at') },
      context.nowMs,
      rules.expiresInZeroMeansNever,
    ),
    parameters: extraParameters(fields, aroundTheToken(body, rules.root), [accessToken, refreshToken, idToken]),
  });
}

/** What stood beside the nested token object, `team` beside `authed_user`. */
function aroundTheToken(
  body: Readonly<Record<string, unknown>>,
  root: string | undefined,
): Readonly<Record<string, unknown>> {
  if (root === undefined) return {};
  const [first = ''] = root.split('.');
  const { [first]: _nested, ...around } = body;
  return around;
}

interface Nonconformity {
  readonly code: OAuth2ErrorCode;
  readonly message: string;
  readonly field: string;
}

/** Asks oauth4webapi about the fields that decide. Scope, expiry and ID token have readers of their own that know the providers' habits. */
async function nonconformity(
  fields: ReadonlyMap<string, unknown>,
  options: TokenResponseOptions,
): Promise<Nonconformity | undefined> {
  const refreshToken = fields.get('refresh_token');
  // "No refresh token" is also said as null, "" and false.
  const saysNone = refreshToken === null || refreshToken === '' || refreshToken === false;
  const body = {
    access_token: fields.get('access_token') ?? undefined,
    token_type: fields.get('token_type') ?? undefined,
    refresh_token: saysNone ? undefined : refreshToken,
  };
  const refuseType = () => {
    throw new oauth.UnsupportedOperationError('unsupported token type');
  };
  try {
    await oauth.processGenericTokenEndpointResponse(ANY_SERVER, ANY_CLIENT, Response.json(body), {
      recognizedTokenTypes: {
        // oauth4webapi can prove possession of a key (RFC 9449); this engine does not, so such a token could not be used.
        dpop: refuseType,
        ...(options.acceptNotApplicable ? { n_a: () => undefined } : {}),
      },
    });
    return undefined;
  } catch (error) {
    return explain(error, body);
  }
}

function explain(error: unknown, body: { access_token: unknown; token_type: unknown }): Nonconformity {
  const field = /body "(\w+)" property/.exec(error instanceof Error ? error.message : '')?.[1] ?? 'token_type';
  if (field === 'access_token' && body.access_token === undefined) {
    return { code: 'oauth2_access_token_missing', message: 'The token response holds no access token.', field };
  }
  if (field === 'token_type') {
    const message =
      body.token_type === undefined
        ? 'The token response names no token type; a definition may assume one (rules.tokenType).'
        : 'The token response names a token type that this client cannot use.';
    return { code: 'oauth2_token_type_unsupported', message, field };
  }
  return {
    code: 'oauth2_token_response_malformed',
    message: `The token response's ${field} has the wrong form.`,
    field,
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (value === '') return 'empty';
  return Array.isArray(value) ? 'an array' : `of type ${typeof value}`;
}
